# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the audit over all charts, newest first. Filters and words are decided on short lines (clinic.store.lines); an
entry itself is read only where it is shown."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from json import dumps as json

from clinic.domain.clock import milliseconds
from clinic.domain.facts import AuditEvent
from clinic.domain.ids import DeviceId, PatientId
from clinic.domain.misuse.lists import Cursor, Filters
from clinic.protocol.codec import decode
from clinic.protocol.op import Op
from clinic.store.facts import SHOWN, FactReads
from clinic.store.lines import typed

Named = Callable[[str], Iterable[DeviceId]]
"""The computers in whose plain names a word is."""
_LINKED = "SELECT chart.no FROM linked JOIN chart ON chart.patient = linked.provisional"
_ON_CHARTS_NAMED = f"""chart IN (
    SELECT no FROM chart_name WHERE instr(words, :word{{n}}) AND no NOT IN ({_LINKED})
    UNION ALL {_LINKED} JOIN chart AS known ON known.patient = linked.other
        JOIN chart_name ON chart_name.no = known.no WHERE instr(chart_name.words, :word{{n}}))"""
"""By the name a reader sees: of whoever a record turned out to be."""
_WORD = (
    "(instr(words, :word{n}) OR device IN (SELECT value FROM json_each(:devices{n})) OR "
    + _ON_CHARTS_NAMED
    + ")"
)
_OF_CHARTS = "chart IN (SELECT no FROM chart WHERE patient IN (SELECT value FROM json_each(:patients)))"
_EVER = 0, 1 << 62


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry with the op that brought it, and where it lies."""

    op: Op
    cursor: Cursor


class AuditReads(FactReads):
    """What the audit says."""

    def audit_found(
        self, wanted: Filters, named: Named, before: Cursor | None = None, limit: int = -1
    ) -> Sequence[Cursor]:
        """Where the entries lie that match, newest first; of one chart, with all linked to it, or of all."""
        since, until = _span(wanted)
        at, no = before or (until, 0)
        values: dict[str, object] = {"since": since, "at": at, "no": no, "limit": limit}
        asked = ["at >= :since", "(at, no) < (:at, :no)", *self._narrowed(wanted.patient, values)]
        for column in ("user", "action", "device", "outcome"):
            if value := getattr(wanted, column):
                asked.append(f"{'author' if column == 'user' else column} = :{column}")
                values[column] = value
        for n, word in enumerate(typed(wanted.text)):
            asked.append(_WORD.format(n=n))
            values |= {f"word{n}": word, f"devices{n}": json(list(named(word)))}
        rows: Sequence[Cursor] = self._all(
            f"SELECT at, no FROM audit_line WHERE {' AND '.join(asked)} ORDER BY at DESC, no DESC LIMIT :limit",
            **values,
        )
        return rows

    def audit_ops(self, numbers: Sequence[int]) -> dict[int, Op]:
        """Of these ops, the entries that are shown."""
        rows = self._all(
            "SELECT no, body FROM op WHERE no IN (SELECT value FROM json_each(:nos)) "
            f"AND kind = {AuditEvent.NUMBER} AND state = {SHOWN}", nos=json(list(numbers)),
        )  # fmt: skip
        return {int(row[0]): decode(row[1], Op) for row in rows}

    def audit_page(self, since_ms: int, before: Cursor, limit: int) -> tuple[AuditRow, ...]:
        """Entries from `since_ms` on and before `before`, newest first."""
        rows = self._all(
            "SELECT line.at, line.no, op.body FROM audit_line AS line JOIN op ON op.no = line.no "
            "WHERE line.at >= :since AND (line.at, line.no) < (:at, :no) ORDER BY line.at DESC, line.no DESC LIMIT :limit",
            since=since_ms, at=before[0], no=before[1], limit=limit,
        )  # fmt: skip
        return tuple(AuditRow(decode(row[2], Op), (row[0], row[1])) for row in rows)

    def count_audit(self, wanted: Filters) -> int:
        """How many entries there are of that time, and of that chart; nothing else narrows."""
        since, until = _span(wanted)
        values: dict[str, object] = {"since": since, "until": until}
        asked = ["at >= :since", "at < :until", *self._narrowed(wanted.patient, values)]
        return int(self._one(f"SELECT count(*) FROM audit_line WHERE {' AND '.join(asked)}", **values)[0])

    def family_names(self) -> tuple[str, ...]:
        """The family name of everybody here."""
        return tuple(row[0] for row in self._all("SELECT family FROM person"))

    def _narrowed(self, patient: PatientId, values: dict[str, object]) -> tuple[str, ...]:
        if not patient:
            return ()
        values["patients"] = json(list(self.chart_of(self.linked_to(patient) or patient)))
        return (_OF_CHARTS,)


def _span(wanted: Filters) -> Cursor:
    return (
        milliseconds(wanted.since) if wanted.since else _EVER[0],
        milliseconds(wanted.until) if wanted.until else _EVER[1],
    )
