# SPDX-License-Identifier: GPL-3.0-or-later
"""Letting a chart go from this copy: only one that is settled, old, and held by the centre for a while already.

The rule stands in the DELETE itself: while anything of the chart's scope waits in the outbox, was refused, or was taken
only lately, while something of it is in quarantine, stands in conflict or is linked, or was written on this very device
(the centre does not send that back), no row goes. The log of who saw it stays always.
"""

from dataclasses import dataclass
from json import dumps as json

from clinic.domain.facts import AuditEvent, Fact
from clinic.domain.ids import DeviceId, PatientId, patient_scope
from clinic.domain.record import Record
from clinic.domain.values import Attachment
from clinic.protocol.codec import decode
from clinic.protocol.op import Op
from clinic.store.facts import ON_CHART
from clinic.store.page import Page
from clinic.store.sheet import Sheet
from clinic.store.writing import WritePage

_GONE = "purged "
_FREE = f"""
    op.{ON_CHART} AND op.kind <> {AuditEvent.NUMBER}
    AND NOT EXISTS (SELECT 1 FROM outbox AS o WHERE o.scope IN (:scope, op.scope) AND (o.acked_at IS NULL OR o.acked_at > :held))
    AND NOT EXISTS (SELECT 1 FROM quarantine AS q WHERE q.scope IN (:scope, op.scope))
    AND NOT EXISTS (SELECT 1 FROM linked AS l WHERE :patient IN (l.provisional, l.other))
    AND NOT EXISTS (SELECT 1 FROM op AS x WHERE x.{ON_CHART} AND (x.conflict = 1 OR x.gap = 1 OR x.state > 1))
    AND NOT EXISTS (SELECT 1 FROM op AS x WHERE x.{ON_CHART} AND x.kind <> {AuditEvent.NUMBER}
        AND (x.stamp > :old OR substr(x.id, 1, length(:device) + 1) = :device || '.'))"""


@dataclass(frozen=True, slots=True)
class Gone:
    """What went of one chart."""

    patient: PatientId
    ops: int
    files: int


class _NotWhole(Exception):
    """A row of the chart may not go: then none does."""


def old_charts(page: Sheet, old_stamp: int) -> tuple[tuple[PatientId, int], ...]:
    """(patient, highest stamp) of charts nobody wrote in after `old_stamp`, the oldest first. The log does not count."""
    rows = page._all(
        "SELECT patient, max(stamp) AS last FROM op JOIN chart ON chart.no = op.chart "
        f"WHERE patient <> '' AND kind <> {AuditEvent.NUMBER} GROUP BY op.chart HAVING last <= :old ORDER BY last, patient",
        old=old_stamp,
    )
    return tuple((PatientId(row[0]), int(row[1])) for row in rows)


@dataclass(frozen=True, slots=True)
class Terms:
    """`old_stamp`: nothing newer may be on the chart; `held_since_ms`: all that was sent was acknowledged by then;
    `device`: this one."""

    old_stamp: int
    held_since_ms: int
    device: DeviceId

    def told(self, patient: PatientId) -> dict[str, object]:
        return {
            "patient": patient, "scope": patient_scope(patient), "old": self.old_stamp, "held": self.held_since_ms,
            "device": self.device,
        }  # fmt: skip


def may_go(page: Sheet, patient: PatientId, terms: Terms) -> bool:
    """True if the chart would go now."""
    return page._one(f"SELECT 1 FROM op WHERE {_FREE} LIMIT 1", **terms.told(patient)) is not None


def purge_chart(page: WritePage, patient: PatientId, terms: Terms) -> Gone | None:
    """Let one chart go, whole; None if any of it may not. Call it in a transaction of its own."""
    rows = page._all(
        f"SELECT body, at FROM op WHERE {ON_CHART} AND kind <> {AuditEvent.NUMBER}", patient=patient
    )
    ops = [(decode(bytes(row[0]), Op), int(row[1])) for row in rows]
    files = {name for op, _ in ops for name in _files_of(op.fact)}
    if not ops or _files_wait(page, files):
        return None
    gone = page._do(f"DELETE FROM op WHERE {_FREE}", **terms.told(patient))
    if gone not in (0, len(ops)):
        raise _NotWhole(
            f"{gone} of {len(ops)}"
        )  # the rule speaks of the chart: it holds for all rows or for none
    if not gone:
        return None
    page.forget_texts(ops)
    _forget_person(page, patient)
    dropped = page._do(
        "DELETE FROM attachment WHERE id IN (SELECT value FROM json_each(:ids)) AND state <> 'waiting'",
        ids=json(sorted(files)),
    )
    page.put_meta(f"{_GONE}{patient}", b"1")
    return Gone(patient, gone, dropped)


def fetch_again(page: WritePage, patients: frozenset[PatientId]) -> frozenset[PatientId]:
    """Charts of these that had gone are asked for whole once more: half a chart is never shown for one. Gives which."""
    back = frozenset(patient for patient in patients if page.meta(f"{_GONE}{patient}") is not None)
    for patient in back:
        page.forget_cursor(patient_scope(patient))
        page.drop_meta(f"{_GONE}{patient}")
    return back


def gone_charts(page: Page) -> tuple[PatientId, ...]:
    """Charts that have gone from this copy."""
    return tuple(PatientId(key.removeprefix(_GONE)) for key in page.metas(_GONE))


def _files_wait(page: WritePage, files: set[str]) -> bool:
    row = page._one(
        "SELECT 1 FROM attachment WHERE state = 'waiting' AND id IN (SELECT value FROM json_each(:ids))",
        ids=json(sorted(files)),
    )
    return row is not None


def _forget_person(page: WritePage, patient: PatientId) -> None:
    page._do("DELETE FROM person WHERE patient = :patient", patient=patient)
    number = page.chart_number(patient)
    page._do("DELETE FROM person_words WHERE rowid = :no", no=number)
    page._do("DELETE FROM chart_name WHERE no = :no", no=number)
    page._do("DELETE FROM person_key WHERE no = :no", no=number)
    page._do("DELETE FROM person_unkeyed WHERE patient = :patient", patient=patient)


def _files_of(fact: Record) -> set[str]:
    """The ids of the files a fact names."""
    if not isinstance(fact, Fact):
        return set()
    values = [
        getattr(fact, name) for name in ("attachment", "attachments", "presented") if hasattr(fact, name)
    ]
    flat = [item for value in values for item in (value if isinstance(value, tuple) else (value,))]
    return {item.id for item in flat if isinstance(item, Attachment)}
