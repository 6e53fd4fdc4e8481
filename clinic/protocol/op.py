# SPDX-License-Identifier: GPL-3.0-or-later
"""An op: one fact as one device wrote it, and which versions of it the writer had seen."""

from clinic.domain.facts import Fact
from clinic.domain.ids import OpId, PatientId, UserId
from clinic.domain.record import Record, n, record


@record(300)
class Op(Record):
    """`stamp`: hybrid logical clock; `replaces`: exactly the versions the writer saw; `window`: whose chart was on screen."""

    id: OpId = n(1)
    stamp: int = n(2)
    author: UserId = n(3, default=UserId(""))
    fact: Record = n(4)
    replaces: tuple[OpId, ...] = n(5, default=())
    window: PatientId = n(6, default=PatientId(""))

    @property
    def patient(self) -> PatientId:
        """The patient the fact is about ('' for nobody, or for a kind this program does not know: see window)."""
        return self.fact.patient if isinstance(self.fact, Fact) else self.window


@record(301)
class Ops(Record):
    """The contents of an envelope."""

    ops: tuple[Op, ...] = n(1)
