# SPDX-License-Identifier: GPL-3.0-or-later
"""Duplicates at registration: how many people with errors in their data are found again, how many others are shown instead.

Generated people with the namesakes, twins and families of a region; the same people once more with one to three errors each; and
as many who are not on record. Seeded: the same people each time.
"""

import os
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from clinic.bench.result import Result, percentile
from clinic.domain.facts import Gender, Patient
from clinic.domain.ids import FactId, OpId, PatientId, patient_scope
from clinic.domain.likeness import Described, Likeness, likeness
from clinic.domain.sound import NICKNAMES
from clinic.domain.values import DNI, HumanName, Identifier
from clinic.protocol.op import Op
from clinic.showcase.names import document_number, family_name, given_names
from clinic.store.book import Book
from clinic.store.likeness import described, make_keys, sharing
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.store.writing import WritePage

TRIES = 1_000
_SPELLINGS = (
    ("b", "v"), ("v", "b"), ("z", "s"), ("s", "z"), ("ce", "se"), ("ll", "y"), ("y", "ll"), ("h", ""), ("qui", "ki"), ("qu", "k"),
    ("g", "j"), ("j", "g"), ("ñ", "n"), ("c", "k"), ("i", "y"), ("e", "i"), ("o", "u"), ("hua", "gua"), ("x", "s"), ("mp", "np"),
)  # fmt: skip


def measure(people: int) -> Iterator[Result]:
    chance = random.Random(19)
    taken: set[str] = set()
    known = [_person(chance, taken) for _ in range(people)]
    _families(chance, known)
    with tempfile.TemporaryDirectory(prefix="posta-bench-") as folder:
        book = Book.open(Path(folder) / "book.db", os.urandom(32))
        try:
            keyed_s = _load(book, known)
            again = [(n, _spoilt(chance, known[n])) for n in chance.sample(range(people), min(TRIES, people))]
            found = [_shown(book, who) for _, who in again]
            strangers = [_shown(book, _person(chance, taken)) for _ in range(len(again))]
        finally:
            book.close()
    right = sum(f"p{n}" in shown for (n, _), (shown, _) in zip(again, found, strict=True))
    first = sum(shown[:1] == [f"p{n}"] for (n, _), (shown, _) in zip(again, found, strict=True))
    asked = sum(bool(shown) for shown, _ in strangers)
    times = [ms for _, ms in (*found, *strangers)]
    yield Result(
        f"look-up before registering, p95, {people:,} people", percentile(times, 0.95), "ms", 50.0, "lower"
    )
    yield Result("people with 1-3 errors who are shown (recall)", right / len(again), "", 0.95, "higher")
    yield Result("... and stand first", first / len(again), "", 0.9, "higher")
    yield Result(
        "of those asked about, really on record (precision)", right / max(1, right + asked), "", 0.9, "higher"
    )
    yield Result("new people about whom nobody is asked", 1 - asked / len(strangers), "", 0.9, "higher")
    yield Result("keys made, once", people / keyed_s, "/s", 2_000.0, "higher")


def _person(chance: random.Random, taken: set[str]) -> Described:
    gender = chance.choice((Gender.FEMALE, Gender.MALE))
    born = date(1935, 1, 1) + timedelta(days=chance.randrange(90 * 365))
    dni = "" if chance.random() < 0.15 else document_number(chance, born.year, taken)
    return Described(family_name(chance), " ".join(given_names(chance, gender, born.year)), born, dni, gender)


def _families(chance: random.Random, known: list[Described]) -> None:
    """One in 100 becomes a twin of the one before, one in 20 a sibling, some have a namesake."""
    for n in range(1, len(known)):
        before, draw = known[n - 1], chance.random()
        number = str(int(before.dni) + 1) if before.dni else ""
        if draw < 0.01:
            known[n] = replace(known[n], family=before.family, born=before.born, dni=number)
        elif draw < 0.06:
            known[n] = replace(known[n], family=before.family)
        elif draw < 0.07:
            known[n] = replace(known[n], family=before.family, given=before.given, gender=before.gender)


def _load(book: Book, known: list[Described]) -> float:
    for start in range(0, len(known), 2_000):
        book.keep(partial(_file, known=known, start=start))
    began = time.perf_counter()
    while book.write(lambda page: (make_keys(page), _NOTHING)):
        pass
    return time.perf_counter() - began


