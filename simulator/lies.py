# SPDX-License-Identifier: GPL-3.0-or-later
"""What a centre that has turned against the clinic makes of a true answer. `docs/hostile.md` has everything one by one; here a
few of them happen in the middle of all else."""

from dataclasses import replace
from enum import StrEnum

from clinic.keys.identity import DeviceKeys
from clinic.protocol.envelope import pack, unpack
from clinic.protocol.sync import Sequenced, SyncResponse
from simulator.chance import Chance


class Lie(StrEnum):
    """What becomes of one envelope of an answer."""

    FLIPPED = "a bit flipped"
    CUT = "cut short"
    SIGNED_ANEW = "signed by another"
    ELSEWHERE = "under another scope"
    HELD_BACK = "held back"
    TWICE = "twice"


def told(lie: Lie, answer: SyncResponse, keys: DeviceKeys, chance: Chance) -> SyncResponse:
    """The answer with one envelope made so; as it is where there is none. `keys`: of another computer."""
    if not answer.envelopes:
        return answer
    nth = chance.below(len(answer.envelopes))
    before, one, after = answer.envelopes[:nth], answer.envelopes[nth], answer.envelopes[nth + 1 :]
    return replace(answer, envelopes=(*before, *_made(lie, one, answer, keys, chance), *after))


def _made(
    lie: Lie, one: Sequenced, answer: SyncResponse, keys: DeviceKeys, chance: Chance
) -> tuple[Sequenced, ...]:
    wire = one.envelope
    match lie:
        case Lie.FLIPPED:
            at = chance.below(len(wire))
            flipped = bytes((wire[at] ^ (1 << chance.below(8)),))
            return (replace(one, envelope=wire[:at] + flipped + wire[at + 1 :]),)
        case Lie.CUT:
            return (replace(one, envelope=wire[: chance.below(len(wire))]),)
        case Lie.SIGNED_ANEW:
            envelope = unpack(wire)
            signature = keys.sign(envelope.signed)
            return (replace(one, envelope=pack(replace(envelope, signature=signature))),)
        case Lie.ELSEWHERE:
            other = chance.one_of([item.scope for item in answer.envelopes])
            return (replace(one, scope=other),)
        case Lie.HELD_BACK:
            return ()
        case Lie.TWICE:
            return (one, one)
