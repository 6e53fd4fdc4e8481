# SPDX-License-Identifier: GPL-3.0-or-later
"""Look, take, look at it, keep or take again; or none at all."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Look(StrEnum):
    LIVE = "live"
    TAKEN = "taken"
    NO_CAMERA = "no camera"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class State:
    """`jpeg`: the picture taken; b"" when there is none."""

    look: Look = Look.LIVE
    jpeg: bytes = b""


def taken(state: State, jpeg: bytes) -> State:
    """A picture was grabbed; an empty one (no frame has come yet) changes nothing."""
    return State(Look.TAKEN, jpeg) if state.look is Look.LIVE and jpeg else state


def again(state: State) -> State:
    return State(Look.LIVE) if state.look is Look.TAKEN else state


def kept(state: State) -> State:
    return replace(state, look=Look.DONE) if state.look is Look.TAKEN else state


def skipped(_state: State) -> State:
    return State(Look.DONE)


def camera_gone(state: State) -> State:
    """A photo already taken stays."""
    return state if state.look is Look.TAKEN else State(Look.NO_CAMERA)
