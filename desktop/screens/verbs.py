# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs of the clinic bound to one unlocked desk: what pages ask, on worker threads.

Services are imported when the clinic is opened, not when a window is drawn. All raise Refusal or Unavailable.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from clinic.domain.facts import Communication, DocumentReference, Finding, Gender, Section
from clinic.domain.ids import DeviceId, EncounterId, FactId, PatientId, UserId
from clinic.domain.values import Attachment, Coding, HumanName
from clinic.keys.rights import Action
from clinic.protocol.trust import Role
from desktop.kit.words import language
from desktop.screens.consents.doing import Consenting
from desktop.screens.documents.doing import Marking
from desktop.screens.emergency.doing import Emergencies
from desktop.screens.exchange.doing import Carrying
from desktop.screens.feedback.doing import Hearing
from desktop.screens.forms.doing import Filling
from desktop.screens.hours.doing import Timing
from desktop.screens.inbox.doing import Choosing
from desktop.screens.mine.doing import MyWays
from desktop.screens.orders.doing import Ordering
from desktop.screens.organisation.doing import Governing
from desktop.screens.schedule.doing import Scheduling
from desktop.screens.tasks.doing import Planning
from desktop.screens.templates.doing import Templating

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from clinic.domain.facts import AllergyIntolerance, Composition, Encounter, MedicationRequest, Observation
    from clinic.domain.misuse.lists import Choices, Entry, Filters, Matches
    from clinic.domain.schedules import Outside
    from clinic.keys.lease import Lease
    from clinic.protocol.letters import Vouched
    from clinic.services.alerts import Alert
    from clinic.services.backups import Plan
    from clinic.services.bookings import Collision
    from clinic.services.cards import CardLine
    from clinic.services.charts import Chart
    from clinic.services.codes_out import GivenCode
    from clinic.services.desks import Desk, Person
    from clinic.services.notices import Notice
    from clinic.services.overviews import Booked, Talk
    from clinic.services.people import PersonLine
    from clinic.services.prescribing import Caution
    from clinic.services.recordings import Ticket
    from clinic.services.replay import Replay
    from clinic.services.reviews import Review
    from clinic.services.searching import Found
    from clinic.services.threads import Thread
    from clinic.services.timeline import Moment
    from clinic.services.visits import Draft
    from clinic.services.waiting import Waiting
    from clinic.sync.status import SyncStatus


