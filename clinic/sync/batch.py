# SPDX-License-Identifier: GPL-3.0-or-later
"""Which envelopes of the outbox go into one exchange.

Rule of today: in order of env_no, whatever their priority. A remote takes a device's envelopes without gaps,
so that it can tell a device what it holds with one number and a reader can see what was withheld; an urgent
envelope that overtook others would be refused as a gap. Urgency is served before numbering (the writer seals
what is urgent first), by small envelopes (at most 64 kB, so nothing waits long), and on the way down, where
the remote orders by priority.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the outbox that no remote has acknowledged yet."""

    env_no: int
    wire: bytes


def pick(rows: Iterable[Waiting], byte_budget: int) -> tuple[Waiting, ...]:
    """A run of rows in order of env_no, at most `byte_budget` bytes together but at least one; it ends at
    the first gap."""
    picked: list[Waiting] = []
    room = byte_budget
    for row in sorted(rows, key=attrgetter("env_no")):
        room -= len(row.wire)
        if picked and (room < 0 or row.env_no != picked[-1].env_no + 1):
            break
        picked.append(row)
    return tuple(picked)
