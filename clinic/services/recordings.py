# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings of calls: begun only with the patient's consent, sealed in a file of this computer, played and deleted by hand.

The file and its key stay on the computer that recorded it (docs/decisions/0042): the chart everywhere says that there is one,
where, and how long. Its key lies in the book alone, so that whoever deletes a recording deletes it for good.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import DocumentReference, MediaStep
from clinic.domain.facts.notes import RECORDED
from clinic.domain.ids import EncounterId, FactId, PatientId, UserId
from clinic.domain.record import Record, n, record
from clinic.domain.values import Attachment
from clinic.keys.attachments import attachment_id, new_attachment_key
from clinic.keys.rights import Action
from clinic.protocol.codec import decode, encode
from clinic.services.audits import audit
from clinic.services.consents import NEEDS, NotPermitted, Purpose, ask, may
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs
from clinic.services.messages import READ
from clinic.services.visits import encounter_of

RECORDING = "recording"
"""The category of the document, and the action of its audit entries; that it was played is a reading."""
FOLDER = "recordings"
LEAST_REASON = 4
_KEPT = "recording "
_BEGAN = "recording began"
_ENDED = {
    "": "recording ended",
    "by hand": "recording ended",
    "over": "recording ended",
    "consent": "recording ended: consent taken back",
    "patient": "recording ended: the patient touched stop",
    "unseen": "recording ended: not shown on the other side",
    "disk": "recording ended: the disk is full",
    "engine": "recording ended: it was cut off",
}


