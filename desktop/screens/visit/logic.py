# SPDX-License-Identifier: GPL-3.0-or-later
"""One visit: the note that is never lost, the call beside it, codes, prescriptions, messages, the signature.

Saving: one save per section runs at a time, so that an older text can never overtake a newer one. A section
is saved when
typing rests, when it is left, at the latest `LONGEST_S` after the last save while typing goes on, and
before signing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from clinic.domain.facts import Section
from clinic.domain.ids import DeviceId, EncounterId, PatientId
from clinic.domain.values import Attachment, Coding
from desktop.kit.words import _
from desktop.screens.visit.happenings import (
    AddCode,
    AddendumPressed,
    AddendumSigned,
    BookNext,
    CallChanged,
    CameraPressed,
    CautionsCame,
    ChartLoaded,
    Check,
    CodeChosen,
    CodeSearched,
    CodesFound,
    ConditionRemoved,
    CoverScreen,
    DraftLoaded,
    DrugChosen,
    DrugSearched,
    DrugsFound,
    Effect,
    Event,
    FactsChanged,
    Failed,
    FindCodes,
    FindDrugs,
    Hang,
    HangPressed,
    LockAsked,
    MessageSent,
    Mute,
    MutePressed,
    NextBooked,
    NextPressed,
    OtherTextTaken,
    PhotoToggled,
    PostChatLine,
    PostVisitOver,
    Prescribe,
    Prescribed,
    PrescribePressed,
    ReachChanged,
    Redraw,
    RemoveCode,
    Ring,
    RingPressed,
    Save,
    Saved,
    SaveFailed,
    SaveRetried,
    SaveSummary,
    SectionLeft,
    SendMessage,
    SendPressed,
    Sign,
    SignAddendum,
    SignConfirmed,
    Signed,
    SignLeft,
    SignPressed,
    StartVisit,
    SummaryPressed,
    SummarySaved,
    ToolChosen,
    Typed,
    TypingRested,
    VisitOpened,
)

if TYPE_CHECKING:
    from clinic.domain.facts import Communication, Composition, Condition, Encounter, MedicationRequest
    from clinic.services.charts import Chart
    from clinic.services.prescribing import Caution
    from clinic.services.visits import Draft

LONGEST_S = 4.0
SECTIONS = (Section.SUBJECTIVE, Section.OBJECTIVE, Section.ASSESSMENT, Section.PLAN)
TOOLS = ("intake", "codes", "prescription", "chat", "next")


@dataclass(frozen=True, slots=True)
class Part:
    """One section: what stands on the screen, what is saved, and what is on its way to the disk."""

    text: str = ""
    saved: str = ""
    saving: str | None = None
    due: bool = False
    saved_at: datetime | None = None
    since: float = 0.0
    failed: str = ""
    others: tuple[str, ...] = ()

    @property
    def dirty(self) -> bool:
        return self.text != self.saved or self.saving is not None


@dataclass(frozen=True, slots=True)
class Rx:
    """The prescription being written."""

    drug: Coding | None = None
    searched: str = ""
    found: tuple[Coding, ...] = ()
    cautions: tuple[Caution, ...] | None = None
    busy: bool = False


@dataclass(frozen=True, slots=True)
class CallFace:
    """What the screen knows of the call; `letters`: messages travel; `reachable`: the kiosk is online."""

    phase: str = "idle"
    reason: str = ""
    letters: bool = True
    reachable: bool = True
    muted: bool = False
    camera_off: bool = False

    @property
    def running(self) -> bool:
        return self.phase in ("calling", "connecting", "talking", "reconnecting")


def _empty() -> Mapping[Section, Part]:
    return {section: Part() for section in SECTIONS}


@dataclass(frozen=True, slots=True)
class State:
    """Everything the visit page shows. `patient` is the person this window was opened for: every write
    carries it.
    """

    now: datetime
    encounter: EncounterId = EncounterId("")
    patient: PatientId = PatientId("")
    kiosk: DeviceId = DeviceId("")
    chart: Chart | None = None
    parts: Mapping[Section, Part] = field(default_factory=_empty)
    loaded: bool = False
    tool: str = "intake"
    call: CallFace = CallFace()
    searched: str = ""
    codes: tuple[Coding, ...] = ()
    rx: Rx = Rx()
    attach: bool = False
    sending: bool = False
    asking: bool = False
    signing: bool = False
    locking: bool = False
    signed: Composition | None = None
    tone: str = ""
    sentence: str = ""

    @property
    def visit(self) -> Encounter | None:
        found = self.chart.encounters if self.chart else ()
        return next((one for one in found if str(one.id) == self.encounter), None)

    @property
    def about(self) -> frozenset[PatientId]:
        """The person, and the provisional records that turned out to be the same person."""
        found = self.chart.encounters if self.chart else ()
        return frozenset({self.patient, *(one.patient for one in found)})

    @property
    def conditions(self) -> tuple[Condition, ...]:
        found = self.chart.conditions if self.chart else ()
        return tuple(one for one in found if one.encounter == self.encounter and one.status == "active")

    @property
    def prescriptions(self) -> tuple[MedicationRequest, ...]:
        found = self.chart.medication if self.chart else ()
        return tuple(one for one in found if one.encounter == self.encounter)

    @property
    def chat(self) -> tuple[Communication, ...]:
        return self.chart.messages if self.chart else ()

    @property
    def photo(self) -> Attachment | None:
        """The newest picture of this visit."""
        found = [
            one for one in (self.chart.documents if self.chart else ()) if one.encounter == self.encounter
        ]
        pictures = [one for one in found if one.attachment.content_type.startswith("image/")]
        return max(pictures, key=lambda one: one.made_at).attachment if pictures else None

    @property
    def dirty(self) -> bool:
        return any(part.dirty for part in self.parts.values())

    @property
    def written(self) -> bool:
        return any(part.text.strip() for part in self.parts.values())


Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:
    """The visit after the event: each family of events has its own rule below."""
    for rule in (_opening, _note, _calling, _coding, _prescribing, _talking, _ending):
        result = rule(state, event)
        if result is not None:
            return result
    return state, ()


def _opening(state: State, event: Event) -> Result | None:
    match event:
        case VisitOpened():
            return _open(state, event)
        case DraftLoaded(draft):
            return (_drafted(state, draft), ()) if draft.encounter == state.encounter else (state, ())
        case ChartLoaded(chart, now):
            return _charted(state, chart, now)
        case FactsChanged(patients):
            return state, ((Redraw(state.patient),) if patients & state.about else ())
        case ToolChosen(tool):
            return replace(state, tool=tool), ()
        case Failed(sentence):
            return _failed(state, sentence), ()
    return None


def _failed(state: State, sentence: str) -> State:
    rx = replace(state.rx, busy=False)
    return replace(state, tone="danger", sentence=sentence, sending=False, signing=False, rx=rx)


def _open(state: State, event: VisitOpened) -> Result:
    ring = (
        (Ring(event.kiosk, event.encounter, event.patient),) if event.ring and not state.call.running else ()
    )
    if event.encounter == state.encounter:
        return replace(state, now=event.now), ring
    saves = _save_all(state)[1]
    call = state.call if state.call.running else CallFace(letters=state.call.letters)
    fresh = State(
        now=event.now,
        encounter=event.encounter,
        patient=event.patient,
        kiosk=event.kiosk,
        call=replace(call, reachable=event.reachable),
    )
    return fresh, (*saves, StartVisit(event.encounter, event.patient), *ring)


def _drafted(state: State, draft: Draft) -> State:
    parts = {}
    for section in SECTIONS:
        mine, text = state.parts[section], draft.texts.get(section, "")
        others = tuple(draft.conflicts.get(section, ()))
        keep = mine.text if mine.dirty else text
        parts[section] = replace(
            mine, text=keep, saved=text, saved_at=draft.saved_at if text else None, others=others
        )
    return replace(state, parts=parts, loaded=True)


def _charted(state: State, chart: Chart, now: datetime) -> Result:
    if chart.person.patient != state.patient:
        return state, ()
    signed = next(
        (one for one in chart.notes if one.encounter == state.encounter and not one.addendum_to), state.signed
    )
    return replace(state, chart=chart, now=now, signed=signed), ()


# The note


def _note(state: State, event: Event) -> Result | None:
    match event:
        case Typed(section, text, at):
            return _typed(state, section, text, at)
        case TypingRested(section) | SectionLeft(section):
            return _save(state, section)
        case Saved():
            return _saved(state, event)
        case SaveFailed():
            return _save_failed(state, event)
        case SaveRetried():
            return _save_all(state)
        case OtherTextTaken(section):
            return _take_other(state, section)
        case LockAsked():
            return _lock(state)
    return None


def _with(state: State, section: Section, **changes: object) -> State:
    part = replace(state.parts[section], **changes)  # type: ignore[arg-type]
    return replace(state, parts={**state.parts, section: part})


def _typed(state: State, section: Section, text: str, at: float) -> Result:
    part = state.parts[section]
    if state.signed is not None or text == part.text:
        return state, ()
    typed = _with(state, section, text=text, since=part.since or at)
    if at - typed.parts[section].since >= LONGEST_S:
        return _save(typed, section)
    return typed, ()


def _save(state: State, section: Section) -> Result:
    part = state.parts[section]
    if part.text == part.saved and part.saving is None:
        return state, ()
    if part.saving is not None:
        return _with(state, section, due=part.saving != part.text), ()
    saving = _with(state, section, saving=part.text, due=False, since=0.0)
    return saving, (Save(state.encounter, section, part.text, state.patient, part.since),)


def _save_all(state: State) -> Result:
    effects: tuple[Effect, ...] = ()
    for section in SECTIONS:
        state, more = _save(state, section)
        effects += more
    return state, effects


def _saved(state: State, event: Saved) -> Result:
    if event.encounter != state.encounter:
        return state, ()
    due = state.parts[event.section].due
    recovered = bool(state.parts[event.section].failed)
    saved = _with(
        state, event.section, saved=event.text, saved_at=event.at, saving=None, due=False, failed=""
    )
    if recovered:
        saved = replace(saved, tone="", sentence="")
    if due or saved.signing or saved.locking:
        saved, more = _save(saved, event.section)
        return _when_all_saved(saved, more)
    return saved, ()


def _when_all_saved(state: State, more: tuple[Effect, ...]) -> Result:
    """Signing and locking wait until nothing is on its way to the disk."""
    if more or state.dirty:
        return state, more
    if state.locking:
        return replace(state, locking=False), (CoverScreen(),)
    if state.signing:
        return state, (Sign(state.encounter, state.patient),)
    return state, ()


def _save_failed(state: State, event: SaveFailed) -> Result:
    if event.encounter != state.encounter:
        return state, ()
    kept = _with(state, event.section, saving=None, due=False, failed=event.sentence, since=0.0)
    cover: tuple[Effect, ...] = (CoverScreen(),) if state.locking else ()
    return replace(kept, tone="danger", sentence=event.sentence, signing=False, locking=False), cover


def _take_other(state: State, section: Section) -> Result:
    part = state.parts[section]
    text = "\n\n".join((part.text, *part.others)).strip()
    return _save(_with(state, section, text=text, others=()), section)


def _lock(state: State) -> Result:
    saved, effects = _save_all(state)
    if not saved.dirty:
        return saved, (CoverScreen(),)
    return replace(saved, locking=True), effects


# The call


def _calling(state: State, event: Event) -> Result | None:
    call = state.call
    match event:
        case RingPressed():
            if call.running:
                return state, ()
            return replace(state, tone="", sentence=""), (Ring(state.kiosk, state.encounter, state.patient),)
        case HangPressed():
            return state, ((Hang(),) if call.running else ())
        case MutePressed():
            changed = replace(call, muted=not call.muted)
            return replace(state, call=changed), (Mute(changed.muted, changed.camera_off),)
        case CameraPressed():
            changed = replace(call, camera_off=not call.camera_off)
            return replace(state, call=changed), (Mute(changed.muted, changed.camera_off),)
        case CallChanged():
            return _call_changed(state, event)
        case ReachChanged(reachable):
            return replace(state, call=replace(call, reachable=reachable)), ()
    return None


def _call_changed(state: State, event: CallChanged) -> Result:
    mine = event.encounter in ("", state.encounter)
    phase, reason = (event.phase, event.reason) if mine else ("idle", "")
    changed = replace(state.call, phase=phase, reason=reason, letters=event.letters)
    if not changed.running:
        changed = replace(changed, muted=False, camera_off=False)
    return replace(state, call=changed), ()


# Codes


def _coding(state: State, event: Event) -> Result | None:
    match event:
        case CodeSearched(text):
            asked = replace(state, searched=text, codes=state.codes if text.strip() else ())
            return asked, ((FindCodes(text),) if text.strip() else ())
        case CodesFound(text, codes):
            return (replace(state, codes=codes) if text == state.searched else state), ()
        case CodeChosen(code):
            return _choose_code(state, code)
        case ConditionRemoved(condition):
            return state, (RemoveCode(condition, state.patient),)
    return None


def _choose_code(state: State, code: str) -> Result:
    found = next((one for one in state.codes if one.code == code), None)
    if found is None or state.signed is not None:
        return state, ()
    cleared = replace(state, searched="", codes=())
    if any(one.code.code == code for one in state.conditions):
        return cleared, ()
    return cleared, (AddCode(state.encounter, found, state.patient),)


# Prescriptions


def _prescribing(state: State, event: Event) -> Result | None:
    rx = state.rx
    match event:
        case DrugSearched(text):
            found = rx.found if text.strip() else ()
            return replace(state, rx=Rx(searched=text, found=found)), (
                (FindDrugs(text),) if text.strip() else ()
            )
        case DrugsFound(text, drugs):
            return (replace(state, rx=replace(rx, found=drugs)) if text == rx.searched else state), ()
        case DrugChosen(code):
            return _choose_drug(state, code)
        case CautionsCame(drug, cautions):
            return (replace(state, rx=replace(rx, cautions=cautions)) if drug == rx.drug else state), ()
        case PrescribePressed():
            return _prescribe(state, event)
        case Prescribed():
            return replace(state, rx=Rx(), tone="", sentence=""), ()
    return None


def _choose_drug(state: State, code: str) -> Result:
    found = next((one for one in state.rx.found if one.code == code), None)
    if found is None:
        return state, ()
    chosen = Rx(drug=found, searched=found.display)
    return replace(state, rx=chosen, tone="", sentence=""), (Check(state.patient, found),)


def order_mistake(rx: Rx, order: PrescribePressed) -> str:
    """The first thing missing in a prescription; '' when it can be signed."""
    if rx.drug is None:
        return _("Choose the medicine from the list first.")
    if rx.cautions is None:
        return _("Wait a moment: allergies and interactions are being checked.")
    if not order.dose.strip():
        return _("Write the dose with its unit, such as 500 mg.")
    if order.every_hours < 0 or order.days < 0:
        return _("Write how many hours lie between two doses, and for how many days.")
    return ""


def _prescribe(state: State, order: PrescribePressed) -> Result:
    wrong = order_mistake(state.rx, order)
    if wrong:
        return replace(state, tone="warn", sentence=wrong), ()
    if state.rx.busy or state.rx.drug is None:
        return state, ()
    busy = replace(state, rx=replace(state.rx, busy=True), tone="", sentence="")
    return busy, (Prescribe(state.encounter, state.rx.drug, order, state.patient),)


# Messages, next appointment


def _talking(state: State, event: Event) -> Result | None:
    match event:
        case PhotoToggled(on):
            return replace(state, attach=on and state.photo is not None), ()
        case SendPressed(text):
            return _send(state, text)
        case MessageSent(message):
            sent = replace(state, sending=False, attach=False)
            return sent, ((PostChatLine(state.kiosk, message),) if state.kiosk else ())
        case NextPressed(start, reason):
            if start <= state.now:
                return replace(state, tone="warn", sentence=_("Choose a moment that lies ahead.")), ()
            return replace(state, tone="", sentence=""), (BookNext(state.patient, start, reason),)
        case NextBooked():
            return replace(state, tone="ok", sentence=_("The next appointment is booked.")), ()
    return None


def _send(state: State, text: str) -> Result:
    photo = (state.photo,) if state.attach and state.photo is not None else ()
    if state.sending or not (text.strip() or photo):
        return state, ()
    sending = replace(state, sending=True)
    return sending, (SendMessage(state.patient, state.encounter, text.strip(), photo),)


# The signature and after


def _ending(state: State, event: Event) -> Result | None:
    match event:
        case SignPressed():
            return _ask_to_sign(state)
        case SignLeft():
            return replace(state, asking=False), ()
        case SignConfirmed():
            return _sign(state)
        case Signed(note):
            done = replace(state, signed=note, signing=False, asking=False, tone="", sentence="")
            return done, ((PostVisitOver(state.kiosk, state.encounter),) if state.kiosk else ())
        case AddendumPressed(text):
            if state.signed is None or not text.strip():
                return state, ()
            return state, (SignAddendum(state.signed.id, text.strip(), state.patient),)
        case AddendumSigned():
            return replace(state, tone="ok", sentence=_("The addendum is signed.")), ()
        case SummaryPressed():
            return state, (SaveSummary(state.encounter),)
        case SummarySaved(path):
            return replace(state, tone="ok", sentence=_("Summary saved: %(path)s") % {"path": path}), ()
    return None


def _ask_to_sign(state: State) -> Result:
    if state.signed is not None or state.signing:
        return state, ()
    if not state.written:
        empty = _("The note is empty. Write at least one section before signing.")
        return replace(state, tone="warn", sentence=empty), ()
    saved, effects = _save_all(state)
    return replace(saved, asking=True, tone="", sentence=""), effects


def _sign(state: State) -> Result:
    if not state.asking or state.signing:
        return state, ()
    return _when_all_saved(*_save_all(replace(state, signing=True)))
