# SPDX-License-Identifier: GPL-3.0-or-later
"""How a kiosk stands, decided from what was measured: a row each for the staff, and what somebody has to see to. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from clinic.calls.trial import Tried, enough_for
from clinic.domain.instruments.kinds import Kind
from clinic.sync.status import SyncStatus
from desktop.kit.checked import LINKS
from desktop.kit.words import N_, _, fmt_ago, fmt_number, plural
from kiosk.noted import Crash

LEAST_DISK, LEAST_MEMORY = 1_000_000_000, 300_000_000
"""Bytes that are free, at least: below it a visit may fail soon."""
LEAST_BATTERY = 20
SILENT = timedelta(hours=6)
"""Without an exchange with the centre, until somebody should look."""
CRASHES, CRASHES_IN = 3, timedelta(hours=24)

GOOD, LOOK, BAD, PLAIN = "ok", "warn", "danger", "neutral"
MARKS = {GOOD: N_("Good"), LOOK: N_("Look at this"), BAD: N_("Bad"), PLAIN: N_("To know")}
TITLES = {
    "sync": N_("Records"),
    "waiting": N_("Waiting to leave"),
    "link": N_("Link"),
    "clock": N_("Clock"),
    "disk": N_("Disk"),
    "memory": N_("Memory"),
    "battery": N_("Battery"),
    "camera": N_("Camera"),
    "microphone": N_("Microphone"),
    "speaker": N_("Loudspeaker"),
    "printer": N_("Printer"),
    "instruments": N_("Instruments"),
    "restarts": N_("Crashes"),
    "fault": N_("Last fault"),
    "version": N_("Program"),
}
_PAPER = ("media-empty", "media-needed", "input-media-supply-empty")
"""What CUPS says of a printer without paper (RFC 8011, 5.4.12)."""
_OFF = ("offline", "connecting-to-device", "shutdown", "timed-out")


@dataclass(frozen=True, slots=True)
class Battery:
    percent: int
    plugged: bool


@dataclass(frozen=True, slots=True)
class Printer:
    """`reasons` as CUPS words them, without -error, -warning, -report; `stopped`: it prints nothing until it is started."""

    name: str
    reasons: tuple[str, ...] = ()
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Devices:
    """How many of each are connected; None where that cannot be known."""

    cameras: int | None = None
    microphones: int | None = None
    speakers: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """`link`: what a trial found, a sentence why there was none, None before one was made. Sizes in bytes. `printers`: None where
    nobody can be asked. `instruments`: each kind that stands here, with the moment it was last connected."""

    now: datetime
    sync: SyncStatus
    version: str
    link: Tried | str | None = None
    disk_free: int = 0
    memory_free: int = 0
    battery: Battery | None = None
    devices: Devices = Devices()
    printers: tuple[Printer, ...] | None = None
    instruments: tuple[tuple[Kind, datetime | None], ...] = ()
    crashes: tuple[Crash, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """`trouble`: somebody of the team has to see to it, and hears so at the desks."""

    key: str
    tone: str
    sentence: str
    trouble: bool = False


def rows(facts: Facts) -> tuple[Row, ...]:
    """What is bad first; the rest in the order in which a visit needs it."""
    found = [Row(key, *judge(facts)) for key, judge in _JUDGES.items()]
    return tuple(sorted(found, key=lambda row: (BAD, LOOK, GOOD, PLAIN).index(row.tone)))


def troubles(facts: Facts) -> tuple[str, ...]:
    """The keys of what needs somebody, in a fixed order."""
    return tuple(key for key, judge in _JUDGES.items() if Row(key, *judge(facts)).trouble)


Judged = tuple[str, str, bool]


def _sync(facts: Facts) -> Judged:
    last = facts.sync.last_exchange_at
    if last is None:
        return BAD, _("Nothing was exchanged with the centre yet. Look at the network."), True
    age = fmt_ago(last, facts.now)
    if facts.now - last >= SILENT:
        said = _("Last exchange with the centre: %(ago)s. Look at the network; visits go on meanwhile.")
        return BAD, said % {"ago": age}, True
    if not facts.sync.online:
        return LOOK, _("No connection now. Last exchange with the centre: %(ago)s.") % {"ago": age}, False
    return GOOD, _("Connected. Last exchange with the centre: %(ago)s.") % {"ago": age}, False


def _waiting(facts: Facts) -> Judged:
    waiting, refused = facts.sync.waiting, facts.sync.refused + facts.sync.quarantined
    if refused:
        said = plural(
            "%(n)d envelope was refused by the centre. Tell the administrator.",
            "%(n)d envelopes were refused by the centre. Tell the administrator.",
            refused,
        )
        return BAD, said, True
    if waiting:
        said = plural("%(n)d envelope waits to leave.", "%(n)d envelopes wait to leave.", waiting)
        return PLAIN, said, False
    return GOOD, _("Nothing waits: all of it has arrived."), False


def _link(facts: Facts) -> Judged:
    match facts.link:
        case None:
            return PLAIN, _("The link has not been tried yet."), False
        case str() as why:
            return LOOK, why, False
        case tried:
            tone, words = LINKS[enough_for(tried)]
            told = {"kbps": fmt_number(round(tried.up_kbps)), "rtt": fmt_number(round(tried.rtt_ms))}
            measured = _("Measured: %(kbps)s kbit/s up, an answer after %(rtt)s ms.") % told
            return tone, f"{_(words)} {measured}", False


def _clock(facts: Facts) -> Judged:
    if facts.sync.clock_wrong:
        minutes = round(abs(facts.sync.ahead_s) / 60)
        said = plural(
            "This kiosk's clock is %(n)d minute off the centre's. Set it.",
            "This kiosk's clock is %(n)d minutes off the centre's. Set it.",
            minutes,
        )
        return BAD, said, True
    if facts.sync.last_exchange_at is None:
        return PLAIN, _("Not compared with the centre's clock yet."), False
    return GOOD, _("Agrees with the centre's."), False


def _disk(facts: Facts) -> Judged:
    free = _("%(gb)s GB free.") % {"gb": fmt_number(facts.disk_free / 1e9, 1)}
    if facts.disk_free < LEAST_DISK:
        return BAD, free + " " + _("Free some space: what patients tell can soon not be kept."), True
    return GOOD, free, False


def _memory(facts: Facts) -> Judged:
    free = _("%(mb)s MB free.") % {"mb": fmt_number(facts.memory_free // 1_000_000)}
    if facts.memory_free < LEAST_MEMORY:
        return LOOK, free + " " + _("Start the computer anew."), False
    return GOOD, free, False


def _battery(facts: Facts) -> Judged:
    if facts.battery is None:
        return PLAIN, _("There is none, or it cannot be read."), False
    charge = f"{fmt_number(facts.battery.percent)} %"
    if facts.battery.plugged:
        return GOOD, _("%(charge)s, plugged in.") % {"charge": charge}, False
    low = facts.battery.percent < LEAST_BATTERY
    said = _("%(charge)s, not plugged in. Look at the cable.") % {"charge": charge}
    return (BAD if low else LOOK), said, low


def _device(count: int | None, there: str, gone: str, needed: bool) -> Judged:
    if count is None:
        return PLAIN, _("This cannot be known here. Try it by the button."), False
    return (GOOD, _(there), False) if count else (BAD if needed else LOOK, _(gone), needed)


def _camera(facts: Facts) -> Judged:
    gone = N_("No camera is connected. Look at its cable.")
    return _device(facts.devices.cameras, N_("Connected."), gone, needed=True)


def _microphone(facts: Facts) -> Judged:
    gone = N_("No microphone is connected. Look at its cable.")
    return _device(facts.devices.microphones, N_("Connected."), gone, needed=True)


def _speaker(facts: Facts) -> Judged:
    gone = N_("No loudspeaker is connected: the kiosk is silent. Look at its cable.")
    return _device(facts.devices.speakers, N_("Connected."), gone, needed=True)


def has_no_paper(printer: Printer) -> bool:
    return any(reason.startswith(_PAPER) for reason in printer.reasons)


def is_off(printer: Printer) -> bool:
    """It prints nothing until somebody looks at it."""
    return printer.stopped or any(reason.startswith(_OFF) for reason in printer.reasons)


def _printer(facts: Facts) -> Judged:
    if not facts.printers:
        return PLAIN, _("No printer is set up here."), False
    for printer in facts.printers:
        name = {"name": printer.name}
        if has_no_paper(printer):
            return BAD, _("%(name)s has no paper.") % name, True
        if is_off(printer):
            return BAD, _("%(name)s does not answer. Look at its cable and its switch.") % name, True
        if printer.reasons:
            return LOOK, f"{printer.name}: {', '.join(printer.reasons)}", False
    return GOOD, _("%(name)s is ready.") % {"name": facts.printers[0].name}, False


KINDS = {
    Kind.CUFF: N_("blood pressure cuff"),
    Kind.OXIMETER: N_("pulse oximeter"),
    Kind.THERMOMETER: N_("thermometer"),
    Kind.SCALE: N_("scale"),
    Kind.GLUCOMETER: N_("glucose meter"),
    Kind.HEART_STRAP: N_("heart strap"),
}


def _instruments(facts: Facts) -> Judged:
    if not facts.instruments:
        return PLAIN, _("None is set up here: numbers are typed."), False
    said = []
    for kind, seen in facts.instruments:
        when = fmt_ago(seen, facts.now) if seen else _("not seen since the start")
        said.append(f"{_(KINDS[kind])}: {when}")
    return PLAIN, "; ".join(said) + ".", False


def _restarts(facts: Facts) -> Judged:
    late = [one for one in facts.crashes if facts.now - one.at < CRASHES_IN]
    if not late:
        return GOOD, _("None in the last 24 hours."), False
    said = plural(
        "%(n)d time in the last 24 hours the program ended badly and began anew.",
        "%(n)d times in the last 24 hours the program ended badly and began anew.",
        len(late),
    )
    last = _("The last one: %(ago)s.") % {"ago": fmt_ago(max(one.at for one in late), facts.now)}
    often = len(late) >= CRASHES
    return (BAD if often else LOOK), f"{said} {last}", often


def _fault(facts: Facts) -> Judged:
    return (PLAIN, facts.fault, False) if facts.fault else (GOOD, _("None in the log."), False)


def _version(facts: Facts) -> Judged:
    return PLAIN, f"Posta {facts.version}", False


_JUDGES: dict[str, Callable[[Facts], Judged]] = {
    "sync": _sync,
    "waiting": _waiting,
    "link": _link,
    "clock": _clock,
    "disk": _disk,
    "memory": _memory,
    "battery": _battery,
    "camera": _camera,
    "microphone": _microphone,
    "speaker": _speaker,
    "printer": _printer,
    "instruments": _instruments,
    "restarts": _restarts,
    "fault": _fault,
    "version": _version,
}
