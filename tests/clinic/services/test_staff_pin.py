# SPDX-License-Identifier: GPL-3.0-or-later
"""The staff's way into a kiosk: its PIN, the waits after wrong ones, and what the audit hears."""

import os

import pytest

from clinic.domain.clock import FrozenClock, SystemClock
from clinic.domain.errors import Refusal
from clinic.domain.facts import AuditEvent
from clinic.domain.ids import PatientId
from clinic.keys.knocks import TooSoon
from clinic.services import staff_pin, tries
from clinic.services.knocking import FAILED
from clinic.services.sitting import open_kiosk
from clinic.services.staff_pin import StaffPinWrong, has_staff_pin, set_staff_pin, staff_comes_in
from tests.clinic.services.conftest import Town

PIN = "274915"
pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture(autouse=True)
def _no_tries(town: Town) -> None:
    town.kiosk.book.keep(lambda page: page.drop_meta("tries here"))
    town.kiosk.book.keep(lambda page: page.drop_meta("staff pin"))


def later(town: Town, monkeypatch: pytest.MonkeyPatch) -> FrozenClock:
    """The kiosk's clock stands still from now on."""
    clock = FrozenClock(town.kiosk.clock.now())
    monkeypatch.setattr(town.kiosk, "clock", clock)
    return clock


def test_nobody_comes_in_before_a_pin_was_set_and_then_by_that_one_alone(town: Town) -> None:
    assert not has_staff_pin(town.kiosk)
    with pytest.raises(Refusal, match="no staff PIN yet"):
        staff_comes_in(town.kiosk, PIN)
    set_staff_pin(town.kiosk, PIN)
    staff_comes_in(town.kiosk, PIN)
    set_staff_pin(town.kiosk, "830264")
    with pytest.raises(StaffPinWrong):
        staff_comes_in(town.kiosk, PIN)
    staff_comes_in(town.kiosk, "830264")


@pytest.mark.parametrize("pin", ["12", "123456", "111111", "letters"])
def test_a_pin_that_is_guessed_first_is_refused(town: Town, pin: str) -> None:
    with pytest.raises(Refusal):
        set_staff_pin(town.kiosk, pin)


def test_a_desk_has_no_staff_pin(town: Town) -> None:
    with pytest.raises(Refusal, match="Only a kiosk"):
        set_staff_pin(town.desk, PIN)


def test_the_pin_itself_lies_nowhere(town: Town) -> None:
    set_staff_pin(town.kiosk, PIN)
    kept = town.kiosk.book.read(lambda page: page.meta("staff pin"))
    assert kept is not None and len(kept) == 48 and PIN.encode() not in kept


def test_waits_grow_through_a_restart_and_never_shut_the_staff_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_staff_pin(town.kiosk, PIN)
    clock, waits = later(town, monkeypatch), []
    for number in range(tries.MOST + 3):
        while True:
            try:
                staff_comes_in(town.kiosk, f"{830260 + number}")
            except StaffPinWrong:
                break
            except TooSoon as wait:
                waits.append(wait.seconds)
                clock.advance(wait.seconds)
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 900]
    restarted = open_kiosk(town.kiosk.home.path, SystemClock(), os.urandom)
    try:
        monkeypatch.setattr(restarted, "clock", FrozenClock(clock.now()))
        with pytest.raises(TooSoon):
            staff_comes_in(restarted, PIN)
    finally:
        restarted.close()
    clock.advance(900)
    staff_comes_in(town.kiosk, PIN)


def test_the_audit_hears_of_wrong_and_right_tries(town: Town) -> None:
    set_staff_pin(town.kiosk, PIN)
    with pytest.raises(StaffPinWrong):
        staff_comes_in(town.kiosk, "830264")
    staff_comes_in(town.kiosk, PIN)
    town.sync()
    heard = town.desk.book.read(lambda page: page.facts(AuditEvent, PatientId("")))
    told = [(one.action, one.outcome, one.entity) for one in heard if one.device == town.kiosk.device]
    assert (FAILED, "failure", tries.STAFF) in told
    assert (staff_pin.CAME_IN, "success", "") in told
    assert ("way in", "success", "staff PIN set") in told
