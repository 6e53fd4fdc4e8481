# SPDX-License-Identifier: GPL-3.0-or-later
"""What every page is handed: the clinic's verbs, workers, the clock, and the way to other pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from clinic.domain.clock import Clock
from clinic.domain.ids import PatientId
from desktop.kit.bridge import Desk as Worker
from desktop.kit.bridge import Submit
from desktop.kit.words import _, tell
from desktop.screens.messages.drafts import Drafts

if TYPE_CHECKING:
    from clinic.services.waiting import Waiting
    from desktop.screens.verbs import Clinic

Rows = Iterable["Waiting"]


class Ways(QObject):
    """How a page asks for another page, without knowing it."""

    chart = Signal(str, str)
    """patient, tab"""
    apart = Signal(str, str)
    """patient, tab: her chart in a window of its own"""
    texts = Signal(str)
    """look for this in everything written"""
    elsewhere = Signal(str)
    """look for this person among other teams' patients; '' to see the reviews that are due"""
    judging = Signal()
    """the reviews of the audit"""
    visit = Signal(object)
    """desktop.screens.visit.logic.VisitOpened"""
    queue = Signal(object)
    """the rows of the queue, whenever they were read"""
    to_choose = Signal(int)
    """so many things were written twice and wait for a choice"""
    arrived = Signal(int)
    """so many have come in"""
    flagged = Signal(object)
    """rows of the queue whose patient has just told something that must not wait"""
    identity = Signal(str, str)
    """provisional patient, the person they are: just confirmed, can be undone"""
    vouched = Signal(str, object)
    """kiosk, clinic.protocol.letters.Vouched: who its patient is"""
    answered = Signal(str, object)
    """kiosk, clinic.protocol.letters.Answered: what its patient asked for is answered"""
    devices = Signal()
    """camera, microphone, loudspeaker and link are to be tried"""
    unread = Signal(int)
    """so many messages were not opened yet"""
    messages = Signal()
    """the page of messages"""
    lock_time = Signal()
    """the screen is to cover itself sooner or later than before"""
    said = Signal(str, str)
    """tone, sentence: for a toast"""
    undoable = Signal(str, str, object)
    """tone, sentence, what undoes it: for a toast with a button"""
    covered = Signal()
    """everything is saved: the lock may cover the screen"""


class Room:
    """One per unlocked desk. Writes run one after the other, so that an older text never overtakes a newer
    one; what waits for a person's hand has a worker of its own, so that no note waits behind it. `save_to`: a folder
    for papers, None to ask for a file each time.
    """

    def __init__(
        self, clinic: Clinic, clock: Clock, reads: Executor | None = None, writes: Executor | None = None,
        by_hand: Executor | None = None, save_to: Path | None = None,
    ) -> None:  # fmt: skip
        self.clinic, self.clock, self.save_to = clinic, clock, save_to
        self.ways, self.drafts = Ways(), Drafts()
        self.in_care: Callable[[], bool] = lambda: False
        """Whether a visit is open or a call goes on; the desk's seat says so."""
        self._reads = reads or ThreadPoolExecutor(2, "reads")
        self._writes = writes or ThreadPoolExecutor(1, "writes")
        self._by_hand = by_hand or ThreadPoolExecutor(1, "by-hand")
        self._closed = False

    def close(self) -> None:
        """Let running writes finish; nothing new begins, though a page that is going may still ask."""
        self._closed = True
        self._reads.shutdown(wait=False, cancel_futures=True)
        self._writes.shutdown(wait=True)
        self._by_hand.shutdown(wait=True)

    def helper(self, owner: QObject) -> Helper:
        """The page's own connection to the workers; dies with the page."""
        pools = (self._reads, self._writes, self._by_hand)
        return Helper(*(Worker(owner, self._while_open(pool)) for pool in pools), self.ways)

    def today(self) -> date:
        """The day where this computer stands."""
        return self.clock.now().astimezone().date()

    def _while_open(self, pool: Executor) -> Submit:
        def submit(fn: Callable[..., Any], *args: Any) -> Future[Any]:
            if not self._closed:
                return pool.submit(fn, *args)
            never: Future[Any] = Future()
            never.cancel()
            return never

        return submit


Then = Callable[[Any], object]


class Helper:
    """`read`, `write` and `by_hand` run on workers; `then(result)` or `failed(sentence)` follow in the Qt thread."""

    def __init__(self, reader: Worker, writer: Worker, by_hand: Worker, ways: Ways) -> None:
        self._reader, self._writer, self._by_hand, self._ways = reader, writer, by_hand, ways

    def read(
        self, fn: Callable[..., Any], *args: Any, then: Then | None = None, failed: Callable[[str], object]
    ) -> None:
        self._reader.ask(fn, *args, then=then, failed=lambda error: failed(tell(error)))

    def write(
        self, fn: Callable[..., Any], *args: Any, then: Then | None = None, failed: Callable[[str], object]
    ) -> None:
        self._writer.ask(fn, *args, then=then, failed=lambda error: failed(tell(error)))

    def by_hand(
        self, fn: Callable[..., Any], *args: Any, then: Then | None = None, failed: Callable[[str], object]
    ) -> None:
        """What may wait for somebody to touch a key or to plug in a stick."""
        self._by_hand.ask(fn, *args, then=then, failed=lambda error: failed(tell(error)))

    def undoable(self, said: str, verb: Callable[..., object], *args: object) -> None:
        """Told as done, with a button that takes it back by this verb."""

        def undo() -> None:
            self.write(verb, *args, failed=lambda why: self._ways.said.emit("warn", why))

        self._ways.undoable.emit("ok", said, undo)

    def failing(
        self, patient: PatientId, name: str, shown: Callable[[], PatientId], told: Callable[[str], object]
    ) -> Callable[[str], None]:
        """For `failed`: told where the person is shown; once somebody else is, in a message that names her."""

        def failed(sentence: str) -> None:
            if shown() == patient:
                told(sentence)
            else:
                self._ways.said.emit("warn", _("%(name)s: %(said)s") % {"name": name, "said": sentence})

        return failed
