# SPDX-License-Identifier: GPL-3.0-or-later
"""Code tables in the store: where they are from, and the ways of finding a row. Ranking is clinic.services.coding."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from clinic.domain.wording import words_of
from clinic.store.page import Page
from clinic.store.rows import CodeRow
from clinic.store.sheet import from_ms


@dataclass(frozen=True, slots=True)
class CodeSource:
    """One table. `digest`: SHA-256 of the file it was read from; `rows`: how many entries it has now."""

    system: str
    language: str
    version: str
    licence: str
    digest: str
    rows: int
    imported_at: datetime


class Codes:
    """Typed reads of the code tables on one page."""

    def __init__(self, page: Page) -> None:
        self._all = page._all

    def sources(self) -> tuple[CodeSource, ...]:
        """Every table, by system and language."""
        rows = self._all(
            "SELECT s.system, s.language, s.version, s.licence, s.hash, count(c.code), s.imported_at "
            "FROM code_source s LEFT JOIN code c ON c.system = s.system AND c.language = s.language "
            "GROUP BY s.system, s.language ORDER BY s.system, s.language"
        )
        return tuple(
            CodeSource(system, language, version, licence, digest, count, from_ms(at))
            for system, language, version, licence, digest, count, at in rows
        )

    def digests(self, system: str) -> dict[str, str]:
        """Language -> digest of the tables of one system."""
        rows = self._all("SELECT language, hash FROM code_source WHERE system = :system", system=system)
        return {row[0]: row[1] for row in rows}

    def by_code(self, system: str, language: str, start: str, limit: int) -> tuple[CodeRow, ...]:
        """Codes that begin so, in their order."""
        rows = self._all(
            "SELECT system, code, display FROM code WHERE system = :system AND language = :language "
            "AND code >= :start AND code < :end ORDER BY code LIMIT :limit",
            system=system, language=language, start=start, end=start + "\U0010ffff", limit=limit,
        )  # fmt: skip
        return _rows(rows)

    def by_words(
        self, system: str, language: str, query: str, limit: int, among: Iterable[str] = ()
    ) -> tuple[CodeRow, ...]:
        """Rows that an FTS5 query finds, the shortest wording first; only those codes, if `among` names any."""
        codes = {f"c{i}": code for i, code in enumerate(among)}
        only = f"AND w.code IN ({', '.join(f':{name}' for name in codes)}) " if codes else ""
        rows = self._all(
            "SELECT c.system, c.code, c.display FROM code_words w JOIN code c "
            "ON c.system = w.system AND c.code = w.code AND c.language = w.language "
            f"WHERE code_words MATCH :query AND w.system = :system AND w.language = :language {only}"
            "ORDER BY length(c.display), c.code LIMIT :limit",
            query=query, system=system, language=language, limit=limit, **codes,
        )  # fmt: skip
        return _rows(rows)

    def row(self, system: str, code: str, language: str) -> CodeRow | None:
        """One code in that language, or in any other that has it."""
        rows = self._all(
            "SELECT system, code, display FROM code WHERE system = :system AND code = :code "
            "ORDER BY language <> :language, language LIMIT 1", system=system, code=code, language=language,
        )  # fmt: skip
        return _rows(rows)[0] if rows else None

    def vocabulary(self, system: str, language: str) -> tuple[str, ...]:
        """Every folded word of a table's wording, in alphabetical order."""
        rows = self._all(
            "SELECT display FROM code WHERE system = :system AND language = :language",
            system=system, language=language,
        )  # fmt: skip
        return tuple(sorted({word for row in rows for word in words_of(row[0])}))


def _rows(rows: Iterable[tuple[str, str, str]]) -> tuple[CodeRow, ...]:
    return tuple(CodeRow(*row) for row in rows)