@record(589)
class KeptRecording(Record):
    """What the book of this computer knows of a recording; it never leaves it."""

    id: FactId = n(1)
    patient: PatientId = n(2)
    encounter: EncounterId = n(3)
    call: str = n(4)
    consent: FactId = n(5)
    name: str = n(6)
    """Of its file in the folder of recordings."""
    key: bytes = n(7)
    began_at: datetime = n(8)
    by: UserId = n(9)
    filed: bool = n(10, default=False)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the engine needs to write or to play one."""

    id: FactId
    path: str
    key: bytes = field(repr=False)


@needs(Action.CALL)
def begin(desk: Desk, encounter: EncounterId, call: str, consent: FactId) -> Ticket:
    """The only place where a recording gets a file and a key. `consent`: the statement that was found to permit it; it must
    be the one that permits it now. Raises NotPermitted, after the attempt is in the audit. That it began is in the audit
    and in the encounter before anything is written."""
    visit = encounter_of(desk, encounter)
    permit = ask(desk, visit.patient, Purpose.RECORD)
    if permit != consent or not call:
        audit(desk, "attempt", visit.patient, outcome="failure", entity=f"no consent: {Purpose.RECORD}")
        raise NotPermitted("The patient has not agreed to a recording. Ask for the consent first.")
    one = KeptRecording(
        id=FactId(desk.new_id()), patient=visit.patient, encounter=encounter, call=call, consent=consent,
        name=f"{desk.random(16).hex()}.sealed", key=new_attachment_key(desk.random), began_at=desk.clock.now(),
        by=desk.someone.user,
    )  # fmt: skip
    audit(desk, RECORDING, one.patient, entity=f"began {one.id}")
    _keep(desk, one)
    desk.write(_step(desk, one, _BEGAN))
    return Ticket(one.id, str(_path(desk, one)), one.key)


@needs(Action.CALL)
def still_permitted(desk: Desk, encounter: EncounterId) -> bool:
    """Whether the patient still permits what is being recorded: not taken back, and not run out."""
    return may(desk, encounter_of(desk, encounter).patient, NEEDS[Purpose.RECORD])


@needs(Action.CALL)
def finish(desk: Desk, id: FactId, seconds: float, hash: str, why: str) -> DocumentReference | None:
    """The engine has finished it: into the chart. None where nothing was written, and then nothing is kept."""
    return _filed(desk, _known(desk, id), seconds, hash, why)


@needs(Action.RUN)
def finish_left(desk: Desk) -> tuple[DocumentReference, ...]:
    """Recordings whose program was killed, or lost its power, are filed when it starts again: they play up to there."""
    kept = _all(desk)
    folder = desk.home.path / FOLDER
    for stray in folder.iterdir() if folder.exists() else ():
        if stray.name not in {one.name for one in kept}:
            _remove(stray)  # its key is gone: nobody can read it
    left = [one for one in kept if not one.filed]
    return tuple(doc for one in left if (doc := _filed(desk, one, 0.0, "", "engine")) is not None)


@needs(Action.OPEN_CHART)
def open_recording(desk: Desk, patient: PatientId, document: DocumentReference) -> Ticket:
    """What a person plays, after the entry that says so is durable. Raises Unavailable, without one, where it is not here."""
    if document.text:
        raise Unavailable("This recording was deleted.")
    kept = desk.book.read(lambda page: page.meta(_KEPT + document.id))
    if kept is None:
        raise Unavailable("This recording lies on the computer where it was made. Play it there.")
    one = decode(kept, KeptRecording)
    path = _path(desk, one)
    if not path.exists():
        raise Unavailable("The file of this recording is not there any more. Tell your administrator.")
    audit(desk, READ, patient, entity=f"recording {one.id}")
    return Ticket(one.id, str(path), one.key)


@needs(Action.SIGN_NOTE)
def delete(desk: Desk, document: DocumentReference, why: str, window: PatientId) -> Written:
    """Delete it for good: the key first, then the file. That there was one, who deleted it and why stays in the chart."""
    if len(why.strip()) < LEAST_REASON:
        raise Refusal("Say in a few words why the recording is deleted.")
    kept = desk.book.read(lambda page: page.meta(_KEPT + document.id))
    if kept is None:
        raise Refusal("This recording lies on another computer, and is deleted there.")
    one = decode(kept, KeptRecording)
    audit(desk, RECORDING, one.patient, entity=f"deleted {one.id}")
    gone = Attachment(
        id=document.attachment.id, key=b"", content_type=RECORDED, size=0, title=document.attachment.title
    )
    written = desk.write(replace(document, attachment=gone, text=why.strip()), window=window)
    desk.book.keep(lambda page: page.drop_meta(_KEPT + document.id))
    _remove(_path(desk, one))
    return written


def _filed(desk: Desk, one: KeptRecording, seconds: float, hash: str, why: str) -> DocumentReference | None:
    path = _path(desk, one)
    size = path.stat().st_size if path.exists() else 0
    if one.filed:
        return None
    if size == 0:
        desk.book.keep(lambda page: page.drop_meta(_KEPT + one.id))
        _remove(path)
        return None
    named = hash or attachment_id(_parts(path))
    length = f"{int(seconds) // 60}:{int(seconds) % 60:02d} · " if seconds else ""
    document = DocumentReference(
        id=one.id, patient=one.patient, made_at=one.began_at, category=RECORDING, encounter=one.encounter,
        author=one.by,
        attachment=Attachment(
            id=named, key=b"", content_type=RECORDED, size=size, title=f"{length}{desk.device_name}"
        ),
    )  # fmt: skip
    audit(desk, RECORDING, one.patient, entity=f"ended {one.id}")
    desk.write(document, _step(desk, one, _ENDED.get(why, _ENDED["engine"])))
    _keep(desk, replace(one, filed=True))
    return document


def _known(desk: Desk, id: FactId) -> KeptRecording:
    kept = desk.book.read(lambda page: page.meta(_KEPT + id))
    if kept is None:
        raise Refusal("This recording was never begun here.")
    return decode(kept, KeptRecording)


def _all(desk: Desk) -> tuple[KeptRecording, ...]:
    kept = desk.book.read(lambda page: page.metas(_KEPT))
    return tuple(decode(one, KeptRecording) for one in kept.values())


def _keep(desk: Desk, one: KeptRecording) -> None:
    desk.book.keep(lambda page: page.put_meta(_KEPT + one.id, encode(one)))


def _path(desk: Desk, one: KeptRecording) -> Path:
    return desk.home.path / FOLDER / one.name


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            yield part


def _remove(path: Path) -> None:
    """Without its key it is noise already; the room is given back."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable("The recording cannot be played any more, but its file is still there.") from error


def _step(desk: Desk, one: KeptRecording, step: str) -> MediaStep:
    return MediaStep(
        id=FactId(desk.new_id()), patient=one.patient, encounter=one.encounter, at=desk.clock.now(), step=step,
        call=one.call,
    )  # fmt: skip
