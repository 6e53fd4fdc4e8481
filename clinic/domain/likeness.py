# SPDX-License-Identifier: GPL-3.0-or-later
"""How likely two descriptions are of one person, and why, in reasons a receptionist can read out.

Evidence adds up in bits, log2 of how much likelier a thing is for one person than for two (Fellegi & Sunter, J Am Stat Assoc
1969;64:1183-1210). The weights were set on generated people with errors (`posta bench duplicates`).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from itertools import combinations, permutations

from clinic.domain.facts import Gender
from clinic.domain.sound import edits, full_name, name_words, skeleton, sound

PRIOR = -10.0
"""Bits that a person at the desk is this one person on record, before anything is known."""
LIKELY = 0.5
"""Probability from which a receptionist is asked."""


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of somebody; '' and None for what is not."""

    family: str
    given: str
    born: date | None = None
    dni: str = ""
    gender: str = ""


class Reason(StrEnum):
    """Why two descriptions may be of one person; the last ones speak against it."""

    SAME_DNI = "same-dni"
    DNI_NEARLY = "dni-nearly"
    SAME_BIRTH = "same-birth"
    BIRTH_SWAPPED = "birth-swapped"
    BIRTH_YEAR = "birth-year"
    BIRTH_NEARLY = "birth-nearly"
    SAME_SURNAME = "same-surname"
    SURNAME_SOUNDS = "surname-sounds"
    SURNAME_NEARLY = "surname-nearly"
    SURNAMES_SWAPPED = "surnames-swapped"
    SAME_GIVEN = "same-given"
    GIVEN_SOUNDS = "given-sounds"
    GIVEN_NICKNAME = "given-nickname"
    GIVEN_NEARLY = "given-nearly"
    OTHER_DNI = "other-dni"
    OTHER_BIRTH = "other-birth"
    OTHER_SURNAME = "other-surname"
    OTHER_GIVEN = "other-given"
    OTHER_GENDER = "other-gender"


@dataclass(frozen=True, slots=True)
class Likeness:
    """`probability` that it is one person; reasons for, then reasons against."""

    probability: float
    reasons: tuple[Reason, ...]

    @property
    def likely(self) -> bool:
        return self.probability >= LIKELY


def likeness(a: Described, b: Described) -> Likeness:
    """The same whichever is asked first."""
    found = [*_dni(a.dni, b.dni), *_birth(a.born, b.born), *_names(a, b), *_gender(a.gender, b.gender)]
    reasons = [reason for reason, _ in found]
    bits = PRIOR + _sum(found)
    if _twins(reasons):
        bits -= 9 + sum(weight for reason, weight in found if reason == Reason.DNI_NEARLY)
    probability = 1 / (1 + 2.0**-bits)
    if Reason.SAME_DNI in reasons:
        probability = max(probability, LIKELY)  # a number in two records is always worth a look
    ordered = sorted(found, key=lambda pair: -pair[1])
    return Likeness(probability, tuple(reason for reason, weight in ordered if weight))


def _twins(reasons: list[Reason]) -> bool:
    """Born the same day, another first name: two of one birth, however near their numbers. So are Mario and María."""
    another = Reason.OTHER_GIVEN in reasons or (
        Reason.GIVEN_NEARLY in reasons and Reason.OTHER_GENDER in reasons
    )
    return Reason.SAME_BIRTH in reasons and another and Reason.SAME_DNI not in reasons


Found = tuple[Reason, float]
_WHY_SURNAME = {
    3: Reason.SAME_SURNAME, 2: Reason.SURNAME_SOUNDS, 1: Reason.SURNAME_NEARLY, 0: Reason.OTHER_SURNAME,
}  # fmt: skip


def _dni(a: str, b: str) -> Iterator[Found]:
    if not a or not b:
        return
    if a == b:
        yield Reason.SAME_DNI, 14
    elif edits(a, b, 1) == 1:
        siblings = a.isdigit() and b.isdigit() and abs(int(a) - int(b)) <= 3  # numbers given out in one visit
        yield Reason.DNI_NEARLY, 2 if siblings else 8
    else:
        yield Reason.OTHER_DNI, -6


def _birth(a: date | None, b: date | None) -> Iterator[Found]:
    if a is None or b is None:
        return
    if a == b:
        yield Reason.SAME_BIRTH, 9
    elif a.year == b.year and (a.day, a.month) == (b.month, b.day):
        yield Reason.BIRTH_SWAPPED, 7.5
    elif (a.day, a.month) == (b.day, b.month) and (
        abs(a.year - b.year) == 1 or edits(str(a.year), str(b.year), 1) == 1
    ):
        yield Reason.BIRTH_YEAR, 5
    elif edits(f"{a:%d%m%Y}", f"{b:%d%m%Y}", 1) == 1:
        yield Reason.BIRTH_NEARLY, 4
    else:
        yield Reason.OTHER_BIRTH, -7


def _gender(a: str, b: str) -> Iterator[Found]:
    told = {Gender.FEMALE, Gender.MALE}
    if a in told and b in told and a != b:
        yield Reason.OTHER_GENDER, -3


# names ----------------------------------------------------------------------------------------------------------------

SAME, SOUNDS, NEARLY, NOT = 3, 2, 1, 0
WORDS = 4
"""Words of a surname, or of a first name, that are compared."""
_OF_GRADE = {SAME: 5.5, SOUNDS: 5.0, NEARLY: 3.0, NOT: 0.0}


