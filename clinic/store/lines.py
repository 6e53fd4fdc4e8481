# SPDX-License-Identifier: GPL-3.0-or-later
"""Short lines of what is looked for over all charts; one is written with the op that it tells of."""

from collections.abc import Iterable

from clinic.domain.facts import AuditEvent, EmergencySummary
from clinic.domain.sound import plain
from clinic.protocol.op import Op
from clinic.store.sheet import Sheet

_AUDIT = (
    "INSERT OR REPLACE INTO audit_line (at, no, chart, author, action, device, outcome, words) "
    "SELECT at, no, chart, ?, ?, ?, ?, ? FROM op WHERE id = ?"
)
_SUMMARY = (
    "INSERT OR REPLACE INTO summary_line (no, subject, name, words) SELECT no, ?, ?, ? FROM op WHERE id = ?"
)

MOST_WORDS = 32
"""More narrow nothing any more: a statement has an end."""


def typed(text: str) -> tuple[str, ...]:
    """The words to look for, plain, each once."""
    return tuple(dict.fromkeys(plain(text).split()))[:MOST_WORDS]


class LineWrites(Sheet):
    """What the lines say of ops that are shown anew. An op that is shown no longer loses its line by a trigger."""

    def line_up(self, shown: Iterable[Op]) -> None:
        """A line for each op of a kind that has them."""
        audit, summaries = [], []
        for op in shown:
            match op.fact:
                case AuditEvent() as entry:
                    words = plain(f"{entry.agent} {entry.action} {entry.entity}")
                    told = entry.action, entry.device, entry.outcome
                    audit.append((op.author, *told, words, op.id))
                case EmergencySummary() as one:
                    words = " ".join(["", *plain(one.name.full).split(), plain(one.dni)])
                    summaries.append((one.subject, one.name.full, words, op.id))
        if audit:
            self._many(_AUDIT, audit)
        if summaries:
            self._many(_SUMMARY, summaries)

    def name_chart(self, number: int, family: str, given: str) -> None:
        """By what name the entries on a chart are found."""
        name = ", ".join(part for part in (family, given) if part)
        self._do(
            "INSERT OR REPLACE INTO chart_name (no, words) VALUES (:no, :words)", no=number, words=plain(name)
        )
