# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking for people who may be the same: candidates by shared keys, out of 20,000 in milliseconds.

A key says nothing by itself and is never taken away: whoever is found by one is compared as the record is now.
"""

from datetime import date
from json import dumps as json

from clinic.domain.likeness import Described, keys
from clinic.store.page import Page
from clinic.store.people import PERSON, person_row
from clinic.store.rows import PersonRow
from clinic.store.writing import WritePage

CANDIDATES = 120
"""Records compared, those that share the most keys first."""
_BLOCK = 2000


def unkeyed(page: Page) -> int:
    """Records whose keys have to be made."""
    return int(page._one("SELECT count(*) FROM person_unkeyed")[0])


def make_keys(page: WritePage, most: int = _BLOCK) -> int:
    """Make the keys of at most so many records; returns of how many."""
    rows = page._all(
        "SELECT n.no, p.patient, p.family, p.given, p.birth_date, p.dni FROM person_unkeyed u "
        "JOIN person p ON p.patient = u.patient JOIN chart n ON n.patient = u.patient LIMIT :most", most=most,
    )  # fmt: skip
    made = sorted((key, no) for no, _, *told in rows for key in keys(_described(*told)))
    page._many("INSERT OR IGNORE INTO person_key (key, no) VALUES (?, ?)", made)
    page._many("DELETE FROM person_unkeyed WHERE patient = ?", [(row[1],) for row in rows])
    return len(rows)


def sharing(page: Page, who: Described, most: int = CANDIDATES) -> tuple[PersonRow, ...]:
    """Records that share keys with a description, most keys first."""
    rows = page._all(
        f"SELECT {PERSON} FROM (SELECT no, count(*) AS shared FROM person_key WHERE key IN "
        "(SELECT value FROM json_each(:keys)) GROUP BY no ORDER BY shared DESC, no LIMIT :most) k "
        "JOIN chart USING (no) JOIN person USING (patient) ORDER BY k.shared DESC, no",
        keys=json(sorted(keys(who))), most=most,
    )  # fmt: skip
    return tuple(person_row(row) for row in rows)


def described(row: PersonRow) -> Described:
    return Described(row.family, row.given, row.birth_date, row.dni, row.gender)


def _described(family: str, given: str, born: str | None, dni: str) -> Described:
    return Described(family, given, date.fromisoformat(born) if born else None, dni)
