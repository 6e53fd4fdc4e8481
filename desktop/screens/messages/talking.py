# SPDX-License-Identifier: GPL-3.0-or-later
"""One patient's messages: read, answered, their pictures and papers looked at.

An answer that comes after another patient was opened never changes what is shown of that one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from clinic.domain.facts import Communication
from clinic.domain.facts.notes import SOUND
from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import Attachment
from desktop.screens.messages.drafts import Draft

if TYPE_CHECKING:
    from clinic.services.threads import Thread


@dataclass(frozen=True, slots=True)
class Viewed:
    """A picture or paper that is looked at. `data`: its bytes, b'' until they are here; `note`: why they are not."""

    attachment: Attachment
    data: bytes = b""
    note: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """`sending`: patients to whom a message is on its way into the record; `playing`: the voice note that is heard."""

    now: datetime
    patient: PatientId = PatientId("")
    thread: Thread | None = None
    sending: frozenset[PatientId] = frozenset()
    viewed: Viewed | None = None
    playing: str = ""
    sentence: str = ""

    @property
    def about(self) -> frozenset[PatientId]:
        """The person, and the records that turned out to be hers."""
        said = self.thread.messages if self.thread else ()
        return frozenset({self.patient, *(one.patient for one in said)}) - {PatientId("")}

    @property
    def writable(self) -> bool:
        """Nobody writes before she sees to whom."""
        return self.thread is not None and self.patient not in self.sending

    @property
    def waiting(self) -> int:
        """Messages that this computer alone holds."""
        known = self.thread.reached.values() if self.thread else ()
        return len([one for one in known if one.mine and one.stage == "saved"])


@dataclass(frozen=True, slots=True)
class ThreadOpened:
    """`written_down`: this is an opening of its own, with an entry; not where the chart is open already."""

    patient: PatientId
    now: datetime
    written_down: bool = True


@dataclass(frozen=True, slots=True)
class ThreadLoaded:
    thread: Thread
    now: datetime


@dataclass(frozen=True, slots=True)
class SendPressed:
    draft: Draft


@dataclass(frozen=True, slots=True)
class MessageSent:
    patient: PatientId


@dataclass(frozen=True, slots=True)
class NotSent:
    patient: PatientId
    sentence: str


@dataclass(frozen=True, slots=True)
class MessageOpened:
    """Its picture, paper or voice."""

    message: str


@dataclass(frozen=True, slots=True)
class DocumentCame:
    attachment: str
    data: bytes


@dataclass(frozen=True, slots=True)
class DocumentMissing:
    attachment: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ViewLeft:
    pass


@dataclass(frozen=True, slots=True)
class PlayingChanged:
    message: str


@dataclass(frozen=True, slots=True)
class FactsChanged:
    pass


@dataclass(frozen=True, slots=True)
class Failed:
    patient: PatientId
    sentence: str


@dataclass(frozen=True, slots=True)
class OpenThread:
    """Effect: read the messages; `written_down`: with an entry of who did."""

    patient: PatientId
    written_down: bool


@dataclass(frozen=True, slots=True)
class MarkRead:
    """Effect: these were shown, if they were: whoever wrote them hears of it."""

    patient: PatientId
    messages: tuple[FactId, ...]


@dataclass(frozen=True, slots=True)
class Send:
    """Effect: put this into the record of that patient."""

    patient: PatientId
    draft: Draft


@dataclass(frozen=True, slots=True)
class ShowDocument:
    """Effect: somebody opens a document, which is written down."""

    patient: PatientId
    attachment: Attachment


@dataclass(frozen=True, slots=True)
class Play:
    """Effect: a voice note is heard."""

    patient: PatientId
    message: FactId
    attachment: Attachment


@dataclass(frozen=True, slots=True)
class StopPlaying:
    """Effect: silence."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Effect: of a patient that is no longer shown, over the page."""

    sentence: str


Event = (
    ThreadOpened
    | ThreadLoaded
    | SendPressed
    | MessageSent
    | NotSent
    | MessageOpened
    | DocumentCame
    | DocumentMissing
    | ViewLeft
    | PlayingChanged
    | FactsChanged
    | Failed
)
Effect = OpenThread | MarkRead | Send | ShowDocument | Play | StopPlaying | Tell
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:  # noqa: PLR0911, PLR0912 - one line a case
    match event:
        case ThreadOpened(patient, now, written_down):
            fresh = State(now=now, patient=patient, sending=state.sending, playing=state.playing)
            return fresh, (OpenThread(patient, written_down),)
        case ThreadLoaded(thread, now):
            return _loaded(state, thread, now)
        case SendPressed(draft):
            return _send(state, draft)
        case MessageSent(patient):
            done = replace(state, sending=state.sending - {patient})
            shown = patient == state.patient
            return (replace(done, sentence=""), (OpenThread(patient, False),)) if shown else (done, ())
        case NotSent(patient, sentence):
            return _failed(replace(state, sending=state.sending - {patient}), patient, sentence)
        case MessageOpened(message):
            return _open(state, message)
        case DocumentCame(attachment, data):
            return _viewing(state, attachment, data, ""), ()
        case DocumentMissing(attachment, sentence):
            return _viewing(state, attachment, b"", sentence), ()
        case ViewLeft():
            return replace(state, viewed=None), ()
        case PlayingChanged(message):
            return replace(state, playing=message), ()
        case FactsChanged():
            return state, ((OpenThread(state.patient, False),) if state.thread else ())
        case Failed(patient, sentence):
            return _failed(state, patient, sentence)


def _loaded(state: State, thread: Thread, now: datetime) -> Result:
    if thread.person.patient != state.patient:
        return state, ()
    spoken = {one.id for one in thread.messages if one.spoken}  # shown is not heard
    shown = tuple(one.id for one in thread.messages if one.id in thread.unread and one.id not in spoken)
    marking = (MarkRead(state.patient, shown),) if shown else ()
    kept = state.sentence if state.thread is not None else ""
    return replace(state, thread=thread, now=now, sentence=kept), marking


def _send(state: State, draft: Draft) -> Result:
    """To whom is shown; one key pressed twice sends once."""
    if not state.writable or not (draft.text.strip() or draft.file):
        return state, ()
    sending = replace(state, sending=state.sending | {state.patient}, sentence="")
    return sending, (Send(state.patient, draft),)


def _failed(state: State, patient: PatientId, sentence: str) -> Result:
    return (replace(state, sentence=sentence), ()) if patient == state.patient else (state, (Tell(sentence),))


def _open(state: State, message: str) -> Result:
    said = next((one for one in (state.thread.messages if state.thread else ()) if one.id == message), None)
    attachment = first_attachment(said) if said else None
    if said is None or attachment is None or state.viewed is not None:
        return state, ()
    if attachment.content_type != SOUND:
        return replace(state, viewed=Viewed(attachment)), (ShowDocument(state.patient, attachment),)
    if state.playing:
        return state, (StopPlaying(),)
    return state, (Play(state.patient, said.id, attachment),)


def first_attachment(message: Communication) -> Attachment | None:
    return next(iter(message.attachments), None)


def _viewing(state: State, attachment: str, data: bytes, note: str) -> State:
    viewed = state.viewed
    if viewed is None or viewed.attachment.id != attachment:
        return state
    return replace(state, viewed=replace(viewed, data=data, note=note))
