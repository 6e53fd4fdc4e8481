# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes as you type: ICD-10 for conditions, generic names for medication."""

from functools import partial

from clinic.domain.values import ATC, ICD10, Coding
from clinic.exchange.code_tables import CodeTable, tables
from clinic.services.desks import Desk
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.store.writing import WritePage

_TONGUES = ("es", "en")


def find_condition(desk: Desk, text: str, language: str = "es", limit: int = 12) -> tuple[Coding, ...]:
    """ICD-10 entries all of whose typed words begin a word of the code or its wording.

    In the language asked for; in another one where that has none, as with a Latin word or a foreign colleague.
    """
    return _find(desk, ICD10, text, language, limit)


def find_medication(desk: Desk, text: str, language: str = "es", limit: int = 12) -> tuple[Coding, ...]:
    """Generic names with their ATC codes."""
    return _find(desk, ATC, text, language, limit)


def load_codes(desk: Desk) -> int:
    """Bring the lists of this installation into the store; those that are there already stay. Returns rows loaded."""
    return sum(_load(desk, table) for table in tables())


def _find(desk: Desk, system: str, text: str, language: str, limit: int) -> tuple[Coding, ...]:
    for tongue in sorted(_TONGUES, key=lambda tongue: tongue != language):
        rows = desk.book.read(
            partial(Page.find_codes, system=system, typed=text, language=tongue, limit=limit)
        )
        if rows:
            return tuple(Coding(system=row.system, code=row.code, display=row.display) for row in rows)
    return ()


def _load(desk: Desk, table: CodeTable) -> int:
    if desk.book.read(lambda page: page.count_codes(table.system, table.language)) == len(table.rows):
        return 0

    def act(page: WritePage) -> tuple[int, Changes]:
        page.load_codes(
            table.system,
            table.language,
            table.rows,
            table.version,
            table.licence,
            table.digest,
            desk.clock.now(),
        )
        return len(table.rows), Changes(frozenset({"Codes"}))

    return desk.book.write(act)
