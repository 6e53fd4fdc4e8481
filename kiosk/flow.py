# SPDX-License-Identifier: GPL-3.0-or-later
"""One visit, decided: `update(journey, event) -> (journey, effects)`. The steps are data; nothing here
shows or stores anything.

What a patient tells is filed step by step, in order, while the screen already goes on. If filing fails
(disk full), the
rest waits in `to_file` and a sentence says so; nothing told is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from clinic.domain.facts import AppointmentRequest, AskedStatus, Communication, Consent, Decision
from clinic.domain.instruments.readings import Source
from clinic.domain.questionnaires import Given, Interview, next_question, taken_back
from clinic.domain.values import Coding, Stroke
from clinic.protocol.letters import Answered, ChatLine, QueuePlace, VisitOver

if TYPE_CHECKING:
    from clinic.domain.asking import Wanted
    from clinic.domain.facts import Questionnaire
    from clinic.services.consents import Template
    from clinic.services.intake import Known, Visit
    from clinic.services.requesting import Offers


class Step(StrEnum):
    LANGUAGE = "language"
    IDENTIFY = "identify"
    GREET = "greet"
    REASON = "reason"
    SYMPTOMS = "symptoms"
    QUESTIONS = "questions"
    VITALS = "vitals"
    PHOTO = "photo"
    CONSENT = "consent"
    CHECK = "check"
    WAITING = "waiting"
    INCOMING = "incoming"
    CALL = "call"
    AFTER = "after"
    FEEDBACK = "feedback"
    """How it was, on the way to goodbye."""
    PRINT = "print"
    """Her own papers: beside the way of a visit, from its end, the waiting room or her appointments."""
    THINGS = "things"
    """Her own appointments: beside the way of a visit, from the reasons or from the waiting room."""


DOTS = tuple(Step)[:11]
"""The steps a patient sees as dots."""
BACK = {
    Step.IDENTIFY: Step.LANGUAGE,
    Step.GREET: Step.IDENTIFY,
    Step.SYMPTOMS: Step.REASON,
    Step.QUESTIONS: Step.SYMPTOMS,
    Step.VITALS: Step.SYMPTOMS,
    Step.FEEDBACK: Step.AFTER,
}
"""Where "back" leads; what was filed for good (photo, consent) is not told twice."""
PATIENCE_S = {
    Step.LANGUAGE: None,
    Step.VITALS: 150.0,
    Step.WAITING: 20 * 60.0,
    Step.INCOMING: None,
    Step.CALL: None,
    Step.AFTER: 120.0,
    Step.PRINT: 120.0,
}
"""Seconds of silence before "still there?"; 60 where nothing else is said, None: never. A cuff takes a minute, and so does
counting breaths."""
PRINTS_FROM = (Step.AFTER, Step.WAITING, Step.THINGS)
NEEDED = ("treatment", "teleconsultation")
"""Scopes without which there is no visit by video."""


def patience_s(step: Step) -> float | None:
    return PATIENCE_S.get(step, 60.0)


# What is filed, in this order


@dataclass(frozen=True, slots=True)
class Arrive:
    known: Known
    language: str


@dataclass(frozen=True, slots=True)
class TellReason:
    reason: Coding
    symptoms: tuple[Coding, ...]


@dataclass(frozen=True, slots=True)
class RaiseFlags:
    """What must not wait, with what else was told so far."""

    reason: Coding
    symptoms: tuple[Coding, ...]
    flags: tuple[Coding, ...]


@dataclass(frozen=True, slots=True)
class TellAnswers:
    """What was answered so far in the questionnaires; `finished`: nothing more is asked."""

    interview: Interview
    language: str
    finished: bool


@dataclass(frozen=True, slots=True)
class TellVitals:
    """None: nobody asked, or somebody else answered."""

    values: Mapping[str, Decimal]
    on_oxygen: bool | None = None
    alert: bool | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)
    """What instruments measured; the rest was typed."""


@dataclass(frozen=True, slots=True)
class GivePhoto:
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class GiveConsent:
    template: Template
    decisions: Mapping[str, Decision]
    strokes: tuple[Stroke, ...]
    read_aloud_seconds: int


@dataclass(frozen=True, slots=True)
class TakeBackConsent:
    """One permission is taken back."""

    scope: str
    language: str


@dataclass(frozen=True, slots=True)
class SayNote:
    """A voice note: saved here, then out with the next exchange."""

    sound: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class SayHeard:
    """A voice note of the clinic was listened to."""

    message: str


@dataclass(frozen=True, slots=True)
class AskFor:
    """An appointment, another time for one, or that one is called off: the clinic answers."""

    wanted: Wanted


@dataclass(frozen=True, slots=True)
class AskNoMore:
    """She takes back what she asked for in this visit."""

    request: str


@dataclass(frozen=True, slots=True)
class NotAsked:
    """What was asked for was refused here, with the sentence why; nothing was filed."""

    sentence: str


@dataclass(frozen=True, slots=True)
class TellFeedback:
    """How the visit was, as far as it is answered; `finished`: nothing more is asked."""

    form: Questionnaire
    given: Given
    language: str
    finished: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """In the waiting room from now on."""


@dataclass(frozen=True, slots=True)
class Leave:
    """The visit is cancelled."""


Filing = (
    Arrive
    | TellReason
    | RaiseFlags
    | TellAnswers
    | TellVitals
    | GivePhoto
    | GiveConsent
    | TakeBackConsent
    | SayNote
    | SayHeard
    | AskFor
    | AskNoMore
    | TellFeedback
    | Wait
    | Leave
)


class Came(StrEnum):
    """How far a voice note is."""

    SAVING = "saving"
    SAVED = "saved here"
    LEFT = "left"
    HEARD = "heard"


@dataclass(frozen=True, slots=True)
class Said:
    """A voice note that was said here; `message`: its id once it is saved."""

    seconds: float
    message: str = ""
    came: Came = Came.SAVING


@dataclass(frozen=True, slots=True)
class Journey:
    """Everything the session knows of the visit; it dies with the process."""

    step: Step = Step.LANGUAGE
    language: str = "es"
    known: Known | None = None
    visit: Visit | None = None
    reason: Coding | None = None
    symptoms: tuple[Coding, ...] = ()
    interview: Interview | None = None
    """What is asked after the symptoms, and answered of it."""
    flags: tuple[Coding, ...] = ()
    """Red flags raised in this visit; a tick taken off again takes none back."""
    template: Template | None = None
    by_video: bool = True
    permitted: tuple[str, ...] = ()
    """Scopes that the patient permits, as far as is known here: each can be taken back."""
    recording_consent: str = ""
    """Id of the consent that allows keeping the call; '' when it was not given."""
    to_file: tuple[Filing, ...] = ()
    trouble: str = ""
    """Why the first of `to_file` could not be filed (a message id)."""
    listened: tuple[str, ...] = ()
    """Voice notes of the clinic that were listened to."""
    place: QueuePlace | None = None
    online: bool = False
    call_phase: str = "idle"
    call_reason: str = ""
    clinician: str = ""
    talked: bool = False
    lines: tuple[ChatLine, ...] = ()
    said: tuple[Said, ...] = ()
    """Voice notes of this visit that were said here, oldest first."""
    over: VisitOver | None = None
    ending: bool = False
    things_from: Step = Step.REASON
    """Where "back" leads from her own appointments."""
    print_from: Step = Step.AFTER
    """Where "back" leads from what she prints."""
    offers: Offers | None = None
    asked: tuple[AppointmentRequest, ...] = ()
    """What she asked for in this visit, as far as it is filed."""
    not_asked: str = ""
    """Why the last thing she asked for was refused here (a message id)."""
    answers: tuple[Answered, ...] = ()
    """What the clinic answered while she is here, the latest of each request."""

    @property
    def waiting_for_staff(self) -> bool:
        """True once everything told was filed and the patient sits in the waiting room."""
        return self.step is Step.WAITING and not self.to_file


# Events


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    language: str


@dataclass(frozen=True, slots=True)
class Identified:
    known: Known


@dataclass(frozen=True, slots=True)
class Confirmed:
    yes: bool


@dataclass(frozen=True, slots=True)
class ReasonChosen:
    reason: Coding


@dataclass(frozen=True, slots=True)
class Felt:
    """A symptom was touched: all that are on now, and the red flags they raise."""

    symptoms: tuple[Coding, ...]
    flags: tuple[Coding, ...]


@dataclass(frozen=True, slots=True)
class SymptomsChosen:
    """`interview`: what is to be asked after these; None for nothing."""

    symptoms: tuple[Coding, ...]
    interview: Interview | None = None


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """One question more is answered, or taken back; and the red flags of all that was told."""

    interview: Interview
    flags: tuple[Coding, ...]


@dataclass(frozen=True, slots=True)
class VitalsTaken:
    values: Mapping[str, Decimal]
    on_oxygen: bool | None = None
    alert: bool | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PhotoTaken:
    """b"" when it was skipped."""

    jpeg: bytes


@dataclass(frozen=True, slots=True)
class TemplateCame:
    template: Template


@dataclass(frozen=True, slots=True)
class ConsentSigned:
    decisions: Mapping[str, Decision]
    strokes: tuple[Stroke, ...]
    read_aloud_seconds: int


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The patient takes a permission back."""

    scope: str


