# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a call is recorded, decided: `step(recording, event) -> (recording, effects)`.

Three things in order: the patient's consent, the other side that shows it, then the file. It ends as soon as one of them goes:
consent taken back or run out, a screen that no longer says that it shows it, the disk. Seconds are counted in ticks.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

TELL_S, TELL_AGAIN_S = 8, 2
"""Ticks that the other side gets to show it, and after which it is asked again. Who does not answer is an older program, or
cannot show it: then nothing is recorded."""
SAID_S = 5
"""Ticks after which it is said again, and the consent looked at again."""
UNSEEN_S = 20
"""Ticks of talk without an answer after which the recording ends."""
SAVING_S = 90
"""Ticks that an engine gets to finish the file; then what is there is filed as it is."""


class Stage(StrEnum):
    OFF = "off"
    ASKING = "asking"
    """The consent is looked for."""
    TELLING = "telling"
    OPENING = "opening"
    RUNNING = "running"
    SAVING = "saving"


class Why(StrEnum):
    """Why nothing is recorded any more, or yet."""

    NOT_YET = ""
    HAND = "by hand"
    OVER = "over"
    CONSENT = "consent"
    PATIENT = "patient"
    """By a touch on the other side."""
    UNSEEN = "unseen"
    DISK = "disk"
    ENGINE = "engine"
    REFUSED = "refused"
    """`sentence` says why."""


BEGUN = (Stage.RUNNING, Stage.SAVING)
"""A file is there."""


@dataclass(frozen=True, slots=True)
class Recording:
    """`id`: of the recording in the store; `seconds` on film; `little`: the disk is nearly full; `saved`: the last one is in
    the chart."""

    stage: Stage = Stage.OFF
    call: str = ""
    encounter: str = ""
    consent: str = ""
    id: str = ""
    path: str = ""
    seconds: float = 0.0
    little: bool = False
    saved: bool = False
    why: Why = Why.NOT_YET
    sentence: str = ""
    ticks: int = 0
    unseen: int = 0
    number: int = 0
    """Of this call's recordings; the other side's answer names it."""

    @property
    def told(self) -> bool:
        """Whether the other side has been asked to show it."""
        return self.stage in (Stage.TELLING, Stage.OPENING, Stage.RUNNING, Stage.SAVING)


# What happens


@dataclass(frozen=True, slots=True)
class RecordPressed:
    call: str
    encounter: str


@dataclass(frozen=True, slots=True)
class StopPressed:
    pass


@dataclass(frozen=True, slots=True)
class Permitted:
    """The gate has named the statement that permits it."""

    call: str
    consent: str


@dataclass(frozen=True, slots=True)
class Denied:
    call: str
    sentence: str


@dataclass(frozen=True, slots=True)
class PeerShows:
    call: str
    number: int


@dataclass(frozen=True, slots=True)
class PeerStops:
    call: str
    number: int


@dataclass(frozen=True, slots=True)
class Opened:
    """The store knows the recording, and that it began stands in the audit."""

    call: str
    id: str
    path: str
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotOpened:
    call: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Moved:
    path: str
    seconds: float
    little: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """By the engine. `why`: as in RecordingEnded."""

    path: str
    seconds: float
    size: int
    id: str
    why: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class ConsentGone:
    consent: str


@dataclass(frozen=True, slots=True)
class Saved:
    id: str


@dataclass(frozen=True, slots=True)
class NotSaved:
    """It waits in the store, and is filed when the program starts again."""

    id: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Ticked:
    """A second went by; `talking`: media flows."""

    talking: bool


@dataclass(frozen=True, slots=True)
class CallOver:
    pass


@dataclass(frozen=True, slots=True)
class EngineLost:
    pass


Event = (
    RecordPressed | StopPressed | Permitted | Denied | PeerShows | PeerStops | Opened | NotOpened | Moved | Ended | ConsentGone
    | Saved | NotSaved | Ticked | CallOver | EngineLost
)  # fmt: skip


# What is then to be done


@dataclass(frozen=True, slots=True)
class AskConsent:
    call: str
    encounter: str


@dataclass(frozen=True, slots=True)
class LookAtConsent:
    """Whether it is still permitted."""

    encounter: str
    consent: str


@dataclass(frozen=True, slots=True)
class Tell:
    call: str
    on: bool
    number: int


@dataclass(frozen=True, slots=True)
class OpenFile:
    call: str
    encounter: str
    consent: str


@dataclass(frozen=True, slots=True)
class Write:
    call: str
    path: str
    consent: str
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Finish:
    call: str


@dataclass(frozen=True, slots=True)
class File:
    """Put it into the chart, or forget it where nothing was written."""

    id: str
    seconds: float
    size: int
    hash: str
    why: str


Effect = AskConsent | LookAtConsent | Tell | OpenFile | Write | Finish | File
Result = tuple[Recording, tuple[Effect, ...]]


