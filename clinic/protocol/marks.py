# SPDX-License-Identifier: GPL-3.0-or-later
"""What a computer holds of some charts, told to its colleagues in the team's scope: no fact, and filed nowhere (decision 29)."""

from clinic.domain.ids import ScopeId
from clinic.domain.record import Record, n, record


@record(482)
class ScopeMark(Record):
    """`digest`: `clinic.sync.settled.settled_hash` of the `ops` ops of that scope."""

    scope: ScopeId = n(1)
    ops: int = n(2)
    digest: bytes = n(3)


@record(483)
class StateMark(Record):
    """`settled`: ops with this stamp or a lower one were counted."""

    settled: int = n(1)
    scopes: tuple[ScopeMark, ...] = n(2)
