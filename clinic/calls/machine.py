# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a call, decided: `step(call, event) -> (call, effects)`, one rule per phase and event.

The caller always offers. When media falls silent both sides say so and wait: if the old path still lives,
media simply flows again; otherwise the caller offers anew (next attempt, new ICE credentials) beside the
old path, every 3 s while letters travel. The attempt number only grows; descriptions of older attempts
change nothing.
"""

from dataclasses import replace

from clinic.calls import reaching, ringing
from clinic.calls.call import Call
from clinic.calls.events import EngineLost, EngineReady, Event, SignallingBack, SignallingLost
from clinic.calls.rules import Result, rule_for

RULES = (ringing, reaching)
"""Modules whose rules are in the table once they are imported."""


def step(call: Call, event: Event) -> Result:
    """What the event makes of the call; an event with no row changes nothing."""
    call = _noticed(call, event)
    rule = rule_for(call.phase, type(event))
    return rule(call, event) if rule else (call, ())


def _noticed(call: Call, event: Event) -> Call:
    """Engine and letters come and go in every phase."""
    match event:
        case EngineLost():
            return replace(call, engine_up=False)
        case EngineReady():
            return replace(call, engine_up=True)
        case SignallingLost():
            return replace(call, signalling_up=False)
        case SignallingBack():
            return replace(call, signalling_up=True)
    return call