@dataclass(frozen=True, slots=True)
class CheckDone:
    pass


@dataclass(frozen=True, slots=True)
class Placed:
    place: QueuePlace


@dataclass(frozen=True, slots=True)
class CallMoved:
    """The call machine has a new state; `phase` as in docs/calls.md."""

    phase: str
    encounter: str
    name: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LineCame:
    line: ChatLine


@dataclass(frozen=True, slots=True)
class NoteSaid:
    """The patient said something and let go of the button."""

    sound: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class Listened:
    """The patient listens to a voice note of the clinic."""

    message: str


@dataclass(frozen=True, slots=True)
class AllLeft:
    """Nothing that was saved here waits to leave any more."""


@dataclass(frozen=True, slots=True)
class OverCame:
    over: VisitOver


@dataclass(frozen=True, slots=True)
class BecameKnown:
    """Somebody of the staff vouches for the patient: what she may see is here, for this visit."""

    known: Known


@dataclass(frozen=True, slots=True)
class ThingsOpened:
    """She wants to see her own appointments."""


@dataclass(frozen=True, slots=True)
class PrintOpened:
    """She wants something of hers on paper."""


@dataclass(frozen=True, slots=True)
class OffersCame:
    offers: Offers


@dataclass(frozen=True, slots=True)
class Asked:
    """She confirmed what she asks for."""

    wanted: Wanted


