# SPDX-License-Identifier: GPL-3.0-or-later
"""Short lines of what is looked for over all charts: the audit, other teams' patients, the names of charts.

An entry's body is read for the lines that show; all else, filters and words, is decided on its line. Whatever is filed has its
line from then on (clinic.store.lines); an op that is shown no longer, or goes, takes it along by itself.
"""

from collections.abc import Iterator
from itertools import groupby
from json import dumps as json
from typing import Any

from clinic.domain.facts import Patient
from clinic.domain.ids import ScopeId
from clinic.protocol.codec import decode
from clinic.protocol.op import Op, fact_in
from clinic.store.filing import Filing

_LINED = 12, 377
"""AuditEvent, EmergencySummary."""
_GONE = """BEGIN DELETE FROM audit_line WHERE at = old.at AND no = old.no; DELETE FROM summary_line WHERE no = old.no; END"""

BEFORE = (
    # no: the op's, chart: its chart's · words: name, action and detail, plain
    """CREATE TABLE audit_line (
        at INTEGER NOT NULL, no INTEGER NOT NULL, chart INTEGER NOT NULL, author TEXT NOT NULL, action TEXT NOT NULL,
        device TEXT NOT NULL, outcome TEXT NOT NULL, words TEXT NOT NULL, PRIMARY KEY (at, no)) WITHOUT ROWID""",
    # words: of the name and the DNI, plain, each after a space
    "CREATE TABLE summary_line (no INTEGER PRIMARY KEY, subject TEXT NOT NULL, name TEXT NOT NULL, words TEXT NOT NULL)",
    # no: the chart's · words: the name as lists show it, plain
    "CREATE TABLE chart_name (no INTEGER PRIMARY KEY, words TEXT NOT NULL)",
    f"CREATE TRIGGER line_goes AFTER DELETE ON op WHEN old.kind IN {_LINED} {_GONE}",
    f"""CREATE TRIGGER line_is_hidden AFTER UPDATE OF state ON op
        WHEN old.state = 1 AND new.state <> 1 AND old.kind IN {_LINED} {_GONE}""",
)
AFTER = ("DROP TABLE IF EXISTS op_1",)
_AT_ONCE = 500


def fill(page: Filing) -> Iterator[float]:
    """A line for each; the ops of a book of the first step are filed anew. Gives how much is done, of 1."""
    first = page._one("SELECT 1 FROM sqlite_schema WHERE name = 'op_1'") is not None
    return _filed(page) if first else _lined(page)


def _lined(page: Filing) -> Iterator[float]:
    people = page._all("SELECT chart.no, family, given FROM person JOIN chart USING (patient)")
    for no, family, given in people:
        page.name_chart(no, family, given)
    for (body,) in page._all(
        "SELECT op.body FROM chart CROSS JOIN op ON op.chart = chart.no AND op.state = 1 AND op.kind = 1"
    ):
        page.spell_person(fact_in(body, Patient))
    rows = page._all(
        "SELECT op.no FROM chart CROSS JOIN op ON op.chart = chart.no AND op.state = 1 AND op.kind = 12 "
        "UNION ALL SELECT op.no FROM chart CROSS JOIN op ON op.chart = chart.no AND op.state = 1 AND op.kind = 377"
    )
    numbers = sorted(row[0] for row in rows)
    for first in range(0, len(numbers), _AT_ONCE):
        some = numbers[first : first + _AT_ONCE]
        bodies = page._all(
            "SELECT body FROM op WHERE no IN (SELECT value FROM json_each(:nos)) ORDER BY no", nos=json(some)
        )
        page.line_up(decode(row[0], Op) for row in bodies)
        yield (first + len(some)) / len(numbers)


def _filed(page: Filing) -> Iterator[float]:
    whole, done = page._one("SELECT count(*) FROM op_1")[0], 0
    for scope, block in _in_blocks(page._driver.execute("SELECT scope, body FROM op_1 ORDER BY no")):
        page.file_ops(((decode(body, Op), body) for body in block), ScopeId(scope))
        done += len(block)
        yield done / whole


def _in_blocks(rows: Any, size: int = 500) -> Iterator[tuple[str, list[bytes]]]:
    """Runs of one scope, of at most `size` ops."""
    for scope, run in groupby(rows, key=lambda row: row[0]):
        block: list[bytes] = []
        for row in run:
            block.append(bytes(row[1]))
            if len(block) == size:
                yield scope, block
                block = []
        if block:
            yield scope, block
