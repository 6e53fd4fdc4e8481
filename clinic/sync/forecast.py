# SPDX-License-Identifier: GPL-3.0-or-later
"""What a link of some speed carries first: bytes and seconds by urgency, in the order in which it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass

OVERHEAD = 1.1
"""Share that headers and acknowledgements of the network add to what is sent."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Something that waits to leave."""

    priority: int
    size: int
    records: int = 0


@dataclass(frozen=True, slots=True)
class Goes:
    """All of one priority. `done_s`: seconds until the last of it has left; `in_time`: how many bytes of it leave within
    the time that was asked for."""

    priority: int
    records: int
    size: int
    done_s: float
    in_time: int


def forecast(waiting: Sequence[Waits], bits_per_s: int, within_s: float) -> tuple[Goes, ...]:
    """What is carried: first what is done first. `waiting` is in the order in which it leaves; a speed of 0 carries
    nothing."""
    sizes: dict[int, list[int]] = {}
    ends: dict[int, float] = {}
    at = 0.0
    for one in waiting:
        at += 8 * OVERHEAD * one.size / bits_per_s if bits_per_s > 0 else float("inf")
        records, size, in_time = sizes.setdefault(one.priority, [0, 0, 0])
        sizes[one.priority] = [
            records + one.records, size + one.size, in_time + (one.size if at <= within_s else 0),
        ]  # fmt: skip
        ends[one.priority] = at
    found = (Goes(one, records, size, ends[one], in_time) for one, (records, size, in_time) in sizes.items())
    return tuple(sorted(found, key=lambda goes: (goes.done_s, goes.priority)))