@dataclass(frozen=True, slots=True)
class AskedNoMore:
    request: str


@dataclass(frozen=True, slots=True)
class AnswerCame:
    answer: Answered


@dataclass(frozen=True, slots=True)
class OnlineChanged:
    online: bool


@dataclass(frozen=True, slots=True)
class Filed:
    """The first of `to_file` is safe; `result` is what the verb answered."""

    result: object = None


@dataclass(frozen=True, slots=True)
class FilingFailed:
    sentence: str


@dataclass(frozen=True, slots=True)
class FileAgain:
    pass


@dataclass(frozen=True, slots=True)
class BackPressed:
    pass


@dataclass(frozen=True, slots=True)
class Left:
    """The patient confirmed that she leaves, or nobody answered "still there?"."""


@dataclass(frozen=True, slots=True)
class FeedbackAsked:
    """She is ready to go and is asked how it was."""


@dataclass(frozen=True, slots=True)
class FeedbackGiven:
    """One question more of it is answered. `over`: it was the last, or she passed over the rest."""

    form: Questionnaire
    given: Given
    over: bool


@dataclass(frozen=True, slots=True)
class Goodbye:
    pass


Event = (
    LanguageChosen
    | Identified
    | Confirmed
    | ReasonChosen
    | Felt
    | SymptomsChosen
    | QuestionAnswered
    | VitalsTaken
    | PhotoTaken
    | TemplateCame
    | ConsentSigned
    | TakenBack
    | CheckDone
    | Placed
    | CallMoved
    | LineCame
    | NoteSaid
    | AllLeft
    | Listened
    | OverCame
    | BecameKnown
    | ThingsOpened
    | PrintOpened
    | OffersCame
    | Asked
    | AskedNoMore
    | AnswerCame
    | OnlineChanged
    | Filed
    | FilingFailed
    | FileAgain
    | BackPressed
    | FeedbackAsked
    | FeedbackGiven
    | Left
    | Goodbye
)


