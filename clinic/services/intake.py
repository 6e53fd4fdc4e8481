# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kiosk does for a patient. Everything is sealed to the team at once; nothing can be read again here."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import (
    Appointment,
    AppointmentRequest,
    Cited,
    Consent,
    Decision,
    DocumentReference,
    Encounter,
    EncounterStatus,
    IdentifiedBy,
    Method,
    Observation,
    Patient,
    Questionnaire,
    QuestionnaireResponse,
    Said,
    VerificationResult,
)
from clinic.domain.forms import as_answer, as_text
from clinic.domain.ids import DeviceId, EncounterId, FactId, PatientId, UserId
from clinic.domain.instruments.readings import Source
from clinic.domain.plausible import check_birth_date
from clinic.domain.questionnaires import Given, Interview, as_said, canonical, kept, told
from clinic.domain.values import DNI, Attachment, Coding, HumanName, Identifier, Quantity, Stroke
from clinic.domain.vitals import CONSCIOUSNESS, OXYGEN_THERAPY
from clinic.keys import cards
from clinic.keys.boxes import new_box_key, open_sealed, public_box_key
from clinic.keys.cards import PinMissing
from clinic.keys.consenting import to_cite
from clinic.keys.consents import sign_consent
from clinic.keys.onetime import CodeWrong, code_key, open_parcel
from clinic.keys.packing import expand
from clinic.keys.refusals import Unreadable
from clinic.keys.rights import Action
from clinic.protocol.capsule import Capsule
from clinic.protocol.codec import Malformed, decode
from clinic.protocol.envelope import P0_ALERT, P1_TALK
from clinic.protocol.letters import Answered, Vouched
from clinic.protocol.onetime import CodeParcel
from clinic.protocol.trust import DeviceKind
from clinic.services.consent_forms import WITHDRAWAL, load_template
from clinic.services.consents import Template, drafted
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.messages import keep_bytes, shrink
from clinic.services.tries import CODES, PinWrong, counted
from clinic.services.visits import pressure, reading
from clinic.services.withdrawing import ENDED, CardEnded, has_ended
from clinic.store.rows import Changes
from clinic.store.writing import WritePage

log = logging.getLogger(__name__)
_TICKETS = 99
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Known:
    """Who stands before the kiosk, and what she may see of herself. `provisional`: by a number only; else `how` says what
    showed who she is: `card` the look-up id, `by` and `by_name` who gave the code or vouches."""

    patient: PatientId
    name: HumanName
    birth_date: date | None
    dni: str
    language: str = "es"
    photo: bytes = b""
    appointments: tuple[Appointment, ...] = ()
    prescriptions: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    asked: tuple[AppointmentRequest, ...] = ()
    """What she asked for at a kiosk, and the answers, as her card knows them."""
    provisional: bool = False
    cites: tuple[Cited, ...] = ()
    permitted: tuple[str, ...] = ()
    """Scopes that she permits, as far as her card knows."""
    how: IdentifiedBy | None = None
    card: str = ""
    by: UserId = UserId("")
    by_name: str = ""


class Visit:
    """One patient's visit at this kiosk; lives and ends with the session process.

    `session_key`: private X25519 key of this visit, kept nowhere; staff who vouch seal to its public half."""

    def __init__(self, known: Known, encounter: Encounter, session_key: bytes = b"") -> None:
        self.known = known
        self.cites = known.cites
        """What the next statement has to cite: what the card knew, then what she says here."""
        self.asked: dict[FactId, AppointmentRequest] = {}
        """What she asked for in this visit, as it stands."""
        self._encounter, self._session_key = encounter, session_key
        self.responses: dict[str, FactId] = {}
        """Questionnaire -> the id of what was filed of it in this visit."""

    @property
    def encounter(self) -> EncounterId:
        return EncounterId(self._encounter.id)

    @property
    def ticket(self) -> str:
        return self._encounter.ticket

    @property
    def patient(self) -> PatientId:
        return self.known.patient

    def open(self, sealed: bytes) -> bytes:
        """What was sealed to this visit. Raises Unreadable."""
        return open_sealed(self._session_key, sealed)

    @property
    def flagged(self) -> bool:
        """Whether she told something that must not wait."""
        return bool(self._encounter.red_flags)

    def response(self, desk: Desk, questionnaire: str) -> FactId:
        """The id of the answers to that questionnaire: the same through the whole visit, so that later ones stand for earlier."""
        return self.responses.setdefault(questionnaire, FactId(desk.new_id()))

    def hear(self, said: Answered) -> None:
        """The clinic answered what was asked for in this visit."""
        asked = self.asked.get(said.request)
        if asked is not None:
            self.asked[said.request] = replace(asked, status=said.status)

    def become(self, desk: Desk, **changes: object) -> None:
        """Write the encounter anew with some fields changed; one with a red flag leaves before everything else."""
        self._encounter = replace(self._encounter, **changes)  # type: ignore[arg-type]
        desk.write(self._encounter, window=self.patient, priority=P0_ALERT if self.flagged else P1_TALK)


