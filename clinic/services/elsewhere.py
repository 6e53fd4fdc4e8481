# SPDX-License-Identifier: GPL-3.0-or-later
"""Who the emergency summaries speak of, kept at hand: looking through them at each key would read each of them anew."""

import threading
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

from clinic.domain.facts import EmergencySummary
from clinic.domain.ids import PatientId
from clinic.domain.sound import plain
from clinic.services.desks import Desk
from clinic.store.rows import Changes

Known = tuple[tuple[tuple[str, ...], EmergencySummary], ...]
"""The words one is found by, and who; what a summary says is left out."""


@dataclass
class _Kept:
    """`turn` counts the changes heard of: what was read before the last one counts no more."""

    turn: int = 0
    read_at: int = -1
    known: Known = ()
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, changes: Changes) -> None:
        if "EmergencySummary" in changes.kinds:
            with self.lock:
                self.turn += 1


_OF: WeakKeyDictionary[Desk, _Kept] = WeakKeyDictionary()
_MAKING = threading.Lock()


def known_elsewhere(desk: Desk) -> Known:
    """All of them, also those of this computer's own patients; read once after each change."""
    kept = _kept(desk)
    with kept.lock:
        turn = kept.turn
        if kept.read_at == turn:
            return kept.known
    found = desk.book.read(lambda page: page.facts(EmergencySummary, PatientId("")))
    known = tuple((_words(one), _bare(one)) for one in found)
    with kept.lock:
        kept.known, kept.read_at = known, turn
    return known


def _kept(desk: Desk) -> _Kept:
    with _MAKING:
        kept = _OF.get(desk)
        if kept is None:
            kept = _OF[desk] = _Kept()
            desk.listen(kept.hear)
    return kept


def _words(one: EmergencySummary) -> tuple[str, ...]:
    return (*plain(one.name.full).split(), one.dni)


def _bare(one: EmergencySummary) -> EmergencySummary:
    return replace(one, allergies=(), medication=(), problems=(), directives=())
