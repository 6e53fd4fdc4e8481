# SPDX-License-Identifier: GPL-3.0-or-later
"""How the call stands, in words a person needs: what happens, and what to do (mostly: stay seated)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clinic.calls.quality import Ladder, Rung
from clinic.protocol.letters import ChatLine
from desktop.kit.rungs import PATIENT, SIGNS
from desktop.kit.words import N_, _
from kiosk.flow import Came, Journey, Said

if TYPE_CHECKING:
    from desktop.kit.shared import Shared

LIVE = ("talking", "reconnecting")


@dataclass(frozen=True, slots=True)
class Shown:
    """`over_picture`: words over the picture while it does not move; `line`: the newest message, None if
    none came. `rest`: no picture moves, by the line or by hand; `held`: the patient wants voice only; `note`: a voice note
    is what helps now.
    """

    icon: str
    tone: str
    sentence: str
    over_picture: str
    line: ChatLine | None
    rest: bool = False
    held: bool = False
    note: bool = False


def shown(journey: Journey, camera: bool = True, ladder: Ladder | None = None, waits: bool = False) -> Shown:
    """`camera`: False when this kiosk has none; `waits`: the clinician has put the call on hold."""
    line = journey.lines[-1] if journey.lines else None
    match journey.call_phase:
        case "connecting":
            sentence = _("Connecting. One moment.")
            return Shown("refresh", "info", sentence, sentence, line)
        case "reconnecting":
            sentence = _("The link is cut. Stay seated, it comes back by itself.")
            return Shown("wifi-off", "warn", sentence, sentence, line, rest=True, note=True)
    name = journey.clinician or _("The clinic")
    if waits:
        sentence = _("%(name)s has paused the call and will be back. Stay seated.") % {"name": name}
        return Shown("pause", "info", sentence, _("The call is paused"), line, rest=True)
    rungs = ladder or Ladder()
    if rungs.rung < Rung.VIDEO:
        return _lower(rungs, name, line)
    if not camera:
        return Shown(
            "video-off", "warn", _("%(name)s hears you but cannot see you.") % {"name": name}, "", line
        )
    return Shown("video", "ok", _("You are talking with %(name)s.") % {"name": name}, "", line)


def _lower(ladder: Ladder, name: str, line: ChatLine | None) -> Shown:
    """Below the moving picture: what goes, in large, and what to do."""
    sign, held = SIGNS[ladder.rung], ladder.most < Rung.VIDEO
    sentence = _(PATIENT[ladder.rung]) % {"name": name}
    if held and ladder.rung == ladder.most:
        sentence = _("%(name)s hears you. You chose voice only.") % {"name": name}
    note = ladder.rung <= Rung.NOTES
    return Shown(sign.icon, sign.tone, sentence, sign.text, line, rest=True, held=held, note=note)


def share_words(shared: Shared, phase: str, name: str) -> tuple[str, str]:
    """(tone, sentence) about what is shown; ("", "") while nothing is. Never a title: it is read aloud where others wait."""
    if shared.role != "watching":
        return "", ""
    said = {"name": name or _("The clinic"), "part": round(shared.part * 100)}
    if phase == "reconnecting":
        return "warn", _("The link is cut. What is shown to you goes on by itself.")
    if not shared.here:
        return "info", _("%(name)s shows you something: %(part)d %% is here") % said
    if shared.pages > 1:
        said |= {"n": shared.page + 1, "all": shared.pages}
        return "ok", _("%(name)s shows you page %(n)d of %(all)d. Touch it to point.") % said
    return "ok", _("%(name)s shows you this. Touch it to point.") % said


CAME = {
    Came.SAVING: N_("is being saved"),
    Came.SAVED: N_("saved here, goes by itself"),
    Came.LEFT: N_("left for the clinic"),
    Came.HEARD: N_("heard"),
}
TONES = {Came.SAVING: "neutral", Came.SAVED: "info", Came.LEFT: "ok", Came.HEARD: "ok"}


def said_words(said: Sequence[Said]) -> tuple[str, str]:
    """(tone, sentence) about the newest voice note; ("", "") while none was said."""
    if not said:
        return "", ""
    newest = said[-1]
    words = {"s": max(1, round(newest.seconds)), "came": _(CAME[newest.came])}
    return TONES[newest.came], _("Your voice note of %(s)d s: %(came)s.") % words
