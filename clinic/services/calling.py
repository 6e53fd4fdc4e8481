# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to a call, in its encounter: each step, each rung of the ladder, how it ended, and its black box."""

from datetime import datetime

from clinic.domain.errors import Refusal
from clinic.domain.facts import CallReport, Communication, DocumentReference, Encounter, MediaStep, Receipt
from clinic.domain.facts.notes import SOUND
from clinic.domain.ids import EncounterId, FactId, UserId
from clinic.keys.rights import Action
from clinic.protocol.envelope import P1_TALK, P4_ATTACHMENT
from clinic.services.audits import audit
from clinic.services.consents import Purpose, ask
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs
from clinic.services.messages import keep_bytes, send_message, shrink
from clinic.services.visits import encounter_of
from clinic.store.writing import WritePage

CALL = "call"
"""The action of an audit entry about a call: who rang, and whoever keeps a picture of it."""
STILL = "still"
"""The category of a picture that was kept out of a call."""
MOST_NOTE = 100_000
"""Bytes of a voice note: half a minute is 45 kB."""
RUNG = "rung"
LEFT = "ended: the program stopped"
_RUNS = "call that runs"
"""Encounter and call of the call whose end has not been written yet."""


@needs(Action.CALL)
def media_step(desk: Desk, encounter: EncounterId, step: str, call: str = "") -> Written:
    """What happened to the call, written into the encounter; that somebody rang is in the audit too."""
    visit = encounter_of(desk, encounter)
    if step == "ringing":
        audit(desk, CALL, visit.patient, entity=encounter)
    return _written(desk, _step(desk, visit, call, step))


@needs(Action.CALL)
def rung_changed(
    desk: Desk, encounter: EncounterId, call: str, before: str, after: str, why: str, by: str = ""
) -> Written:
    """Another rung of the ladder: from which to which, why, and by whose hand: 'staff' for whoever is here, 'patient', ''
    for itself."""
    user, name = str(by), ""
    if by == "staff" and desk.person is not None:
        user, name = desk.person.user, desk.person.name
    return _written(
        desk, _step(desk, encounter_of(desk, encounter), call, RUNG, before, after, why, user, name)
    )


@needs(Action.CALL)
def report_call(
    desk: Desk,
    encounter: EncounterId,
    call: str,
    began_at: datetime,
    outcome: str,
    seconds: bytes,
    staff: bool,
    relay: str = "",
) -> Written:
    """The black box of a call that is over, to be read beside its encounter. It leaves after what care needs. `relay`: as
    `clinic.calls.relays.verdict`."""
    visit = encounter_of(desk, encounter)
    report = CallReport(
        id=FactId(desk.new_id()), patient=visit.patient, encounter=encounter, call=call, began_at=began_at,
        ended_at=desk.clock.now(), outcome=outcome, staff=staff, seconds=seconds, device_name=desk.device_name, relay=relay,
    )  # fmt: skip
    return desk.write(report, priority=P4_ATTACHMENT)


@needs(Action.CALL)
def keep_still(desk: Desk, encounter: EncounterId, picture: bytes, title: str) -> DocumentReference:
    """Put a picture that was shown during the call on the chart: a recording, so only with the consent for one. Raises
    NotPermitted."""
    visit = encounter_of(desk, encounter)
    ask(desk, visit.patient, Purpose.RECORD)
    photo, thumbnail = shrink(picture)
    attachment = keep_bytes(desk, photo, "image/jpeg", title, thumbnail)
    audit(desk, CALL, visit.patient, entity=f"still {attachment.id}")
    document = DocumentReference(
        id=FactId(desk.new_id()), patient=visit.patient, attachment=attachment, made_at=desk.clock.now(),
        category=STILL, encounter=encounter, author=desk.person.user if desk.person else UserId(""),
    )  # fmt: skip
    desk.write(document, window=visit.patient)
    return document


@needs(Action.CHAT)
def send_note(desk: Desk, encounter: EncounterId, sound: bytes, seconds: float) -> Communication:
    """A voice note into the thread of the encounter: saved here at once, and out with the next exchange. Refused for what
    is no Opus in Ogg, or longer than a note may be."""
    if not sound.startswith(b"OggS") or len(sound) > MOST_NOTE:
        raise Refusal("This voice note cannot be sent. Say it again, shorter.")
    visit = encounter_of(desk, encounter)
    attachment = keep_bytes(desk, sound, SOUND, f"{max(1, round(seconds))} s")
    return send_message(desk, visit.patient, "", encounter, (attachment,), visit.patient)


@needs(Action.CHAT)
def send_still(desk: Desk, encounter: EncounterId, picture: bytes) -> Communication:
    """A picture that was asked for where no live line carries it: into the thread, through the outbox. It stays in the
    record, so only with the consent for a recording. Raises NotPermitted."""
    visit = encounter_of(desk, encounter)
    ask(desk, visit.patient, Purpose.RECORD)
    photo, thumbnail = shrink(picture)
    attachment = keep_bytes(desk, photo, "image/jpeg", STILL, thumbnail)
    return send_message(desk, visit.patient, "", encounter, (attachment,), visit.patient)


@needs(Action.CHAT)
def heard_here(desk: Desk, encounter: EncounterId, message: FactId) -> Written:
    """The patient has listened to a voice note at the kiosk: whoever said it hears of that."""
    visit = encounter_of(desk, encounter)
    receipt = Receipt(
        id=FactId(desk.new_id()), patient=visit.patient, reader=UserId("patient"), reader_name=desk.device_name,
        opened=(message,), at=desk.clock.now(),
    )  # fmt: skip
    return desk.write(receipt, window=visit.patient, priority=P1_TALK)


@needs(Action.RUN)
def all_left(desk: Desk) -> bool:
    """Whether everything that was written here, attachments included, is at the centre."""
    return desk.book.read(lambda page: page.outbox_counts().waiting == 0 and not page.attachments_waiting())


@needs(Action.RUN)
def finish_left(desk: Desk) -> Written:
    """The end of a call that this computer never wrote, because its program was killed or the power went: it is written
    when the program starts again."""
    encounter, _space, call = desk.book.read(lambda page: page.meta(_RUNS) or b"").decode().partition(" ")
    if not encounter:
        return Written()
    return _written(desk, _step(desk, encounter_of(desk, EncounterId(encounter)), call, LEFT))


def _written(desk: Desk, step: MediaStep) -> Written:
    """File the step, and in the same transaction whether its call still runs."""

    def file(page: WritePage) -> tuple[MediaStep]:
        over = step.step.startswith("ended")
        page.put_meta(_RUNS, b"" if over else f"{step.encounter} {step.call}".encode())
        return (step,)

    return desk.write_within(file)


def _step(
    desk: Desk, visit: Encounter, call: str, step: str, before: str = "", after: str = "", why: str = "",
    by: str = "", by_name: str = "",
) -> MediaStep:  # fmt: skip
    return MediaStep(
        id=FactId(desk.new_id()), patient=visit.patient, encounter=EncounterId(visit.id), at=desk.clock.now(),
        step=step, call=call, before=before, after=after, why=why, by=by, by_name=by_name,
    )  # fmt: skip
