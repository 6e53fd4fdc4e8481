# SPDX-License-Identifier: GPL-3.0-or-later
"""How a name sounds in the Spanish and Portuguese of the Andes and the Plata, whatever way it is spelled.

Merged: b/v · s/z/soft c/ç/x in the middle · hard c/k/q/qu · g before e and i/j/x at the beginning · ll/y/lh · silent h ·
hua/gua/wa · ñ/n/nh/ny · m before b and p/n · doubled letters, accents, apostrophes of Quechua and Aymara · and e/i, o/u,
which those languages do not tell apart.
"""

import re
import unicodedata

_STEPS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"[^a-z]", ""),
        (r"ph", "f"), (r"sch|sh", "s"), (r"ch", "C"), (r"th|tt", "t"), (r"nh|ny(?=[aeiou])|gn", "n"), (r"lh|ll", "y"),
        (r"^x", "j"), (r"x(?=[ei])", "j"), (r"x", "s"),
        (r"^(?:h|g)?u(?=[aeio])", "w"), (r"(?:h|g)[uü](?=a)", "w"), (r"gu(?=[ei])", "G"), (r"h", ""),
        (r"qu(?=[ei])|q|k|c(?![ei])", "k"), (r"c|z", "s"), (r"g(?=[ei])", "j"), (r"G", "g"),
        (r"v", "b"), (r"y(?=[aeiou])|i(?=[aeou])", "Y"), (r"y", "i"), (r"m(?=[bp])", "n"),
        (r"e", "i"), (r"o", "u"), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip
PARTICLES = frozenset("de del la las los da das do dos e y san santa".split())
"""Little words of a surname that people leave out."""
NICKNAMES = {
    # short name -> the name it stands for
    "pancho": "francisco", "paco": "francisco", "pepe": "jose", "pepa": "josefa", "nacho": "ignacio", "quique": "enrique",
    "lucho": "luis", "lalo": "eduardo", "beto": "alberto", "tito": "alberto", "cacho": "carlos", "charly": "carlos",
    "chelo": "marcelo", "coco": "jorge", "goyo": "gregorio", "toño": "antonio", "tono": "antonio", "toni": "antonio",
    "manolo": "manuel", "memo": "guillermo", "guille": "guillermo", "rafa": "rafael", "santi": "santiago",
    "seba": "sebastian", "fede": "federico", "fer": "fernando", "nico": "nicolas", "maxi": "maximiliano", "juanjo": "juan",
    "chicho": "narciso", "mingo": "domingo", "cuca": "refugio", "mari": "maria", "mary": "maria", "marita": "maria",
    "lola": "dolores", "concha": "concepcion", "charo": "rosario", "chabela": "isabel", "isa": "isabel", "beti": "beatriz",
    "bety": "beatriz", "lupe": "guadalupe", "tere": "teresa", "meche": "mercedes", "nena": "elena", "lena": "elena",
    "nati": "natalia", "gabi": "gabriela", "caro": "carolina", "vale": "valeria", "vicky": "victoria", "susi": "susana",
    "cata": "catalina", "paqui": "francisca", "pancha": "francisca", "zulma": "zulema", "moncho": "ramon", "moncha": "ramona",
    "chino": "", "negro": "", "ze": "jose", "chico": "francisco", "tonho": "antonio", "nando": "fernando", "bia": "beatriz",
}  # fmt: skip


def plain(text: str) -> str:
    """Lower case without accents; ç becomes s."""
    parts = unicodedata.normalize("NFKD", text.casefold().replace("ç", "s"))
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def name_words(text: str) -> tuple[str, ...]:
    """The words of a name that count, plain, in their order; a name of particles alone keeps them."""
    words = re.findall(r"[^\W\d_']+", re.sub(r"(?<=\w)['’`´](?=\w)", "", plain(text)))
    return tuple(word for word in words if word not in PARTICLES) or tuple(words)


def sound(word: str) -> str:
    """The sound of one word; '' for one without Latin letters."""
    heard = plain(word)
    for pattern, by in _STEPS:
        heard = pattern.sub(by, heard)
    return heard


def skeleton(heard: str) -> str:
    """The first letter of a sound and the consonants after it: what is left when vowels were heard wrongly."""
    return heard[:1] + re.sub(r"[aiu]", "", heard[1:])


def full_name(word: str) -> str:
    """The name a nickname stands for; the word itself for all others."""
    return NICKNAMES.get(word) or word


def edits(a: str, b: str, most: int = 2) -> int:
    """Letters changed, left out, added or swapped with their neighbour to make b of a; more than `most` is `most` + 1."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    older: list[int] = []
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)
