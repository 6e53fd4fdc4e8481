# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds as rows: whose, what, when, and the words with the found ones marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.kit.people import Mark
from desktop.kit.words import N_, _, fmt_date
from desktop.screens.chart.rows import KINDS as CHARTED
from desktop.screens.lines import Line, Stretch

if TYPE_CHECKING:
    from clinic.services.searching import Found

KINDS = {
    "": N_("everything"),
    "notes": N_("Notes"),
    "messages": N_("Messages"),
    "problems": N_("Problems"),
    "medicines": N_("Medication"),
    "results": N_("Orders and results"),
    "documents": N_("Documents"),
    "visits": N_("Visits"),
    "alerts": N_("Alerts"),
    "people": N_("Personal data"),
}
SINCE = {
    "ever": N_("at any time"),
    "week": N_("in the last 7 days"),
    "month": N_("in the last 30 days"),
    "year": N_("in the last year"),
}


def lines(found: tuple[Found, ...]) -> list[Line]:
    return [_line(number, one) for number, one in enumerate(found)]


def _line(number: int, one: Found) -> Line:
    kind = type(one.fact).__name__
    name, icon, tone = (_("Draft of a note"), "pen", "neutral") if kind == "NoteSection" else _charted(kind)
    stretches = tuple(Stretch(" ".join(p.text.split("\n")), p.found) for p in one.snippet)
    return Line(
        f"{number}",
        one.person.name.full if one.person else name,
        "".join(stretch.text for stretch in stretches),
        fmt_date(one.at),
        (Mark(name, "neutral"),) if one.person else (),
        icon=icon,
        tone=tone,
        stretches=stretches,
    )


def _charted(kind: str) -> tuple[str, str, str]:
    name, icon, tone = CHARTED.get(kind, (kind, "file", "neutral"))
    return _(name), icon, tone
