# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes as you type: ICD-10 for conditions, generic names for medication, and lists a clinic brought itself."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import partial

from clinic.domain.ids import UserId
from clinic.domain.typos import meant
from clinic.domain.values import ATC, ICD10, Coding
from clinic.domain.wording import words_of
from clinic.exchange.code_tables import CodeTable, tables
from clinic.exchange.synonyms import synonyms
from clinic.keys.rights import Action
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.store.codes import Codes, CodeSource
from clinic.store.page import Page
from clinic.store.rows import Changes, CodeRow
from clinic.store.writing import WritePage

_TONGUES = ("es", "en", "pt")
"""Where a word is looked for when the language asked for does not have it, in this order."""
_SMALL = frozenset(
    "de del la el los las en con por y o e a un una da do das dos of the and in with to".split()
)
"""Words that find nothing: dropped unless they are the last one, which may be the beginning of another."""
_REMEMBERED = 40
_vocabularies: dict[str, tuple[str, ...]] = {}
"""Digest of a table -> its words; filled when somebody mistypes for the first time."""


@needs(Action.LOOK_UP)
def find_condition(desk: Desk, text: str, language: str = "es", limit: int = 12) -> tuple[Coding, ...]:
    """ICD-10 entries all of whose typed words begin a word of the code or its wording, in any order, accents or not.

    A code may be typed with or without its dot. Codes first, then what this person chose lately, everyday words, and the
    shortest wording. In the language asked for; in another where that has none; one wrong letter only where nothing else is.
    """
    return find_code(desk, ICD10, text, language, limit)


@needs(Action.LOOK_UP)
def find_medication(desk: Desk, text: str, language: str = "es", limit: int = 12) -> tuple[Coding, ...]:
    """Generic names with their ATC codes; found by other names too (aspirina, dipirona)."""
    return find_code(desk, ATC, text, language, limit)


@needs(Action.LOOK_UP)
def find_code(
    desk: Desk, system: str, text: str, language: str = "es", limit: int = 12
) -> tuple[Coding, ...]:
    """The same for any table of this store, such as a clinic's own procedures."""
    user = desk.person.user if desk.person else UserId("")
    rows = desk.book.read(partial(_find, system=system, text=text, language=language, limit=limit, user=user))
    return tuple(Coding(system=row.system, code=row.code, display=row.display) for row in rows)


def remember(page: WritePage, user: UserId, code: Coding) -> None:
    """What this person chose lately comes first the next time. Stays on this computer, inside the store."""
    latest = [code.code, *(other for other in _recent(page, user, code.system) if other != code.code)]
    page.put_meta(_recent_key(user, code.system), json.dumps(latest[:_REMEMBERED]).encode())


@needs(Action.LOOK_UP)
def code_sources(desk: Desk) -> tuple[CodeSource, ...]:
    """Every table here with its version, licence, hash, size and date."""
    return desk.book.read(lambda page: Codes(page).sources())


def load_codes(desk: Desk) -> int:
    """Bring the lists of this installation into the store: those that are missing or older. A list that the clinic
    imported itself stays. Returns rows loaded."""
    return sum(_bring(desk, table) for table in tables() if not _imported(desk, table))


@needs(Action.MANAGE)
def import_codes(desk: Desk, table: CodeTable) -> bool:
    """Replace a table by a clinic's own list. False if exactly this list (and version and licence) is there already."""
    same = (table.system, table.language, table.version, table.licence, table.digest)
    if any(
        (one.system, one.language, one.version, one.licence, one.digest) == same for one in code_sources(desk)
    ):
        return False
    desk.book.keep(lambda page: _put(page, table, desk, imported=True), Changes(frozenset({"Codes"})))
    return True


def _find(page: Page, system: str, text: str, language: str, limit: int, user: UserId) -> tuple[CodeRow, ...]:
    typed = _typed(text)
    if not typed or limit < 1:
        return ()
    codes, digests = Codes(page), Codes(page).digests(system)
    tongues = sorted(digests, key=lambda tongue: (tongue != language, _place(tongue)))
    recent = _recent(page, user, system)
    for tongue in tongues:
        found = _unique(_ranked(codes, system, tongue, language, text, typed, recent, limit), limit)
        if found:
            return found
    for tongue in tongues:
        query = _mistyped(codes, system, tongue, typed, digests[tongue])
        if query:
            found = codes.by_words(system, tongue, query, limit)
            if found:
                return found
    return ()


