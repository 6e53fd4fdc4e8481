# SPDX-License-Identifier: GPL-3.0-or-later
"""Colleagues tell each other what charts come to: rows that are damaged in a real store file are found and put right."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from clinic.doctor.inside import inside
from clinic.domain.clock import SystemClock
from clinic.domain.facts import Communication, Gender
from clinic.domain.ids import PatientId, ScopeId, patient_scope
from clinic.domain.values import HumanName
from clinic.keys.slots import Opened
from clinic.protocol.codec import decode, encode
from clinic.protocol.marks import ScopeMark, StateMark
from clinic.protocol.op import Op
from clinic.services import comparing, people
from clinic.services.comparing import compared_in
from clinic.services.desks import Desk
from clinic.services.link import exchange_now
from clinic.services.messages import send_message
from clinic.services.sitting import open_desk
from clinic.services.syncing import sync_status
from clinic.store.backup_copy import connect
from clinic.store.mending import at_rest
from clinic.store.writing import WritePage
from clinic.sync.settled import state_hash
from tests.clinic.services.conftest import PASSWORD, Town

WORDS = ("¿Cómo sigue?", "Mañana a las diez.", "Traiga los estudios.", "Hasta mañana.")


@dataclass
class Colleague:
    """A computer that is closed and opened again."""

    desk: Desk


@dataclass(frozen=True)
class Chart:
    """Somebody about whom both computers wrote, the same on both."""

    patient: PatientId
    words: tuple[str, ...]
    edited: str
    """What became of the last of them later, in another envelope."""
    by_omar: str


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was just written is settled, and what was just fetched may be fetched again."""
    monkeypatch.setattr(comparing, "SETTLED", timedelta(0))
    monkeypatch.setattr(comparing, "FETCHED", timedelta(0))


@pytest.fixture(scope="module")
def omar(town: Town) -> Iterator[Colleague]:
    colleague = Colleague(town.enrol("Omar Sosa"))
    yield colleague
    colleague.desk.close()


@pytest.fixture
def chart(town: Town, omar: Colleague) -> Chart:
    name = HumanName(family="Ledesma", given=("Rosa",))
    patient = people.register(town.desk, name, date(1970, 1, 1), Gender.FEMALE, "")
    words = tuple(f"{words} {patient}" for words in WORDS)
    chart = Chart(patient, words, f"Hasta el lunes. {patient}", f"De Omar. {patient}")
    for text in words:
        send_message(town.desk, patient, text)
    exchange_now(town.desk)
    said = town.desk.book.read(lambda page: page.facts(Communication, patient))
    last = next(fact for fact in said if fact.text == words[-1])
    town.desk.write(replace(last, text=chart.edited))
    exchange_now(town.desk)
    exchange_now(omar.desk)
    send_message(omar.desk, patient, chart.by_omar)
    exchange_now(omar.desk)
    exchange_now(town.desk)
    assert held(omar.desk, patient) == held(town.desk, patient)
    return chart


def held(desk: Desk, patient: PatientId) -> bytes:
    return state_hash(desk.book.read(lambda page: tuple(page.ops(patient))))


def shown(desk: Desk, patient: PatientId) -> list[str]:
    found = desk.book.read(lambda page: page.facts(Communication, patient))
    return sorted(fact.text for fact in found)


