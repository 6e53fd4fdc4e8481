# SPDX-License-Identifier: GPL-3.0-or-later
"""Playing an encounter again: its ops in order, and what the record was after the n-th of them.

Pure. The order is that of the stamps, so an op never comes before one its writer had seen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from typing import TypeVar

from clinic.domain.clock import stamp_time
from clinic.domain.facts import Encounter, Fact, NoteSection, Section
from clinic.domain.ids import DeviceId, OpId
from clinic.domain.record import Record
from clinic.protocol.op import Op

CLOCKS = timedelta(minutes=5)
"""How far two clocks may differ without a word."""
F = TypeVar("F", bound=Fact)


class Trust(StrEnum):
    """What can be said of the clock of the computer that wrote an op."""

    FITS = "fits"
    BEHIND = "behind"
    """It had seen something later than its own clock: that clock was slow."""
    AHEAD = "ahead"
    """It lies in what is still to come here: that clock is fast, or ours slow."""


@dataclass(frozen=True, slots=True)
class Step:
    """One op. `at`: by its writer's clock; `place`: by the stamps of all; `device`: who made the op's id."""

    op: Op
    at: datetime
    place: datetime
    device: DeviceId
    trust: Trust


@dataclass(frozen=True, slots=True)
class Scene:
    """The record of the encounter at one moment: (kind, fact id) -> the versions that stand, the last written last."""

    standing: Mapping[tuple[str, str], tuple[Op, ...]] = field(default_factory=dict)

    def after(self, op: Op) -> "Scene":
        """Once this op is there too: it takes away exactly what its writer saw."""
        key = (type(op.fact).__name__, _id(op))
        left = tuple(old for old in self.standing.get(key, ()) if old.id not in op.replaces)
        return Scene({**self.standing, key: (*left, op)})

    def all(self, kind: type[F]) -> tuple[F, ...]:
        """The facts of one kind as last written, in the order they first came."""
        shown = (ops[-1].fact for (name, _), ops in self.standing.items() if name == kind.__name__)
        return tuple(fact for fact in shown if isinstance(fact, kind))

    @property
    def encounter(self) -> Encounter | None:
        return next(iter(self.all(Encounter)), None)

    def text(self, section: Section) -> str:
        """What stood in a section of the note; two texts written at once stand one below the other."""
        ops = [
            ops for (name, _), ops in self.standing.items() if name == "NoteSection" and _is_of(ops, section)
        ]
        return "\n\n".join(op.fact.text for group in ops for op in group if isinstance(op.fact, NoteSection))


def steps(ops: Iterable[Op], now: datetime) -> tuple[Step, ...]:
    """The ops as steps, each once, in order."""
    known = {op.id: op for op in ops}
    return tuple(_step(op, now) for op in sorted(known.values(), key=lambda op: (op.stamp, op.id)))


def scene_at(played: Sequence[Step], n: int) -> Scene:
    """The record after the first n steps; 0 is before everything, more than there are is the end."""
    return reduce(Scene.after, (step.op for step in played[: max(0, n)]), Scene())


def _step(op: Op, now: datetime) -> Step:
    place = stamp_time(op.stamp)
    at = written_at(op.fact) or place
    trust = Trust.AHEAD if place > now + CLOCKS else Trust.BEHIND if place > at + CLOCKS else Trust.FITS
    return Step(op, at, place, device_of(op.id), trust)


def device_of(op: OpId) -> DeviceId:
    """The device that made an op: ids are made of (device, counter)."""
    return DeviceId(op.rpartition(".")[0])


def written_at(fact: Record) -> datetime | None:
    """The time of writing that a fact names itself, for kinds that are written when they happen."""
    for name in (
        "written_at",
        "recorded_at",
        "signed_at",
        "authored_at",
        "sent_at",
        "given_at",
        "at",
        "linked_at",
        "made_at",
    ):
        at = getattr(fact, name, None)
        if isinstance(at, datetime):
            return at
    return None


def _id(op: Op) -> str:
    return op.fact.id if isinstance(op.fact, Fact) else op.id


def _is_of(ops: tuple[Op, ...], section: Section) -> bool:
    return any(isinstance(op.fact, NoteSection) and op.fact.section == section for op in ops)
