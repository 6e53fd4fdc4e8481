# SPDX-License-Identifier: GPL-3.0-or-later
"""A clinic in memory for the kiosk's tests: answers the verbs at once, remembers what was filed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from clinic.calls.trial import Tried
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import (
    AppointmentRequest,
    AskedStatus,
    Communication,
    Consent,
    ConsentItem,
    Encounter,
    EncounterStatus,
)
from clinic.domain.ids import DeviceId, EncounterId, FactId, PatientId, UserId
from clinic.domain.values import HumanName
from clinic.keys.cards import PinMissing
from clinic.keys.onetime import CodeWrong
from clinic.protocol.letters import FreeTimes, Vouched
from clinic.services.consents import Template, load_template
from clinic.services.intake import Known, Visit
from clinic.services.own_papers import Paper
from clinic.services.requesting import Offers
from clinic.services.tries import PinWrong
from kiosk import flow

NOW = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
ROSA = Known(
    PatientId("p1"),
    HumanName(family="Quispe", given=("Rosa", "Elena")),
    date(1961, 3, 5),
    "14233456",
    prescriptions=("Enalapril 10 mg",),
)
ENCOUNTER = EncounterId("e1")
TEAM = ((UserId("ben"), "Dr. Ben Ruiz"), (UserId("flor"), "Dra. Florencia Paz"))
CARD, PIN_CARD = "POSTA1:good", "POSTA1:with pin"
PIN, CODE = "2749", "48213377"


def visit(known: Known = ROSA) -> Visit:
    encounter = Encounter(
        id=FactId(ENCOUNTER),
        patient=known.patient,
        status=EncounterStatus.ARRIVED,
        arrived_at=NOW,
        ticket="S-07",
    )
    return Visit(known, encounter)


@dataclass
class Clinic:
    """Verbs without a disk; `full` makes every filing fail like a full disk."""

    full: bool = False
    filed: list[flow.Filing] = field(default_factory=list)
    reports: list[object] = field(default_factory=list)
    stills: list[bytes] = field(default_factory=list)
    asked: dict[str, AppointmentRequest] = field(default_factory=dict)
    known_times: Offers = field(default_factory=lambda: Offers(practitioners=TEAM))

    def read_card(self, text: str, pin: str = "") -> Known:
        if text not in (CARD, PIN_CARD):
            raise Refusal("This is not a card of Posta.")
        if text == PIN_CARD and not pin:
            raise PinMissing("This card asks for its PIN.")
        if text == PIN_CARD and pin != PIN:
            raise PinWrong
        return ROSA

    def use_code(self, number: str, code: str) -> Known:
        if (number, code) != (ROSA.dni, CODE):
            raise CodeWrong
        return ROSA

    def vouched(self, visit: Visit, sender: DeviceId, said: Vouched) -> Known:
        if said.encounter != visit.encounter:
            raise Refusal("This was said of another visit.")
        return ROSA

    def claim(self, number: str, born: date, name: HumanName | None) -> Known:
        return Known(
            PatientId("p2"), name or HumanName(family=f"DNI {number}"), born, number, provisional=True
        )

    def template(self, language: str) -> Template:
        return load_template("AR", language)

    def report(self, report: object) -> object:
        self.reports.append(report)
        return None

    def try_link(self) -> Tried:
        return Tried(rtt_ms=90.0, up_kbps=400.0)

    def send_still(self, encounter: str, picture: bytes) -> object:
        self.stills.append(picture)
        return None

    def own_paper(self, journey: flow.Journey, paper: Paper) -> bytes:
        return f"%PDF {paper}".encode()

    def all_left(self) -> bool:
        return True

    def offers(self) -> Offers:
        return self.known_times

    def keep_free_times(self, sender: DeviceId, said: FreeTimes) -> None:
        self.known_times = replace(self.known_times, times=said.times, as_of=said.made_at)

    def file(self, filing: flow.Filing, seen: Visit | None) -> object:
        if self.full:
            raise Unavailable("The disk of this kiosk is full.")
        self.filed.append(filing)
        match filing:
            case flow.Arrive(known, _language):
                return visit(known)
            case flow.GiveConsent(template, decisions, strokes, seconds):
                items = tuple(ConsentItem(scope=scope, decision=said) for scope, said in decisions.items())
                return Consent(
                    id=FactId("c1"),
                    patient=PatientId("p1"),
                    template=template.id,
                    template_version=template.version,
                    template_hash=b"",
                    language=template.language,
                    jurisdiction=template.jurisdiction,
                    items=items,
                    given_at=NOW,
                    signature=strokes,
                    read_aloud_seconds=seconds,
                    device=DeviceId("k"),
                    encounter=ENCOUNTER,
                )
            case flow.AskFor(wanted):
                about = wanted.appointment
                request = AppointmentRequest(
                    id=FactId(f"r{len(self.filed)}"),
                    patient=PatientId("p1"),
                    status=AskedStatus.PROPOSED,
                    wish=wanted.wish,
                    authored_at=NOW,
                    start=wanted.start,
                    minutes=wanted.minutes,
                    practitioner=wanted.practitioner,
                    practitioner_name=wanted.practitioner_name,
                    appointment=FactId("") if about is None else about.id,
                    requested_from=wanted.since,
                    requested_until=wanted.until,
                    reason=wanted.reason,
                )
                self.asked[request.id] = request
                return request
            case flow.AskNoMore(key):
                return replace(self.asked[key], status=AskedStatus.CANCELLED)
            case flow.SayNote():
                return Communication(
                    id=FactId(f"m{len(self.filed)}"), patient=PatientId("p1"), sent_at=NOW, sender="patient"
                )
        return None
