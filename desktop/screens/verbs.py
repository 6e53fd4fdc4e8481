# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs of the clinic bound to one unlocked desk: what pages ask, on worker threads.

Services are imported when the clinic is opened, not when a window is drawn. All raise Refusal or Unavailable.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from clinic.domain.facts import Communication, Gender, Section
from clinic.domain.ids import EncounterId, FactId, PatientId, UserId
from clinic.domain.values import Attachment, Coding, HumanName
from clinic.protocol.trust import Role
from desktop.kit.words import language
from desktop.screens.mine.doing import MyWays
from desktop.screens.organisation.doing import Governing

if TYPE_CHECKING:
    from clinic.domain.facts import Composition, Encounter, MedicationRequest
    from clinic.keys.lease import Lease
    from clinic.services.alerts import Alert
    from clinic.services.backups import Plan
    from clinic.services.charts import Chart
    from clinic.services.desks import Desk, Person
    from clinic.services.overviews import Booked, Talk
    from clinic.services.people import PersonLine
    from clinic.services.prescribing import Caution
    from clinic.services.replay import Replay
    from clinic.services.searching import Found
    from clinic.services.timeline import Moment
    from clinic.services.visits import Draft
    from clinic.services.waiting import Waiting
    from clinic.sync.status import SyncStatus


