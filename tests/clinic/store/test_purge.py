# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing that has not left this device can be purged, whatever else is true of the chart."""

import os
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain.facts import AuditEvent, Communication, DocumentReference, Link, Patient
from clinic.domain.ids import DeviceId, FactId, OpId, PatientId, ScopeId, UserId, patient_scope
from clinic.domain.values import Attachment, HumanName
from clinic.protocol.op import Op
from clinic.store.book import Book
from clinic.store.purge import Terms, fetch_again, gone_charts, may_go, old_charts, purge_chart
from clinic.store.rows import Changes
from clinic.store.writing import WritePage

AT = datetime(2026, 1, 1, tzinfo=UTC)
KEY = os.urandom(32)
OLD, HELD = 1000, 500
HERE = DeviceId("mydevice")
TERMS = Terms(OLD, HELD, HERE)


@dataclass(frozen=True)
class Chart:
    """What is true of one patient's chart. `sent`: (acknowledged at or None, refused) of each envelope."""

    stamps: tuple[int, ...]
    sent: tuple[tuple[int | None, bool], ...]
    quarantined: bool
    conflict: bool
    linked: bool
    mine: bool
    file: str

    @property
    def free(self) -> bool:
        return (
            max(self.stamps) <= OLD
            and all(acked is not None and acked <= HELD for acked, _ in self.sent)
            and not (self.quarantined or self.conflict or self.linked or self.mine)
            and self.file != "waiting"
        )


ACKED = st.one_of(st.none(), st.integers(0, 1000))
CHARTS = st.builds(
    Chart,
    stamps=st.lists(st.integers(1, 1300), min_size=1, max_size=4).map(tuple),
    sent=st.lists(st.tuples(ACKED, st.booleans()), max_size=3).map(tuple),
    quarantined=st.sampled_from([False, False, False, True]),
    conflict=st.sampled_from([False, False, False, True]),
    linked=st.sampled_from([False, False, False, True]),
    mine=st.sampled_from([False, False, False, True]),
    file=st.sampled_from(["", "here", "sent", "waiting"]),
)


def lay_out(page: WritePage, charts: list[Chart]) -> None:
    env = 0
    for number, chart in enumerate(charts):
        patient = PatientId(f"other.p{number}")
        scope = patient_scope(patient)
        for turn, stamp in enumerate(chart.stamps):
            device = HERE if chart.mine and turn == 0 else "other"
            said = Communication(
                id=FactId(f"m{number}.{turn}"), patient=patient, sent_at=AT, sender="u", text="palabra"
            )
            page.file_op(Op(id=OpId(f"{device}.{number}.{turn}"), stamp=stamp, fact=said), scope)
        who = Patient(id=FactId(patient), patient=patient, name=HumanName(family=f"Sosa{number}"))
        page.file_op(Op(id=OpId(f"other.{number}.who"), stamp=1, fact=who), scope)
        if chart.conflict:
            page.file_op(Op(id=OpId(f"other.{number}.who2"), stamp=2, fact=who), scope)
        seen = AuditEvent(
            id=FactId(f"a{number}"), patient=patient, action="open", recorded_at=AT, agent="u", device=HERE
        )
        page.file_op(Op(id=OpId(f"{HERE}.{number}.seen"), stamp=1400, fact=seen), scope)
        if chart.linked:
            link = Link(
                id=FactId(f"l{number}"), patient=patient, other=PatientId("x"), by=UserId("u"), linked_at=AT
            )
            page.file_op(Op(id=OpId(f"other.{number}.link"), stamp=1, fact=link), scope)
        if chart.file:
            photo = DocumentReference(
                id=FactId(f"d{number}"), patient=patient, made_at=AT,
                attachment=Attachment(id=f"file{number}", key=b"k", content_type="image/jpeg", size=1),
            )  # fmt: skip
            page.file_op(Op(id=OpId(f"other.{number}.file"), stamp=1, fact=photo), scope)
            page.put_attachment(f"file{number}", chart.file, b"x")
        for acked, refused in chart.sent:
            env += 1
            page._do(
                "INSERT INTO outbox (env_no, scope, priority, ops, envelope, written_at, acked_at, refused) "
                "VALUES (:no, :scope, 2, 1, x'00', 0, :acked, :refused)",
                no=env, scope=scope, acked=acked, refused=7 if refused else None,
            )  # fmt: skip
        if chart.quarantined:
            page.quarantine(scope, 1, "no key", "", b"x", AT)


