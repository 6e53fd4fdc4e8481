# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new password must be: long enough for what guessing costs, and none of the first an attacker tries.

Source of the lengths: NIST SP 800-63B-4, 3.1.1 (15 characters alone, 8 beside a second factor, a list of refused ones,
no rules about kinds of characters).
"""

import unicodedata
from collections.abc import Iterable

from clinic.domain.errors import Refusal

MIN_LENGTH, MIN_WORDS, MIN_DIFFERENT = 15, 5, 5
MIN_BESIDE_FACTOR = 8
_SHORT_NAME = 4
"""Letters of a name that may stand in a password: shorter ones are part of many words."""

_LOOKS = str.maketrans("013457@$!|", "oleastasii")
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "01234567890123456789",
    "98765432109876543210",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujm",
)
_COMMON = frozenset(
    "password passwords contrasena contrasenha contrasenia clave claves claveclave senha secreto secret admin administrador "
    "administrator usuario user guest invitado bienvenido bienvenida bienvenidos welcome hola letmein master sunshine "
    "princess princesa dragon monkey football futbol baseball soccer superman batman pokemon starwars shadow michael "
    "jennifer jordan hunter iloveyou teamo tequiero teamomucho amor amorcito amoreterno estrella tesoro corazon mariposa "
    "chocolate argentina maradona messi riverplate bocajuniors boca river campeones america espana mexico brasil "
    "buenosaires rosario cordoba tucuman verano invierno primavera otono hospital medico medica doctor doctora "
    "enfermera enfermero clinica salud paciente consultorio posta postaclinic telemedicina computer computadora internet "
    "trustno correcthorsebatterystaple changeme cambiame cambiar default temporal prueba test testing qwerty asdf abc "
    "freedom whatever familia jesus jesuscristo dios diosesamor cristo virgen sanmartin".split()
)
"""Words that lead every list of stolen passwords, in Spanish and English, and those of the place itself."""


class PasswordTooShort(Refusal):
    """A new password somebody could guess."""


def check_password(password: str, *, beside_factor: bool = False, names: Iterable[str] = ()) -> None:
    """15 characters (5 of them different), or 5 words, or 8 characters beside a second factor; no common one, none
    made of `names` (the person's, the clinic's). Raises PasswordTooShort."""
    text = unicodedata.normalize("NFKC", password).strip()
    if beside_factor and len(text) < MIN_BESIDE_FACTOR:
        raise PasswordTooShort("Beside a second factor a password has at least 8 characters. Make it longer.")
    words = {word for word in text.split() if len(word) > 1}
    if not beside_factor and len(words) < MIN_WORDS and len(text) < MIN_LENGTH:
        raise PasswordTooShort(
            "A password here has at least 15 characters, or 5 different words. Make it longer."
        )
    if len(set(text)) < MIN_DIFFERENT:
        raise PasswordTooShort("This password repeats few characters. Use more different ones.")
    _refuse_guessable(text, names)


def _refuse_guessable(text: str, names: Iterable[str]) -> None:
    core = _core(text)
    if (
        _is_common(core)
        or _is_common(_core(text.translate(_LOOKS)))
        or _is_spelt(core)
        or is_row_of_keys(core)
    ):
        raise PasswordTooShort("This password is one of the first that are tried. Choose another one.")
    rest = core
    for name in sorted((part for whole in names for part in _parts(whole)), key=len, reverse=True):
        rest = rest.replace(name, "")
    if rest != core and len(rest.strip("0123456789")) < MIN_DIFFERENT:
        raise PasswordTooShort(
            "This password is made of your name or the clinic's: it is tried first. Choose another one."
        )


def _is_common(core: str) -> bool:
    """A common word, also repeated or with digits around it."""
    letters = _unrepeated(core.strip("0123456789"))
    return not letters or letters in _COMMON or _unrepeated(core) in _COMMON


def _is_spelt(core: str) -> bool:
    """A common word spelt with digits for letters, before a number."""
    digits = len(core) - len(core.rstrip("0123456789"))
    return any(_is_common(core[: len(core) - more].translate(_LOOKS)) for more in range(digits + 1))


def is_row_of_keys(core: str) -> bool:
    """Keys or letters in their order, also repeated or backwards."""
    part = _unrepeated(core)
    return len(part) < 3 or any(part in row or part in row[::-1] for row in _ROWS)


def _unrepeated(text: str) -> str:
    """The part a text repeats: 'clave' of 'claveclavecl'."""
    for size in range(1, len(text) // 2 + 1):
        if (text[:size] * (len(text) // size + 1))[: len(text)] == text:
            return text[:size]
    return text


def _core(text: str) -> str:
    """Small letters and digits without accents, spaces and signs."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in bare if sign.isalnum())


def _parts(name: str) -> list[str]:
    """The words of a name that are long enough to look for, and all of it."""
    words = [_core(word) for word in name.split()]
    return [part for part in (*words, _core(name)) if len(part) >= _SHORT_NAME]
