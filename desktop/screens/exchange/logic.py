# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits, what was set aside, and a stick that is written or read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from clinic.sync.forecast import Goes, Waits, forecast
from desktop.kit.words import _, plural, tell

if TYPE_CHECKING:
    from clinic.services.islands import Network
    from clinic.services.set_aside import Aside
    from clinic.services.sticks import Put, Read, Took

WITHIN_S = 180.0
"""The three minutes of link that are asked about."""
SPEEDS = (32_000, 64_000, 128_000, 512_000, 2_000_000)
"""bit/s: a bad telephone line, satellite, a thin and a fair mobile network, a cable."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand in the book. `serves`: this computer is asked to serve its clinic's network."""

    waiting: tuple[Waits, ...] = ()
    aside: tuple[Aside, ...] = ()
    serves: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """`speed`: bit/s that is reckoned with; `done`, `whole`: envelopes of a stick that is being read; `network`: how it stands
    with the clinic's own one, None until something is known."""

    found: Standing | None = None
    speed: int = 128_000
    chosen: str = ""
    drives: tuple[tuple[str, str], ...] = ()
    drive: str = ""
    busy: str = ""
    done: int = 0
    whole: int = 0
    tone: str = ""
    sentence: str = ""
    network: Network | None = None

    @property
    def goes(self) -> tuple[Goes, ...]:
        return forecast(self.found.waiting, self.speed, WITHIN_S) if self.found else ()

    @property
    def aside(self) -> Aside | None:
        every = self.found.aside if self.found else ()
        return next((one for one in every if one.key == self.chosen), None)


@dataclass(frozen=True, slots=True)
class Shown:
    """`drives`: (folder, name) of what is plugged in."""

    drives: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Came:
    found: Standing


@dataclass(frozen=True, slots=True)
class SpeedChosen:
    speed: int


@dataclass(frozen=True, slots=True)
class RowChosen:
    key: str


@dataclass(frozen=True, slots=True)
class DriveChosen:
    folder: str


@dataclass(frozen=True, slots=True)
class PutPressed:
    pass


@dataclass(frozen=True, slots=True)
class ReadPressed:
    pass


@dataclass(frozen=True, slots=True)
class StopPressed:
    pass


@dataclass(frozen=True, slots=True)
class RetryPressed:
    pass


@dataclass(frozen=True, slots=True)
class Moved:
    """So many envelopes of the stick are read."""

    done: int
    whole: int


@dataclass(frozen=True, slots=True)
class WasPut:
    put: Put


@dataclass(frozen=True, slots=True)
class WasRead:
    read: Read


@dataclass(frozen=True, slots=True)
class Retried:
    filed: bool


@dataclass(frozen=True, slots=True)
class NetworkCame:
    network: Network


@dataclass(frozen=True, slots=True)
class ServeTicked:
    on: bool


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class Look:
    """Effect: read how things stand."""


@dataclass(frozen=True, slots=True)
class PutOn:
    """Effect: write what waits to this drive."""

    drive: Path


@dataclass(frozen=True, slots=True)
class ReadOff:
    """Effect: read what others left on this drive."""

    drive: Path


@dataclass(frozen=True, slots=True)
class Stop:
    """Effect: read no more of the stick."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Effect: read one that was set aside once more."""

    key: str


@dataclass(frozen=True, slots=True)
class Serve:
    """Effect: serve this network, or no more."""

    on: bool


