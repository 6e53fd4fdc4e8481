# SPDX-License-Identifier: GPL-3.0-or-later
"""A one-time code's parcel opens with the number, the code and a kiosk's key, made by staff, in time; and not else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.ids import OrgId, PatientId
from clinic.domain.values import HumanName
from clinic.keys.onetime import AT_KIOSK, CodeWrong, code_key, new_code, open_parcel, seal_parcel
from clinic.keys.refusals import Unreadable
from clinic.protocol.capsule import Capsule
from clinic.protocol.onetime import CodeContents, CodeParcel
from tests.small_clinic import AT, Somebody, repeating, small_clinic

TOWN = small_clinic()
UNTIL = AT + timedelta(minutes=15)
KEY = code_key(OrgId("org"), "14233456", "48213377")
CONTENTS = CodeContents(
    purpose=AT_KIOSK,
    expires_at=UNTIL,
    capsule=Capsule(patient=PatientId("p1"), name=HumanName(family="Quispe")),
    by=TOWN.eva.user,
    by_name="Eva",
)


def parcel(by: Somebody = TOWN.eva, contents: CodeContents = CONTENTS) -> CodeParcel:
    return seal_parcel(KEY, contents, TOWN.log, by.device, by.device_keys, repeating(b"parcel"))


def opened(found: CodeParcel, at: Somebody = TOWN.kiosk, **more: object) -> CodeContents:
    asked = {"key": KEY, "now": AT, **more}
    return open_parcel(asked["key"], found, TOWN.log, at.device, at.device_keys, asked["now"])  # type: ignore[arg-type]


def test_a_kiosk_opens_it_with_the_right_code() -> None:
    assert opened(parcel()) == CONTENTS


@pytest.mark.parametrize(
    ("number", "code"), [("14233457", "48213377"), ("14233456", "48213378"), ("4823377", "14233456")]
)
def test_another_number_or_code_finds_and_opens_nothing(number: str, code: str) -> None:
    try:
        other = code_key(OrgId("org"), number, code)
    except CodeWrong:
        return
    assert other.lookup != KEY.lookup
    for key in (other, replace(other, lookup=KEY.lookup)):
        with pytest.raises(Unreadable):
            opened(parcel(), key=key)


def test_codes_of_another_organisation_or_purpose_are_others() -> None:
    others = (
        code_key(OrgId("other"), "14233456", "48213377"),
        code_key(OrgId("org"), "14233456", "48213377", "something else"),
    )
    assert len({KEY.lookup, KEY.key, *(part for one in others for part in (one.lookup, one.key))}) == 6


def test_without_a_kiosks_key_the_code_alone_opens_nothing() -> None:
    """What the centre could try: every code, but with no key the parcel is sealed for."""
    for somebody in (TOWN.ben, TOWN.station, TOWN.mallory):
        with pytest.raises(Unreadable):
            opened(parcel(), at=somebody)


def test_only_staff_make_one_and_nobody_changes_it() -> None:
    good = parcel()
    for forged in (
        parcel(by=TOWN.kiosk),
        parcel(by=TOWN.mallory),
        replace(good, device=TOWN.ben.device),
        replace(good, body=good.body[:-1] + bytes([good.body[-1] ^ 1])),
        replace(good, kiosks=()),
        replace(parcel(by=TOWN.mallory), device=TOWN.eva.device),
    ):
        with pytest.raises(Unreadable):
            opened(forged)


def test_too_old_or_for_something_else_is_wrong() -> None:
    with pytest.raises(CodeWrong):
        opened(parcel(), now=UNTIL)
    with pytest.raises(CodeWrong):
        opened(parcel(contents=replace(CONTENTS, purpose="sign a consent")))


def test_a_clinic_without_a_kiosk_gives_none() -> None:
    alone = replace(
        TOWN.log, by_device={k: v for k, v in TOWN.log.by_device.items() if k != TOWN.kiosk.device}
    )
    with pytest.raises(Refusal, match="no kiosk"):
        seal_parcel(KEY, CONTENTS, alone, TOWN.eva.device, TOWN.eva.device_keys, repeating(b"x"))


def test_codes_have_eight_digits_also_with_zeros_before() -> None:
    assert new_code(lambda size: bytes(size)) == "00000000"
    assert {len(new_code(repeating(bytes([n])))) for n in range(20)} == {8}
