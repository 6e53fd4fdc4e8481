# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is typed, pasted or read is stored exactly or refused with a sentence: never a traceback, never a half write."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.bench.powercut import proof, seats
from clinic.bench.powercut.loads import arrived
from clinic.domain.errors import PostaError
from clinic.domain.facts import (
    Communication,
    Composition,
    Gender,
    MedicationRequest,
    Observation,
    Patient,
    Section,
)
from clinic.domain.ids import EncounterId, FactId, OpId, PatientId, patient_scope
from clinic.domain.values import ATC, ICD10, Coding, HumanName
from clinic.domain.vitals import WEIGHT
from clinic.domain.wording import folded
from clinic.protocol.op import Op
from clinic.services import (
    cards,
    charts,
    duplicates,
    intake,
    messages,
    people,
    prescribing,
    summaries,
    visits,
)
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.store.writing import WritePage

TEXTS = {
    "emoji": "fiebre 🤒👩‍⚕️🏥 38,5",
    "right to left": "المريض يشكو من صداع \u200fשלום\u200e fin",
    "combining": "n\u0303andu\u0301 e\u0301l o\u0308 \u0316\u0317",
    "composed": "ñandú él ö",
    "quotes": """'; DROP TABLE op; -- " ` ´ « » “ ” \\ \\' %s {0} {word} ${HOME} <b>&amp;</b>""",
    "nul": "antes\x00después",
    "controls": "a\x01b\x07c\x1b[31md\x7f\r\n\t\v\fe\u2028\u2029",
    "invisible": "\ufeffa\u200bb\u200d\u202e\u2066c\u2069",
    "astral": "𝒜𝓫 𠜎 \U0010ffff",
    "nonsense": "\ufffd\ufffe\uffff",
    "spaces": "  \u00a0dos espacios\u3000 ",
    "one long word": "ábc" * 40_000,
}
LONE = {"half a pair": "a\ud800b", "the other half": "\udfff", "pair in reverse": "\udc00\ud800"}
BAD_IDS = ["", "/", "../../etc", "a/b", "a>b", "a b", "'", "x" * 10_000, "p:1", "ñ", "\x00", "\ud800"]
NUMBERS = [
    "NaN", "sNaN", "-NaN", "Infinity", "-Infinity", "-0", "-1", "0", "1E+9999", "1E-9999", "9" * 200, "1E+59", "-37", "1e6",
]  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    seat, _ = seats.founded(tmp_path_factory.mktemp("bad"))
    opened = seats.desk_on(seat)
    yield opened
    opened.close()
    assert proof.OfHome(seat)(seat.path, []) == [], "nothing half was left"


@pytest.fixture
def chart(desk: Desk) -> tuple[PatientId, EncounterId]:
    return arrived(desk, 0, lambda told: None)


def tried(desk: Desk, act: Callable[[], object]) -> object:
    """What it gives, or None when it was refused: with a sentence, and with nothing written."""
    before = _counts(desk)
    try:
        return act()
    except PostaError as refusal:
        said = str(refusal)
        assert re.search(r"[.?]$", said) and "Traceback" not in said, said
        said.encode()  # it can be shown
        assert len(said) < 400, "the sentence is not the text"
        assert _counts(desk) == before
        return None


def _counts(desk: Desk) -> tuple[int, tuple[int, int]]:
    return desk.book.read(lambda page: (page.count_ops(), page.outbox_left()))


@pytest.mark.parametrize("name", [*TEXTS, *LONE])
def test_text_is_kept_to_the_letter_or_refused(
    desk: Desk, chart: tuple[PatientId, EncounterId], name: str
) -> None:
    text = {**TEXTS, **LONE}[name]
    patient, encounter = chart
    message = tried(desk, lambda: messages.send_message(desk, patient, text))
    draft = tried(desk, lambda: visits.autosave(desk, encounter, Section.PLAN, text, patient))
    if name in TEXTS:
        assert message is not None and draft is not None, "this is text somebody may type"
    if message is not None:
        kept = desk.book.read(lambda page: page.fact(Communication, message.id))
        assert kept is not None and kept.text == text
    if draft is not None:
        assert visits.draft(desk, encounter).texts[Section.PLAN] == text
        note = visits.sign(desk, encounter, patient)
        assert desk.book.read(lambda page: page.fact(Composition, note.id)) == note and note.plan == text
        tried(desk, lambda: visits.addendum(desk, note.id, text, patient))
        assert summaries.summary_pdf(desk, encounter).startswith(b"%PDF")
        summaries.summary_text(desk, encounter, "es")


