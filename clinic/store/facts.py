# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading facts. One table holds every op, in the order they came; `state` says what it is to its fact.

What comes together lies together: a visit is one run of rows, a chart a few runs, however large the book is. An index says
what is on a chart, what of it is shown, by kind and time.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

from clinic.domain.facts import (
    Appointment,
    AuditEvent,
    CareTeam,
    Communication,
    DetectedIssue,
    Encounter,
    Fact,
    Location,
    Questionnaire,
    Slot,
    Task,
)
from clinic.domain.ids import EncounterId, OpId, PatientId
from clinic.protocol.codec import decode
from clinic.protocol.op import Op, fact_in
from clinic.store.sheet import Sheet

SUPERSEDED, SHOWN, BESIDE, QUARANTINED = range(4)
"""What an op is to its fact: replaced · what a chart shows · stands beside it, unreplaced · may not count."""

LISTED = (
    Encounter, Communication, Appointment, Slot, Task, DetectedIssue, CareTeam, Location, Questionnaire,
)  # fmt: skip
"""Kinds that are listed over all patients, by time."""

CHART = "(SELECT no FROM chart WHERE patient = :patient)"
"""The number of the patient's chart."""

ON_CHART = f"chart = {CHART}"
"""Every op of the patient's chart, shown or not."""

OF_ENCOUNTER = (
    "chart IN (SELECT no FROM chart WHERE patient = :patient "
    "OR patient IN (SELECT other FROM linked WHERE provisional = :patient)) AND encounter = :encounter AND encounter <> ''"
)
"""Ops that name the encounter, on the chart of its `patient` and of whoever that turned out to be."""

F = TypeVar("F", bound=Fact)


