# SPDX-License-Identifier: GPL-3.0-or-later
"""How the call stands, in words a person needs: what happens, and what to do (mostly: stay seated)."""

from __future__ import annotations

from dataclasses import dataclass

from clinic.protocol.letters import ChatLine
from desktop.kit.words import _
from kiosk.flow import Journey


@dataclass(frozen=True, slots=True)
class Shown:
    """`over_picture`: words over the picture while it does not move; `line`: the newest message, None if
    none came.
    """

    icon: str
    tone: str
    sentence: str
    over_picture: str
    line: ChatLine | None


def shown(journey: Journey, camera: bool = True) -> Shown:
    """`camera`: False when this kiosk has none."""
    line = journey.lines[-1] if journey.lines else None
    match journey.call_phase:
        case "connecting":
            sentence = _("Connecting. One moment.")
            return Shown("refresh", "info", sentence, sentence, line)
        case "reconnecting":
            sentence = _("The link is cut. Stay seated, it comes back by itself.")
            return Shown("wifi-off", "warn", sentence, sentence, line)
    name = journey.clinician or _("The clinic")
    if not camera:
        return Shown(
            "video-off", "warn", _("%(name)s hears you but cannot see you.") % {"name": name}, "", line
        )
    return Shown("video", "ok", _("You are talking with %(name)s.") % {"name": name}, "", line)
