# SPDX-License-Identifier: GPL-3.0-or-later
"""Letters: short messages from one device to another (ringing, call set-up, places in the queue), sealed and signed.

The server only sees from whom to whom. Wire: CBOR `[signature (64), sealed bytes]`; `sealed` is a SealedBox to the
receiver's box key around an encoded Letter; the signature covers ``b"posta letter 1" + receiver id + sealed``.

Socket.IO events: client to server `letter` {to, blob} (answered {delivered: bool}); server to client `letter` {from, blob},
`bell` {scope, seq} (something new to pull), `trust` {position}, `presence` {device, online}.
"""

from datetime import datetime

from clinic.domain.facts import AskedStatus, Questionnaire
from clinic.domain.ids import DeviceId, EncounterId, FactId, UserId
from clinic.domain.record import Record, n, record

SIGNING_CONTEXT = b"posta letter 1"
MAX_LETTER = 64 * 1024


@record(340)
class Letter(Record):
    """`number` only grows per sender: a letter seen before, or older than 2 minutes, is refused."""

    sender: DeviceId = n(1)
    receiver: DeviceId = n(2)
    number: int = n(3)
    sent_at: datetime = n(4)
    content: Record = n(5)


@record(341)
class QueuePlace(Record):
    """A desk tells a kiosk how its patient stands: `place` from 1, `wait_minutes` expected, `status` as Encounter.status."""

    encounter: EncounterId = n(1)
    place: int = n(2)
    wait_minutes: int = n(3)
    status: str = n(4)


@record(342)
class ChatLine(Record):
    """A chat message shown during the call on the other screen; the record itself travels in an envelope."""

    encounter: EncounterId = n(1)
    sender_name: str = n(2)
    text: str = n(3)
    picture: bytes = n(4, default=b"")
    """A JPEG, at most 40 kB, or empty."""
    sent_at: datetime = n(5)
    sound: bytes = n(6, default=b"")
    """A voice note, Opus in Ogg, at most 50 kB, or empty."""
    seconds: float = n(7, default=0.0)
    message: FactId = n(8, default=FactId(""))
    """The Communication it is a copy of."""
    heard: FactId = n(9, default=FactId(""))
    """This line is no message: the patient's voice note of that id was listened to."""


@record(343)
class VisitOver(Record):
    """The clinician signed: what the patient takes along."""

    encounter: EncounterId = n(1)
    clinician: str = n(2)
    summary: str = n(3)
    prescriptions: tuple[str, ...] = n(4, default=())
    next_appointment: datetime | None = n(5, default=None)


@record(386)
class Vouched(Record):
    """Somebody of the staff says who the patient of this visit is. `sealed`: her Capsule, sealed to the session key of
    the Encounter."""

    encounter: EncounterId = n(1)
    by: UserId = n(2)
    by_name: str = n(3)
    sealed: bytes = n(4)


@record(615)
class PersonCalled(Record):
    """Somebody at a kiosk asks for a person. Said again every few seconds to each desk of its team, until it is `over`: somebody
    came, or is on the way. Nothing of hers is in it but the ticket that others see on the wall too."""

    ticket: str = n(1, default="")
    over: bool = n(2, default=False)


@record(616)
class PersonComes(Record):
    """The answer: whoever sits at that desk is on the way, by her own word."""

    by_name: str = n(1)


@record(635)
class KioskStands(Record):
    """How a kiosk itself stands, to each desk of its team: said when it changes, and now and then for who came later. `troubles`:
    what somebody has to see to, such as clock, disk, printer, camera, sync, restarts; none when all is well again."""

    troubles: tuple[str, ...] = n(1, default=())


@record(641)
class FreeTime(Record):
    """A time that a practitioner offers and nobody has yet; it is about nobody."""

    start: datetime = n(1)
    minutes: int = n(2)
    practitioner: UserId = n(3)
    practitioner_name: str = n(4)


@record(642)
class FreeTimes(Record):
    """A desk tells a kiosk which times can be asked for, the earliest first. A newer word takes the place of an older one."""

    made_at: datetime = n(1)
    times: tuple[FreeTime, ...] = n(2, default=())


@record(643)
class Answered(Record):
    """The clinic answered what the patient of this visit asked for. `start`: when she is booked; None if she is not."""

    encounter: EncounterId = n(1)
    request: FactId = n(2)
    status: AskedStatus = n(3)
    start: datetime | None = n(4, default=None)
    practitioner_name: str = n(5, default="")
    answer: str = n(6, default="")


@record(655)
class HeldVersion(Record):
    """A version of a questionnaire, and of when the word on it is that a computer heard."""

    url: str = n(1)
    version: int = n(2)
    published_at: datetime = n(3)


@record(656)
class QuestionnairesHeld(Record):
    """A kiosk says what it holds beyond what comes with its program: whichever desk knows more answers with it."""

    held: tuple[HeldVersion, ...] = n(1, default=())


@record(657)
class QuestionnaireCame(Record):
    """A desk tells a kiosk an administrator's word on a version: put out, or retired. The signature in it is what counts."""

    form: Questionnaire = n(1)
