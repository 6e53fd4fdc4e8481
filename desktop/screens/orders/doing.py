# SPDX-License-Identifier: GPL-3.0-or-later
"""What orders and results ask of the services; called on workers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.values import LOINC, Coding

if TYPE_CHECKING:
    from clinic.domain.facts import DiagnosticReport, ServiceRequest
    from clinic.services.desks import Desk
    from desktop.screens.orders.paper import Found


class Ordering:
    """Of the person at one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def find(self, text: str, language: str) -> tuple[Coding, ...]:
        """Tests of the lists that this clinic brought: LOINC, then its own procedures."""
        from clinic.exchange.code_files import PROCEDURES
        from clinic.services.coding import find_code

        systems = (LOINC, PROCEDURES)
        return tuple(one for system in systems for one in find_code(self._desk, system, text, language, 8))

    def order(
        self, patient: PatientId, codes: Sequence[Coding], priority: str, reason: Coding | None, note: str,
        encounter: EncounterId,
    ) -> tuple[ServiceRequest, ...]:  # fmt: skip
        from clinic.services.orders import order_all

        return order_all(
            self._desk, codes, patient, priority=priority, reason=reason, note=note, encounter=encounter
        )

    def cancel(self, orders: Sequence[FactId], patient: PatientId) -> None:
        from clinic.services.orders import cancel_order

        for one in orders:
            cancel_order(self._desk, one, patient)

    def report(
        self, patient: PatientId, code: Coding, found: Sequence[Found], day: date, based_on: FactId, conclusion: str
    ) -> DiagnosticReport:  # fmt: skip
        """What came on paper; of today it is of now, of an earlier day of its noon."""
        from clinic.services.orders import Result, report

        now = self._desk.clock.now()
        at = now if day == now.astimezone().date() else datetime.combine(day, time(12)).astimezone()
        results = [Result(one.code, one.value, one.unit, one.low, one.high, one.text) for one in found]
        return report(
            self._desk, code, results, patient, effective_at=at, based_on=based_on, conclusion=conclusion
        )

    def amend(self, report: FactId, conclusion: str, patient: PatientId) -> object:
        from clinic.services.orders import amend_report

        return amend_report(self._desk, report, conclusion, patient)

    def take_back(self, result: FactId, why: str, patient: PatientId) -> object:
        """A number that was typed wrongly: it stays on the chart with the reason, and counts no more."""
        from clinic.services.visits import take_back_vitals

        return take_back_vitals(self._desk, (result,), why, patient)
