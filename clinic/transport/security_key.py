# SPDX-License-Identifier: GPL-3.0-or-later
"""A security key on USB (FIDO2 with hmac-secret, CTAP 2.1 section 12.7), behind the port of `clinic.keys.factors`.

The library is loaded when a key is asked for: most people have none.
"""

from collections.abc import Callable
from typing import Any, Protocol

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal, Unavailable
from clinic.keys.factors import SecondFactor

RP_ID = "posta.invalid"
"""The name under which keys know Posta; no web site can have it (RFC 6761)."""
_ES256 = -7
Pin = Callable[[], str]
"""Asks for the key's own PIN, if it has one; '' gives up."""


class Enrolling(SecondFactor, Protocol):
    """A security key that can be made part of a way in."""

    def enrol(self, name: str) -> bytes:
        """A new credential for that person. Raises Refusal, Unavailable."""
        ...


class UsbKey:
    """The one security key that is plugged in."""

    def __init__(self, random: Random, pin: Pin = lambda: "") -> None:
        self._random, self._pin = random, pin

    def enrol(self, name: str) -> bytes:
        """Make a credential that answers with secrets. Raises Refusal, Unavailable."""
        from fido2 import webauthn

        options = webauthn.PublicKeyCredentialCreationOptions(
            rp=webauthn.PublicKeyCredentialRpEntity(id=RP_ID, name="Posta"),
            user=webauthn.PublicKeyCredentialUserEntity(id=self._random(16), name=name, display_name=name),
            challenge=self._random(32),
            pub_key_cred_params=[
                webauthn.PublicKeyCredentialParameters(
                    type=webauthn.PublicKeyCredentialType.PUBLIC_KEY, alg=_ES256
                )
            ],
            authenticator_selection=webauthn.AuthenticatorSelectionCriteria(
                user_verification=webauthn.UserVerificationRequirement.DISCOURAGED
            ),
            extensions={"hmacCreateSecret": True},
        )
        made = self._ask(lambda client: client.make_credential(options))
        if not made.client_extension_results.hmac_create_secret:
            raise Refusal("This security key cannot keep secrets (hmac-secret). Use another one.")
        return bytes(made.raw_id)

    def secret(self, credential: bytes, salt: bytes) -> bytes:
        """32 bytes of that credential and salt, once the key is touched. Raises Refusal, Unavailable."""
        from fido2 import webauthn

        options = webauthn.PublicKeyCredentialRequestOptions(
            challenge=self._random(32),
            rp_id=RP_ID,
            allow_credentials=[
                webauthn.PublicKeyCredentialDescriptor(
                    type=webauthn.PublicKeyCredentialType.PUBLIC_KEY, id=credential
                )
            ],
            # a key gives another secret where it has verified who touches it: always ask without
            user_verification=webauthn.UserVerificationRequirement.DISCOURAGED,
            extensions={"hmacGetSecret": {"salt1": salt}},
        )
        answered = self._ask(lambda client: client.get_assertion(options).get_response(0))
        secrets = answered.client_extension_results.hmac_get_secret
        if not secrets:
            raise Refusal("This security key gave no secret. Use the one this way in was made with.")
        return bytes(secrets.output1)

    def _ask(self, act: Callable[[Any], Any]) -> Any:
        from fido2.client import ClientError
        from fido2.ctap import CtapError
        from fido2.hid import ConnectionFailure

        try:
            return act(self._client())
        except ClientError as error:
            if error.code == ClientError.ERR.DEVICE_INELIGIBLE:
                raise Refusal(
                    "This security key is not the one this way in was made with. Try the other one."
                ) from error
            if error.code == ClientError.ERR.TIMEOUT:
                raise Refusal("Nobody touched the security key in time. Try again.") from error
            raise Refusal(
                "The security key did not answer as it should. Was its PIN right? Take it out, plug it in, try again."
            ) from error
        except (CtapError, ConnectionFailure, OSError) as error:
            raise Unavailable("The security key was lost on the way. Plug it in again.") from error

    def _client(self) -> Any:
        from fido2.client import DefaultClientDataCollector, Fido2Client
        from fido2.ctap2 import extensions

        hmac_secret: Callable[..., Any] = extensions.HmacSecretExtension
        return Fido2Client(
            _plugged_in(),
            DefaultClientDataCollector(f"https://{RP_ID}", verify=lambda rp_id, _origin: rp_id == RP_ID),
            user_interaction=_talk(self._pin),
            extensions=[hmac_secret(allow_hmac_secret=True)],
        )


def _plugged_in() -> Any:
    """The device. Raises Unavailable for none, Refusal for several."""
    from fido2.hid import CtapHidDevice

    try:
        found = list(CtapHidDevice.list_devices())
    except OSError as error:
        raise Unavailable("Security keys cannot be reached on this computer.") from error
    if not found:
        raise Unavailable("No security key was found. Plug it in, then try again.")
    if len(found) > 1:
        raise Refusal("Several security keys are plugged in. Leave only yours.")
    return found[0]


def _talk(pin: Pin) -> Any:
    from fido2.client import UserInteraction

    class Talk(UserInteraction):
        def request_pin(self, permissions: Any, rp_id: str | None) -> str | None:
            return pin() or None

    return Talk()