def step(one: Recording, event: Event) -> Result:  # noqa: PLR0911, PLR0912 - one line a case
    """What the event makes of it; one that does not belong here changes nothing."""
    match event:
        case RecordPressed(call, encounter) if one.stage is Stage.OFF and call:
            fresh = Recording(Stage.ASKING, call, encounter, number=one.number + 1)
            return fresh, (AskConsent(call, encounter),)
        case Permitted(call, consent) if one.stage is Stage.ASKING and call == one.call and consent:
            return replace(one, stage=Stage.TELLING, consent=consent, ticks=0), (
                Tell(call, True, one.number),
            )
        case Denied(call, sentence) if one.stage is Stage.ASKING and call == one.call:
            return _off(one, Why.REFUSED, sentence)
        case PeerShows(call, number) if (call, number) == (one.call, one.number):
            return _shown(one)
        case PeerStops(call, number) if (call, number) == (one.call, one.number):
            return _stopped(one, Why.PATIENT)
        case Opened():
            return _opened(one, event)
        case NotOpened(call, sentence) if one.stage is Stage.OPENING and call == one.call:
            return _off(one, Why.REFUSED, sentence)
        case Moved(path, seconds, little) if one.stage in BEGUN and path == one.path:
            return replace(one, seconds=seconds, little=little), ()
        case Ended() if one.stage in BEGUN and event.path == one.path:
            return _ended(one, event)
        case StopPressed():
            return _stopped(one, Why.HAND)
        case ConsentGone(consent) if consent == one.consent:
            return _stopped(one, Why.CONSENT)
        case Ticked(talking):
            return _ticked(one, talking)
        case CallOver():
            return _stopped(one, Why.OVER)
        case EngineLost() if one.stage in BEGUN:
            why = one.why or Why.ENGINE
            return _filed(one, why, File(one.id, one.seconds, 0, "", str(why)))
        case Saved(id) if id == one.id and one.stage is Stage.OFF:
            return replace(one, saved=True), ()
        case NotSaved(id, sentence) if id == one.id and one.stage is Stage.OFF:
            return replace(one, sentence=sentence), ()
    return one, ()


def _shown(one: Recording) -> Result:
    if one.stage is Stage.TELLING:
        return replace(one, stage=Stage.OPENING), (OpenFile(one.call, one.encounter, one.consent),)
    return replace(one, unseen=0), ()


def _opened(one: Recording, event: Opened) -> Result:
    """Where it was stopped meanwhile, nothing is written, and the store forgets it."""
    if one.stage is not Stage.OPENING or event.call != one.call:
        return one, (File(event.id, 0.0, 0, "", str(one.why or Why.OVER)),)
    runs = replace(one, stage=Stage.RUNNING, id=event.id, path=event.path, ticks=0, unseen=0)
    return runs, (Write(one.call, event.path, one.consent, event.key),)


def _ended(one: Recording, event: Ended) -> Result:
    why = one.why or {"disk": Why.DISK, "over": Why.OVER, "refused": Why.REFUSED}.get(event.why, Why.ENGINE)
    filed = File(one.id, event.seconds, event.size, event.id, str(why))
    return _filed(replace(one, seconds=event.seconds, sentence=event.sentence), why, filed)


def _filed(one: Recording, why: Why, filed: File) -> Result:
    return replace(one, stage=Stage.OFF, why=why, little=False), (Tell(one.call, False, one.number), filed)


def _stopped(one: Recording, why: Why) -> Result:
    match one.stage:
        case Stage.RUNNING:
            tells = (Tell(one.call, False, one.number),) if why is Why.CONSENT else ()
            return replace(one, stage=Stage.SAVING, why=why, ticks=0), (Finish(one.call), *tells)
        case Stage.ASKING | Stage.TELLING | Stage.OPENING:
            return _off(one, why)
    return one, ()


def _off(one: Recording, why: Why, sentence: str = "") -> Result:
    tells = (Tell(one.call, False, one.number),) if one.told else ()
    return replace(one, stage=Stage.OFF, why=why, sentence=sentence), tells


def _ticked(one: Recording, talking: bool) -> Result:
    ticks = one.ticks + 1
    on = replace(one, ticks=ticks, unseen=one.unseen + talking)
    match one.stage:
        case Stage.TELLING if ticks >= TELL_S:
            return _off(on, Why.UNSEEN)
        case Stage.TELLING:
            return on, ((Tell(one.call, True, one.number),) if ticks % TELL_AGAIN_S == 0 else ())
        case Stage.RUNNING if on.unseen >= UNSEEN_S:
            return _stopped(on, Why.UNSEEN)
        case Stage.RUNNING if ticks % SAID_S == 0:
            return on, (Tell(one.call, True, one.number), LookAtConsent(one.encounter, one.consent))
        case Stage.SAVING if ticks >= SAVING_S:
            return _filed(on, one.why, File(one.id, one.seconds, 0, "", str(one.why)))
        case Stage.RUNNING | Stage.SAVING:
            return on, ()
    return one, ()
