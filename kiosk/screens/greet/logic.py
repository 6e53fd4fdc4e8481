# SPDX-License-Identifier: GPL-3.0-or-later
"""Enough to recognise oneself, not enough for the person behind: first name, photo, birth year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from desktop.kit.words import _

if TYPE_CHECKING:
    from clinic.services.intake import Known


@dataclass(frozen=True, slots=True)
class Greeting:
    """Display texts; `name` is "" for a number nobody has a name for."""

    name: str
    initials_of: str
    born: str
    photo: bytes


def greeting(known: Known) -> Greeting:
    """What the screen shows of that person."""
    name = (
        known.name.given[0]
        if known.name.given
        else _("Id number ending in %(digits)s") % {"digits": known.dni[-3:]}
    )
    born = _("Born in %(year)d") % {"year": known.birth_date.year} if known.birth_date else ""
    return Greeting(name, known.name.spoken if known.name.given else "", born, known.photo)