class Clinic:
    """One unlocked desk and everything that can be asked of it."""

    def __init__(self, desk: Desk) -> None:
        from clinic import services  # noqa: F401 - the package first, so that a missing part fails here
        from clinic.services import (
            alerts,
            charts,
            coding,
            consents,
            duplicates,
            messages,
            overviews,
            people,
            prescribing,
            replay,
            searching,
            summaries,
            timeline,
            visits,
            waiting,
        )

        self.desk = desk
        self.mine, self.governing = MyWays(desk), Governing(desk)
        self._alerts, self._replay, self._searching = alerts, replay, searching
        self._charts, self._coding, self._consents, self._messages = charts, coding, consents, messages
        self._people, self._prescribing, self._summaries = people, prescribing, summaries
        self._duplicates, self._timeline = duplicates, timeline
        self._overviews, self._visits, self._waiting = overviews, visits, waiting

    @property
    def me(self) -> Person:
        return self.desk.someone

    # people

    def find(self, text: str, limit: int = 40) -> tuple[PersonLine, ...]:
        return self._people.find_people(self.desk, text, limit)

    def person(self, patient: PatientId) -> PersonLine:
        return self._people.person(self.desk, patient)

    def alike(self, name: HumanName, born: date, dni: str) -> tuple[PersonLine, ...]:
        return self._duplicates.alike(self.desk, name, born, dni)

    def register(self, name: HumanName, born: date, gender: Gender, dni: str) -> PatientId:
        return self._people.register(self.desk, name, born, gender, dni)

    def confirm_identity(self, provisional: PatientId, other: PatientId) -> object:
        return self._people.confirm_identity(self.desk, provisional, other)

    def undo_identity(self, provisional: PatientId, other: PatientId) -> object:
        return self._people.undo_identity(self.desk, provisional, other)

    def issue_card(self, patient: PatientId) -> str:
        return self._people.issue_card(self.desk, patient)

    def load_codes(self) -> int:
        """Bring diagnoses and medicines into the store where they are not there yet."""
        return self._coding.load_codes(self.desk)

    # today

    def queue(self) -> tuple[Waiting, ...]:
        return self._waiting.queue(self.desk)

    def booked(self, since: datetime, until: datetime) -> tuple[Booked, ...]:
        return self._overviews.booked(self.desk, since, until)

    def talks(self) -> tuple[Talk, ...]:
        return self._overviews.talks(self.desk)

    # everything that was written

    def look_for(
        self, text: str, kind: str, since: datetime | None, patient: PatientId, best: bool, written_down: bool
    ) -> tuple[tuple[Found, ...], int]:
        """The finds, and how many texts wait to be read in. `written_down`: it is a search of its own, with an entry."""
        look = self._searching.search if written_down else self._searching.again
        kinds = self._searching.KINDS.get(kind, ())
        waiting = self._searching.unread(self.desk)  # before: what is read in meanwhile is looked for again
        found = look(
            self.desk, text, patient=patient or None, kinds=kinds, since=since, best_first=best, limit=100
        )
        return found, waiting

    def unread(self) -> int:
        """Texts that no search finds yet."""
        return self._searching.unread(self.desk)

    # charts

    def open_chart(self, patient: PatientId) -> Chart:
        return self._charts.open_chart(self.desk, patient)

    def chart(self, patient: PatientId) -> Chart:
        return self._charts.chart(self.desk, patient)

    def timeline(self, patient: PatientId) -> tuple[Moment, ...]:
        return self._timeline.latest(self.desk, patient)

    def replay(self, encounter: EncounterId) -> Replay:
        """A visit step by step; who looked is written down."""
        return self._replay.replay(self.desk, encounter)

    def picture(self, attachment: Attachment) -> bytes:
        return self._messages.picture(self.desk, attachment)

    def may(self, patient: PatientId, scope: str) -> bool:
        return self._consents.may(self.desk, patient, scope)

    # alerts

    def alerts(self) -> tuple[Alert, ...]:
        """The open ones over all people, whoever has them: time alone makes one everybody's."""
        return self._alerts.alerts(self.desk, everybody=True)

    def open_alerts(self, patient: PatientId) -> tuple[Alert, ...]:
        return self._alerts.open_alerts(self.desk, patient)

    def acknowledge(self, alert: FactId, note: str, window: PatientId) -> object:
        return self._alerts.acknowledge(self.desk, alert, note, window)

    def reopen_alert(self, alert: FactId, window: PatientId) -> object:
        return self._alerts.reopen(self.desk, alert, window)

    def take_over(self, alert: FactId, window: PatientId) -> object:
        return self._alerts.take_over(self.desk, alert, window)

    def hand_back(self, alert: FactId, to: UserId, window: PatientId) -> object:
        return self._alerts.hand_back(self.desk, alert, to, window)

    # visits

    def encounter(self, encounter: EncounterId) -> Encounter:
        return self._visits.encounter_of(self.desk, encounter)

    def whole(self, patient: PatientId) -> PatientId:
        """The record a provisional one was confirmed to be; itself otherwise."""
        return self.desk.book.read(lambda page: page.linked_to(patient)) or patient

    def start_visit(self, encounter: EncounterId, window: PatientId) -> object:
        return self._visits.start_visit(self.desk, encounter, window)

    def draft(self, encounter: EncounterId) -> Draft:
        return self._visits.draft(self.desk, encounter)

    def autosave(self, encounter: EncounterId, section: Section, text: str, window: PatientId) -> object:
        return self._visits.autosave(self.desk, encounter, section, text, window)

    def add_condition(self, encounter: EncounterId, code: Coding, window: PatientId) -> object:
        return self._visits.add_condition(self.desk, encounter, code, window)

    def remove_condition(self, condition: FactId, why: str, window: PatientId) -> object:
        return self._visits.remove_condition(self.desk, condition, why, window)

    def media_step(self, encounter: EncounterId, step: str, call: str) -> object:
        return self._visits.media_step(self.desk, encounter, step, call)

    def sign(self, encounter: EncounterId, window: PatientId) -> Composition:
        return self._visits.sign(self.desk, encounter, window)

    def addendum(self, note: FactId, text: str, window: PatientId) -> Composition:
        return self._visits.addendum(self.desk, note, text, window)

    def book_next(self, patient: PatientId, start: datetime, reason: str) -> object:
        return self._visits.book_next(self.desk, patient, start, reason)

    # codes, medicines, messages

    def find_condition(self, text: str, language: str) -> tuple[Coding, ...]:
        return self._coding.find_condition(self.desk, text, language)

    def find_medication(self, text: str) -> tuple[Coding, ...]:
        return self._coding.find_medication(self.desk, text, language())

    def check(self, patient: PatientId, medication: Coding) -> tuple[Caution, ...]:
        return self._prescribing.check(self.desk, patient, medication)

    def prescribe(
        self,
        encounter: EncounterId,
        medication: Coding,
        dose: str,
        route: str,
        every_hours: int,
        days: int,
        instructions: str,
        window: PatientId,
        reason: str = "",
    ) -> MedicationRequest:
        return self._prescribing.prescribe(
            self.desk, encounter, medication, dose, route, every_hours, days, instructions, window, reason
        )

    def rx_sentence(self, request: MedicationRequest, language: str) -> str:
        return self._prescribing.sentence(request, language)

    def send_message(
        self,
        patient: PatientId,
        text: str,
        encounter: EncounterId,
        attachments: tuple[Attachment, ...],
        window: PatientId,
    ) -> Communication:
        return self._messages.send_message(self.desk, patient, text, encounter, attachments, window)

    # after

    def summary_pdf(self, encounter: EncounterId) -> bytes:
        return self._summaries.summary_pdf(self.desk, encounter)

    def summary_text(self, encounter: EncounterId, language: str) -> str:
        return self._summaries.summary_text(self.desk, encounter, language)

    def backup_plan(self) -> Plan | None:
        """Where backups of this computer go and when the last one was made; None when nothing was set up."""
        from clinic.services.backups import plan_of

        return plan_of(self.desk)

    @property
    def is_owner(self) -> bool:
        """Whether who is here administers the clinic."""
        return Role.ADMINISTRATOR in self.desk.trust.roles_of(self.me.user)

    def lease(self) -> tuple[Lease, int]:
        """How this computer stands with its administrators, and the days since one was heard."""
        from clinic.services.tending import lease_of

        return lease_of(self.desk, in_care=False)

    def sync_status(self) -> SyncStatus:
        from clinic.services.link import sync_status

        return sync_status(self.desk)
