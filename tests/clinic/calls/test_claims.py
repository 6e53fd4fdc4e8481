# SPDX-License-Identifier: GPL-3.0-or-later
"""A description that was not made by the peer, for this call, now, never reaches the engine."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey

from clinic.calls.call import Call, Phase
from clinic.calls.claims import VALID_FOR, Distrusted, check, describe
from clinic.calls.fingerprints import fingerprints
from clinic.protocol.calling import Claim, Description, Role
from clinic.protocol.codec import Malformed, decode, encode

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SDP = (
    "v=0\r\na=fingerprint:sha-256 aa:bb\r\nm=audio 9\r\n"
    "a=fingerprint:SHA-256 AA:BB\r\na=fingerprint:sha-384 CC\r\n"
)
KEYS = {"desk1": SigningKey(b"1" * 32), "kiosk1": SigningKey(b"2" * 32)}
CALLER = Call(
    me="desk1", phase=Phase.CONNECTING, call_id="c1", encounter_id="enc", peer="kiosk1", caller=True
)
CALLEE = replace(CALLER, me="kiosk1", peer="desk1", caller=False)


def sign(data: bytes) -> bytes:
    return KEYS["desk1"].sign(data).signature


def verify(device: str, data: bytes, signature: bytes) -> bool:
    try:
        KEYS[device].verify_key.verify(data, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


def offer() -> Description:
    return describe(CALLER, 3, SDP, "offer", NOW, sign)


def resigned(came: Description, **values: object) -> Description:
    """The same description with another claim, honestly signed by the peer."""
    body = encode(replace(decode(came.claim, Claim), **values))
    return replace(came, claim=body, signature=sign(b"posta call claim 1\x00" + body))


def test_fingerprints_are_distinct_and_sorted() -> None:
    assert fingerprints(SDP) == ("sha-256 AA:BB", "sha-384 CC")


def test_an_honest_description_is_taken() -> None:
    check(CALLEE, "desk1", offer(), NOW, verify)
    check(CALLEE, "desk1", offer(), NOW + timedelta(seconds=100), verify)


@pytest.mark.parametrize(
    "values",
    [
        {"call_id": "c2"},
        {"encounter_id": "other"},
        {"attempt": 2},
        {"role": Role.CALLEE},
        {"fingerprints": ("sha-256 00:00",)},
        {"fingerprints": ()},
        {"expires_at": NOW},
        {"expires_at": NOW + timedelta(days=400)},
    ],
)
def test_a_claim_about_something_else_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(Distrusted):
        check(CALLEE, "desk1", resigned(offer(), **values), NOW, verify)


def test_swapped_keys_are_refused() -> None:
    swapped = replace(offer(), sdp=SDP.replace("aa:bb", "00:11").replace("AA:BB", "00:11"))
    with pytest.raises(Distrusted, match="changed the keys"):
        check(CALLEE, "desk1", swapped, NOW, verify)


def test_another_device_or_a_changed_claim_is_refused() -> None:
    with pytest.raises(Distrusted, match="not signed"):
        check(CALLEE, "kiosk1", offer(), NOW, verify)
    with pytest.raises(Distrusted, match="not signed"):
        check(CALLEE, "desk1", replace(offer(), claim=offer().claim + b"\x00"), NOW, verify)


def test_an_old_description_is_refused() -> None:
    with pytest.raises(Distrusted, match="too old"):
        check(CALLEE, "desk1", offer(), NOW + VALID_FOR, verify)


def test_signed_nonsense_is_refused() -> None:
    came = replace(offer(), claim=b"\xff", signature=sign(b"posta call claim 1\x00\xff"))
    with pytest.raises(Malformed):
        check(CALLEE, "desk1", came, NOW, verify)