def card_lookup(qr_text: str) -> str:
    """The name under which a card's capsule is kept. Refused for anything but a card of ours."""
    return cards.read_card(qr_text).lookup


_OFFERED = "capsule offered "
"""Meta: what the centre handed out for a card of which there is a copy, until the card has opened it."""


def keep_capsule(desk: Desk, lookup: str, sealed: bytes) -> None:
    """Hold what the centre handed out for a card; `read_card` takes it for the copy here once the card opens it and it is
    no older. Not of a card that has ended, and no word of an end, which only staff can sign."""

    def keep(page: WritePage) -> None:
        if sealed == ENDED or has_ended(page, lookup):
            return
        if page.capsule(lookup) is None:
            page.put_capsule(lookup, sealed, waiting=False)
        else:
            page.put_meta(_OFFERED + lookup, sealed)

    desk.book.keep(keep)


@needs(Action.INTAKE)
def read_card(desk: Desk, qr_text: str, pin: str = "") -> Known:
    """Open the card's capsule from the local copy, about 0.2 s with a PIN.

    Refused: not a card of ours, one that has ended (CardEnded), PinMissing, PinWrong, too many tries (TooSoon,
    CallAPerson); Unavailable: never seen here."""
    card = cards.read_card(qr_text)
    kept, offered = desk.book.read(
        lambda page: (page.capsule(card.lookup), page.meta(_OFFERED + card.lookup))
    )
    if kept == ENDED:
        raise CardEnded
    copies = [copy for copy in (offered, kept) if copy is not None]
    if not copies:
        raise Unavailable(
            "This card is not known here yet, and the centre cannot be reached. Use your id number instead."
        )
    if not card.asks_pin:
        return _newest(desk, card, copies)
    if not pin:
        raise PinMissing("This card asks for its PIN.")
    with counted(desk, card.lookup, PinWrong):
        return _newest(desk, card.with_pin(pin), copies)


def _newest(desk: Desk, card: cards.Card, copies: Sequence[bytes]) -> Known:
    """What the newest copy that opens says; it is the copy here from now on. `copies`: what was offered first. Raises
    Unreadable as the first of them if none opens."""
    opened, whys = [], []
    for sealed in copies:
        try:
            opened.append((sealed, decode(cards.open_capsule(card, sealed), Capsule)))
        except (Unreadable, Malformed) as why:
            whys.append(why)
    if not opened:
        raise whys[0]
    if whys:
        log.warning("the centre handed out a capsule that its card does not open; the copy here is shown")
    sealed, capsule = max(opened, key=lambda one: _made(desk, one[1]))  # of two of one age, what was offered

    def keep(page: WritePage) -> None:
        if not has_ended(page, card.lookup):
            page.put_capsule(card.lookup, sealed, waiting=False)
        page.drop_meta(_OFFERED + card.lookup)

    if len(copies) > 1:
        desk.book.keep(keep)
    return replace(known_of(capsule), how=IdentifiedBy.CARD, card=card.lookup)