def _names(a: Described, b: Described) -> Iterator[Found]:
    fa, fb, ga, gb = _words(a.family), _words(b.family), _words(a.given), _words(b.given)
    straight = [*_surnames(fa, fb), *_givens(ga, gb)]
    bits = _sum(straight)
    if bits < 4 and all((fa, fb, ga, gb)):  # perhaps surname and first name are in each other's field
        ways = ([*_surnames(fa, gb), *_givens(ga, fb)], [*_surnames(fb, ga), *_givens(gb, fa)])
        crossed = max(ways, key=lambda way: (_sum(way), sorted(way)))
        if _sum(crossed) - 2 > bits:
            straight = crossed
    yield from straight


def _sum(found: Iterable[Found]) -> float:
    return sum(weight for _, weight in found)


@lru_cache(maxsize=65536)
def _words(text: str) -> tuple[str, ...]:
    return name_words(text)


def _surnames(a: tuple[str, ...], b: tuple[str, ...]) -> Iterator[Found]:
    pairs = _matched(a, b, lambda x, y: (_OF_GRADE[grade(x, y)], _WHY_SURNAME[grade(x, y)]))
    if not pairs:
        return
    (best, reason), crossed = pairs[0]
    if best <= 0:
        yield Reason.OTHER_SURNAME, -8
        return
    yield reason, best
    if len(pairs) > 1:
        (second, why), _ = pairs[1]
        yield (why, 4.0) if second > 0 else (Reason.OTHER_SURNAME, -3.0)
    if crossed and len(a) == len(b) and pairs[-1][0][0] > 0:
        yield Reason.SURNAMES_SWAPPED, -0.5


def _givens(a: tuple[str, ...], b: tuple[str, ...]) -> Iterator[Found]:
    pairs = _matched(a, b, given_grade)
    if not pairs:
        return
    (best, reason), _ = pairs[0]
    if best <= 0:
        yield Reason.OTHER_GIVEN, -5
        return
    yield reason, best
    if len(pairs) > 1:
        (second, why), _ = pairs[1]
        yield (why, 2.0) if second > 0 else (Reason.OTHER_GIVEN, -1.5)


Graded = tuple[float, Reason]


def _matched(
    a: tuple[str, ...], b: tuple[str, ...], of: Callable[[str, str], Graded]
) -> list[tuple[Graded, bool]]:
    """Each word of the shorter name with one of the longer, as well as they go together, best first; and whether crosswise."""
    short, long = sorted((a[:WORDS], b[:WORDS]), key=len)
    if not short:
        return []
    ways = permutations(range(len(long)), len(short))
    graded = (
        [(of(x, long[j]), i != j) for (i, x), j in zip(enumerate(short), way, strict=True)] for way in ways
    )
    best = max(
        graded, key=lambda pairs: (sum(g for (g, _), _ in pairs), -sum(crossed for _, crossed in pairs))
    )
    return sorted(best, key=lambda pair: -pair[0][0])


@lru_cache(maxsize=65536)
def grade(a: str, b: str) -> int:
    """SAME, SOUNDS alike, NEARLY (a letter or two off) or NOT."""
    if a == b:
        return SAME
    x, y = _sound(a), _sound(b)
    if x and x == y:
        return SOUNDS
    room = 1 if min(len(x), len(y)) < 7 else 2
    if min(len(x), len(y)) >= 4 and (edits(x, y, room) <= room or edits(a, b, 1) <= 1):
        return NEARLY
    return NOT


@lru_cache(maxsize=65536)
def given_grade(a: str, b: str) -> tuple[float, Reason]:
    """Bits and reason of two first names; an initial agrees a little with what it may stand for."""
    found = grade(a, b)
    if found >= SOUNDS:
        return (4.5, Reason.SAME_GIVEN) if found == SAME else (4.0, Reason.GIVEN_SOUNDS)
    if full_name(a) == full_name(b) or grade(full_name(a), full_name(b)) >= SOUNDS:
        return 3.0, Reason.GIVEN_NICKNAME
    if found == NEARLY:
        return 2.5, Reason.GIVEN_NEARLY
    if min(len(a), len(b)) == 1 and a[0] == b[0]:
        return 0.5, Reason.GIVEN_NEARLY
    return 0.0, Reason.OTHER_GIVEN


@lru_cache(maxsize=65536)
def _sound(word: str) -> str:
    return sound(word)


# keys under which somebody is looked for ----------------------------------------------------------------------------------


def keys(who: Described) -> frozenset[int]:
    """Numbers that two descriptions of one person very likely share at least one of: what a look-up starts from."""
    return frozenset(_number(text) for text in _keys(who))


def _keys(who: Described) -> Iterator[str]:
    digits = "".join(letter for letter in who.dni if letter.isdigit())
    if len(digits) >= 6:
        half = len(digits) // 2
        yield from (
            f"d{digits}",
            f"t{''.join(sorted(digits))}{digits[0]}",
            f"h{digits[:half]}",
            f"l{digits[half:]}",
        )
    heard = sorted(
        {skeleton(_sound(full_name(word))) for word in (*_words(who.family), *_words(who.given))} - {""}
    )
    yield from (f"n{a}+{b}" for a, b in combinations(heard, 2))
    if who.born is None:
        return
    low, high = sorted((who.born.day, who.born.month))
    for bone in heard:
        yield from (f"y{who.born.year}{bone}", f"m{low}-{high}{bone}")
    yield f"b{who.born.year}-{low}-{high}"


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big")
