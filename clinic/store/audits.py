# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the audit over all charts, newest first, page by page."""

from dataclasses import dataclass
from json import dumps as json

from clinic.domain.facts import AuditEvent
from clinic.domain.ids import PatientId
from clinic.domain.misuse.lists import Cursor
from clinic.protocol.codec import decode
from clinic.protocol.op import Op
from clinic.store.facts import SHOWN, FactReads

_ENTRIES = (
    f"FROM chart CROSS JOIN op ON op.chart = chart.no AND op.state = {SHOWN} AND op.kind = {AuditEvent.NUMBER} "
    "AND op.at >= :since AND op.at <= :at WHERE (:whole OR chart.patient IN (SELECT value FROM json_each(:patients)))"
)
"""A look into the index for each chart: no entry but those of the time is read."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry with the op that brought it, and where it lies."""

    op: Op
    cursor: Cursor


class AuditReads(FactReads):
    """What the audit says."""

    def audit_page(
        self, since_ms: int, before: Cursor, limit: int, patient: PatientId | None = None
    ) -> tuple[AuditRow, ...]:
        """Entries from `since_ms` on and before `before`, newest first; of one chart, with all linked to it, or of all."""
        rows = self._all(
            f"SELECT op.at, op.no, op.body FROM op JOIN (SELECT op.no AS no {_ENTRIES} AND (op.at, op.no) < (:at, :no) "
            "ORDER BY op.at DESC, op.no DESC LIMIT :limit) AS found ON found.no = op.no ORDER BY op.at DESC, op.no DESC",
            since=since_ms, at=before[0], no=before[1], limit=limit, **self._narrowed(patient),
        )  # fmt: skip
        return tuple(AuditRow(decode(row[2], Op), (row[0], row[1])) for row in rows)

    def count_audit(self, since_ms: int, until_ms: int, patient: PatientId | None = None) -> int:
        """How many entries there are from `since_ms` and before `until_ms`."""
        row = self._one(
            f"SELECT count(*) {_ENTRIES} AND op.at < :at",
            since=since_ms,
            at=until_ms,
            **self._narrowed(patient),
        )
        return int(row[0])

    def family_names(self) -> tuple[str, ...]:
        """The family name of everybody here."""
        return tuple(row[0] for row in self._all("SELECT family FROM person"))

    def _narrowed(self, patient: PatientId | None) -> dict[str, object]:
        whose = [] if patient is None else list(self.chart_of(self.linked_to(patient) or patient))
        return {"whole": patient is None, "patients": json(whose)}