@pytest.mark.parametrize(
    "name", [name for name in TEXTS if name not in ("nonsense", "astral", "one long word")]
)
def test_text_is_found_again(desk: Desk, chart: tuple[PatientId, EncounterId], name: str) -> None:
    patient, _ = chart
    message = messages.send_message(desk, patient, f"hallazgo {TEXTS[name]}")
    words = [word for word in TEXTS[name].split() if re.fullmatch(r"[^\W_]{2,}", folded(word))][:3]
    for typed in ("hallazgo", *words, f"hallazgo {' '.join(words)}"):
        hits = desk.book.read(lambda page, typed=typed: page.search(typed, patient=patient))
        assert message.id in [hit.fact.id for hit in hits], typed


def test_ten_megabytes_are_kept_or_refused_and_found(
    desk: Desk, chart: tuple[PatientId, EncounterId]
) -> None:
    patient, encounter = chart
    text = "palabra ñandú 🤒 " * (10_000_000 // 23) + "finalísimo"
    message = tried(desk, lambda: messages.send_message(desk, patient, text))
    if message is not None:
        assert desk.book.read(lambda page: page.fact(Communication, message.id)).text == text
        assert desk.book.read(lambda page: page.search("finalisimo", patient=patient))
    tried(desk, lambda: visits.autosave(desk, encounter, Section.PLAN, text, patient))
    tried(desk, lambda: people.register(desk, HumanName(family=text, given=(text,)), None, Gender.OTHER, ""))
    messages.send_message(desk, patient, "y se sigue trabajando")


@pytest.mark.parametrize("name", [*TEXTS, *LONE])
def test_names_of_people(desk: Desk, name: str) -> None:
    text = {**TEXTS, **LONE}[name]
    patient = tried(
        desk,
        lambda: people.register(
            desk,
            HumanName(family=text, given=(text, "Ana")),
            date(1980, 2, 29),
            Gender.FEMALE,
            "",
            text,
            text,
        ),
    )
    if patient is not None:
        fact = desk.book.read(lambda page: page.fact(Patient, patient))
        assert fact.name == HumanName(family=text, given=(text, "Ana")) and fact.address == text
        assert people.person(desk, patient).name.family == text
        charts.open_chart(desk, patient)
        found = people.find_people(desk, text[:200], 500)
        if re.search(r"[^\W_]{2,}", text[:200]) and name != "astral":
            assert patient in [row.patient for row in found]
        tried(desk, lambda: cards.issue(desk, patient))
    tried(desk, lambda: duplicates.alike(desk, HumanName(family=text, given=(text,)), None, text))
    tried(desk, lambda: people.find_people(desk, text))


@pytest.mark.parametrize(
    "born", [date.min, date(1, 1, 2), date(1582, 10, 10), date(1890, 12, 31), date(2900, 1, 1), date.max]
)
def test_birth_dates_that_cannot_be(desk: Desk, born: date) -> None:
    registered = tried(
        desk, lambda: people.register(desk, HumanName(family="X", given=("Y",)), born, Gender.OTHER, "")
    )
    claimed = tried(desk, lambda: intake.claim(desk, "20123456", born))
    assert registered is None and claimed is None


def test_a_birth_date_of_today_and_of_a_very_old_person(desk: Desk) -> None:
    today = desk.clock.now().date()
    for born in (today, today - timedelta(days=120 * 365)):
        assert people.register(desk, HumanName(family="X", given=("Y",)), born, Gender.OTHER, "")


def test_a_birth_date_tomorrow_is_refused(desk: Desk) -> None:
    tomorrow = desk.clock.now().date() + timedelta(days=1)
    assert (
        tried(
            desk,
            lambda: people.register(desk, HumanName(family="X", given=("Y",)), tomorrow, Gender.OTHER, ""),
        )
        is None
    )


@pytest.mark.parametrize(
    "start",
    [datetime(1, 1, 1, tzinfo=UTC), datetime(2062, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)],
)
def test_appointments_at_times_that_cannot_be(
    desk: Desk, chart: tuple[PatientId, EncounterId], start: datetime
) -> None:
    assert tried(desk, lambda: visits.book_next(desk, chart[0], start, "control")) is None


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("key", ["heart_rate", "temperature", "spo2", "weight", "height", "glucose"])
def test_absurd_readings_are_refused(
    desk: Desk, chart: tuple[PatientId, EncounterId], key: str, number: str
) -> None:
    patient, encounter = chart
    assert tried(desk, lambda: visits.record_reading(desk, patient, key, Decimal(number), encounter)) is None
    assert tried(desk, lambda: visits.blood_pressure(desk, patient, Decimal(number), Decimal(80))) is None
    assert tried(desk, lambda: visits.blood_pressure(desk, patient, Decimal(120), Decimal(number))) is None


def test_a_reading_keeps_its_places(desk: Desk, chart: tuple[PatientId, EncounterId]) -> None:
    patient, encounter = chart
    visits.record_reading(desk, patient, "temperature", Decimal("38.50"), encounter)
    (seen,) = desk.book.read(lambda page: page.facts(Observation, patient))
    assert str(seen.value.value) == "38.50"


def test_a_vital_sign_nobody_knows(desk: Desk, chart: tuple[PatientId, EncounterId]) -> None:
    assert tried(desk, lambda: visits.record_reading(desk, chart[0], "mood", Decimal(7))) is None


@pytest.mark.parametrize("name", [*TEXTS, *LONE])
def test_prescriptions_and_conditions(desk: Desk, chart: tuple[PatientId, EncounterId], name: str) -> None:
    text = {**TEXTS, **LONE}[name]
    patient, encounter = chart
    drug = Coding(system=ATC, code="N02BE01", display=text)
    done = tried(
        desk, lambda: prescribing.prescribe(desk, encounter, drug, text, "oral", 8, 7, text, patient)
    )
    if done is not None:
        assert desk.book.read(lambda page: page.fact(MedicationRequest, done.id)) == done
    tried(desk, lambda: prescribing.check(desk, patient, drug))
    tried(
        desk,
        lambda: visits.add_condition(desk, encounter, Coding(system=ICD10, code=text, display=text), patient),
    )


@pytest.mark.parametrize(("hours", "days"), [(-1, 1), (1, -1), (10**9, 1), (1, 10**9), (169, 1)])
def test_frequencies_that_cannot_be(
    desk: Desk, chart: tuple[PatientId, EncounterId], hours: int, days: int
) -> None:
    drug = Coding(system=ATC, code="N02BE01", display="Paracetamol")
    patient, encounter = chart
    assert (
        tried(
            desk,
            lambda: prescribing.prescribe(desk, encounter, drug, "1 g", "oral", hours, days, "", patient),
        )
        is None
    )


@pytest.mark.parametrize("bad", BAD_IDS)
def test_ids_that_are_nobodys(desk: Desk, chart: tuple[PatientId, EncounterId], bad: str) -> None:
    patient, encounter = chart
    for act in (
        lambda: charts.open_chart(desk, PatientId(bad)),
        lambda: people.person(desk, PatientId(bad)),
        lambda: visits.draft(desk, EncounterId(bad)),
        lambda: visits.start_visit(desk, EncounterId(bad), patient),
        lambda: visits.autosave(desk, EncounterId(bad), Section.PLAN, "x", patient),
        lambda: visits.autosave(desk, encounter, Section.PLAN, "x", PatientId(bad or "-")),
        lambda: visits.sign(desk, EncounterId(bad), patient),
        lambda: visits.addendum(desk, FactId(bad), "x", patient),
        lambda: visits.remove_condition(desk, FactId(bad), "error", patient),
        lambda: people.confirm_identity(desk, PatientId(bad), PatientId(bad)),
        lambda: summaries.summary_pdf(desk, EncounterId(bad)),
        lambda: intake.card_lookup(bad),
        lambda: intake.read_card(desk, bad),
        lambda: intake.claim(desk, bad, None),
    ):
        assert tried(desk, act) is None


@pytest.mark.parametrize("bad", ["12.345.678x", "²³", "١٢٣٤٥٦٧", "-1", "1e6", "\ud800", "9" * 5000])
def test_numbers_of_identity_cards(desk: Desk, bad: str) -> None:
    assert tried(desk, lambda: intake.claim(desk, bad, None)) is None
    assert (
        tried(
            desk, lambda: people.register(desk, HumanName(family="X", given=("Y",)), None, Gender.OTHER, bad)
        )
        is None
    )


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"GIF89a" + bytes(30), b"%PDF-1.7", bytes(100_000)])
def test_pictures_that_are_none(desk: Desk, chart: tuple[PatientId, EncounterId], data: bytes) -> None:
    assert tried(desk, lambda: messages.add_photo(desk, chart[0], data, "foto")) is None