def _made(desk: Desk, capsule: Capsule) -> datetime:
    """When it was made; long ago if it does not say, or names a time that is still to come: a desk's clock was wrong."""
    long_ago = datetime.min.replace(tzinfo=UTC)
    if capsule.made_at is None or capsule.made_at > desk.clock.now() + _AHEAD:
        return long_ago
    return capsule.made_at


def known_of(capsule: Capsule) -> Known:
    """A capsule as the screens show it."""
    return Known(
        capsule.patient, capsule.name, capsule.birth_date, capsule.dni, capsule.language, capsule.photo,
        capsule.appointments, capsule.prescriptions, capsule.messages, asked=capsule.asked, cites=capsule.cites,
        permitted=capsule.permitted,
    )  # fmt: skip


@needs(Action.INTAKE)
def use_code(desk: Desk, number: str, code: str, take: Callable[[str], bytes | None]) -> Known:
    """Who an id number and a one-time code name. `take`: the parcel at the centre, which gives it once.

    Refused: CodeWrong, too many tries (TooSoon, CallAPerson), a forged parcel; Unavailable without the centre."""
    key = code_key(desk.trust.organization().organization, number, code)
    with counted(desk, CODES, CodeWrong):
        parcel = take(key.lookup)
        if parcel is None:
            raise CodeWrong
    found = open_parcel(
        key, decode(parcel, CodeParcel), desk.trust, desk.device, desk.device_keys, desk.clock.now()
    )
    return replace(
        known_of(found.capsule), how=IdentifiedBy.CODE, by=found.by, by_name=desk.trust.name_of(found.by)
    )


@needs(Action.INTAKE)
def vouched(desk: Desk, visit: Visit, sender: DeviceId, said: Vouched) -> Known:
    """Who the patient of this visit is, as somebody of the staff says. Refused from anybody else, or for another visit."""
    device = desk.trust.device(sender)
    member = desk.trust.user(said.by, sender)
    if (
        device is None
        or device.kind != DeviceKind.DESKTOP
        or member is None
        or said.encounter != visit.encounter
    ):
        raise Refusal("This was said by nobody who may, or of another visit.")
    capsule = decode(expand(visit.open(said.sealed)), Capsule)
    return replace(known_of(capsule), how=IdentifiedBy.VOUCHED, by=said.by, by_name=member.name)


@needs(Action.INTAKE)
def claim(desk: Desk, dni: str, birth_date: date | None, name: HumanName | None = None) -> Known:
    """Somebody says a number: a claim. A provisional person until staff confirm who it is."""
    digits = dni.replace(".", "").replace(" ", "")
    if not (digits.isascii() and digits.isdigit()) or not 6 <= len(digits) <= 9:
        raise Refusal("An id number has 6 to 9 digits. Type it again.")
    check_birth_date(birth_date, desk.clock.now().date())
    patient = PatientId(desk.new_id())
    known = Known(patient, name or HumanName(family=f"DNI {digits}"), birth_date, digits, provisional=True)
    fact = Patient(
        id=FactId(patient), patient=patient, name=known.name, birth_date=birth_date, provisional=True,
        identifiers=(Identifier(system=DNI, value=digits),),
    )  # fmt: skip
    desk.write(fact, window=patient, priority=P1_TALK)
    return known


@needs(Action.INTAKE)
def arrive(desk: Desk, known: Known, language: str) -> Visit:
    """The patient is here: an Encounter with a ticket, filed at once."""
    number = desk.book.write(lambda page: (page.next_number("ticket"), Changes()))
    session_key = new_box_key(desk.random)
    encounter = Encounter(
        id=FactId(desk.new_id()), patient=known.patient, status=EncounterStatus.ARRIVED, arrived_at=desk.clock.now(),
        ticket=f"{_letter(desk)}-{(number - 1) % _TICKETS + 1:02d}", kiosk=desk.device,
        device_name=desk.device_name, language=language, session_key=public_box_key(session_key),
    )  # fmt: skip
    desk.write(encounter, *_shown_by(desk, known, encounter), window=known.patient, priority=P1_TALK)
    return Visit(known, encounter, session_key)