# Effects


@dataclass(frozen=True, slots=True)
class Speak:
    """The screens speak this language from now on."""

    language: str


@dataclass(frozen=True, slots=True)
class LoadTemplate:
    language: str


@dataclass(frozen=True, slots=True)
class LoadOffers:
    """Which times can be asked for."""


@dataclass(frozen=True, slots=True)
class File:
    filing: Filing
    visit: Visit | None


@dataclass(frozen=True, slots=True)
class CallPerson:
    """The kiosk calls somebody for her, because of what she told."""


@dataclass(frozen=True, slots=True)
class DeclineRing:
    pass


@dataclass(frozen=True, slots=True)
class HangUp:
    pass


@dataclass(frozen=True, slots=True)
class KeepReceived:
    consent: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The process ends, and with it all it knew."""


Effect = Speak | LoadTemplate | LoadOffers | File | CallPerson | DeclineRing | HangUp | KeepReceived | Finish
Result = tuple[Journey, tuple[Effect, ...]]


def update(journey: Journey, event: Event) -> Result:
    """The one rule table of a visit; an event that does not belong to the present step changes nothing."""
    match event:
        case Listened(message) if journey.visit is not None and message and message not in journey.listened:
            return _file(replace(journey, listened=(*journey.listened, message)), SayHeard(message))
        case NoteSaid(sound, seconds) if journey.visit is not None:
            told = replace(journey, said=(*journey.said, Said(seconds)))
            return _file(told, SayNote(sound, seconds))
        case CallMoved() | Placed() | LineCame() | OverCame() | OnlineChanged() | AllLeft() | AnswerCame():
            return _heard(journey, event)
        case Filed() | FilingFailed() | FileAgain():
            return _desk_answered(journey, event)
        case BecameKnown(known):
            return (replace(journey, known=known) if journey.visit is not None else journey), ()
        case TemplateCame(template):
            return replace(journey, template=template, trouble=journey.trouble if journey.to_file else ""), ()
        case ThingsOpened() | PrintOpened() | OffersCame() | Asked() | AskedNoMore():
            return _own_things(journey, event)
        case BackPressed():
            return _back(journey)
        case Left() | Goodbye():
            return _end(journey, event)
    return _answered(journey, event)


def _answered(journey: Journey, event: Event) -> Result:
    """What the patient says, step by step."""
    match journey.step, event:
        case Step.LANGUAGE, LanguageChosen(language):
            return replace(journey, step=Step.IDENTIFY, language=language), (Speak(language),)
        case Step.IDENTIFY, Identified(known):
            return replace(journey, step=Step.GREET, known=known, permitted=known.permitted), ()
        case Step.GREET, Confirmed(yes):
            return _confirmed(journey, yes)
        case Step.REASON, ReasonChosen(reason):
            return replace(journey, step=Step.SYMPTOMS, reason=reason), ()
        case Step.SYMPTOMS, Felt(symptoms, flags) if journey.reason is not None:
            return _felt(journey, journey.reason, symptoms, flags)
        case Step.SYMPTOMS, SymptomsChosen(symptoms, interview) if journey.reason is not None:
            return _symptoms_told(journey, journey.reason, symptoms, interview)
        case Step.QUESTIONS, Felt(_, flags) if journey.reason is not None:
            return _felt(journey, journey.reason, journey.symptoms, flags)
        case Step.QUESTIONS, QuestionAnswered(interview, flags) if journey.reason is not None:
            return _question_told(journey, journey.reason, interview, flags)
        case Step.VITALS, VitalsTaken(values, on_oxygen, alert, sources):
            told = (TellVitals(values, on_oxygen, alert, sources),) if values else ()
            return _file(replace(journey, step=Step.PHOTO), *told)
        case Step.PHOTO, PhotoTaken(jpeg):
            given = (GivePhoto(jpeg),) if jpeg else ()
            moved, effects = _file(replace(journey, step=Step.CONSENT), *given)
            return moved, effects if moved.template else (*effects, LoadTemplate(moved.language))
        case Step.CONSENT, ConsentSigned():
            return _consented(journey, event)
        case Step.WAITING, TakenBack(scope) if scope in journey.permitted:
            return _taken_back(journey, scope)
        case Step.AFTER, FeedbackAsked():
            return replace(journey, step=Step.FEEDBACK), ()
        case Step.FEEDBACK, FeedbackGiven(form, given, over):
            return _feedback_given(journey, form, given, over)
        case Step.CHECK, CheckDone():
            return _file(replace(journey, step=Step.WAITING), Wait())
    return journey, ()


def _own_things(journey: Journey, event: Event) -> Result:
    match event:
        case ThingsOpened() if journey.step in (Step.REASON, Step.WAITING) and journey.known is not None:
            return replace(journey, step=Step.THINGS, things_from=journey.step, not_asked=""), (LoadOffers(),)
        case PrintOpened() if journey.step in PRINTS_FROM and journey.visit is not None:
            return replace(journey, step=Step.PRINT, print_from=journey.step), ()
        case OffersCame(offers):
            return replace(journey, offers=offers), ()
        case Asked(wanted) if journey.step is Step.THINGS:
            return _file(replace(journey, not_asked=""), AskFor(wanted))
        case AskedNoMore(request) if any(one.id == request for one in open_requests(journey)):
            return _file(journey, AskNoMore(request))
    return journey, ()


def open_requests(journey: Journey) -> tuple[AppointmentRequest, ...]:
    """What she asked for in this visit and nobody has answered."""
    answered = {one.request for one in journey.answers if one.status != AskedStatus.PROPOSED}
    return tuple(
        one for one in journey.asked if one.status == AskedStatus.PROPOSED and one.id not in answered
    )


def _felt(
    journey: Journey, reason: Coding, symptoms: tuple[Coding, ...], flags: tuple[Coding, ...]
) -> Result:
    """A flag that is new is filed at once, and somebody is called; anything else waits for "go on"."""
    known = {flag.code for flag in journey.flags}
    new = tuple(flag for flag in flags if flag.code not in known)
    if not new:
        return journey, ()
    flagged = replace(journey, flags=(*journey.flags, *new))
    moved, effects = _file(flagged, RaiseFlags(reason, symptoms, flagged.flags))
    return moved, (*effects, CallPerson())


def _symptoms_told(
    journey: Journey, reason: Coding, symptoms: tuple[Coding, ...], interview: Interview | None
) -> Result:
    more = interview is not None and next_question(interview) is not None
    told = replace(
        journey, step=Step.QUESTIONS if more else Step.VITALS, symptoms=symptoms, interview=interview
    )
    answers = () if more or interview is None else (TellAnswers(interview, journey.language, True),)
    return _file(told, TellReason(reason, symptoms), *answers)


def _question_told(
    journey: Journey, reason: Coding, interview: Interview, flags: tuple[Coding, ...]
) -> Result:
    """Answers are filed when a questionnaire ends and with every flag: a power cut leaves what was told until then."""
    before = journey.interview and next_question(journey.interview)
    now = next_question(interview)
    told = replace(journey, interview=interview, step=Step.QUESTIONS if now else Step.VITALS)
    told, effects = _felt(told, reason, journey.symptoms, flags)
    if now is not None and before is not None and now[0].url == before[0].url and not effects:
        return told, effects
    filed, more = _file(told, TellAnswers(interview, journey.language, now is None))
    return filed, (*effects, *more)


def _feedback_given(journey: Journey, form: Questionnaire, given: Given, over: bool) -> Result:
    """Filed answer by answer: who walks away after the face has said how it was."""
    told = (TellFeedback(form, given, journey.language, over),) if any(given.values()) else ()
    moved, effects = _file(journey, *told)
    if not over:
        return moved, effects
    going, more = _end(moved, Goodbye())
    return going, (*effects, *more)


def _confirmed(journey: Journey, yes: bool) -> Result:
    if not yes or journey.known is None:
        return replace(journey, step=Step.IDENTIFY, known=None), ()
    moved, effects = _file(replace(journey, step=Step.REASON), Arrive(journey.known, journey.language))
    return moved, (*effects, LoadTemplate(journey.language))


def _consented(journey: Journey, signed: ConsentSigned) -> Result:
    if journey.template is None:
        return journey, ()
    by_video = all(signed.decisions.get(scope) == Decision.PERMIT for scope in NEEDED)
    consent = GiveConsent(journey.template, signed.decisions, signed.strokes, signed.read_aloud_seconds)
    yes = tuple(scope for scope, said in signed.decisions.items() if said == Decision.PERMIT)
    journey = replace(journey, permitted=yes)
    if by_video:
        return _file(replace(journey, step=Step.CHECK, by_video=True), consent)
    return _file(replace(journey, step=Step.WAITING, by_video=False), consent, Wait())


def _taken_back(journey: Journey, scope: str) -> Result:
    """Filed at once; what it was needed for ends here and now."""
    left = replace(
        journey,
        permitted=tuple(one for one in journey.permitted if one != scope),
        by_video=journey.by_video and scope not in NEEDED,
        recording_consent="" if scope == "recording" else journey.recording_consent,
    )
    return _file(left, TakeBackConsent(scope, journey.language))


# Filing: one after the other


def _file(journey: Journey, *filings: Filing) -> Result:
    idle = not journey.to_file
    moved = replace(journey, to_file=(*journey.to_file, *filings))
    return moved, _next_filing(moved) if idle and filings else ()


def _next_filing(journey: Journey) -> tuple[Effect, ...]:
    return (File(journey.to_file[0], journey.visit),) if journey.to_file else ()


def _desk_answered(journey: Journey, event: Event) -> Result:
    match event:
        case Filed(result) if journey.to_file:
            done = replace(_with_result(journey, result), to_file=journey.to_file[1:], trouble="")
            if done.ending and not done.to_file:
                return done, (Finish(),)
            return done, _next_filing(done)
        case FilingFailed(sentence) if journey.ending:
            return replace(journey, trouble=sentence), (Finish(),)
        case FilingFailed(sentence):
            return replace(journey, trouble=sentence), ()
        case FileAgain() if journey.trouble:
            again = replace(journey, trouble="")
            effects = _next_filing(again)
            return again, effects if again.template or again.visit is None else (
                *effects,
                LoadTemplate(again.language),
            )
    return journey, ()


def _with_result(journey: Journey, result: object) -> Journey:
    match journey.to_file[0]:
        case SayNote() if isinstance(result, Communication):
            return replace(journey, said=_saved(journey.said, str(result.id)))
        case Arrive():
            return replace(journey, visit=cast("Visit", result))
        case AskFor() | AskNoMore() if isinstance(result, AppointmentRequest):
            others = tuple(one for one in journey.asked if one.id != result.id)
            return replace(journey, asked=(*others, result))
        case AskFor() | AskNoMore() if isinstance(result, NotAsked):
            return replace(journey, not_asked=result.sentence)
        case GiveConsent(decisions=decisions) if isinstance(result, Consent):
            kept = decisions.get("recording") == Decision.PERMIT and "recording" in journey.permitted
            return replace(journey, recording_consent=result.id if kept else "")
    return journey


def _saved(said: tuple[Said, ...], message: str) -> tuple[Said, ...]:
    """The oldest note that was still being saved is saved now."""
    at = next((n for n, one in enumerate(said) if one.came is Came.SAVING), len(said))
    kept = tuple(replace(one, message=message, came=Came.SAVED) for one in said[at : at + 1])
    return (*said[:at], *kept, *said[at + 1 :])


# What comes from outside


def _heard(journey: Journey, event: Event) -> Result:
    match event:
        case OnlineChanged(online):
            return replace(journey, online=online), ()
        case Placed(place) if _mine(journey, place.encounter):
            return replace(journey, place=place), ()
        case LineCame(line) if _mine(journey, line.encounter) and line.heard:
            return replace(journey, said=_became(journey.said, Came.HEARD, line.heard)), ()
        case AllLeft():
            return replace(journey, said=_became(journey.said, Came.LEFT)), ()
        case LineCame(line) if _mine(journey, line.encounter):
            return replace(journey, lines=(*journey.lines, line)[-20:]), ()
        case OverCame(over) if _mine(journey, over.encounter):
            step = Step.AFTER if journey.step is Step.WAITING else journey.step
            return replace(journey, over=over, step=step), ()
        case AnswerCame(answer) if _mine(journey, answer.encounter):
            others = tuple(one for one in journey.answers if one.request != answer.request)
            return replace(journey, answers=(*others, answer)), ()
        case CallMoved():
            return _call_moved(journey, event)
    return journey, ()


def _became(said: tuple[Said, ...], came: Came, message: str = "") -> tuple[Said, ...]:
    """That note, or all that are saved, is as far as that; none ever goes back."""
    order = list(Came)
    return tuple(
        replace(one, came=came)
        if one.message and message in ("", one.message) and order.index(one.came) < order.index(came)
        else one
        for one in said
    )


def _mine(journey: Journey, encounter: str) -> bool:
    return journey.visit is not None and journey.visit.encounter == encounter


def _call_moved(journey: Journey, moved: CallMoved) -> Result:
    seen = replace(
        journey, call_phase=moved.phase, call_reason=moved.reason, clinician=moved.name or journey.clinician
    )
    match moved.phase:
        case "ringing":
            return _rung(journey, seen, moved)
        case "connecting" | "talking" | "reconnecting" if journey.step in (Step.INCOMING, Step.CALL):
            starts = moved.phase == "talking" and journey.call_phase not in ("talking", "reconnecting")
            keep = (KeepReceived(journey.recording_consent),) if starts and journey.recording_consent else ()
            return replace(seen, step=Step.CALL, talked=journey.talked or starts), keep
        case "ended" | "idle" if journey.step in (Step.INCOMING, Step.CALL):
            return replace(seen, step=Step.AFTER if journey.over else Step.WAITING), ()
    return journey, ()


def _rung(journey: Journey, seen: Journey, moved: CallMoved) -> Result:
    expected = _mine(journey, moved.encounter) and journey.by_video
    if expected and (_waits_elsewhere(journey) or journey.step in (Step.WAITING, Step.INCOMING)):
        return replace(seen, step=Step.INCOMING), ()
    return journey, (DeclineRing(),)


def _waits_elsewhere(journey: Journey) -> bool:
    """She looks at things of hers while she waits to be called."""
    step = journey.print_from if journey.step is Step.PRINT else journey.step
    from_room = step is Step.THINGS and journey.things_from is Step.WAITING
    return from_room or (journey.step is Step.PRINT and step is Step.WAITING)


# Going


def _back(journey: Journey) -> Result:
    if journey.step is Step.PRINT:
        waited = journey.print_from is Step.WAITING and journey.over is not None
        return replace(journey, step=Step.AFTER if waited else journey.print_from), ()
    if journey.step is Step.THINGS:
        over = journey.over is not None and journey.things_from is Step.WAITING
        return replace(journey, step=Step.AFTER if over else journey.things_from), ()
    before = taken_back(journey.interview) if journey.step is Step.VITALS and journey.interview else None
    if before is not None:
        return replace(journey, step=Step.QUESTIONS, interview=before), ()
    step = BACK.get(journey.step)
    if step is None:
        return journey, ()
    return replace(
        journey, step=step, known=None if step in (Step.LANGUAGE, Step.IDENTIFY) else journey.known
    ), ()


def _end(journey: Journey, event: Event) -> Result:
    if journey.ending:
        return journey, ()
    hang: tuple[Effect, ...] = (HangUp(),) if journey.step in (Step.INCOMING, Step.CALL) else ()
    stuck = bool(journey.trouble)
    going = replace(journey, ending=True, trouble="")
    begun = journey.visit is not None or bool(journey.to_file)
    if isinstance(event, Left) and begun and journey.over is None and not journey.talked:
        going, effects = _file(going, Leave())
    else:
        effects = () if going.to_file else (Finish(),)
    return going, (*hang, *(_next_filing(going) if stuck else effects))