def _file(page: WritePage, known: list[Described], start: int) -> None:
    for n, who in list(enumerate(known))[start : start + 2_000]:
        op = _op(n, who)
        page.file_op(op, patient_scope(op.patient))


def _op(n: int, who: Described) -> Op:
    patient = PatientId(f"p{n}")
    numbers = (Identifier(system=DNI, value=who.dni),) if who.dni else ()
    fact = Patient(
        id=FactId(patient), patient=patient, name=HumanName(family=who.family, given=tuple(who.given.split())),
        birth_date=who.born, gender=Gender(who.gender), identifiers=numbers,
    )  # fmt: skip
    return Op(id=OpId(f"o{n}"), stamp=n << 16, fact=fact)


def _shown(book: Book, who: Described) -> tuple[list[str], float]:
    """Ids of the people a receptionist would be shown, likeliest first; and how long it took, in ms."""
    began = time.perf_counter()

    def look(page: Page) -> list[tuple[Likeness, str]]:
        return [(likeness(who, described(row)), row.patient) for row in sharing(page, who)]

    likely = sorted(
        (pair for pair in book.read(look) if pair[0].likely), key=lambda pair: -pair[0].probability
    )
    return [patient for _, patient in likely[:5]], (time.perf_counter() - began) * 1000


# errors ---------------------------------------------------------------------------------------------------------------


def _spoilt(chance: random.Random, who: Described) -> Described:
    """The same person as somebody in a hurry writes her down: one to three errors."""
    for error in chance.sample(_ERRORS, chance.choice((1, 1, 2, 3))):
        who = error(chance, who)
    return who


def _spelling(chance: random.Random, text: str) -> str:
    fits = [(a, b) for a, b in _SPELLINGS if a in text.lower()]
    if not fits:
        return text
    a, b = chance.choice(fits)
    return text.lower().replace(a, b, 1).title()


def _slip(chance: random.Random, text: str) -> str:
    """Two letters swapped, one lost, or one doubled."""
    at = chance.randrange(len(text) - 1) if len(text) > 2 else 0
    swapped = text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]
    return chance.choice((swapped, text[:at] + text[at + 1 :], text[: at + 1] + text[at:]))


def _other_spelling(chance: random.Random, who: Described) -> Described:
    return replace(who, family=_spelling(chance, who.family))


def _other_first(chance: random.Random, who: Described) -> Described:
    return replace(who, given=_spelling(chance, who.given))


def _slipped(chance: random.Random, who: Described) -> Described:
    return replace(who, family=_slip(chance, who.family))


def _second_lost(chance: random.Random, who: Described) -> Described:
    return replace(who, family=who.family.split()[0], given=who.given.split()[0])


def _swapped(chance: random.Random, who: Described) -> Described:
    return replace(
        who, family=" ".join(reversed(who.family.split())), given=" ".join(reversed(who.given.split()))
    )


def _nickname(chance: random.Random, who: Described) -> Described:
    first, *rest = who.given.split()
    short = [nick for nick, name in NICKNAMES.items() if name and name == first.lower()]
    return replace(who, given=" ".join([chance.choice(short).title(), *rest])) if short else who


def _born_wrong(chance: random.Random, who: Described) -> Described:
    born = who.born or date(1970, 1, 1)
    if born.day <= 12 and chance.random() < 0.5:
        return replace(who, born=date(born.year, born.day, born.month))
    return replace(who, born=date(born.year + chance.choice((-1, 1)), born.month, min(born.day, 28)))


def _no_birth(chance: random.Random, who: Described) -> Described:
    return replace(who, born=None)


def _number_wrong(chance: random.Random, who: Described) -> Described:
    if len(who.dni) < 3:
        return who
    at = chance.randrange(1, len(who.dni) - 1)
    digits = list(who.dni)
    if chance.random() < 0.5:
        digits[at], digits[at + 1] = digits[at + 1], digits[at]
    else:
        digits[at] = str((int(digits[at]) + chance.randrange(1, 10)) % 10)
    return replace(who, dni="".join(digits))


def _no_number(chance: random.Random, who: Described) -> Described:
    return replace(who, dni="")


_ERRORS = (
    _other_spelling, _other_first, _slipped, _second_lost, _swapped, _nickname, _born_wrong, _no_birth, _number_wrong, _no_number,
)  # fmt: skip
_NOTHING = Changes()
