# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page asks of the services; called on workers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from clinic.keys.rights import Action
from desktop.screens.exchange.logic import Standing

if TYPE_CHECKING:
    from clinic.services.desks import Desk
    from clinic.services.sticks import Put, Read


class Carrying:
    """Of one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._stop = desk, threading.Event()

    def read(self) -> Standing:
        """Raises Unavailable for the disk."""
        from clinic.services.gate import allowed
        from clinic.services.serving import serves_network
        from clinic.services.set_aside import set_aside
        from clinic.services.syncing import what_waits

        aside = set_aside(self._desk) if allowed(self._desk, Action.FIND) else ()
        return Standing(what_waits(self._desk), aside, serves_network(self._desk))

    def serve(self, on: bool) -> None:
        """Raises Refusal for a computer that may not, Unavailable."""
        from clinic.services.serving import serve_network

        serve_network(self._desk, on)

    def put_on(self, drive: Path) -> Put:
        from clinic.services.sticks import to_stick

        return to_stick(self._desk, drive)

    def read_off(self, drive: Path, moved: Callable[[int, int], None]) -> Read:
        """`moved(done, whole)` is called on this thread. Raises Refusal, also when it was stopped; Unavailable."""
        from clinic.services.sticks import Halted, from_stick

        self._stop.clear()

        def look(done: int, whole: int) -> None:
            if self._stop.is_set():
                raise Halted
            moved(done, whole)

        return from_stick(self._desk, drive, look)

    def stop(self) -> None:
        """After the envelopes that are being read now."""
        self._stop.set()

    def retry(self, key: str) -> bool:
        from clinic.services.set_aside import try_again

        return try_again(self._desk, key)

    def report(self, key: str) -> str:
        from clinic.services.set_aside import report_of

        return report_of(self._desk, key)
