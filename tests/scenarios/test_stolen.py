# SPDX-License-Identifier: GPL-3.0-or-later
"""A kiosk, or a desktop that is off, in a thief's hands: the whole disk and every key on it, and a copy of the centre."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from clinic.domain.clock import FrozenClock
from clinic.domain.errors import PostaError, Refusal
from clinic.domain.facts import Gender, Observation
from clinic.domain.ids import ScopeId
from clinic.domain.values import Coding, HumanName
from clinic.keys.attachments import attachment_id, unseal_bytes
from clinic.keys.boxes import open_sealed
from clinic.keys.epochs import open_epochs
from clinic.keys.hashing import digest
from clinic.keys.sealing import Granted, Keyring, open_envelope
from clinic.keys.slots import NOBODY, Slots, WrongPassword
from clinic.protocol.codec import encode
from clinic.protocol.envelope import Envelope, unpack
from clinic.protocol.trust import DeviceKind
from clinic.services import intake, messages, people
from clinic.services.desks import Desk
from clinic.services.enrolment import DeviceSetup, set_up
from clinic.services.sitting import open_desk, open_kiosk
from clinic.store.book import Book
from clinic.store.home import Home
from tests.clinic.services.shared import BEN, BENS, shared_home
from tests.hostile.people import AT, Scene, _with_shares, scene
from tests.scenarios.canaries import WORDS, found_in, spellings
from tests.small_clinic import TEAM, small_clinic, somebody

INTAKES = 50
NEEDLES = tuple(needle for word in WORDS for needle in spellings(word))
REASON = Coding(system="http://snomed.info/sct", code="1", display=WORDS[3])


def has_words(data: bytes) -> bool:
    return any(needle in data for needle in NEEDLES)


# the kiosk -----------------------------------------------------------------------------------------


@dataclass
class Loot:
    """What the thief has: a key for the store, so every row of it, and all that passed the centre."""

    rows: list[bytes]
    envelopes: list[Envelope]
    desk: Desk

    @property
    def keys(self) -> list[bytes]:
        """Every run of 32 bytes that could be a key: each value of that length, and both halves of the device's."""
        found = {row for row in self.rows if len(row) == 32}
        mine = self.desk.device_keys.encode()
        found |= {mine[at : at + 32] for at in range(len(mine) - 31)}
        return [*found, self.desk.store_key]


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as made:
        yield made


def _an_intake(kiosk: Desk) -> None:
    """Everything a patient tells a kiosk, and what she shows it."""
    known = intake.claim(kiosk, "12345678", date(1958, 3, 7), HumanName(family=WORDS[0], given=(WORDS[1],)))
    visit = intake.arrive(kiosk, known, "es")
    intake.tell_reason(kiosk, visit, REASON, (replace(REASON, display=WORDS[4]),))
    intake.tell_vitals(kiosk, visit, {"heart_rate": Decimal(91)}, on_oxygen=False, alert=True)
    kept = messages.keep_bytes(kiosk, WORDS[5].encode() * 500, "image/jpeg", WORDS[6])
    messages.send_message(kiosk, known.patient, WORDS[7], visit.encounter, (kept,))
    intake.ready(kiosk, visit)


def _looted(scene: Scene) -> Loot:
    """A second start of the stolen kiosk: nothing of the intake's own process is left."""
    stolen = scene.kiosk
    names = stolen.book.read(lambda page: page._all("SELECT name FROM sqlite_master WHERE type = 'table'"))
    rows: list[bytes] = []
    for (name,) in names:
        for row in stolen.book.read(lambda page, name=name: page._all(f'SELECT * FROM "{name}"')):
            rows += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    outbox = stolen.book.read(lambda page: page._all("SELECT envelope FROM outbox"))
    return Loot(rows, [unpack(row[0]) for row in outbox], stolen)


def _opens(sealed: Envelope, key: bytes) -> bool:
    """True if that key opens the envelope, taken for any kind of key there is."""
    team_keys = {(sealed.header.team, sealed.header.key_epoch): key}
    for ring in (Keyring(), Keyring({sealed.header.scope: {sealed.header.key_id: key}})):
        try:
            return not isinstance(open_envelope(sealed, ring, team_keys), Granted)
        except PostaError:
            continue
    try:
        open_sealed(key, sealed.body[:80])
    except PostaError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("sent", [False, True], ids=["before it was sent", "after it was sent"])
def test_no_past_intake_opens_with_the_whole_kiosk(hall: Scene, sent: bool) -> None:
    for _ in range(INTAKES):
        _an_intake(hall.kiosk)
    if sent:
        hall.sync(hall.kiosk)
    loot = _looted(hall)
    assert len(loot.envelopes) >= INTAKES, "the intakes are there, sealed"
    assert not any(has_words(row) for row in loot.rows), "and nowhere in clear"
    assert len(loot.keys) > 30, "the thief has tried something"
    for sealed in loot.envelopes:
        assert not any(_opens(sealed, key) for key in loot.keys)
    assert not open_epochs(hall.log, somebody("x").keys, hall.town.ben.user, loot.desk.device)
    assert all(key not in _team_privates(hall) for key in loot.keys)
    pictures = [row for row in loot.rows if len(row) > 2000]
    assert len(pictures) >= INTAKES
    for picture in pictures[:3]:
        for key in loot.keys:  # the picture's own key is inside a sealed fact
            with pytest.raises(PostaError):
                unseal_bytes(picture, key, attachment_id([picture]))