@pytest.mark.parametrize("name", LONE)
def test_audit_entries_are_written_whatever_they_speak_of(
    desk: Desk, chart: tuple[PatientId, EncounterId], name: str
) -> None:
    tried(desk, lambda: audit(desk, "search", chart[0], entity=LONE[name]))


@settings(max_examples=60)
@given(text=st.text(alphabet=st.characters(codec=None), max_size=80))
def test_anything_at_all(desk: Desk, text: str) -> None:
    patient, encounter = arrived(desk, 0, lambda told: None)
    message = tried(desk, lambda: messages.send_message(desk, patient, text))
    if message is not None:
        assert desk.book.read(lambda page: page.fact(Communication, message.id)).text == text
    tried(desk, lambda: visits.autosave(desk, encounter, Section.OBJECTIVE, text, patient))
    tried(desk, lambda: people.find_people(desk, text))
    tried(desk, lambda: desk.book.read(lambda page: page.search(text)))


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_facts_of_impossible_times_from_elsewhere_stop_nothing(desk: Desk, at: datetime) -> None:
    """A clock that is wrong by thousands of years must not keep the rest of an exchange away."""
    patient = PatientId(f"elsewhere{at.year}")
    said = Communication(id=FactId(patient), patient=patient, sent_at=at, sender="ben", text="lejos")
    seen = Observation(id=FactId(f"{patient}.o"), patient=patient, code=WEIGHT.coding, effective_at=at)
    born = Patient(id=FactId(patient), patient=patient, name=HumanName(family="Lejos"), birth_date=at.date())
    ops = [Op(id=OpId(f"{patient}.{n}"), stamp=n, fact=fact) for n, fact in enumerate((born, said, seen))]
    later = Op(id=OpId(f"{patient}.9"), stamp=9, fact=replace(said, text="cerca"), replaces=(ops[1].id,))
    with rolled_back(desk) as page:
        for op in (*ops, later):
            assert page.file_op(op, patient_scope(patient))
        assert [hit.fact.text for hit in page.search("cerca", patient=patient)] == ["cerca"]
        assert page.search("lejos", patient=patient, kinds=(Communication,)) == ()


@contextmanager
def rolled_back(desk: Desk) -> Iterator[WritePage]:
    """A page of the book whose writes are undone."""
    with desk.book._engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield WritePage(connection)
        finally:
            connection.exec_driver_sql("ROLLBACK")


def test_a_file_in_the_place_of_the_home(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"")
    with pytest.raises(PostaError):
        seats.desk_on(seats.Seat(tmp_path / "home", seats.Opened("x", bytes(32))))