Event = (
    NetworkCame | ServeTicked
    | Shown | Came | SpeedChosen | RowChosen | DriveChosen | PutPressed | ReadPressed | StopPressed | RetryPressed | Moved
    | WasPut | WasRead | Retried | Failed
)  # fmt: skip
Effect = Look | PutOn | ReadOff | Stop | Retry | Serve
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:  # noqa: PLR0911, PLR0912 - one line a case
    match event:
        case Shown(drives):
            return _with_drives(state, drives), (Look(),)
        case Came(found):
            return replace(state, found=found), ()
        case SpeedChosen(speed):
            return replace(state, speed=speed), ()
        case RowChosen(key):
            return replace(state, chosen=key, sentence=""), ()
        case DriveChosen(folder):
            chosen = replace(state, drive=folder)
            known = any(one == folder for one, _name in state.drives)
            return (chosen if known else replace(chosen, drives=(*state.drives, (folder, folder)))), ()
        case PutPressed() if state.drive and not state.busy:
            return replace(state, busy="put", sentence=""), (PutOn(Path(state.drive)),)
        case ReadPressed() if state.drive and not state.busy:
            return replace(state, busy="read", done=0, whole=0, sentence=""), (ReadOff(Path(state.drive)),)
        case StopPressed() if state.busy == "read":
            return state, (Stop(),)
        case RetryPressed() if state.aside is not None and not state.busy:
            return replace(state, busy="retry", sentence=""), (Retry(state.chosen),)
        case Moved(done, whole):
            return replace(state, done=done, whole=whole), ()
        case WasPut(put):
            return _ended(state, "ok", put_words(put))
        case WasRead(read):
            return _ended(state, "warn" if read.refused or _aside(read) else "ok", read_words(read))
        case Retried(filed):
            said = (
                _("Read: it is on its chart now.")
                if filed
                else _("It stays set aside, for the reason shown.")
            )
            return _ended(state, "ok" if filed else "warn", said)
        case NetworkCame(network):
            return replace(state, network=network), ()
        case ServeTicked(on) if state.found is not None and on != state.found.serves:
            return replace(state, found=replace(state.found, serves=on), sentence=""), (Serve(on),)
        case Failed(sentence):
            return _ended(state, "warn", sentence)
        case _:
            return state, ()


def _with_drives(state: State, drives: tuple[tuple[str, str], ...]) -> State:
    """A drive that was unplugged is not offered any more."""
    still = any(folder == state.drive for folder, _name in drives)
    first = drives[0][0] if drives else ""
    return replace(state, drives=drives, drive=state.drive if still else first)


def _ended(state: State, tone: str, sentence: str) -> Result:
    return replace(state, busy="", done=0, whole=0, tone=tone, sentence=sentence), (Look(),)


def _aside(read: Read) -> int:
    return sum(one.aside for one in read.took)


def put_words(put: Put) -> str:
    """What was written to the stick, and what it does not mean."""
    said = plural(
        "%(n)d sealed parcel is on the stick.", "%(n)d sealed parcels are on the stick.", put.envelopes
    )
    said = f"{said} {_('They go on waiting for the centre too: a lost stick loses nothing.')}"
    if put.files:
        came = plural("%(n)d picture or paper is on it.", "%(n)d pictures and papers are on it.", put.files)
        said = f"{said} {came}"
    if put.files_left:
        left = plural(
            "%(n)d picture or paper has no room: it comes with the next stick, or over a link.",
            "%(n)d pictures and papers have no room: they come with the next stick, or over a link.",
            put.files_left,
        )
        said = f"{said} {left}"
    return said


def _files_words(one: Took) -> Iterator[str]:
    if one.files:
        yield plural("%(n)d picture or paper came along.", "%(n)d pictures and papers came along.", one.files)
    if one.files_missing:
        yield plural(
            "%(n)d picture or paper is not on this stick yet.",
            "%(n)d pictures and papers are not on this stick yet.",
            one.files_missing,
        )


def read_words(read: Read) -> str:
    """What each file brought, in sentences."""
    said = []
    for one in read.took:
        name = one.device_name or one.device
        if one.before and not one.new:
            said.append(_("“%(name)s”: read before, nothing new.") % {"name": name})
        else:
            count = plural("%(n)d new record", "%(n)d new records", one.new)
            said.append(_("“%(name)s”: %(count)s.") % {"name": name, "count": count})
        if one.aside:
            said.append(plural("%(n)d parcel was set aside.", "%(n)d parcels were set aside.", one.aside))
        said += list(_files_words(one))
    if any(one.waits for one in read.took):
        said.append(_("What the others wrote goes to the centre from here, once there is a link."))
    if any(one.brought_up_to for one in read.took):
        said.append(_("What this computer had left on a stick was brought to the centre by a colleague."))
    said += [f"{name}: {tell(why)}" for name, why in read.refused]
    return "\n".join(said)