@pytest.mark.slow
def test_the_team_opens_what_the_thief_cannot(hall: Scene) -> None:
    """Or the test above would pass on an empty box."""
    _an_intake(hall.kiosk)
    loot = _looted(hall)
    theirs = _team_privates(hall)
    assert all(any(_opens(sealed, key) for key in theirs) for sealed in loot.envelopes)
    hall.sync(hall.kiosk)
    hall.sync(hall.eva)
    (found,) = people.find_people(hall.eva, WORDS[0])
    assert found.name.given == (WORDS[1],)
    assert hall.eva.book.read(lambda page: page.facts(Observation, found.patient))


def _team_privates(hall: Scene) -> set[bytes]:
    return set(hall.eva.team_keys.values())


@pytest.mark.slow
def test_a_kiosk_that_starts_again_shows_nothing_of_before(tmp_path: Path) -> None:
    """The thief starts the program itself: the key file opens the store, and no verb of it gives a past intake."""
    town, clock = small_clinic(), FrozenClock(AT)
    home = Home(tmp_path / "kiosk")
    setup = DeviceSetup("Quebracho", DeviceKind.KIOSK, "http://127.0.0.1:1", TEAM)
    set_up(home, _with_shares(town), setup, town.kiosk.device_keys, NOBODY, None, "", "", os.urandom)
    desk = open_kiosk(home.path, clock, os.urandom)
    _an_intake(desk)
    desk.close()
    shutil.copytree(home.path, tmp_path / "stolen")
    stolen = open_kiosk(tmp_path / "stolen", clock, os.urandom)
    try:
        assert stolen.team_keys == {} and stolen.person is None
        with pytest.raises(Refusal):
            people.find_people(stolen, WORDS[0])
        assert stolen.book.read(lambda page: page._all("SELECT 1 FROM person")) == []
        assert stolen.book.read(lambda page: page._all("SELECT 1 FROM op")) == []
        assert stolen.book.read(lambda page: page.scope_keys(ScopeId("p:x"))) == {}
    finally:
        stolen.close()
    assert found_in([tmp_path]) == []


# the desktop, off ----------------------------------------------------------------------------------


@pytest.fixture
def desktop(tmp_path: Path) -> Home:
    """Ben's desktop with a patient's words in it, switched off."""
    home = shared_home(tmp_path / "desktop")
    desk = open_desk(home.path, BENS, FrozenClock(datetime(2026, 11, 26, tzinfo=UTC)), os.urandom, BEN)
    name = HumanName(family=WORDS[0], given=(WORDS[1],))
    patient = people.register(desk, name, date(1958, 3, 7), Gender.FEMALE, "")
    messages.send_message(desk, patient, WORDS[2])
    messages.keep_bytes(desk, WORDS[5].encode() * 900, "image/jpeg", WORDS[6])
    desk.close()
    return home


def _guesses(home: Home) -> list[bytes]:
    """Every 32 bytes of the slot file, at each place: no key lies there in clear."""
    data = home.slots.read_bytes()
    return [data[at : at + 32] for at in range(len(data) - 31)]


@pytest.mark.slow
def test_a_desktop_that_is_off_tells_nothing(desktop: Home) -> None:
    assert found_in([desktop.path]) == []
    slots = Slots.read(desktop.slots.read_bytes())
    for word in ("", "123456", BEN, BENS[:-1], BENS.upper()):
        with pytest.raises(WrongPassword):
            slots.open(word)
    for guess in _guesses(desktop):
        with pytest.raises(WrongPassword):
            slots.open_with_key(guess)
        with pytest.raises(WrongPassword):
            slots.open_recovery(guess)


@pytest.mark.slow
def test_no_bytes_of_the_disk_open_the_store(desktop: Home, tmp_path: Path) -> None:
    """The header's salt, the sum of the slots, the device's own name: nothing that lies there is the key."""
    copied = tmp_path / "copy.db"
    for guess in islice(_guesses(desktop), 0, None, 29):
        shutil.copy(desktop.book, copied)
        with pytest.raises(PostaError):
            Book.open(copied, guess)


@pytest.mark.slow
@pytest.mark.parametrize("spared", ["", ".bak"], ids=["both copies", "the backup copy is whole"])
def test_a_slot_file_with_lowered_parameters_is_refused(desktop: Home, spared: str) -> None:
    """Her right password: the thief wants it stretched cheaply, and waits for her to type it."""
    file = Slots.read(desktop.slots.read_bytes()).file
    lowered = replace(
        file,
        slots=tuple(
            replace(slot, memory_kib=slot.memory_kib // 1024, time_cost=1, lanes=1) for slot in file.slots
        ),
    )
    body = encode(lowered)
    written = digest(body, b"posta slots sum", 8) + body
    desktop.slots.write_bytes(written)
    if not spared:
        desktop.slots.with_suffix(".bak").write_bytes(written)
    before = desktop.book.read_bytes()
    with pytest.raises(Refusal, match="too weak to be trusted"):
        open_desk(desktop.path, BENS, FrozenClock(datetime(2026, 11, 26, tzinfo=UTC)), os.urandom, BEN)
    assert desktop.book.read_bytes() == before