def _shown_by(desk: Desk, known: Known, encounter: Encounter) -> tuple[VerificationResult, ...]:
    """What showed who she is, for the record of the visit; nothing for a claim."""
    if known.how is None:
        return ()
    result = VerificationResult(
        id=FactId(desk.new_id()), patient=known.patient, encounter=EncounterId(encounter.id), how=known.how,
        at=desk.clock.now(), card=known.card, by=known.by, by_name=known.by_name,
    )  # fmt: skip
    return (result,)


@needs(Action.INTAKE)
def tell_reason(desk: Desk, visit: Visit, reason: Coding, symptoms: tuple[Coding, ...]) -> None:
    visit.become(desk, reason=reason, symptoms=symptoms)


@needs(Action.INTAKE)
def raise_flags(
    desk: Desk, visit: Visit, reason: Coding, symptoms: tuple[Coding, ...], flags: tuple[Coding, ...]
) -> None:
    """Told just now, in the middle of the questions, and not to wait: with what else she has told so far."""
    visit.become(desk, reason=reason, symptoms=symptoms, red_flags=flags)


@needs(Action.INTAKE)
def tell_answers(desk: Desk, visit: Visit, interview: Interview, language: str, finished: bool) -> None:
    """What was answered so far, one response for each questionnaire and visit, each with its version and in the words that
    stood on the screen. One that is not asked any more, since an answer before it was changed, is taken back."""
    facts = [
        _response(desk, visit, form, answers, said, finished)
        for form, answers, said in told(interview, language)
    ]
    asked = {fact.questionnaire for fact in facts}
    gone = [
        QuestionnaireResponse(
            id=made, patient=visit.patient, questionnaire=name, version=interview.forms[name].version,
            status="entered-in-error", authored_at=desk.clock.now(), encounter=visit.encounter,
        )
        for name, made in visit.responses.items()
        if name not in asked
    ]  # fmt: skip
    if facts or gone:
        desk.write(*facts, *gone, window=visit.patient, priority=P1_TALK)


@needs(Action.INTAKE)
def tell_feedback(
    desk: Desk, visit: Visit, form: Questionnaire, given: Given, language: str, finished: bool
) -> None:
    """How the visit was, as far as it is answered: one response for each visit. It leaves after everything else."""
    answers = kept(form, given)
    said = as_said(form, answers, language)
    desk.write(_response(desk, visit, form, answers, said, finished), window=visit.patient)


def _response(
    desk: Desk, visit: Visit, form: Questionnaire, answers: Given, said: tuple[Said, ...], finished: bool
) -> QuestionnaireResponse:
    items = {item.key: item for item in form.items}
    return QuestionnaireResponse(
        id=visit.response(desk, canonical(form)), patient=visit.patient, questionnaire=canonical(form), version=form.version,
        status="completed" if finished else "in-progress", authored_at=desk.clock.now(),
        answers=as_text({key: as_answer(items[key], given) for key, given in answers.items()}),
        encounter=visit.encounter, said=said,
    )  # fmt: skip


@needs(Action.INTAKE)
def tell_vitals(
    desk: Desk,
    visit: Visit,
    values: Mapping[str, Decimal],
    on_oxygen: bool | None = None,
    alert: bool | None = None,
    sources: Mapping[str, Source] | None = None,
) -> None:
    """Readings by vital key, in the units of clinic.domain.vitals; None where nobody looked: a score stays without it.

    `sources`: the keys that an instrument measured, and what it sent; the others were typed.
    """
    sources = sources or {}
    singles = {key: value for key, value in values.items() if key not in ("systolic", "diastolic")}
    facts = [
        _measured(reading(desk, visit.patient, key, value, visit.encounter, Method.KIOSK), sources.get(key))
        for key, value in singles.items()
    ]
    if "systolic" in values and "diastolic" in values:
        typed = pressure(
            desk, visit.patient, values["systolic"], values["diastolic"], visit.encounter, Method.KIOSK
        )
        both = sources.get("systolic") if "diastolic" in sources else None
        facts.append(_measured(typed, both))
    if alert is not None:
        facts.append(_observed(desk, visit, CONSCIOUSNESS, text="A" if alert else "V"))
    if on_oxygen is not None:
        flow = Quantity(value=Decimal(1 if on_oxygen else 0), unit="L/min")
        facts.append(_observed(desk, visit, OXYGEN_THERAPY, value=flow))
    if facts:
        desk.write(*facts, window=visit.patient, priority=P1_TALK)