def tells(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hundredth exchange since the last mark."""
    with monkeypatch.context() as patched:
        patched.setattr(comparing, "EVERY", 1)
        exchange_now(desk)
    exchange_now(desk)


def damage(colleague: Colleague, *what: tuple[str, Callable[[Op], bytes] | None]) -> None:
    """Change rows of the file behind the program's back: (words, what their op becomes; None: the row goes)."""
    home, key = colleague.desk.home, colleague.desk.store_key
    colleague.desk.close()
    with closing(connect(home.book, key)) as raw:
        rows = {
            fact.text: (row[0], op)
            for row in raw.execute("SELECT id, body FROM op").fetchall()
            if isinstance(fact := (op := decode(bytes(row[1]), Op)).fact, Communication)
        }
        for words, change in what:
            name, op = rows[words]
            if change is None:
                raw.execute("DELETE FROM op WHERE id = ?", (name,))
            else:
                raw.execute("UPDATE op SET body = ? WHERE id = ?", (change(op), name))
        raw.commit()
    colleague.desk = open_desk(home.path, PASSWORD, SystemClock(), os.urandom)


def other_words(op: Op) -> bytes:
    return encode(replace(op, fact=replace(op.fact, text="No venga.")))  # type: ignore[call-arg]


def unreadable(op: Op) -> bytes:
    return b"not an op"


def told_by_doctor(desk: Desk) -> str:
    found = inside(desk.home, Opened("", desk.store_key), desk.clock.now())
    return next(f"{one.found}: {one.advice}" for one in found if one.name == "charts")


def test_damaged_rows_are_found_and_put_right(
    town: Town, omar: Colleague, chart: Chart, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, whole = sync_status(omar.desk).mended, shown(omar.desk, chart.patient)
    one, two, _, last = chart.words
    damage(
        omar, (one, None), (two, other_words), (last, None), (chart.edited, unreadable), (chart.by_omar, None)
    )
    tells(town.desk, monkeypatch)
    exchange_now(omar.desk)
    assert held(omar.desk, chart.patient) == held(town.desk, chart.patient)
    assert shown(omar.desk, chart.patient) == whole
    status = sync_status(omar.desk)
    assert (status.mended - before, status.mending, status.quarantined, status.withheld) == (5, 0, 0, 0)
    omar.desk.close()
    assert f"{before + 5} records were damaged or missing here" in told_by_doctor(omar.desk)
    omar.desk = open_desk(omar.desk.home.path, PASSWORD, SystemClock(), os.urandom)


def test_a_colleagues_damage_costs_one_fetch_and_changes_nothing_here(
    town: Town, omar: Colleague, chart: Chart, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, whole = sync_status(town.desk).mended, held(town.desk, chart.patient)
    damage(omar, (chart.words[0], None))
    scope = patient_scope(chart.patient)
    fetched: list[ScopeId] = []
    ask_again = comparing.ask_again

    def asked(page: WritePage, patient: PatientId) -> int:
        fetched.append(patient_scope(patient))
        return ask_again(page, patient)

    monkeypatch.setattr(comparing, "ask_again", asked)
    tells(omar.desk, monkeypatch)
    monkeypatch.setattr(comparing, "FETCHED", timedelta(days=7))
    for _ in range(2):
        exchange_now(town.desk)
        tells(omar.desk, monkeypatch)
    assert fetched == [scope], "once in seven days"
    assert sync_status(town.desk).mended == before and held(town.desk, chart.patient) == whole
    tells(town.desk, monkeypatch)
    exchange_now(omar.desk)
    assert held(omar.desk, chart.patient) == whole


def test_where_all_is_alike_nothing_is_fetched_and_a_mark_is_no_record(
    town: Town, omar: Colleague, chart: Chart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "ask_again", None)  # nobody may call it
    ops = omar.desk.book.read(lambda page: page.count_ops())
    tells(town.desk, monkeypatch)
    assert not omar.desk.book.read(lambda page: page.meta("marks"))
    exchange_now(omar.desk)
    assert omar.desk.book.read(lambda page: (page.count_ops(), page.meta("marks"))) == (ops, None)
    assert omar.desk.book.read(lambda page: compared_in(page.meta)).at is not None


def test_what_waits_to_leave_is_not_told(town: Town, omar: Colleague, chart: Chart) -> None:
    assert chart.patient in town.desk.book.read(at_rest)
    send_message(town.desk, chart.patient, "Aún no salió.")
    assert chart.patient not in town.desk.book.read(at_rest)
    exchange_now(town.desk)
    exchange_now(omar.desk)
    assert chart.patient in town.desk.book.read(at_rest)


def test_a_mark_that_cannot_be_is_no_reason_to_do_anything(
    town: Town, omar: Colleague, chart: Chart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "ask_again", None)  # nobody may call it
    lie = ScopeMark(scope=patient_scope(chart.patient), ops=0, digest=b"")
    nobody = ScopeMark(scope=ScopeId("p:nobody"), ops=1, digest=bytes(8))
    strange = (*(replace(nobody, scope=ScopeId(f"p:{n}")) for n in range(comparing.CHARTS)), lie)
    for mark in (
        StateMark(settled=2**80, scopes=(lie,)), StateMark(settled=-1, scopes=(lie,)), StateMark(settled=1, scopes=strange)
    ):  # fmt: skip
        town.desk.book.keep(lambda page, mark=mark: town.desk.tell_team(page, mark, 2))  # type: ignore[misc]
    exchange_now(town.desk)
    exchange_now(omar.desk)
    assert sync_status(omar.desk).quarantined == 0
