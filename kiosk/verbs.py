# SPDX-License-Identifier: GPL-3.0-or-later
"""What the session asks of the clinic: the intake verbs, bound to this kiosk's desk. All run on a worker
thread.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Protocol

from clinic.calls.trial import Tried
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import DeviceId, EncounterId, FactId
from clinic.domain.values import HumanName
from clinic.protocol.letters import FreeTimes, Vouched
from clinic.services import calling, consents, intake, own_papers, requesting
from clinic.services.consents import Template
from clinic.services.desks import Desk
from clinic.services.intake import Known, Visit
from clinic.services.own_papers import Paper
from desktop.kit.laddering import Report
from desktop.kit.words import tell
from kiosk import flow

Fetch = Callable[[str], bytes | None]


class Verbs(Protocol):
    """All raise Refusal or Unavailable."""

    def read_card(self, text: str, pin: str = "") -> Known: ...
    def use_code(self, number: str, code: str) -> Known: ...
    def vouched(self, visit: Visit, sender: DeviceId, said: Vouched) -> Known: ...
    def claim(self, number: str, born: date, name: HumanName | None) -> Known: ...
    def template(self, language: str) -> Template: ...
    def file(self, filing: flow.Filing, visit: Visit | None) -> object: ...
    def report(self, report: Report) -> object: ...
    def send_still(self, encounter: EncounterId, picture: bytes) -> object: ...
    def all_left(self) -> bool: ...
    def offers(self) -> requesting.Offers: ...
    def keep_free_times(self, sender: DeviceId, said: FreeTimes) -> None: ...
    def try_link(self) -> Tried: ...
    def own_paper(self, journey: flow.Journey, paper: Paper) -> bytes: ...


class DeskVerbs:
    """The real ones. `fetch(lookup)`: the sealed capsule of a card from the centre, None if it has none; `take(lookup)`:
    what a one-time code brings; Unavailable offline.
    """

    def __init__(
        self, desk: Desk, fetch: Fetch, take: Fetch, try_link: Callable[[], Tried] | None = None
    ) -> None:
        self._desk, self._fetch, self._take, self._try_link = desk, fetch, take, try_link

    def try_link(self) -> Tried:
        if self._try_link is None:
            raise Unavailable("The centre cannot be reached.")
        return self._try_link()

    def own_paper(self, journey: flow.Journey, paper: Paper) -> bytes:
        if journey.visit is None or journey.known is None:
            raise Refusal("The visit has not begun yet. Please start again.")
        return own_papers.own_paper(
            self._desk, journey.visit, journey.known, paper, journey.over, journey.language
        )

    def read_card(self, text: str, pin: str = "") -> Known:
        lookup = intake.card_lookup(text)
        try:
            sealed = None if pin else self._fetch(lookup)
        except Unavailable:
            sealed = None  # the copy from last time, if there is one
        if sealed is not None:
            intake.keep_capsule(self._desk, lookup, sealed)
        return intake.read_card(self._desk, text, pin)

    def use_code(self, number: str, code: str) -> Known:
        return intake.use_code(self._desk, number, code, self._take)

    def vouched(self, visit: Visit, sender: DeviceId, said: Vouched) -> Known:
        return intake.vouched(self._desk, visit, sender, said)

    def claim(self, number: str, born: date, name: HumanName | None) -> Known:
        return intake.claim(self._desk, number, born, name)

    def template(self, language: str) -> Template:
        return consents.template(self._desk, language)

    def file(self, filing: flow.Filing, visit: Visit | None) -> object:
        if isinstance(filing, flow.Arrive):
            return intake.arrive(self._desk, filing.known, filing.language)
        if visit is None:
            raise Refusal("The visit has not begun yet. Please start again.")
        if isinstance(filing, flow.GiveConsent):
            return intake.give_consent(
                self._desk,
                visit,
                filing.template,
                filing.decisions,
                filing.strokes,
                filing.read_aloud_seconds,
            )
        if isinstance(filing, flow.TakeBackConsent):
            return intake.withdraw_consent(self._desk, visit, (filing.scope,), filing.language)
        if isinstance(filing, flow.AskFor | flow.AskNoMore):
            return self._ask(filing, visit)
        if isinstance(filing, flow.SayNote):
            return calling.send_note(self._desk, visit.encounter, filing.sound, filing.seconds)
        if isinstance(filing, flow.SayHeard):
            return calling.heard_here(self._desk, visit.encounter, FactId(filing.message))
        self._tell(filing, visit)
        return None

    def _ask(self, filing: flow.AskFor | flow.AskNoMore, visit: Visit) -> object:
        """What is refused stands in nobody's way: it is told, and the next thing is filed."""
        try:
            if isinstance(filing, flow.AskFor):
                return requesting.ask_for(self._desk, visit, filing.wanted)
            return requesting.take_back(self._desk, visit, FactId(filing.request))
        except Refusal as refusal:
            return flow.NotAsked(tell(refusal))

    def offers(self) -> requesting.Offers:
        return requesting.offers(self._desk)

    def keep_free_times(self, sender: DeviceId, said: FreeTimes) -> None:
        requesting.keep_free_times(self._desk, sender, said)

    def report(self, report: Report) -> object:
        """The black box of this side."""
        return calling.report_call(
            self._desk,
            EncounterId(report.encounter),
            report.call,
            report.began_at,
            report.outcome,
            report.seconds,
            staff=False,
            relay=report.relay,
        )

    def send_still(self, encounter: EncounterId, picture: bytes) -> object:
        return calling.send_still(self._desk, encounter, picture)

    def all_left(self) -> bool:
        return calling.all_left(self._desk)

    def _tell(self, filing: flow.Filing, visit: Visit) -> None:
        match filing:
            case flow.TellReason(reason, symptoms):
                intake.tell_reason(self._desk, visit, reason, symptoms)
            case flow.RaiseFlags(reason, symptoms, flags):
                intake.raise_flags(self._desk, visit, reason, symptoms, flags)
            case flow.TellAnswers(interview, language, finished):
                intake.tell_answers(self._desk, visit, interview, language, finished)
            case flow.TellVitals(values, on_oxygen, alert, sources):
                intake.tell_vitals(self._desk, visit, values, on_oxygen, alert, sources)
            case flow.GivePhoto(jpeg):
                intake.give_photo(self._desk, visit, jpeg)
            case flow.TellFeedback(form, given, language, finished):
                intake.tell_feedback(self._desk, visit, form, given, language, finished)
            case flow.Wait():
                intake.ready(self._desk, visit)
            case flow.Leave():
                intake.leave(self._desk, visit)
