# SPDX-License-Identifier: GPL-3.0-or-later
"""What trying the devices has shown so far, and each part of it as a sentence that says what to do."""

from __future__ import annotations

from dataclasses import dataclass, field

from clinic.calls.trial import Enough, Tried, enough_for
from desktop.kit.words import N_, _, fmt_number

HEARD = 0.35
"""Of the meter: that loud is somebody who speaks."""
LINKS = {
    Enough.PICTURE: ("ok", N_("The link is enough for picture and voice.")),
    Enough.VOICE: ("warn", N_("The link is enough for voice only. Pictures come one by one.")),
    Enough.WRITTEN: ("danger", N_("The link is enough for written messages and voice notes only.")),
}


@dataclass(frozen=True, slots=True)
class Row:
    """`key`: camera, microphone, speaker or link."""

    key: str
    tone: str
    icon: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Checked:
    """`missing`: medium -> what is wrong with it, in words. `doing`: '', recording, playing, chime. `link`: None before it
    was tried; `link_trouble`: why it could not be."""

    level: float = 0.0
    loudest: float = 0.0
    silent: bool = False
    picture: bool = False
    missing: dict[str, str] = field(default_factory=dict)
    doing: str = ""
    heard_back: bool = False
    chimed: bool = False
    link: Tried | None = None
    trying_link: bool = False
    link_trouble: str = ""


def rows(now: Checked, figures: bool = True) -> tuple[Row, ...]:
    """`figures`: for who reads kbit/s."""
    return _camera(now), _microphone(now), _speaker(now), _link(now, figures)


def _camera(now: Checked) -> Row:
    if trouble := now.missing.get("camera"):
        return Row("camera", "warn", "video-off", trouble)
    if now.picture:
        return Row("camera", "ok", "video", _("The camera shows a picture."))
    return Row("camera", "neutral", "video", _("The camera is starting"))


def _microphone(now: Checked) -> Row:
    if trouble := now.missing.get("microphone"):
        return Row("microphone", "warn", "mic-off", trouble)
    if now.doing == "recording":
        return Row("microphone", "info", "mic", _("Say something now: it is played back to you in a moment."))
    if now.silent:
        said = _(
            "The microphone is switched off: nothing at all comes from it. Look for a switch on it or on the cable."
        )
        return Row("microphone", "warn", "mic-off", said)
    if now.loudest >= HEARD:
        return Row("microphone", "ok", "mic", _("The microphone hears you."))
    return Row("microphone", "neutral", "mic", _("Speak: the bar moves when the microphone hears you."))


def _speaker(now: Checked) -> Row:
    if trouble := now.missing.get("speaker"):
        return Row("speaker", "warn", "volume-x", trouble)
    if now.doing == "playing":
        return Row("speaker", "info", "volume", _("This is what the other side would hear."))
    if now.doing == "chime":
        return Row("speaker", "info", "volume", _("Three notes are played now."))
    if now.chimed or now.heard_back:
        return Row(
            "speaker", "ok", "volume", _("A sound was played. If you heard nothing, turn the loudspeaker up.")
        )
    return Row("speaker", "neutral", "volume", _("Play a sound to hear whether the loudspeaker is on."))


def _link(now: Checked, figures: bool) -> Row:
    if now.trying_link:
        return Row("link", "info", "wifi", _("The link is being tried. This takes a few seconds."))
    if now.link_trouble:
        said = _(
            "Nothing answers: no call can be made now. What is written and said is kept here and goes later by itself."
        )
        return Row("link", "danger", "wifi-off", said)
    if now.link is None:
        return Row("link", "neutral", "wifi", _("The link has not been tried yet."))
    tone, words = LINKS[enough_for(now.link)]
    parts = [_(words)]
    if figures:
        told = {"kbps": fmt_number(round(now.link.up_kbps)), "rtt": fmt_number(round(now.link.rtt_ms))}
        parts.append(_("Measured: %(kbps)s kbit/s up, an answer after %(rtt)s ms.") % told)
    if now.link.island:
        parts.append(_("This is the clinic's own network."))
    return Row("link", tone, "wifi", " ".join(parts))
