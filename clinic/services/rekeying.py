# SPDX-License-Identifier: GPL-3.0-or-later
"""A new store key: for when somebody who knew the old one has gone, or a copy of the folder may be in wrong hands.

The ways in of others follow through the public keys of their slots; nobody's password is asked but one's own. What lies in
backups keeps the key it was made with.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from clinic.domain.clock import Clock, Random
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import PatientId
from clinic.keys.factors import SecondFactor
from clinic.keys.hashing import KEY_BYTES
from clinic.keys.slots import Opened, Slots, WayIn
from clinic.protocol.custody import SlotKind
from clinic.services.audits import audit
from clinic.services.door import read_slots_held, unlock
from clinic.services.sitting import KEY_FILE, sit_down
from clinic.store.home import Home
from clinic.store.next_book import Progress, copy_book

PAGE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """What was done: size, seconds of the copy with its proof, and which ways in follow."""

    megabytes: float
    seconds: float
    kept: tuple[str, ...]
    dropped: tuple[str, ...]


def rekey(
    path: Path, password: str, clock: Clock, random: Random, *, who: str = "", code: str = "",
    factor: SecondFactor | None = None, others: Mapping[str, str] | None = None,
    drop: Callable[[tuple[WayIn, ...]], bool] = lambda lost: False,
    progress: Progress = lambda what, done, of: None, step: Callable[[str], None] = lambda name: None,
) -> Rekeyed:  # fmt: skip
    """Give the store a new key. `others`: passwords of people whose slots an older Posta made; `drop` is asked before
    such slots are let go. `step` is called between the parts.

    Raises WrongPassword, Refusal (another program is open, or `drop` said no), Unavailable; nothing has changed then, or
    whoever comes in next finishes it.
    """
    home = Home(path)
    with home.hold():
        opened = unlock(home, password, clock, random, who, factor)
        sit_down(home, opened, clock, random, code).close()  # the code of a phone counts here too
        with home.change_ways():
            slots = read_slots_held(home)
            fresh = random(KEY_BYTES)
            following, dropped = _follow(
                slots, opened, fresh, {opened.label: password, **(others or {})}, random, factor, path, drop
            )
            began = clock.monotonic()
            switch = copy_book(home, opened.store_key, fresh, progress)
            megabytes, seconds = switch.pages * PAGE_BYTES / 1e6, clock.monotonic() - began
            switch.take(following.encode(), step)
        whole = replace(opened, store_key=fresh, worn=False, totp=b"")
        desk = sit_down(home, whole, clock, random)
        try:
            audit(desk, "store key", PatientId(""), entity="changed")
        finally:
            desk.close()
    return Rekeyed(megabytes, seconds, following.labels, tuple(way.label for way in dropped))


def _follow(
    slots: Slots, opened: Opened, fresh: bytes, passwords: Mapping[str, str], random: Random,
    factor: SecondFactor | None, path: Path, drop: Callable[[tuple[WayIn, ...]], bool],
) -> tuple[Slots, tuple[WayIn, ...]]:  # fmt: skip
    """The ways in for the new key, sealed anew where the password is here; and those that cannot follow."""
    following, lost = slots.passed_on(opened.store_key, fresh)
    for label, password in passwords.items():
        mine = label == opened.label
        held = opened if mine else slots.open(password, label)
        following = following.renewed(
            label, password, replace(held, store_key=fresh, worn=False), random, factor if mine else None
        )
    for way in lost:
        if way.kind == SlotKind.DEVICE_KEY:
            secret = _key_file(path)
            held = slots.open_with_key(secret, way.label)
            following = following.with_key_file(way.label, secret, replace(held, store_key=fresh), random)
    there = {(way.kind, way.label) for way in following.ways}
    dropped = tuple(way for way in lost if (way.kind, way.label) not in there)
    if dropped and not drop(dropped):
        raise Refusal(
            "These ways in cannot follow without their password: {names}. Give it, or say that they may go.",
            names=", ".join(way.label for way in dropped),
        )
    return following, dropped


def _key_file(path: Path) -> bytes:
    try:
        return (path / KEY_FILE).read_bytes()
    except OSError as error:
        raise Unavailable("This device's key file cannot be read. Check the disk.") from error
