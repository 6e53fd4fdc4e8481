# SPDX-License-Identifier: GPL-3.0-or-later
"""The start screen says everything in each language itself: nobody has chosen one yet."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tongue:
    code: str
    name: str
    welcome: str


TONGUES = (
    Tongue("es", "Español", "Tocá acá para empezar"),
    Tongue("en", "English", "Touch here to begin"),
    Tongue("pt", "Português", "Toque aqui para começar"),
)
TITLE = "Posta"
HINT = "Bienvenido · Welcome · Bem-vindo"
HELP = "Tocá tu idioma. · Touch your language. · Toque no seu idioma."


def spoken() -> tuple[tuple[str, str], ...]:
    """(language, sentence) pairs, to be said one after the other."""
    return tuple((tongue.code, f"{tongue.name}. {tongue.welcome}.") for tongue in TONGUES)
