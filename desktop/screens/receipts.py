# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a message, a note or an order has come, as one mark on its row."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from clinic.domain.ids import FactId
from desktop.kit.people import Mark
from desktop.kit.words import _
from desktop.screens.lines import Line

if TYPE_CHECKING:
    from clinic.services.receipts import Reached


def mark(reached: Reached | None, spoken: bool = False) -> tuple[Mark, ...]:
    """The furthest that it has come; () for what others wrote. `spoken`: a voice note, which is heard."""
    if reached is None or not reached.mine:
        return ()
    if reached.stage == "refused":
        return (Mark(_("The centre refused it"), "danger", "alert-triangle"),)
    if reached.opened and spoken:
        return (Mark(_("Heard by %(name)s") % {"name": _first(reached.opened)}, "ok", "volume"),)
    if reached.opened:
        return (Mark(_("Opened by %(name)s") % {"name": _first(reached.opened)}, "ok", "eye"),)
    if reached.on:
        return (Mark(_("On the computer of %(name)s") % {"name": _first(reached.on)}, "info", "screen"),)
    return {
        "saved": (Mark(_("Saved here"), "neutral", "clock"),),
        "left": (Mark(_("Left on a stick"), "neutral", "usb"),),
        "brought": (Mark(_("At the centre, brought by a colleague"), "neutral", "cloud-check"),),
    }.get(str(reached.stage), (Mark(_("At the centre"), "neutral", "cloud-check"),))


def _first(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}"


def marked(
    lines: Sequence[Line], reached: Mapping[FactId, Reached], spoken: Collection[str] = ()
) -> list[Line]:
    """The same rows, each with how far it has come; `spoken`: keys of voice notes."""
    return [
        replace(line, marks=(*line.marks, *mark(reached.get(FactId(line.key)), line.key in spoken)))
        for line in lines
    ]