def _ranked(
    codes: Codes,
    system: str,
    tongue: str,
    language: str,
    text: str,
    typed: list[str],
    recent: list[str],
    limit: int,
) -> Iterator[CodeRow]:
    """Lazily, the best first; some twice. Everyday words count in the language asked for too, whatever the wording is in."""
    query = " ".join(f'"{word}"*' for word in typed)
    for start in _as_code(text):
        yield from codes.by_code(system, tongue, start, limit)
    if recent:
        mine = codes.by_words(system, tongue, query, limit, recent)
        yield from sorted(mine, key=lambda row: recent.index(row.code))
    everyday = _everyday(system, (language, tongue), typed)
    for code in everyday:
        yield from (row for row in codes.by_code(system, tongue, code, 1) if row.code == code)
    yield from codes.by_words(system, tongue, query, limit)
    for code in everyday:  # what this list does not have, in the wording of another
        row = codes.row(system, code, tongue)
        if row is not None:
            yield row


def _unique(rows: Iterable[CodeRow], limit: int) -> tuple[CodeRow, ...]:
    found: dict[str, CodeRow] = {}
    for row in rows:
        found.setdefault(row.code, row)
        if len(found) == limit:
            break
    return tuple(found.values())


def _typed(text: str) -> list[str]:
    """The words that must be found: folded, without small words in between."""
    typed = words_of(text)
    return [word for at, word in enumerate(typed) if word not in _SMALL or at == len(typed) - 1]


def _as_code(text: str) -> tuple[str, ...]:
    """What was typed as the beginning of a code, the two ways ICD-10 is written; () for words."""
    bare = re.sub(r"[\s.]", "", text).upper()
    if len(bare) < 2 or not any(letter.isdigit() for letter in bare[:3]) or len(text.split()) > 1:
        return ()
    dotted = f"{bare[:3]}.{bare[3:]}" if len(bare) > 3 else bare
    return tuple(dict.fromkeys((dotted, bare, text.strip().upper())))


def _everyday(system: str, tongues: Iterable[str], typed: list[str]) -> list[str]:
    """Codes of everyday words that begin with all that was typed, the shortest saying first."""
    found = [
        (len(saying), code)
        for tongue in dict.fromkeys(tongues)
        for saying, code in synonyms(system, tongue)
        if all(any(word.startswith(part) for word in saying) for part in typed)
    ]
    return list(dict.fromkeys(code for _, code in sorted(found, key=lambda pair: pair[0])))


def _mistyped(codes: Codes, system: str, tongue: str, typed: list[str], digest: str) -> str:
    """An FTS5 query with each unknown word replaced by those one letter away; '' if there are none."""
    if digest not in _vocabularies:
        _vocabularies[digest] = codes.vocabulary(system, tongue)
    vocabulary, changed, parts = _vocabularies[digest], False, []
    for word in typed:
        near = meant(word, vocabulary)
        changed = changed or bool(near)
        parts.append("(" + " OR ".join(f'"{one}"*' for one in near or (word,)) + ")")
    return " AND ".join(parts) if changed else ""


def _place(tongue: str) -> tuple[int, str]:
    return (_TONGUES.index(tongue) if tongue in _TONGUES else len(_TONGUES), tongue)


def _recent(page: Page, user: UserId, system: str) -> list[str]:
    kept = page.meta(_recent_key(user, system))
    return [str(code) for code in json.loads(kept)] if kept else []


def _recent_key(user: UserId, system: str) -> str:
    return f"recent codes {user} {system}"


def _bring(desk: Desk, table: CodeTable) -> int:
    if desk.book.read(lambda page: Codes(page).digests(table.system).get(table.language)) == table.digest:
        return 0
    desk.book.keep(lambda page: _put(page, table, desk, imported=False), Changes(frozenset({"Codes"})))
    return len(table.rows)


def _imported(desk: Desk, table: CodeTable) -> bool:
    return desk.book.read(lambda page: page.meta(_import_key(table)) is not None)


def _import_key(table: CodeTable) -> str:
    return f"codes imported {table.language} {table.system}"


def _put(page: WritePage, table: CodeTable, desk: Desk, imported: bool) -> None:
    page.load_codes(
        table.system,
        table.language,
        table.rows,
        table.version,
        table.licence,
        table.digest,
        desk.clock.now(),
    )
    if imported:
        page.put_meta(_import_key(table), table.digest.encode())