class FactReads(Sheet):
    """What is on the charts."""

    def facts(self, kind: type[F], patient: PatientId) -> tuple[F, ...]:
        """All facts of one kind on a person's chart (with everything linked to it), oldest first."""
        rows: list[Any] = []
        for whose in self.chart_of(patient):
            rows += self._all(
                f"SELECT at, id, body FROM op WHERE chart = {CHART} AND kind = :kind AND state = {SHOWN} ORDER BY at, id",
                patient=whose, kind=kind.NUMBER,
            )  # fmt: skip
        if len(self.chart_of(patient)) > 1:
            rows.sort(key=lambda row: (row[0], row[1]))
        return tuple(fact_in(row[2], kind) for row in rows)

    def newest_facts(self, kind: type[F], patient: PatientId, limit: int) -> tuple[F, ...]:
        """The latest facts of one kind on a person's chart, newest first."""
        rows: list[Any] = []
        for whose in self.chart_of(patient):
            rows += self._all(
                f"SELECT at, id, body FROM op WHERE chart = {CHART} AND kind = :kind AND state = {SHOWN} "
                "ORDER BY at DESC, id DESC LIMIT :limit", patient=whose, kind=kind.NUMBER, limit=limit,
            )  # fmt: skip
        rows.sort(key=lambda row: (row[0], row[1]), reverse=True)
        return tuple(fact_in(row[2], kind) for row in rows[:limit])

    def fact(self, kind: type[F], fact_id: str) -> F | None:
        row = self._one(
            f"SELECT body FROM op WHERE fact = :id AND kind = :kind AND state = {SHOWN}",
            kind=kind.NUMBER,
            id=fact_id,
        )
        return None if row is None else fact_in(row[0], kind)

    def facts_of_encounter(self, kind: type[F], encounter: EncounterId) -> tuple[F, ...]:
        """Facts of one kind that name the encounter, oldest first; never those of another patient than its own."""
        rows = self._all(
            f"SELECT body FROM op WHERE {OF_ENCOUNTER} AND kind = :kind AND state = {SHOWN} ORDER BY at, id",
            encounter=encounter, kind=kind.NUMBER, patient=self.whose_encounter(encounter),
        )  # fmt: skip
        return tuple(fact_in(row[0], kind) for row in rows)

    def whose_encounter(self, encounter: EncounterId) -> PatientId | None:
        """The patient of an encounter as it is shown."""
        row = self._one(
            "SELECT chart.patient FROM op JOIN chart ON chart.no = op.chart "
            f"WHERE fact = :encounter AND kind = :kind AND state = {SHOWN}",
            encounter=encounter, kind=Encounter.NUMBER,
        )  # fmt: skip
        return None if row is None else PatientId(row[0])

    def open_facts(self, kind: type[F]) -> tuple[F, ...]:
        """Facts of one kind, over all patients, whose status is one of its OPEN ones; oldest first."""
        rows = self._all(
            f"SELECT body FROM op WHERE open = :kind AND state = {SHOWN} ORDER BY at, id", kind=kind.NUMBER
        )
        return tuple(fact_in(row[0], kind) for row in rows)

    def all_facts(self, kind: type[F]) -> tuple[F, ...]:
        """Every fact of one kind, oldest first. Quick for LISTED kinds; for others the whole book is read."""
        if kind in LISTED:
            return self.facts_between(kind, -(1 << 62), 1 << 62)
        rows = self._all(
            f"SELECT body FROM op WHERE kind = :kind AND state = {SHOWN} ORDER BY at, id", kind=kind.NUMBER
        )
        return tuple(fact_in(row[0], kind) for row in rows)

    def ops_of(self, kind: type[Fact]) -> tuple[Op, ...]:
        """Every shown op of one kind, over all patients. The whole book is read."""
        rows = self._all(f"SELECT body FROM op WHERE kind = :kind AND state = {SHOWN}", kind=kind.NUMBER)
        return tuple(decode(row[0], Op) for row in rows)

    def facts_between(self, kind: type[F], since_ms: int, until_ms: int) -> tuple[F, ...]:
        """Facts of a LISTED kind over all patients, from `since_ms` and before `until_ms`, oldest first."""
        rows = self._all(
            f"SELECT body FROM op WHERE lane = :kind AND state = {SHOWN} AND at >= :since AND at < :until ORDER BY at, id",
            kind=_listed(kind), since=since_ms, until=until_ms,
        )  # fmt: skip
        return tuple(fact_in(row[0], kind) for row in rows)

    def recent_facts(self, kind: type[F], limit: int) -> tuple[F, ...]:
        """The newest facts of a LISTED kind, newest first."""
        rows = self._all(
            f"SELECT body FROM op WHERE lane = :kind AND state = {SHOWN} ORDER BY at DESC LIMIT :limit",
            kind=_listed(kind),
            limit=limit,
        )
        return tuple(fact_in(row[0], kind) for row in rows)

    def standing(self, kind: int, fact_id: str) -> tuple[Op, ...]:
        """The versions of a fact that nothing has replaced: one, or several side by side."""
        rows = self._all(
            f"SELECT body FROM op WHERE fact = :id AND kind = :kind AND state IN ({SHOWN}, {BESIDE})",
            kind=kind,
            id=fact_id,
        )
        return tuple(decode(row[0], Op) for row in rows)

    def standing_ids(self, kind: int, fact_id: str) -> tuple[OpId, ...]:
        rows = self._all(
            f"SELECT id FROM op WHERE fact = :id AND kind = :kind AND state IN ({SHOWN}, {BESIDE}) ORDER BY id",
            kind=kind, id=fact_id,
        )  # fmt: skip
        return tuple(OpId(row[0]) for row in rows)

    def in_conflict(self) -> tuple[tuple[int, str], ...]:
        """(kind, id) of every fact whose versions differ and wait for a person to choose; one seek a chart."""
        rows = self._all(
            "SELECT DISTINCT op.kind, op.fact FROM chart CROSS JOIN op ON op.chart = chart.no "
            f"WHERE op.state = {BESIDE} AND EXISTS (SELECT 1 FROM op AS shown WHERE shown.fact = op.fact "
            f"AND shown.kind = op.kind AND shown.state = {SHOWN} AND shown.conflict = 1)"
        )
        return tuple((int(row[0]), str(row[1])) for row in rows)

    def versions(self, kind: int, fact_id: str) -> tuple[Op, ...]:
        """Every version of a fact, also replaced and quarantined ones, in the order of their stamps."""
        rows = self._all(
            "SELECT body FROM op WHERE fact = :id AND kind = :kind ORDER BY stamp, id", kind=kind, id=fact_id
        )
        return tuple(decode(row[0], Op) for row in rows)

    def ops(self, patient: PatientId) -> Iterator[Op]:
        """Every op about a patient, in the order of their stamps."""
        for row in self._all(f"SELECT body FROM op WHERE {ON_CHART} ORDER BY stamp, id", patient=patient):
            yield decode(row[0], Op)

    def last_moment(self, patient: PatientId, until_ms: int) -> int | None:
        """When the latest of what a chart shows happened, in ms, up to `until_ms`; who looked at it does not count."""
        moments = [
            self._one(
                f"SELECT max(at) FROM op WHERE chart = {CHART} AND kind <> {AuditEvent.NUMBER} AND state = {SHOWN} "
                "AND at <= :until", patient=whose, until=until_ms,
            )[0]
            for whose in self.chart_of(patient)
        ]  # fmt: skip
        return max((at for at in moments if at is not None), default=None)

    def bodies(self, patient: PatientId) -> tuple[bytes, ...]:
        """The canonical bytes of the shown op of every fact about a patient, in a fixed order."""
        rows = self._all(
            f"SELECT body FROM op WHERE chart = {CHART} AND state = {SHOWN} ORDER BY kind, fact",
            patient=patient,
        )
        return tuple(bytes(row[0]) for row in rows)

    def patient_of_fact(self, kind: int, fact_id: str) -> PatientId | None:
        """Whom a fact we hold is about ('' for nobody); None for a fact we do not hold."""
        row = self._one(
            "SELECT chart.patient FROM op JOIN chart ON chart.no = op.chart WHERE fact = :fact AND kind = :kind",
            kind=kind, fact=fact_id,
        )  # fmt: skip
        return None if row is None else PatientId(row[0])

    def count_ops(self) -> int:
        return int(self._one("SELECT count(*) FROM op")[0])

    # who is who ----------------------------------------------------------------------------------

    def chart_of(self, patient: PatientId) -> tuple[PatientId, ...]:
        """The person, and everybody who turned out to be the same."""
        chart = self._charts.get(patient)
        if chart is None:
            rows = self._all(
                "SELECT provisional FROM linked WHERE other = :patient ORDER BY provisional", patient=patient
            )
            others = (PatientId(row[0]) for row in rows)
            chart = self._charts[patient] = (patient, *(other for other in others if other != patient))
        return chart

    def linked_to(self, provisional: PatientId) -> PatientId | None:
        """Who a provisional patient turned out to be."""
        row = self._one("SELECT other FROM linked WHERE provisional = :patient", patient=provisional)
        return None if row is None else PatientId(row[0])


def _listed(kind: type[Fact]) -> int:
    if kind not in LISTED:
        raise ValueError(f"{kind.__name__} is not listed over all patients")
    return kind.NUMBER
