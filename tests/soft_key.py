# SPDX-License-Identifier: GPL-3.0-or-later
"""A security key in software that speaks CTAP 2.1 (hmac-secret, PIN protocol 2), as if it were plugged in on USB."""

import hmac
import os
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256
from fido2.ctap import CtapDevice
from fido2.ctap2.pin import PinProtocolV2
from fido2.webauthn import Aaguid, AttestedCredentialData, AuthenticatorData

OK, NO_CREDENTIALS, PIN_INVALID, PIN_REQUIRED, NOT_TOUCHED = 0x00, 0x2E, 0x31, 0x36, 0x2F
_UP, _UV, _AT, _ED = 0x01, 0x04, 0x40, 0x80


class SoftKey(CtapDevice):
    """`pin`: set on it, '' for none; `touched` False: nobody comes."""

    def __init__(self, *, pin: str = "", keeps_secrets: bool = True) -> None:
        self.pin, self.keeps_secrets, self.touched, self.touches = pin, keeps_secrets, True, 0
        self._keys: dict[bytes, ec.EllipticCurvePrivateKey] = {}
        self._secrets: dict[bytes, tuple[bytes, bytes]] = {}
        self._agreement = ec.generate_private_key(ec.SECP256R1())
        self._token, self._protocol = os.urandom(32), PinProtocolV2()

    @property
    def capabilities(self) -> int:
        return 0x04  # CBOR

    @classmethod
    def list_devices(cls) -> Iterator["SoftKey"]:
        return iter(())

    def call(self, cmd: int, data: bytes = b"", event: object = None, on_keepalive: object = None) -> bytes:
        asked: Any = cbor.decode(data[1:]) if data[1:] else {}
        status, said = {
            0x01: self._make_credential, 0x02: self._get_assertion, 0x04: self._info, 0x06: self._client_pin,
        }[data[0]](asked)  # fmt: skip
        return bytes([status]) + (cbor.encode(said) if said is not None else b"")

    def _info(self, _asked: Any) -> tuple[int, Any]:
        extensions = ["hmac-secret"] if self.keeps_secrets else []
        return OK, {
            1: ["FIDO_2_0", "FIDO_2_1"], 2: extensions, 3: bytes(16), 4: {"rk": False, "clientPin": bool(self.pin)},
            6: [2],
        }  # fmt: skip

    def _client_pin(self, asked: Any) -> tuple[int, Any]:
        if asked[2] == 2:
            public = ES256.from_cryptography_key(self._agreement.public_key())
            return OK, {1: dict(public) | {3: -25}}
        if asked[2] == 1:
            return OK, {3: 8}
        shared = self._shared(asked[3])
        given = self._protocol.decrypt(shared, asked[6])
        if given != sha256(self.pin.encode()).digest()[:16]:
            return PIN_INVALID, None
        return OK, {2: self._protocol.encrypt(shared, self._token)}

    def _make_credential(self, asked: Any) -> tuple[int, Any]:
        if self.pin and 8 not in asked:
            return PIN_REQUIRED, None
        if not self.touched:
            return NOT_TOUCHED, None
        self.touches += 1
        name, key = os.urandom(32), ec.generate_private_key(ec.SECP256R1())
        self._keys[name], self._secrets[name] = key, (os.urandom(32), os.urandom(32))
        public = ES256.from_cryptography_key(key.public_key())
        credential = AttestedCredentialData.create(Aaguid.NONE, name, public)
        extensions = {"hmac-secret": True} if asked.get(6, {}).get("hmac-secret") else None
        flags = _UP | _AT | (_UV if self.pin else 0) | (_ED if extensions else 0)
        told = AuthenticatorData.create(
            sha256(asked[2]["id"].encode()).digest(), flags, self.touches, credential, extensions
        )
        return OK, {1: "none", 2: bytes(told), 3: {}}

    def _get_assertion(self, asked: Any) -> tuple[int, Any]:
        name = next((one["id"] for one in asked.get(3, ()) if one["id"] in self._keys), None)
        if name is None:
            return NO_CREDENTIALS, None
        extensions, flags = None, _UP | (_UV if 6 in asked else 0)
        if asked.get(5, {}).get("up", True):
            if not self.touched:
                return NOT_TOUCHED, None
            self.touches += 1
        wanted = asked.get(4, {}).get("hmac-secret")
        if wanted:
            extensions = {"hmac-secret": self._answer(name, wanted, 6 in asked)}
        told = AuthenticatorData.create(
            sha256(asked[1].encode()).digest(),
            flags | (_ED if extensions else 0),
            self.touches,
            b"",
            extensions,
        )
        signature = self._keys[name].sign(bytes(told) + asked[2], ec.ECDSA(SHA256()))
        return OK, {1: {"id": name, "type": "public-key"}, 2: bytes(told), 3: signature}

    def _answer(self, name: bytes, wanted: Any, verified: bool) -> bytes:
        """The secret of the salt; another one where the PIN was given (CTAP 2.1, 12.7)."""
        shared = self._shared(wanted[1])
        if self._protocol.authenticate(shared, wanted[2]) != wanted[3]:
            raise AssertionError("the salt was changed on the way")
        salt = self._protocol.decrypt(shared, wanted[2])
        return self._protocol.encrypt(shared, hmac.digest(self._secrets[name][verified], salt, sha256))

    def _shared(self, peer: Any) -> bytes:
        numbers = ec.EllipticCurvePublicNumbers(
            int.from_bytes(peer[-2], "big"), int.from_bytes(peer[-3], "big"), ec.SECP256R1()
        )
        return self._protocol.kdf(self._agreement.exchange(ec.ECDH(), numbers.public_key()))
