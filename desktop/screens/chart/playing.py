# SPDX-License-Identifier: GPL-3.0-or-later
"""Playing a recording of the chart: how it stands and what the hands do, without pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from clinic.protocol.engine import PlayMoved
from desktop.kit.words import N_, _

SPEEDS = (1.0, 1.5)
LOUD = (1.0, 2.0, 4.0)
TROUBLES = {
    "missing": N_("The file of this recording is not there any more. Tell your administrator."),
    "damaged": N_("This recording is damaged and cannot be played."),
    "no loudspeaker": N_("No loudspeaker was found. Plug one in, or use headphones."),
    "in a call": N_("A call is running: the other side would hear this. Hang up first."),
    "engine": N_("Sound and picture were started anew. Press Play to hear it again."),
}


class Stage(StrEnum):
    READY = "ready"
    OPENING = "opening"
    PLAYING = "playing"
    PAUSED = "paused"
    OVER = "over"
    FAILED = "failed"


OPEN = (Stage.PLAYING, Stage.PAUSED, Stage.OVER)


@dataclass(frozen=True, slots=True)
class Player:
    """`document`: its id; '' for none. `gone`: why it was deleted. `asking`: whether it is asked before it is deleted."""

    document: str = ""
    gone: str = ""
    stage: Stage = Stage.READY
    at_s: float = 0.0
    seconds: float = 0.0
    speed: float = 1.0
    loud: float = 1.0
    cut_off: bool = False
    sentence: str = ""
    asking: bool = False


def moved(one: Player, said: PlayMoved) -> Player:
    """What the engine says of it."""
    if one.stage in (Stage.READY, Stage.FAILED):
        return one
    if said.trouble:
        return replace(one, stage=Stage.FAILED, sentence=_(TROUBLES.get(said.trouble, TROUBLES["damaged"])))
    stage = Stage.OVER if said.over else Stage.PLAYING if said.playing else Stage.PAUSED
    if not said.seconds:
        stage = Stage.OPENING
    return replace(one, stage=stage, at_s=said.at_s, seconds=said.seconds, cut_off=said.cut_off, sentence="")


def next_of(value: float, values: tuple[float, ...]) -> float:
    """The one after it, round and round."""
    return values[(values.index(value) + 1) % len(values)] if value in values else values[0]


def words(one: Player) -> tuple[str, str]:
    """(tone, sentence) under the picture."""
    if one.gone:
        return "neutral", _("This recording was deleted: %(why)s") % {"why": one.gone}
    match one.stage:
        case Stage.FAILED:
            return "danger", one.sentence
        case Stage.OPENING:
            return "info", _("The recording is being opened")
        case Stage.OVER:
            end = (
                _("The recording ends here: it was cut off.")
                if one.cut_off
                else _("The end of the recording")
            )
            return "neutral", end
        case Stage.READY:
            return "neutral", _("It is written down who plays a recording.")
    return "neutral", _("Its end was cut off.") if one.cut_off else ""