class Clinic:
    """One unlocked desk and everything that can be asked of it."""

    def __init__(self, desk: Desk) -> None:
        from clinic import services  # noqa: F401 - the package first, so that a missing part fails here
        from clinic.services import (
            access,
            alerts,
            background,
            bodies,
            calling,
            cards,
            charts,
            codes_out,
            coding,
            consents,
            duplicates,
            gate,
            messages,
            notices,
            overviews,
            people,
            prescribing,
            recordings,
            replay,
            reviews,
            searching,
            sharing,
            summaries,
            threads,
            timeline,
            visits,
            vouching,
            waiting,
        )

        self.desk, self._typed = desk, ""
        self.mine, self.governing, self.emergency = MyWays(desk), Governing(desk), Emergencies(desk)
        self.consenting, self.planning, self.ordering = Consenting(desk), Planning(desk), Ordering(desk)
        self.choosing, self.carrying, self.scheduling = Choosing(desk), Carrying(desk), Scheduling(desk)
        self.templating, self.marking, self.timing = Templating(desk), Marking(desk), Timing(desk)
        self.filling, self.hearing = Filling(desk), Hearing(desk)
        self._alerts, self._replay, self._searching = alerts, replay, searching
        self._background, self._bodies = background, bodies
        self._access, self._notices, self._reviews = access, notices, reviews
        self._charts, self._coding, self._consents, self._messages = charts, coding, consents, messages
        self._people, self._prescribing, self._summaries = people, prescribing, summaries
        self._duplicates, self._gate, self._timeline = duplicates, gate, timeline
        self._overviews, self._visits, self._waiting = overviews, visits, waiting
        self._cards, self._codes_out, self._vouching = cards, codes_out, vouching
        self._threads = threads
        self._calling, self._sharing, self._recordings = calling, sharing, recordings

    @property
    def me(self) -> Person:
        return self.desk.someone

    def allowed(self, action: Action) -> bool:
        """Whether whoever is here may do that: what shows by itself asks this first, so that nothing is refused
        that nobody asked for."""
        return self._gate.allowed(self.desk, action)

    # people

    def find(self, text: str, limit: int = 40) -> tuple[PersonLine, ...]:
        self._people.search_begins(self.desk, self._typed, text, "people")
        self._typed = text
        return self._people.find_people(self.desk, text, limit)

    def person(self, patient: PatientId) -> PersonLine:
        return self._people.person(self.desk, patient)

    def alike(self, name: HumanName, born: date, dni: str) -> tuple[PersonLine, ...]:
        return self._duplicates.alike(self.desk, name, born, dni)

    def register(self, name: HumanName, born: date, gender: Gender, dni: str, phone: str = "") -> PatientId:
        return self._people.register(self.desk, name, born, gender, dni, phone)

    def confirm_identity(self, provisional: PatientId, other: PatientId) -> object:
        return self._people.confirm_identity(self.desk, provisional, other)

    def undo_identity(self, provisional: PatientId, other: PatientId) -> object:
        return self._people.undo_identity(self.desk, provisional, other)

    # cards, and the other ways to be known at a kiosk

    def cards_of(self, patient: PatientId) -> tuple[CardLine, ...]:
        return self._cards.cards_of(self.desk, patient)

    def issue_card(self, patient: PatientId, pin: str = "") -> str:
        return self._cards.issue(self.desk, patient, pin)

    def end_card(self, card: FactId, why: str, patient: PatientId) -> object:
        return self._cards.revoke(self.desk, card, why, patient)

    def card_paper(self, patient: PatientId, text: str) -> bytes:
        """A card just made, to print."""
        return self._cards.paper(self.desk, patient, text, language())

    def give_code(self, patient: PatientId) -> GivenCode:
        return self._codes_out.give_code(self.desk, patient)

    def code_is_out(self) -> bool:
        return self._codes_out.is_out(self.desk)

    def vouch(self, encounter: EncounterId, other: PatientId) -> Vouched | None:
        """Her record joins her chart; the letter that tells the visit's kiosk."""
        return self._vouching.vouch(self.desk, encounter, other)

    def load_codes(self) -> int:
        """Bring diagnoses and medicines into the store where they are not there yet."""
        return self._coding.load_codes(self.desk)

    # today

    def queue(self) -> tuple[Waiting, ...]:
        return self._waiting.queue(self.desk) if self.allowed(Action.SEE_QUEUE) else ()

    def booked(self, since: datetime, until: datetime) -> tuple[Booked, ...]:
        return self._overviews.booked(self.desk, since, until) if self.allowed(Action.BOOK) else ()

    def talks(self) -> tuple[Talk, ...]:
        return self._overviews.talks(self.desk) if self.allowed(Action.CHAT) else ()

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

    def shown(self, patient: PatientId, facts: tuple[FactId, ...]) -> object:
        """These were shown to who is here: their writers hear of it."""
        from clinic.services.receipts import note_opened

        return note_opened(self.desk, patient, facts)

    def timeline(self, patient: PatientId) -> tuple[Moment, ...]:
        return self._timeline.latest(self.desk, patient)

    def replay(self, encounter: EncounterId) -> Replay:
        """A visit step by step; who looked is written down."""
        return self._replay.replay(self.desk, encounter)

    def open_document(self, patient: PatientId, attachment: Attachment) -> bytes:
        """Somebody looks at it: the entry is durable first."""
        return self._messages.open_document(self.desk, patient, attachment)

    def document_to_print(self, patient: PatientId, attachment: Attachment) -> bytes:
        """The consent gate first, and an entry."""
        from clinic.services.papers import document_to_print

        return document_to_print(self.desk, patient, attachment)

    def document_to_save(self, patient: PatientId, attachment: Attachment) -> bytes:
        """The consent gate first, and an entry."""
        from clinic.services.papers import document_to_save

        return document_to_save(self.desk, patient, attachment)

    def picture(self, attachment: Attachment) -> bytes:
        """For a letter to the patient's own kiosk, of what was just sent there; nobody here opens it."""
        return self._messages.picture(self.desk, attachment)

    def may(self, patient: PatientId, scope: str) -> bool:
        return self._consents.may(self.desk, patient, scope)

    def ask_to_call(self, patient: PatientId) -> FactId:
        """The consent gate before a call."""
        return self._consents.ask(self.desk, patient, self._consents.Purpose.CALL)

    def ask_to_record(self, patient: PatientId) -> FactId:
        """The consent gate before a call is recorded; the statement that permits it."""
        return self._consents.ask(self.desk, patient, self._consents.Purpose.RECORD)

    # recordings of calls

    def ask_to_record_visit(self, encounter: EncounterId) -> FactId:
        return self.ask_to_record(self.encounter(encounter).patient)

    def begin_recording(self, encounter: EncounterId, call: str, consent: FactId) -> Ticket:
        return self._recordings.begin(self.desk, encounter, call, consent)

    def still_recordable(self, encounter: EncounterId) -> bool:
        return self._recordings.still_permitted(self.desk, encounter)

    def file_recording(self, recording: FactId, seconds: float, hash: str, why: str) -> object:
        return self._recordings.finish(self.desk, recording, seconds, hash, why)

    def finish_left_recordings(self) -> object:
        return self._recordings.finish_left(self.desk)

    def open_recording(self, patient: PatientId, document: DocumentReference) -> Ticket:
        """Somebody plays it: the entry is durable first."""
        return self._recordings.open_recording(self.desk, patient, document)

    def delete_recording(self, document: DocumentReference, why: str, window: PatientId) -> object:
        return self._recordings.delete(self.desk, document, why, window)

    # alerts

    def alerts(self) -> tuple[Alert, ...]:
        """The open ones over all people, whoever has them: time alone makes one everybody's."""
        return self._alerts.alerts(self.desk, everybody=True) if self.allowed(Action.OPEN_CHART) else ()

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

    def begin_here(self, window: PatientId) -> Encounter:
        return self._visits.begin_here(self.desk, window)

    def give_up(self, encounter: EncounterId, window: PatientId) -> object:
        return self._visits.give_up(self.desk, encounter, window)

    def take_vitals(
        self, encounter: EncounterId, values: Mapping[str, Decimal], window: PatientId
    ) -> tuple[Observation, ...]:
        return self._visits.take_vitals(self.desk, encounter, values, window)

    def answer_pregnancy(
        self, patient: PatientId, pregnant: bool, encounter: EncounterId, window: PatientId
    ) -> Observation:
        return self._bodies.answer_pregnancy(self.desk, patient, pregnant, encounter, window)

    def take_back_vitals(self, readings: tuple[FactId, ...], why: str, window: PatientId) -> object:
        return self._visits.take_back_vitals(self.desk, readings, why, window)

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
        return self._calling.media_step(self.desk, encounter, step, call)

    def rung_changed(
        self, encounter: EncounterId, call: str, before: str, after: str, why: str, by: str
    ) -> object:
        return self._calling.rung_changed(self.desk, encounter, call, before, after, why, by)

    def report_call(
        self,
        encounter: EncounterId,
        call: str,
        began_at: datetime,
        outcome: str,
        seconds: bytes,
        relay: str = "",
    ) -> object:
        """The black box of this side."""
        return self._calling.report_call(
            self.desk, encounter, call, began_at, outcome, seconds, staff=True, relay=relay
        )

    def keep_still(self, encounter: EncounterId, picture: bytes, title: str) -> object:
        return self._calling.keep_still(self.desk, encounter, picture, title)

    def send_note(self, encounter: EncounterId, sound: bytes, seconds: float) -> Communication:
        return self._calling.send_note(self.desk, encounter, sound, seconds)

    def ask_to_share(self, patient: PatientId) -> FactId:
        """The consent gate before something is shown in a call."""
        return self._consents.ask(self.desk, patient, self._consents.Purpose.SHARE)

    def share_document(
        self, encounter: EncounterId, call: str, to: DeviceId, attachment: Attachment
    ) -> bytes:
        return self._sharing.share_document(self.desk, encounter, call, to, attachment)

    def share_file(self, encounter: EncounterId, call: str, to: DeviceId, title: str) -> object:
        return self._sharing.share_file(self.desk, encounter, call, to, title)

    def share_over(
        self, encounter: EncounterId, call: str, to: DeviceId, title: str, seen: int, pages: int
    ) -> object:
        return self._sharing.share_over(self.desk, encounter, call, to, title, seen, pages)

    def finish_left_call(self) -> object:
        return self._calling.finish_left(self.desk)

    def signs_again(self) -> bool:
        """Whether the password is typed again at signing."""
        from clinic.domain.policies import signs_again

        return signs_again(self.desk.trust.policies)

    def sign(self, encounter: EncounterId, window: PatientId, password: str = "") -> Composition:
        factor = self.mine.key() if self.signs_again() else None
        return self._visits.sign(self.desk, encounter, window, password, factor)

    def addendum(self, note: FactId, text: str, window: PatientId) -> Composition:
        return self._visits.addendum(self.desk, note, text, window)

    def book_next(
        self, patient: PatientId, start: datetime, reason: str, despite: tuple[FactId, ...] = (),
        anyway: bool = False,
    ) -> object:  # fmt: skip
        return self._visits.book_next(self.desk, patient, start, reason, despite, anyway)

    def in_the_way(self, patient: PatientId, start: datetime) -> tuple[Collision, ...]:
        """What stands at the time of a next appointment with whoever is here."""
        return self.scheduling.beside(patient, start)

    def out_of_hours(self, patient: PatientId, start: datetime) -> Outside | None:
        """Why whoever is here does not work then."""
        return self.scheduling.out_of_hours(patient, start)

    # codes, medicines, messages

    def find_condition(self, text: str, language: str) -> tuple[Coding, ...]:
        return self._coding.find_condition(self.desk, text, language)

    def find_medication(self, text: str) -> tuple[Coding, ...]:
        return self._coding.find_medication(self.desk, text, language())

    def write_allergy(
        self, patient: PatientId, substance: Coding, category: str, reaction: str, severe: bool
    ) -> AllergyIntolerance:
        return self._background.record_allergy(
            self.desk, substance, patient, reaction=reaction, severe=severe, category=category
        )

    def take_off_allergy(self, allergy: FactId, why: str, window: PatientId) -> object:
        return self._background.rule_out_allergy(self.desk, allergy, why, window)

    def check(
        self, patient: PatientId, medication: Coding, replacing: FactId = FactId("")
    ) -> tuple[Caution, ...]:
        return self._prescribing.check(self.desk, patient, medication, replacing)

    def check_dose(
        self, patient: PatientId, medication: Coding, dose: str, route: str, every_hours: int
    ) -> tuple[Caution, ...]:
        return self._prescribing.check_dose(self.desk, patient, medication, dose, route, every_hours)

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
        replacing: FactId = FactId(""),
    ) -> MedicationRequest:
        return self._prescribing.prescribe(
            self.desk,
            encounter,
            medication,
            dose,
            route,
            every_hours,
            days,
            instructions,
            window,
            reason,
            replacing,
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

    def open_thread(self, patient: PatientId) -> Thread:
        """Her messages; who read them is written down."""
        return self._threads.open_thread(self.desk, patient)

    def thread(self, patient: PatientId) -> Thread:
        return self._threads.thread(self.desk, patient)

    def note_read(self, patient: PatientId, messages: tuple[FactId, ...]) -> object:
        """These were shown to who is here: their writers hear of it."""
        from clinic.services.receipts import note_read

        return note_read(self.desk, patient, messages)

    def add_file(self, patient: PatientId, data: bytes, title: str) -> Attachment:
        """A photo or a PDF, to go with a message."""
        return self._messages.add_file(self.desk, patient, data, title)

    def write_to(self, patient: PatientId, text: str, attachments: tuple[Attachment, ...]) -> Communication:
        """A message outside of a visit."""
        return self._messages.send_message(self.desk, patient, text, None, attachments)

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

    # the audit

    def audit_choices(self) -> Choices:
        return self._access.choices(self.desk)

    def audit_found(self, filters: Filters, written_down: bool) -> Matches:
        """Where all entries lie that match, and the first of them. `written_down`: a look of its own, with an entry."""
        return self._access.found(self.desk, filters, written_down)

    def audit_rows(self, numbers: tuple[int, ...]) -> tuple[Entry | None, ...]:
        """Those that come into sight."""
        return self._access.entries(self.desk, numbers)

    def reviews(self, closed: bool, look: bool) -> tuple[Review, ...]:
        """Those that wait, or that were judged; after a look through the audit with every rule, if `look`."""
        if look:
            self._reviews.look(self.desk)
        return self._reviews.reviews(self.desk, closed)

    def broken_glass(self) -> tuple[Review, ...]:
        """What waits for who judges reviews, but for what she did herself; none for anybody else."""
        if not self.allowed(Action.REVIEW):
            return ()
        return tuple(one for one in self._reviews.broken_glass(self.desk) if not one.mine)

    def evidence(self, review: FactId) -> tuple[Entry, ...]:
        return self._reviews.evidence(self.desk, review)

    def reviewers(self) -> tuple[tuple[UserId, str], ...]:
        """Who may judge reviews: (id, name)."""
        return self._reviews.reviewers(self.desk)

    def assign_review(self, review: FactId, to: UserId) -> object:
        """To somebody who may judge it; to whoever is here, for ''."""
        return self._reviews.assign(self.desk, review, to)

    def watch_chart(self, patient: PatientId, on: bool) -> object:
        """Every opening of that chart without a reason is looked at, or no longer."""
        return self._reviews.watch_chart(self.desk, patient, on)

    def close_review(self, review: FactId, finding: str, note: str) -> object:
        return self._reviews.close(self.desk, review, Finding(finding), note)

    def notices(self) -> tuple[Notice, ...]:
        """Who opened a chart of the team today without seeing the patient; none for who opens no charts."""
        if not self._gate.allowed(self.desk, Action.OPEN_CHART):
            return ()
        return self._notices.notices(self.desk)

    def put_away(self, key: str) -> object:
        return self._notices.dismiss(self.desk, key)

    def lease(self, in_care: bool) -> tuple[Lease, int]:
        """How this computer stands with its administrators, and the days since one was heard. In the middle of care
        nothing is asked for."""
        from clinic.services.tending import lease_of

        return lease_of(self.desk, in_care)

    def sync_status(self) -> SyncStatus:
        from clinic.services.link import sync_status

        return sync_status(self.desk)
