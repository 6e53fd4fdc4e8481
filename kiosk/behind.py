# SPDX-License-Identifier: GPL-3.0-or-later
"""What the staff's page of a running session is made of: this kiosk's desk, its computer, and the way out."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from clinic import __version__
from clinic.calls.trial import Tried
from clinic.devices.port import Instrument
from clinic.domain.clock import Clock
from clinic.domain.errors import PostaError
from clinic.domain.instruments.kinds import Kind
from clinic.services.desks import Desk
from clinic.services.staff_pin import set_staff_pin, staff_comes_in
from clinic.services.syncing import sync_status
from desktop.kit.engine import CallEngine
from desktop.kit.words import tell
from kiosk import condition, noted
from kiosk.health import Devices, Facts
from kiosk.screens.staff.doing import Staff, devices_here
from kiosk.screens.staff.logic import Wish

LEFT = "POSTA_KIOSK_LEFT"
"""Names a file that tells whatever begins the kiosk anew that it should not (packaging/kiosk)."""
log = logging.getLogger(__name__)


class Behind:
    """`ahead_s`: seconds the centre's clock is ahead, as the link found last."""

    def __init__(
        self,
        desk: Desk,
        args: argparse.Namespace,
        clock: Clock,
        try_link: Callable[[], Tried],
        online: Callable[[], bool],
    ) -> None:
        self.ahead_s = 0
        self._desk, self._args, self._clock = desk, args, clock
        self._try_link, self._online = try_link, online
        self._logs = Path(args.home) / "log"

    def room(self, engine: CallEngine, sync: Callable[[], None], end: Callable[[Wish], None]) -> Staff:
        """What the page may do."""
        return Staff(
            come_in=lambda pin: staff_comes_in(self._desk, pin),
            keep_pin=lambda pin: set_staff_pin(self._desk, pin),
            facts=lambda devices: replace(self.facts(devices), link=self._tried()),
            devices=self.devices,
            sync=sync,
            end=end,
            try_link=self._try_link,
            engine=engine,
            clock=self._clock,
        )

    def facts(self, devices: Devices) -> Facts:
        """On a worker, without a trial of the link. Raises Unavailable."""
        seen = noted.seen(self._logs / "instruments")
        kinds = sorted({one.kind for one in self._args.instrument}, key=list(Kind).index)
        return Facts(
            now=self._clock.now(),
            sync=replace(sync_status(self._desk, self._online()), ahead_s=self.ahead_s),
            version=__version__,
            disk_free=condition.disk_free(self._args.home),
            memory_free=condition.memory_free(),
            battery=condition.battery(),
            devices=devices,
            printers=condition.printers(),
            instruments=tuple((kind, seen.get(kind)) for kind in kinds),
            crashes=noted.crashes(self._logs / "crashes"),
            fault=condition.last_fault(self._logs / "kiosk.log"),
        )

    def devices(self) -> Devices:
        """In the Qt thread. What was named on the command line instead of a device is there; what was left out on purpose
        is not missed."""
        found, args = devices_here(), self._args
        return Devices(
            cameras=found.cameras if args.camera == "auto" else _named(args.camera),
            microphones=found.microphones if args.microphone == "auto" else _named(args.microphone),
            speakers=found.speakers if args.speaker == "auto" else None,
        )

    def instrument_near(self, instrument: Instrument) -> None:
        noted.note_seen(self._logs / "instruments", instrument.kind, self._clock.now())

    def stay_away(self) -> None:
        """Tell whatever begins the kiosk anew that the staff left it; it forgets so when the computer is started anew."""
        mark = os.environ.get(LEFT)
        if mark:
            try:
                Path(mark).touch()
            except OSError as error:
                log.warning("that the staff left could not be told: %s", error.strerror)

    def _tried(self) -> Tried | str:
        try:
            return self._try_link()
        except PostaError as error:
            return tell(error)


def _named(source: str) -> int | None:
    return None if source == "none" else 1
