# SPDX-License-Identifier: GPL-3.0-or-later
"""A second person joins on a computer that others use: admitted like anybody, with keys and a way in of her own."""

import os
import threading
from contextlib import closing
from datetime import date

import pytest

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal
from clinic.domain.facts import Gender
from clinic.domain.values import HumanName
from clinic.keys.passwords import PasswordTooShort
from clinic.protocol.trust import DeviceKind, Role
from clinic.services.colleagues import welcome
from clinic.services.door import read_slots
from clinic.services.enrolment import admit, invite
from clinic.services.link import exchange_now
from clinic.services.messages import send_message
from clinic.services.people import find_people, register
from clinic.services.rekeying import rekey
from clinic.services.sitting import open_desk
from clinic.services.switching import come
from tests.clinic.services.conftest import PASSWORD, Town

pytestmark = pytest.mark.slow
SECRET = "siete gatos duermen bajo la mesa"


def test_she_reads_and_writes_as_herself_and_leaves_again(town: Town) -> None:
    desk = town.desk
    welcoming = welcome(desk, invite(town.station, Role.NURSE, DeviceKind.DESKTOP), "Zoe Luna", SECRET)
    waiter = threading.Thread(target=welcoming.wait, args=(30,))
    waiter.start()
    device = admit(town.station, lambda newcomer: newcomer.digits == welcoming.digits, 30)
    waiter.join()
    assert device == desk.device, "no second computer was made"
    assert read_slots(desk.home).labels == ("Dra. Lucía Paz", "Zoe Luna")
    zoe = come(desk, "Zoe Luna", SECRET, "", None)
    assert zoe is not None and zoe.someone.role == Role.NURSE and zoe.team_keys
    assert zoe.someone.user != desk.someone.user
    name = HumanName(family="Quiroga", given=("Luz",))
    patient = register(desk, name, date(1980, 1, 1), Gender.FEMALE, "")
    assert send_message(zoe, patient, "de Zoe").sender == zoe.someone.user
    exchange_now(zoe)
    exchange_now(town.station)
    assert find_people(town.station, "Quiroga", 9)
    zoe.close()


def test_who_cannot_join_is_told(town: Town) -> None:
    desk, code = town.desk, invite(town.station, Role.NURSE, DeviceKind.DESKTOP)
    with pytest.raises(PasswordTooShort):
        welcome(desk, code, "Eva Sosa", "corta")
    with pytest.raises(PasswordTooShort, match="your name"):
        welcome(desk, code, "Eva Sosa", "Eva Sosa 20262026")
    with pytest.raises(Refusal, match="Write your name"):
        welcome(desk, code, "  ", SECRET)
    with pytest.raises(Refusal, match="already"):
        welcome(desk, code, desk.label, SECRET)
    with pytest.raises(Refusal, match="kiosk"):
        welcome(desk, invite(town.station, Role.KIOSK, DeviceKind.KIOSK), "Eva Sosa", SECRET)
    with pytest.raises(Refusal):
        welcome(desk, "POSTA:JOIN:1:AAAA", "Eva Sosa", SECRET)


def test_digits_that_differ_let_nobody_in(town: Town) -> None:
    desk = town.desk
    welcoming = welcome(desk, invite(town.station, Role.NURSE, DeviceKind.DESKTOP), "Mala Gente", SECRET)
    refused: list[Exception] = []

    def wait() -> None:
        try:
            welcoming.wait(30)
        except Refusal as refusal:
            refused.append(refusal)

    waiter = threading.Thread(target=wait)
    waiter.start()
    with pytest.raises(Refusal):
        admit(town.station, lambda newcomer: False, 30)
    waiter.join()
    assert refused and "Mala Gente" not in read_slots(desk.home).labels


def test_who_gives_up_waiting_stays_outside(town: Town) -> None:
    welcoming = welcome(town.desk, invite(town.station, Role.NURSE, DeviceKind.DESKTOP), "Ida Rey", SECRET)
    with pytest.raises(Refusal):
        welcoming.wait(30, lambda: True)
    assert "Ida Rey" not in read_slots(town.desk.home).labels
    with pytest.raises(
        Refusal
    ):  # what she asked still lies there, and is turned away before the next one is heard
        admit(town.station, lambda newcomer: newcomer.name != "Ida Rey", 30)


def test_a_founded_home_gets_a_new_key_with_the_real_cost(town: Town) -> None:
    home = town.station.home.path
    town.station.close()
    done = rekey(home, PASSWORD, SystemClock(), os.urandom)
    assert done.kept == ("Ana Ruiz",)
    town.station = open_desk(home, PASSWORD, SystemClock(), os.urandom)
    with closing(open_desk(home, PASSWORD, SystemClock(), os.urandom)) as again:
        assert again.someone.name == "Ana Ruiz"
