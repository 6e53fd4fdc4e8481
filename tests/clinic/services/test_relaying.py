# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stick brought of others goes on to a real centre, once, and its author hears of it on the next stick."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from clinic.domain.errors import Unavailable
from clinic.domain.facts import Gender
from clinic.domain.ids import PatientId
from clinic.domain.values import HumanName
from clinic.keys.sticks import pack_stick, unpack_stick
from clinic.protocol.carried import CarriedTaken
from clinic.services import people, relaying, sticks
from clinic.services.charts import chart
from clinic.services.desks import Desk
from clinic.services.link import exchange_now
from clinic.services.messages import keep_bytes, send_message
from clinic.services.receipts import Stage
from clinic.services.syncing import sync_status
from clinic.transport.http import Remote
from tests.clinic.services import conftest
from tests.clinic.services.conftest import Town

town = conftest.town


@dataclass
class Three:
    """`ours` has no link, `theirs` has one; `third` sees what has come to the centre."""

    ours: Desk
    theirs: Desk
    third: Desk


@pytest.fixture(scope="module")
def three(town: Town) -> Three:
    ours, theirs = town.enrol("Dra. Rita Luna"), town.enrol("Dr. Omar Vera")
    for desk in (ours, theirs, town.desk, ours):
        exchange_now(desk)
    return Three(ours, theirs, town.desk)


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    (tmp_path / "drive").mkdir()
    return tmp_path / "drive"


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many envelopes went to the centre with each request."""
    real, seen = Remote.carry, []

    async def carry(remote: Remote, envelopes: tuple[bytes, ...]) -> CarriedTaken:
        seen.append(len(envelopes))
        return await real(remote, envelopes)

    monkeypatch.setattr(Remote, "carry", carry)
    return seen


def written(desk: Desk) -> tuple[PatientId, str, str]:
    """A patient, a message and a paper."""
    patient = people.register(
        desk, HumanName(family="Ledesma", given=("Rosa",)), date(1970, 1, 1), Gender.FEMALE, ""
    )
    return (
        patient,
        send_message(desk, patient, "Por el pendrive").id,
        keep_bytes(desk, b"x" * 9000, "a/b", "p").id,
    )


def stage(desk: Desk, patient: PatientId, name: str) -> Stage:
    return next(reached.stage for key, reached in chart(desk, patient).reached.items() if key == name)


def knows(desk: Desk, patient: PatientId) -> int:
    exchange_now(desk)
    return len(desk.book.read(lambda page: tuple(page.ops(patient))))


def kept(desk: Desk) -> list[Path]:
    folder = desk.home.path / relaying.FOLDER
    return list(folder.iterdir()) if folder.exists() else []


def test_it_goes_to_the_centre_from_there_and_the_word_comes_back(
    three: Three, drive: Path, carried: list[int]
) -> None:
    patient, message, paper = written(three.ours)
    sticks.to_stick(three.ours, drive)
    (took,) = sticks.from_stick(three.theirs, drive).took
    assert took.waits and took.files == 1 and len(kept(three.theirs)) == 1
    assert knows(three.third, patient) == 0
    exchange_now(three.theirs)
    there = knows(three.third, patient)
    assert there >= 2 and kept(three.theirs) == []
    three.third.book.keep(lambda page: page.put_attachment(paper, "wanted", None))
    exchange_now(three.third)
    assert three.third.book.read(lambda page: page.has_attachment(paper))
    before = len(carried)
    exchange_now(three.theirs)
    assert len(carried) == before, "what is there is not brought again"
    (again,) = sticks.from_stick(three.theirs, drive).took
    assert again.before and not again.waits and kept(three.theirs) == []

    assert stage(three.ours, patient, message) == Stage.LEFT
    sticks.to_stick(three.theirs, drive)
    (back,) = sticks.from_stick(three.ours, drive).took
    assert back.brought_up_to > 0
    assert stage(three.ours, patient, message) == Stage.BROUGHT
    assert sync_status(three.ours).waiting > 0, "the centre itself has not said a word"

    exchange_now(three.ours)
    assert stage(three.ours, patient, message) == Stage.CENTRE
    assert sync_status(three.ours).waiting == 0
    assert three.ours.book.read(lambda page: page.attachments_in("waiting")) == ()
    assert knows(three.third, patient) == there


def test_a_cut_in_the_middle_goes_on_where_it_was(
    three: Three, drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange_now(three.ours)
    patient, _message, _paper = written(three.ours)
    for number in range(6):
        send_message(three.ours, patient, f"{number}")
        sticks.to_stick(three.ours, drive)
    sticks.from_stick(three.theirs, drive)
    monkeypatch.setattr(relaying, "BLOCK", 1)
    real, sent, broken = Remote.carry, [], []

    async def breaks(remote: Remote, envelopes: tuple[bytes, ...]) -> CarriedTaken:
        sent.extend(envelopes)
        taken = await real(remote, envelopes)
        if len(sent) == 4 and not broken:
            broken.append(True)
            raise Unavailable("The link broke.")
        return taken

    monkeypatch.setattr(Remote, "carry", breaks)
    with pytest.raises(Unavailable):
        exchange_now(three.theirs)
    assert len(kept(three.theirs)) == 1
    first, sent[:] = list(sent), []
    exchange_now(three.theirs)
    assert kept(three.theirs) == []
    assert len(set(first[2:]) & set(sent)) <= 1, "at most what was under way is sent again"
    there = knows(three.third, patient)
    exchange_now(three.ours)
    assert knows(three.third, patient) == there


def test_what_its_author_brought_meanwhile_costs_two_envelopes(
    three: Three, drive: Path, carried: list[int]
) -> None:
    exchange_now(three.ours)
    patient, *_ = written(three.ours)
    for number in range(4):
        send_message(three.ours, patient, f"{number}")
        sticks.to_stick(three.ours, drive)
    sticks.from_stick(three.theirs, drive)
    exchange_now(three.ours)
    exchange_now(three.theirs)
    assert carried == [2] and kept(three.theirs) == []


@pytest.mark.expects_log("not readable any more")
@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: b"", lambda data: data[::-1]])
def test_a_kept_file_that_was_damaged_is_dropped_and_comes_with_the_next_stick(
    three: Three, drive: Path, carried: list[int], spoil: Callable[[bytes], bytes]
) -> None:
    patient, *_ = written(three.ours)
    sticks.to_stick(three.ours, drive)
    sticks.from_stick(three.theirs, drive)
    (path,) = kept(three.theirs)
    path.write_bytes(spoil(path.read_bytes()))
    exchange_now(three.theirs)
    assert (carried, kept(three.theirs)) == ([], [])
    sticks.to_stick(three.ours, drive)
    sticks.from_stick(three.theirs, drive)
    exchange_now(three.theirs)
    assert knows(three.third, patient) >= 2


def without_the_first(desk: Desk, path: Path) -> None:
    """The same file, signed by its computer, and an envelope short: the centre leaves what has a gap before it."""
    stick, _log = unpack_stick(path.read_bytes(), desk.trust)
    manifest = replace(stick.manifest, first=stick.manifest.first + 1)
    path.write_bytes(pack_stick(manifest, stick.statements, stick.envelopes[1:], desk.device_keys.sign))


def test_what_the_centre_leaves_stays_and_is_not_offered_at_every_exchange(
    three: Three, drive: Path, carried: list[int]
) -> None:
    exchange_now(three.ours)
    for _ in range(2):
        patient, message, _paper = written(three.ours)
        path = sticks.to_stick(three.ours, drive).path
    without_the_first(three.ours, path)
    sticks.from_stick(three.theirs, drive)
    exchange_now(three.theirs)
    often = len(carried)
    exchange_now(three.theirs)
    assert often > 0 and len(carried) == often and len(kept(three.theirs)) == 1
    sticks.to_stick(three.theirs, drive)
    sticks.from_stick(three.ours, drive)
    assert stage(three.ours, patient, message) == Stage.LEFT, "nobody says what is not so"

    sticks.to_stick(three.ours, drive)
    sticks.from_stick(three.theirs, drive)
    exchange_now(three.theirs)
    assert len(carried) > often and kept(three.theirs) == [], "another file is another matter"
    sticks.to_stick(three.theirs, drive)
    sticks.from_stick(three.ours, drive)
    assert stage(three.ours, patient, message) == Stage.BROUGHT
