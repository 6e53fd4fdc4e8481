# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of a computer's disk that is used beside it, at a real centre: both go on, and nothing of either is lost."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from clinic.domain.clock import SystemClock
from clinic.domain.facts import AuditEvent, Communication, Gender
from clinic.domain.ids import PatientId
from clinic.domain.values import HumanName
from clinic.protocol.trust import DeviceKind, Role
from clinic.services import incarnations, people
from clinic.services.desks import Desk
from clinic.services.link import exchange_now
from clinic.services.messages import send_message
from clinic.services.sitting import open_desk
from clinic.services.syncing import sync_status
from clinic.store.rows import Changes
from tests.clinic.services.conftest import PASSWORD, Town, enrol

BEFORE = "before there was a copy"


@dataclass(frozen=True)
class Twins:
    """A colleague, her computer, and what was made of a copy of its disk."""

    ours: Desk
    copy: Desk
    patient: PatientId


@pytest.fixture
def twins(town: Town, tmp_path: Path) -> Iterator[Twins]:
    name = HumanName(family="Paz", given=("Nora",))
    patient = people.register(town.desk, name, date(1960, 1, 1), Gender.FEMALE, "")
    exchange_now(town.desk)
    first = enrol(
        town.station, tmp_path / "eva", f"Eva {tmp_path.name[-12:]}", Role.CLINICIAN, DeviceKind.DESKTOP
    )
    send_message(first, patient, BEFORE)
    exchange_now(first)
    first.close()
    shutil.copytree(tmp_path / "eva", tmp_path / "copy")
    ours, copy = (open_desk(tmp_path / name, PASSWORD, SystemClock(), os.urandom) for name in ("eva", "copy"))
    yield Twins(ours, copy, patient)
    ours.close()
    copy.close()


def words(desk: Desk, patient: PatientId) -> set[str]:
    return {fact.text for fact in desk.book.read(lambda page: page.facts(Communication, patient))}


def settle(*desks: Desk) -> None:
    for _ in range(4):
        for desk in desks:
            exchange_now(desk)


def test_what_both_write_reaches_everybody_and_somebody_is_told(town: Town, twins: Twins) -> None:
    for desk, text in ((twins.ours, "ours, first"), (twins.copy, "the copy's"), (twins.ours, "ours, last")):
        send_message(desk, twins.patient, text)
    settle(twins.ours, twins.copy, town.desk)
    for desk in (twins.ours, twins.copy, town.desk):
        assert words(desk, twins.patient) == {BEFORE, "ours, first", "the copy's", "ours, last"}
    told = [sync_status(desk) for desk in (twins.ours, twins.copy)]
    assert [(one.waiting, one.refused, one.quarantined) for one in told] == [(0, 0, 0), (0, 0, 0)]
    assert any(one.copied for one in told)
    assert twins.ours.incarnation != twins.copy.incarnation
    noted = town.desk.book.read(lambda page: page.facts(AuditEvent, PatientId("")))
    ours = [one.outcome for one in noted if (one.action, one.device) == ("copy", twins.ours.device)]
    assert ours == ["failure"]


def test_one_that_only_reads_hears_of_what_its_copy_wrote(town: Town, twins: Twins) -> None:
    send_message(twins.copy, twins.patient, "written at the copy alone")
    exchange_now(twins.copy)
    settle(twins.ours)
    assert words(twins.ours, twins.patient) == {BEFORE, "written at the copy alone"}
    assert sync_status(twins.ours).copied
    assert not sync_status(twins.copy).copied


def test_a_centre_that_tells_of_copies_for_ever_is_not_followed_for_ever(twins: Twins) -> None:
    desk, lives, begun = twins.ours, [twins.ours.incarnation], []
    for _ in range(5):
        begun.append(desk.book.write(lambda page: (incarnations.notice_copy(desk, page), Changes())))
        lives.append(desk.incarnation)
    assert begun == [True, True, True, False, False]
    assert lives == sorted(lives)
    assert len(set(lives)) == 4


def test_what_an_earlier_life_sent_is_said_again_to_a_centre_that_lost_it(town: Town, twins: Twins) -> None:
    for one, text in ((twins.ours, "ours"), (twins.copy, "the copy's")):
        send_message(one, twins.patient, text)
    settle(twins.ours, twins.copy)
    desk = next(one for one in (twins.ours, twins.copy) if sync_status(one).copied)
    desk.book.keep(lambda page: incarnations.offer_earlier_again(desk, page), Changes())
    again = sync_status(desk).waiting
    settle(desk, town.desk)
    assert again > 0
    assert (sync_status(desk).waiting, sync_status(desk).refused) == (0, 0)
    assert desk.book.read(lambda page: [row for row in page.outbox() if row.env_no <= 0]) == []
    assert words(town.desk, twins.patient) == words(desk, twins.patient) == {BEFORE, "ours", "the copy's"}
