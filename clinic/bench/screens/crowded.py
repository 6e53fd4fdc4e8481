# SPDX-License-Identifier: GPL-3.0-or-later
"""A clinician's home that holds a crowd: made once, through the store as records come in, and kept in the user's cache.

What the people are is told by their numbers alone, so it is the same on every machine; the keys are not.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from clinic.bench.crowd import DEVICE, START, Size, dni_of, envelope_of, life, person_id, reading
from clinic.bench.powercut.seats import PASSWORD, Seat, founded, sitting
from clinic.domain.errors import Unavailable
from clinic.domain.facts import EncounterStatus, Fact, Method, Observation, Observed, Patient
from clinic.domain.ids import EncounterId, FactId, OpId, ScopeId, counted_id, patient_scope
from clinic.domain.values import Coding, Quantity
from clinic.domain.vitals import BLOOD_PRESSURE, VITALS
from clinic.protocol.codec import encode
from clinic.protocol.op import Op, Ops, decode_ops
from clinic.services import intake
from clinic.services.desks import Desk
from clinic.showcase import cast
from clinic.showcase.load import REASON
from clinic.store.book import Book
from clinic.store.writing import WritePage

EDITION = 1
"""Another one is made anew: for when the crowd or the store has changed so that the old one says nothing."""
FULL = 20_000
"""People that the targets are meant for; with OBSERVATIONS each a million."""
OBSERVATIONS = 50
WAITING = 12
_AT_ONCE = 200
"""People taken in by one transaction."""
_WEEKS = 522
"""Ten years."""
_TEN_YEARS_AGO = START - timedelta(weeks=_WEEKS - 300)
Progress = Callable[[str], object]


def cache_folder() -> Path:
    """Where this user's programs keep what can be made again."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "Posta" / "bench"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "posta" / "bench"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "posta" / "bench"


def crowded(people: int, say: Progress, cache: Path | None = None) -> Path:
    """The home (its password: PASSWORD) with so many people, and one more whose vitals were taken each week for ten years.
    Made if it is not there yet: minutes and 1.3 GB for 20,000 people. Raises Unavailable."""
    folder = (cache or cache_folder()) / f"ui-{EDITION}-{people}"
    if not (folder / "ana").is_dir():
        _make(folder, people, say)
    return folder / "ana"


def _make(folder: Path, people: int, say: Progress) -> None:
    part = folder.with_name(folder.name + ".part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        seat, _colleague = founded(part)
        _fill(seat, people, say)
        part.rename(folder)
    except OSError as error:
        raise Unavailable(
            "The records to measure with cannot be kept in {folder}. Free 3 GB there, or measure with fewer --patients.",
            folder=folder.parent,
        ) from error


def _fill(seat: Seat, people: int, say: Progress) -> None:
    size, began = Size(observations=OBSERVATIONS), time.monotonic()
    book = seat.book()
    try:
        for start in range(0, people, _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, people))
            _take(book, [envelope_of(number, size) for number in numbers])
            say(f"{numbers[-1] + 1:,} of {people:,} people, {time.monotonic() - began:.0f} s")
        _take(book, [(patient_scope(person_id(people)), _ten_years(people))])
    finally:
        book.close()
    with sitting(seat) as desk:
        for nth in range(min(WAITING, people)):
            _seat(desk, nth)
        desk.book.read_all_texts()


def _take(book: Book, charts: list[tuple[ScopeId, bytes]]) -> None:
    """As an exchange brings them, their texts read into the search at once."""

    def act(page: WritePage) -> None:
        for scope, inside in charts:
            page.file_ops(decode_ops(inside).pairs, scope)

    book.keep(act)
    book.read_all_texts()


def _ten_years(number: int) -> bytes:
    facts = [*life(number, Size(observations=0)), *_weekly(number)]
    first = number * 10_000
    ops = (
        Op(id=OpId(counted_id(DEVICE, first + nth)), stamp=(first + nth) << 16, fact=fact)
        for nth, fact in enumerate(facts)
    )
    return encode(Ops(ops=tuple(ops)))


def _weekly(number: int) -> Iterator[Observation]:
    """Blood pressure and four other readings, each week."""
    patient = person_id(number)
    visit = EncounterId(f"{patient}.e0")
    for week in range(_WEEKS):
        at = _TEN_YEARS_AGO + timedelta(weeks=week)
        values = {"systolic": 118 + week % 23, "diastolic": 72 + week % 11}
        parts = tuple(
            Observed(code=VITALS[key].coding, value=Quantity(value=Decimal(value), unit=VITALS[key].unit))
            for key, value in values.items()
        )
        yield Observation(
            id=FactId(f"{patient}.b{week}"), patient=patient, code=BLOOD_PRESSURE, effective_at=at, components=parts,
            method=Method.MANUAL, encounter=visit,
        )  # fmt: skip
        for nth in range(week * 4, week * 4 + 4):
            yield replace(reading(patient, number, nth, visit), effective_at=at)


def _seat(desk: Desk, number: int) -> None:
    """Somebody of the crowd in the waiting room, with readings taken at the door."""
    waiter = cast.WAITERS[number % len(cast.WAITERS)]
    person = _person(number)
    visit = intake.arrive(
        desk, intake.Known(person.patient, person.name, person.birth_date, dni_of(number)), "es"
    )
    visit.become(desk, arrived_at=desk.clock.now() - timedelta(minutes=waiter.minutes_ago + number))
    intake.tell_reason(desk, visit, Coding(system=REASON, code=waiter.code, display=waiter.reason), ())
    intake.tell_vitals(desk, visit, waiter.vitals, on_oxygen=False, alert=True)
    visit.become(desk, status=EncounterStatus.TRIAGED)


def _person(number: int) -> Patient:
    first: Fact = next(life(number, Size()))
    assert isinstance(first, Patient)
    return first


def password_file(home: Path) -> Path:
    """The password in a file beside the home, as the program takes it."""
    file = home.with_name("password")
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(PASSWORD + "\n", encoding="utf-8")
    return file
