# SPDX-License-Identifier: GPL-3.0-or-later
"""The door of a profile: who can come in, and a password tried at it. Light: the log-in screen loads no store."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from clinic.domain.clock import Clock, Random
from clinic.domain.errors import PostaError, Unavailable
from clinic.keys.factors import SecondFactor
from clinic.keys.knocks import check_wait, knocked, not_ahead, read_knocks, write_knocks
from clinic.keys.slots import Opened, Slots, WayIn, WrongPassword
from clinic.protocol.codec import Malformed
from clinic.protocol.custody import KnockFile, SlotKind
from clinic.store.cut_off import finish_or_forget
from clinic.store.home import Home

log = logging.getLogger(__name__)


def people_of(path: Path) -> tuple[str, ...]:
    """The names on the login screen."""
    return read_slots(Home(path)).labels


def ways_of(path: Path) -> tuple[WayIn, ...]:
    """The ways in that a person types a password for, and the sheets that replace one."""
    return tuple(way for way in read_slots(Home(path)).ways if way.kind != SlotKind.DEVICE_KEY)


def is_enrolled(path: Path) -> bool:
    """Whether somebody has a slot here."""
    return Home(path).enrolled


def read_slots(home: Home) -> Slots:
    """The slots of a profile, from the copy that is whole; first, a new store key whose making was cut off is
    finished or forgotten. Raises Unavailable."""
    finish_or_forget(home)
    for copy in home.read_slots():
        try:
            return Slots.read(copy)
        except Malformed:
            continue
    raise Unavailable(
        "The file {path} that lets people in is damaged, and so is its copy. Restore a backup of this folder.",
        path=home.slots,
    )


def unlock(
    home: Home, password: str, clock: Clock, random: Random, who: str = "", factor: SecondFactor | None = None
) -> Opened:
    """Try a password at the way in called `who`, or at all of them. About 0.3 s for each that is tried.

    Raises WrongPassword, FactorMissing; TooSoon after too many wrong tries; Unavailable.
    """
    slots, kept = read_slots(home), read_knocks(home.read_knocks())
    knocks = not_ahead(kept, clock.now())
    if knocks != kept:
        keep_knocks(home, knocks)
    check_wait(knocks, who, clock.now())
    try:
        opened = slots.open(password, who or None, factor)
    except WrongPassword:
        keep_knocks(home, knocked(knocks, who, clock.now()))
        raise
    if opened.worn or len(set(home.read_slots())) > 1:
        opened = _mended(home, opened, password, random, factor)
    return opened


def keep_knocks(home: Home, file: KnockFile) -> None:
    """Keep what is known of failed tries; a full disk keeps nobody out."""
    try:
        home.keep_knocks(write_knocks(file))
    except Unavailable:
        log.warning("failed tries could not be written down")


def change_slots(home: Home, change: Callable[[Slots], Slots]) -> Slots:
    """Change the ways in, both copies of the file, read back. Raises what `change` raises, Refusal, Unavailable."""
    with home.change_ways():
        changed = change(read_slots_held(home))
        home.keep_slots(changed.encode())
        if read_slots_held(home).file != changed.file:
            raise Unavailable("The ways in could not be read back. Check the disk; 'posta doctor' says more.")
    return changed


def read_slots_held(home: Home) -> Slots:
    """The slots while this program holds the turn to change them. Raises Unavailable."""
    finish_or_forget(home, held=True)
    return read_slots(home)


def _mended(home: Home, opened: Opened, password: str, random: Random, factor: SecondFactor | None) -> Opened:
    """The slot holds the store key of today again, and both copies are alike; if that fails, next time."""
    whole = replace(opened, worn=False)

    def mend(slots: Slots) -> Slots:
        return slots.renewed(opened.label, password, whole, random, factor) if opened.worn else slots

    try:
        change_slots(home, mend)
    except PostaError:
        log.warning("the ways in could not be mended now")
        return opened
    return whole