@needs(Action.INTAKE)
def give_photo(desk: Desk, visit: Visit, jpeg: bytes, title: str = "") -> Attachment:
    """A photo the patient took, with its thumbnail."""
    photo, thumbnail = shrink(jpeg)
    attachment = keep_bytes(desk, photo, "image/jpeg", title, thumbnail)
    document = DocumentReference(
        id=FactId(desk.new_id()),
        patient=visit.patient,
        attachment=attachment,
        made_at=desk.clock.now(),
        encounter=visit.encounter,
    )
    desk.write(document, window=visit.patient)
    return attachment


@needs(Action.INTAKE)
def give_consent(
    desk: Desk, visit: Visit, template: Template, decisions: Mapping[str, Decision], strokes: tuple[Stroke, ...],
    read_aloud_seconds: int,
) -> Consent:  # fmt: skip
    """The signed statement. Refused without an answer to every item, or without a signature."""
    if any(item.scope not in decisions for item in template.items):
        raise Refusal("Please answer every question.")
    if sum(len(stroke.points) for stroke in strokes) < 2:
        raise Refusal("Please sign with your finger in the box.")
    consent = drafted(
        desk, visit.patient, template, decisions, visit.cites, strokes=strokes, read_aloud_seconds=read_aloud_seconds,
        encounter=visit.encounter, witness=_witness(desk),
    )  # fmt: skip
    return _signed(desk, visit, consent)


@needs(Action.INTAKE)
def withdraw_consent(desk: Desk, visit: Visit, scopes: Iterable[str], language: str) -> Consent:
    """The patient takes permissions back at the kiosk: filed at once, asking nothing more of her."""
    form = load_template(desk.jurisdiction, language, WITHDRAWAL)
    denied = dict.fromkeys(scopes, Decision.DENY)
    draft = drafted(
        desk, visit.patient, form, denied, visit.cites, encounter=visit.encounter, witness=_witness(desk)
    )
    return _signed(desk, visit, draft)


def _witness(desk: Desk) -> UserId:
    """Nobody at a kiosk; who is logged in where a person of the staff does this for the patient."""
    return desk.person.user if desk.person else UserId("")


def _signed(desk: Desk, visit: Visit, consent: Consent) -> Consent:
    signed = sign_consent(consent, desk.device_keys, desk.user_keys if consent.witness else None)
    desk.write(signed, window=visit.patient, priority=P1_TALK)
    visit.cites = to_cite([signed])
    return signed


@needs(Action.INTAKE)
def ready(desk: Desk, visit: Visit) -> None:
    """Everything is told: the patient sits in the waiting room."""
    visit.become(desk, status=EncounterStatus.TRIAGED)


@needs(Action.INTAKE)
def leave(desk: Desk, visit: Visit) -> None:
    """The patient goes; what she told stays in her record. With a red flag she stays in the queue until staff looked for her:
    she may lie before a kiosk that nobody touches any more."""
    if not visit.flagged:
        visit.become(desk, status=EncounterStatus.CANCELLED, finished_at=desk.clock.now())


def _measured(typed: Observation, source: Source | None) -> Observation:
    if source is None:
        return typed
    return replace(typed, method=Method.DEVICE, raw=source.octets, device_name=source.instrument)


def _observed(
    desk: Desk, visit: Visit, code: Coding, text: str = "", value: Quantity | None = None
) -> Observation:
    return Observation(
        id=FactId(desk.new_id()), patient=visit.patient, code=code, effective_at=desk.clock.now(), text=text, value=value,
        method=Method.KIOSK, encounter=visit.encounter,
    )  # fmt: skip


def _letter(desk: Desk) -> str:
    """The first letter of the kiosk's name: two kiosks' tickets do not look alike."""
    return next((letter.upper() for letter in desk.device_name if letter.isalpha()), "P")
