# SPDX-License-Identifier: GPL-3.0-or-later
"""What happened to a patient, newest first, a page at a time: a few rows of each kind, merged by time."""

from collections.abc import Collection
from dataclasses import dataclass
from heapq import nlargest

from clinic.domain.facts import Fact
from clinic.domain.ids import EncounterId, PatientId
from clinic.protocol.codec import decode
from clinic.protocol.op import Op
from clinic.store.facts import CHART, OF_ENCOUNTER, QUARANTINED, SHOWN
from clinic.store.page import Page

END = 1 << 62


@dataclass(frozen=True, slots=True)
class MomentRow:
    """A fact as it is shown now. `versions`: how many ops it has; `conflict`: others stand beside it."""

    at_ms: int
    op: Op
    versions: int
    conflict: bool


def kinds_of(page: Page, patient: PatientId) -> tuple[int, ...]:
    """Numbers of the kinds that a record shows, those this program does not know too; one seek a kind."""
    found: list[int] = []
    while True:
        row = page._one(
            f"SELECT min(kind) FROM op WHERE chart = {CHART} AND state = {SHOWN} AND kind > :last",
            patient=patient, last=found[-1] if found else -1,
        )  # fmt: skip
        if row[0] is None:
            return tuple(found)
        found.append(int(row[0]))


def moments(
    page: Page, patient: PatientId, kinds: Collection[int], since_ms: int, before: tuple[int, str], limit: int
) -> tuple[MomentRow, ...]:
    """The newest facts of these kinds on a chart, from `since_ms` and before (time in ms, op id), newest first."""
    rows = [
        row
        for whose in page.chart_of(patient)
        for kind in kinds_of(page, whose)
        if kind in kinds
        for row in page._all(
            f"SELECT at, id, body, conflict, fact, kind FROM op WHERE chart = {CHART} AND kind = :kind AND state = {SHOWN} "
            "AND at >= :since AND (at, id) < (:at, :id) ORDER BY at DESC, id DESC LIMIT :limit",
            patient=whose, kind=kind, since=since_ms, at=before[0], id=before[1], limit=limit,
        )
    ]  # fmt: skip
    newest = nlargest(limit, rows, key=lambda row: (row[0], row[1]))
    return tuple(MomentRow(at, decode(body, Op), _versions(page, kind, fact), bool(conflict))
                 for at, _, body, conflict, fact, kind in newest)  # fmt: skip


def _versions(page: Page, kind: int, fact: str) -> int:
    return int(
        page._one("SELECT count(*) FROM op WHERE fact = :fact AND kind = :kind", fact=fact, kind=kind)[0]
    )


def ops_of_encounter(page: Page, encounter: EncounterId) -> tuple[Op, ...]:
    """Every version of everything that names an encounter, and of the encounter, in the order of their stamps."""
    rows = page._all(
        "SELECT op.body FROM (SELECT DISTINCT kind, fact FROM op "
        f"WHERE {OF_ENCOUNTER} AND state = {SHOWN}) named "
        f"JOIN op ON op.fact = named.fact AND op.kind = named.kind AND op.state <> {QUARANTINED} ORDER BY op.stamp, op.id",
        encounter=encounter, patient=page.whose_encounter(encounter),
    )  # fmt: skip
    return tuple(decode(row[0], Op) for row in rows)


def shown_ops(page: Page, patient: PatientId, kinds: Collection[type[Fact]]) -> tuple[Op, ...]:
    """The ops of some kinds on one record as they are shown, oldest first."""
    rows = [
        row
        for kind in kinds
        for row in page._all(
            f"SELECT body FROM op WHERE chart = {CHART} AND kind = :kind AND state = {SHOWN} ORDER BY at, id",
            patient=patient, kind=kind.NUMBER,
        )
    ]  # fmt: skip
    return tuple(decode(row[0], Op) for row in rows)
