# SPDX-License-Identifier: GPL-3.0-or-later
"""A stick between two desks without any centre: sealed, read twice for nothing, answered; a bad one takes nothing."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import Patient, Receipt
from clinic.domain.ids import PatientId
from clinic.keys.sticks import StickRefused, pack_stick, unpack_stick
from clinic.protocol.stick import STICK_VERSION, StickBrought, StickManifest
from clinic.services import people, sticks
from clinic.services.charts import chart
from clinic.services.desks import Desk
from clinic.services.messages import keep_bytes, send_message
from clinic.services.receipts import Stage
from clinic.services.syncing import sync_status
from clinic.sync.exchange import envelope_hash, known_digest
from clinic.sync.settled import state_hash
from tests.clinic.services.local import Local, clinic, ops_of

CANARY = "Zzyzzxova"


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path / "homes") as both:
        yield both


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    (tmp_path / "drive").mkdir()
    return tmp_path / "drive"


def registered(local: Local) -> PatientId:
    from datetime import date

    from clinic.domain.facts import Gender
    from clinic.domain.values import HumanName

    return people.register(
        local.ben, HumanName(family=CANARY, given=("Rosa",)), date(1958, 3, 7), Gender.FEMALE, ""
    )


def file_of(drive: Path, desk: Desk) -> Path:
    return drive / "posta" / f"{desk.device}.stick"


def held(desk: Desk) -> bytes:
    patients = desk.book.read(lambda page: [op.patient for op in page.ops_of(Patient)])
    return state_hash(ops_of(desk, patients))


def last_waiting(desk: Desk) -> int:
    return max(row.env_no for row in desk.book.read(lambda page: page.outbox()))


def counts(desk: Desk) -> object:
    return desk.book.read(lambda page: (page.count_ops(), page.quarantined(), page.cursors()))


def test_a_chart_travels_there_and_the_answer_back(local: Local, drive: Path) -> None:
    patient = registered(local)
    name = send_message(local.ben, patient, "¿Cómo sigue?").id
    put = sticks.to_stick(local.ben, drive)
    last = last_waiting(local.ben)
    assert put.envelopes > 0 and put.size == put.path.stat().st_size and put.path == file_of(drive, local.ben)
    assert CANARY.encode() not in put.path.read_bytes()
    assert chart(local.ben, patient).reached[name].stage == Stage.LEFT
    (took,) = sticks.from_stick(local.eva, drive).took
    assert (took.device, took.envelopes, took.aside, took.before) == (
        local.ben.device,
        put.envelopes,
        0,
        False,
    )
    assert took.new >= 2 and held(local.eva) == held(local.ben)
    assert people.person(local.eva, patient).name.family == CANARY
    assert sticks.to_stick(local.eva, drive).heard == 1
    (back,) = sticks.from_stick(local.ben, drive).took
    assert back.heard_up_to == last
    assert [one.device for one in sticks.heard_of_us(local.ben)] == [local.eva.device]
    assert sync_status(local.ben).waiting > 0, "the centre has not said a word"


def test_reading_twice_changes_nothing(local: Local, drive: Path) -> None:
    registered(local)
    sticks.to_stick(local.ben, drive)
    sticks.from_stick(local.eva, drive)
    was = held(local.eva), counts(local.eva)
    (took,) = sticks.from_stick(local.eva, drive).took
    assert took.before and took.new == 0
    assert was == (held(local.eva), counts(local.eva))


def test_an_older_file_played_again_takes_nothing_back(local: Local, drive: Path, tmp_path: Path) -> None:
    patient = registered(local)
    sticks.to_stick(local.ben, drive)
    shutil.copy(file_of(drive, local.ben), tmp_path / "old")
    person = local.ben.book.read(lambda page: page.fact(Patient, patient))
    assert person is not None
    local.ben.write(replace(person, address="Mitre 12"), window=patient)
    sticks.to_stick(local.ben, drive)
    last = last_waiting(local.ben)
    sticks.from_stick(local.eva, drive)
    shutil.copy(tmp_path / "old", file_of(drive, local.ben))
    (took,) = sticks.from_stick(local.eva, drive).took
    assert took.before and took.new == 0 and held(local.eva) == held(local.ben)
    sticks.to_stick(local.eva, drive)
    (back,) = sticks.from_stick(local.ben, drive).took
    assert back.heard_up_to == last


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda data: data[: len(data) // 2], "cut off"),
        (lambda data: data[:-1], "cut off"),
        (lambda data: b"", "cut off"),
        (lambda data: data + b"x", "cut off"),
        (lambda data: os.urandom(2000), "cut off"),
    ],
)
def test_a_spoilt_file_takes_nothing_and_says_so(
    local: Local, drive: Path, spoil: Callable[[bytes], bytes], says: str
) -> None:
    registered(local)
    path = sticks.to_stick(local.ben, drive).path
    path.write_bytes(spoil(path.read_bytes()))
    read = sticks.from_stick(local.eva, drive)
    assert not read.took and says in str(read.refused[0][1])
    assert local.eva.book.read(lambda page: (page.count_ops(), page.quarantined())) == (0, 0)


def test_no_flipped_byte_is_taken(local: Local, drive: Path) -> None:
    registered(local)
    data = sticks.to_stick(local.ben, drive).path.read_bytes()
    good, _log = unpack_stick(data, local.eva.trust)

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, len(data) - 1), st.integers(1, 255))
    def flipped(place: int, by: int) -> None:
        other = bytearray(data)
        other[place] ^= by
        with pytest.raises(StickRefused):
            unpack_stick(bytes(other), local.eva.trust)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, len(data) - 1))
    def cut(at: int) -> None:
        with pytest.raises(StickRefused):
            unpack_stick(data[:at], local.eva.trust)

    flipped()
    cut()
    assert unpack_stick(data, local.eva.trust)[0] == good


def test_a_stick_of_another_organisation_is_refused(
    local: Local, drive: Path, tmp_path: Path, profile: object
) -> None:
    from contextlib import closing

    with closing(profile.desk()) as stranger:  # type: ignore[attr-defined]
        sticks.to_stick(stranger, drive)
    read = sticks.from_stick(local.eva, drive)
    assert not read.took and "another organisation" in str(read.refused[0][1])


def test_one_bad_file_hides_no_good_one(local: Local, drive: Path) -> None:
    patient = registered(local)
    sticks.to_stick(local.ben, drive)
    (drive / "posta" / "aaaa.stick").write_bytes(b"\x00")
    read = sticks.from_stick(local.eva, drive)
    assert len(read.took) == len(read.refused) == 1
    assert people.person(local.eva, patient).patient == patient


def test_an_empty_drive_and_ones_own_file_say_what_to_do(local: Local, drive: Path) -> None:
    with pytest.raises(Refusal, match="right stick"):
        sticks.from_stick(local.eva, drive)
    sticks.to_stick(local.eva, drive)
    with pytest.raises(Refusal, match="other computer first"):
        sticks.from_stick(local.eva, drive)


def test_a_drive_that_is_full_or_gone_keeps_the_file_there_was(
    local: Local, drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(local)
    path = sticks.to_stick(local.ben, drive).path
    was = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("clinic.services.sticks.os.fsync", full)
    with pytest.raises(Unavailable, match="room"):
        sticks.to_stick(local.ben, drive)
    assert path.read_bytes() == was and len(list(path.parent.iterdir())) == 1


def test_reading_is_stopped_between_two_parts_and_goes_on_next_time(
    local: Local, drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sticks, "AT_ONCE", 2)
    patient = registered(local)
    for number in range(5):
        send_message(local.ben, patient, f"{number}")
    sticks.to_stick(local.ben, drive)

    def stop(done: int, _whole: int) -> None:
        if done >= 2:
            raise sticks.Halted

    with pytest.raises(sticks.Halted):
        sticks.from_stick(local.eva, drive, stop)
    assert local.eva.book.read(lambda page: page.count_ops()) > 0 and held(local.eva) != held(local.ben)
    (took,) = sticks.from_stick(local.eva, drive).took
    assert not took.before and held(local.eva) == held(local.ben)
    assert not local.eva.book.read(lambda page: page.facts(Receipt, patient))


def papers(desk: Desk, *contents: bytes) -> list[str]:
    return [keep_bytes(desk, content, "application/pdf", "paper").id for content in contents]


def on(drive: Path, name: str) -> Path:
    return drive / "posta" / "files" / name


def holds(desk: Desk, name: str) -> bytes | None:
    return desk.book.read(lambda page: page.attachment(name))


def test_pictures_and_papers_travel_sealed_and_wait_for_the_centre_there_too(
    local: Local, drive: Path
) -> None:
    registered(local)
    names = papers(local.ben, CANARY.encode() * 5000, b"small")
    put = sticks.to_stick(local.ben, drive)
    assert (put.files, put.files_left) == (2, 0)
    assert all(CANARY.encode() not in on(drive, name).read_bytes() for name in names)
    (took,) = sticks.from_stick(local.eva, drive).took
    assert (took.files, took.files_missing, took.waits) == (2, 0, True)
    assert [holds(local.eva, name) for name in names] == [holds(local.ben, name) for name in names]
    assert set(local.eva.book.read(lambda page: page.attachments_in("waiting"))) == set(names)
    (again,) = sticks.from_stick(local.eva, drive).took
    assert (again.files, again.files_missing) == (0, 0)


def test_a_stick_with_little_room_takes_the_small_ones_and_the_next_one_the_rest(
    local: Local, drive: Path
) -> None:
    small, large = papers(local.ben, b"s" * 100, b"l" * 100_000)
    put = sticks.to_stick(local.ben, drive, most=50_000)
    assert (put.files, put.files_left) == (1, 1)
    assert on(drive, small).exists() and not on(drive, large).exists()
    (took,) = sticks.from_stick(local.eva, drive).took
    assert (took.files, took.files_missing) == (1, 1)
    was = on(drive, small).stat().st_mtime_ns
    put = sticks.to_stick(local.ben, drive)
    assert (put.files, put.files_left) == (2, 0)
    assert on(drive, small).stat().st_mtime_ns == was, "what is there is not written again"
    (took,) = sticks.from_stick(local.eva, drive).took
    assert (took.files, took.files_missing) == (1, 0)


@pytest.mark.parametrize(
    "spoil",
    [lambda data: data[:-1], lambda data: b"", lambda data: data + b"x", lambda data: b"x" + data[1:]],
    ids=["cut off", "empty", "longer", "changed"],
)
def test_a_spoilt_picture_is_told_and_the_rest_is_taken(
    local: Local, drive: Path, spoil: Callable[[bytes], bytes]
) -> None:
    patient = registered(local)
    good, bad = papers(local.ben, b"good", b"bad")
    sticks.to_stick(local.ben, drive)
    on(drive, bad).write_bytes(spoil(on(drive, bad).read_bytes()))
    read = sticks.from_stick(local.eva, drive)
    assert [(one.files, one.new > 0) for one in read.took] == [(1, True)]
    assert people.person(local.eva, patient).patient == patient
    assert "damaged or cut off on this stick: 1." in str(read.refused[0][1])
    assert (holds(local.eva, good), holds(local.eva, bad)) == (holds(local.ben, good), None)
    sticks.to_stick(local.ben, drive)
    assert not sticks.from_stick(local.eva, drive).refused
    assert holds(local.eva, bad) == holds(local.ben, bad)


def test_a_stick_that_fills_up_between_two_pictures_keeps_the_records(
    local: Local, drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = registered(local)
    papers(local.ben, b"one", b"two")
    real, asked = os.fsync, []

    def fills_up(descriptor: int) -> None:
        asked.append(descriptor)
        if len(asked) > 1:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr("clinic.services.stick_files.os.fsync", fills_up)
    put = sticks.to_stick(local.ben, drive)
    assert (put.files, put.files_left) == (0, 2)
    assert not list((drive / "posta" / "files").iterdir())
    monkeypatch.undo()
    sticks.from_stick(local.eva, drive)
    assert people.person(local.eva, patient).patient == patient


def test_what_nobody_of_ours_lists_is_not_taken_and_what_the_centre_has_goes(
    local: Local, drive: Path
) -> None:
    (name,) = papers(local.ben, b"paper")
    sticks.to_stick(local.ben, drive)
    on(drive, "f" * 64).write_bytes(b"a stranger's")
    assert sticks.from_stick(local.eva, drive).took[0].files == 1
    assert holds(local.eva, "f" * 64) is None
    local.ben.book.keep(lambda page: page.attachment_left(name))
    sticks.to_stick(local.ben, drive)
    assert [path.name for path in (drive / "posta" / "files").iterdir()] == ["f" * 64]


def test_reading_is_stopped_between_two_pictures(local: Local, drive: Path) -> None:
    registered(local)
    papers(local.ben, b"one", b"two", b"three")
    put = sticks.to_stick(local.ben, drive)

    def stop(done: int, whole: int) -> None:
        assert whole == put.envelopes + 3
        if done == put.envelopes + 2:
            raise sticks.Halted

    with pytest.raises(sticks.Halted):
        sticks.from_stick(local.eva, drive, stop)
    assert len(local.eva.book.read(lambda page: page.attachments_in("waiting"))) == 2
    (took,) = sticks.from_stick(local.eva, drive).took
    assert (took.before, took.files, took.waits) == (False, 1, True)


def answered(local: Local, drive: Path, **more: object) -> sticks.Took:
    """Ben reads a stick on which Eva says she brought everything of his to the centre."""
    held = local.ben.book.read(lambda page: page.offered(1, last_waiting(local.ben)))
    said = StickBrought(
        device=local.ben.device, incarnation=local.ben.incarnation, first=1, up_to=max(held),
        digest=known_digest(envelope_hash(held[number]) for number in sorted(held)), at=local.clock.now(),
    )  # fmt: skip
    manifest = StickManifest(
        version=STICK_VERSION, organization=local.eva.trust.organization().organization, device=local.eva.device,
        incarnation=local.eva.incarnation, number=9, made_at=local.clock.now(), body_hash=b"",
        brought=(replace(said, **more),),  # type: ignore[arg-type]
    )  # fmt: skip
    data = pack_stick(manifest, local.eva.trust.statements, [], local.eva.device_keys.sign)
    file_of(drive, local.eva).write_bytes(data)
    (took,) = sticks.from_stick(local.ben, drive).took
    return took


def test_a_colleagues_word_that_it_is_at_the_centre_is_shown_and_nothing_is_forgotten(
    local: Local, drive: Path
) -> None:
    patient = registered(local)
    name = send_message(local.ben, patient, "Va por otro").id
    sticks.to_stick(local.ben, drive)
    waiting = sync_status(local.ben).waiting
    assert answered(local, drive).brought_up_to == last_waiting(local.ben)
    assert chart(local.ben, patient).reached[name].stage == Stage.BROUGHT
    assert sync_status(local.ben).waiting == waiting > 0
    later = send_message(local.ben, patient, "Y esto después").id
    reached = chart(local.ben, patient).reached
    assert (reached[name].stage, reached[later].stage) == (Stage.BROUGHT, Stage.SAVED)


@pytest.mark.parametrize(
    "more",
    [{"digest": bytes(32)}, {"incarnation": 77}, {"up_to": 999}, {"first": 0}, {"first": 5, "up_to": 4}],
)
def test_a_word_about_other_envelopes_than_ours_is_not_believed(
    local: Local, drive: Path, more: dict[str, object]
) -> None:
    patient = registered(local)
    name = send_message(local.ben, patient, "Va por otro").id
    sticks.to_stick(local.ben, drive)
    assert answered(local, drive, **more).brought_up_to == 0
    assert chart(local.ben, patient).reached[name].stage == Stage.LEFT
