# SPDX-License-Identifier: GPL-3.0-or-later
"""Seven days are said, fourteen ask for contact, and nobody who is cared for is let down."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from clinic.keys.lease import Lease, days_without, lease
from clinic.keys.tending import BEACON_EVERY, due
from clinic.keys.trust import as_user, say
from clinic.protocol.trust import Beacon, DeviceKind, Role
from tests.clinic.keys.conftest import AT, Clinic, admit, repeating, somebody


def test_the_days_that_count() -> None:
    for hours, expected in (
        (0, Lease.FRESH), (7 * 24 - 1, Lease.FRESH), (7 * 24, Lease.WARN), (14 * 24 - 1, Lease.WARN), (14 * 24, Lease.ASK)
    ):  # fmt: skip
        assert lease(AT, AT + timedelta(hours=hours), in_care=False) == expected, hours
    assert lease(None, AT, in_care=False) == Lease.ASK
    assert days_without(AT, AT + timedelta(days=9, hours=5)) == 9


@given(hours=st.integers(-1000, 5000) | st.none())
def test_care_is_never_interrupted(hours: int | None) -> None:
    heard = None if hours is None else AT
    assert lease(heard, AT + timedelta(hours=hours or 0), in_care=True) != Lease.ASK


def test_an_administrators_program_gives_a_sign_a_day_and_nobody_elses_does(clinic: Clinic) -> None:
    eva, ben, log = clinic.eva, clinic.ben, clinic.log
    assert log.heard == AT
    random = repeating(b"x")

    def signs(who: object, days: float) -> bool:
        bodies = due(log, who.user, who.device, {}, AT + timedelta(days=days), random)  # type: ignore[attr-defined]
        return Beacon() in bodies

    assert not signs(eva, 0.9) and signs(eva, BEACON_EVERY.days) and not signs(ben, 3)
    assert clinic.plus(Beacon()).log.heard == AT


def test_two_computers_that_do_not_agree_on_the_date_do_not_answer_each_other_for_ever(
    clinic: Clinic,
) -> None:
    """An administrator's clock is three days ahead of another's: each gives one sign a day by its own."""
    ahead, said = timedelta(days=3), 0
    eva, ana = clinic.eva, somebody("ana")
    log = admit(clinic.log, ana, DeviceKind.DESKTOP, eva.signer)
    log = say(log, as_user(ana.user, ana.name, Role.ADMINISTRATOR, ana.device, ana.keys), eva.signer, AT)
    for turn in range(20):
        now = AT + timedelta(days=2, minutes=turn)
        for who, clock in ((eva, now), (ana, now + ahead)):
            if Beacon() in due(log, who.user, who.device, {}, clock, repeating(b"x")):
                log, said = say(log, Beacon(), who.signer, clock), said + 1
    assert said == 2
    assert Beacon() in due(log, eva.user, eva.device, {}, now + timedelta(days=1), repeating(b"x"))


def test_two_copies_of_one_computer_do_not_answer_each_other_either(clinic: Clinic) -> None:
    eva, log, said = clinic.eva, clinic.log, 0
    for turn in range(20):
        for clock in (AT + timedelta(days=2, minutes=turn), AT + timedelta(days=3650, minutes=turn)):
            if Beacon() in due(log, eva.user, eva.device, {}, clock, repeating(b"x")):
                log, said = say(log, Beacon(), eva.signer, clock), said + 1
    assert said == 2