@given(st.lists(CHARTS, min_size=1, max_size=5))
@settings(max_examples=60)
def test_a_chart_goes_whole_when_nothing_holds_it_and_not_at_all_otherwise(charts: list[Chart]) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(Book.open(Path(folder) / "book.db", KEY)) as book:
        book.keep(lambda page: lay_out(page, charts))
        for number, chart in enumerate(charts):
            patient = PatientId(f"other.p{number}")
            before = book.read(lambda page, p=patient: list(page.ops(p)))
            if chart.file != "waiting":
                assert book.read(lambda page, p=patient: may_go(page, p, TERMS)) == chart.free
            gone = book.write(lambda page, p=patient: (purge_chart(page, p, TERMS), Changes()))
            after = book.read(lambda page, p=patient: list(page.ops(p)))
            person = book.read(lambda page, p=patient: page.person(p))
            if not chart.free:
                assert gone is None and after == before and person is not None
                continue
            assert [type(op.fact) for op in after] == [AuditEvent], "the log of who saw it stays"
            assert gone is not None and gone.ops == len(before) - 1 and person is None
            assert gone.files == (1 if chart.file else 0)
            assert book.read(lambda page, n=number: page.find_people(f"Sosa{n}", 9)) == ()
            assert patient not in traces_of_people(book)
        kept = sum(len(chart.stamps) for chart in charts if not chart.free)
        assert len(book.read(lambda page: page.search("palabra", limit=99))) == kept
        waiting = sum(1 for chart in charts for acked, refused in chart.sent if acked is None and not refused)
        assert len(book.read(lambda page: page.outbox())) == waiting, "the outbox is never touched"
        assert book.read(lambda page: page._one("PRAGMA integrity_check")[0]) == "ok"


def traces_of_people(book: Book) -> set[str]:
    """Everybody of whom the lists of people still know anything."""
    tables = ("person", "person_unkeyed")
    found = {
        row[0] for t in tables for row in book.read(lambda page, t=t: page._all(f"SELECT patient FROM {t}"))
    }
    keyed = book.read(
        lambda page: page._all("SELECT no FROM person_key WHERE no NOT IN (SELECT rowid FROM person_words)")
    )
    return found | {str(row[0]) for row in keyed}


def test_what_waits_under_another_scope_holds_its_own_ops_too(tmp_path: Path) -> None:
    with closing(Book.open(tmp_path / "book.db", KEY)) as book:
        patient = PatientId("other.p1")
        said = Communication(id=FactId("m"), patient=patient, sent_at=AT, sender="u", text="x")
        book.keep(
            lambda page: page.file_op(Op(id=OpId("other.1"), stamp=1, fact=said), ScopeId("t:team")) and None
        )
        book.keep(lambda page: page.post(1, ScopeId("t:team"), 2, 1, b"x", AT))
        assert book.write(lambda page: (purge_chart(page, patient, TERMS), Changes())) is None


def test_only_old_charts_are_looked_at_and_the_log_makes_none_young(tmp_path: Path) -> None:
    with closing(Book.open(tmp_path / "book.db", KEY)) as book:
        charts = [
            Chart((900,), (), False, False, False, False, ""),
            Chart((1200,), (), False, False, False, False, ""),
        ]
        book.keep(lambda page: lay_out(page, charts))
        assert book.read(lambda page: old_charts(page, OLD)) == ((PatientId("other.p0"), 900),)


def test_a_chart_that_is_written_in_again_is_fetched_whole(tmp_path: Path) -> None:
    with closing(Book.open(tmp_path / "book.db", KEY)) as book:
        patient = PatientId("other.p0")
        book.keep(lambda page: lay_out(page, [Chart((900,), (), False, False, False, False, "")]))
        book.keep(lambda page: page.advance(patient_scope(patient), 9, b"chain"))
        book.write(lambda page: (purge_chart(page, patient, TERMS), Changes()))
        assert book.read(lambda page: gone_charts(page)) == (patient,)
        assert book.read(lambda page: page.cursor(patient_scope(patient)))[0] == 9, (
            "it does not come back by itself"
        )
        back = book.write(
            lambda page: (fetch_again(page, frozenset({patient, PatientId("else")})), Changes())
        )
        assert back == frozenset({patient})
        assert book.read(lambda page: page.cursor(patient_scope(patient)))[0] == 0
        assert book.read(lambda page: gone_charts(page)) == ()
