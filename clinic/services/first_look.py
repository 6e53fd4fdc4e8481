# SPDX-License-Identifier: GPL-3.0-or-later
"""A new computer is of use before it has everything: it looks first at today's people, then at those of the last month.

A look moves no cursor (decision 29): what it brings comes once more in its order, so that nothing hangs on it. What cannot be
believed or opened yet is left alone; it is judged when its turn comes. Until everything has come, the status says so.
"""

from dataclasses import dataclass

from clinic.domain.ids import ScopeId
from clinic.protocol.codec import dumps, loads
from clinic.protocol.envelope import MAX_COUNT
from clinic.protocol.recent import RecentPart, RecentPull
from clinic.protocol.trust import DeviceKind
from clinic.services.desks import Desk
from clinic.services.syncing import CATCHING_UP, Taken, take_ahead
from clinic.services.withdrawing import OnStore
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.store.writing import WritePage
from clinic.transport.http import RefusedByServer, Remote

_LOOKS = ((1, True), (30, False))
"""(days, whether what is pressing goes with it whoever it is about) of each look."""
_LOOKING = "first look"
NOWHERE = ScopeId("")


@dataclass(frozen=True, slots=True)
class Look:
    """The look that is due: its number in _LOOKS, and where it stands."""

    no: int
    scope: ScopeId = NOWHERE
    seq: int = 0

    def pull(self, byte_budget: int) -> RecentPull:
        days, alerts = _LOOKS[self.no]
        return RecentPull(
            days=days, alerts=alerts, after_scope=self.scope, after_seq=self.seq, byte_budget=byte_budget
        )

    def after(self, part: RecentPart) -> "Look | None":
        """The next one; None after the last, and for a centre that leads nowhere."""
        if part.more:
            onward = (part.scope, part.seq) > (self.scope, self.seq) and part.seq < MAX_COUNT
            return Look(self.no, part.scope, part.seq) if onward else None
        return Look(self.no + 1) if self.no + 1 < len(_LOOKS) else None


def due(desk: Desk) -> Look | None:
    """The look to take before the ordinary exchange brings everything. Raises Unavailable for the disk."""
    kept, new = desk.book.read(lambda page: (page.meta(_LOOKING), _is_new(desk, page)))
    if kept is not None:
        return Look(*loads(kept)) if kept else None
    if new:
        desk.book.keep(_begin, Changes())
    return Look(0) if new else None


def _begin(page: WritePage) -> None:
    """From here on it is catching up: what the first exchange brings before the look is told to nobody as having arrived."""
    page.put_meta(_LOOKING, _kept(Look(0)))
    page.put_meta(CATCHING_UP, b"1")


def _is_new(desk: Desk, page: Page) -> bool:
    """It has never heard of a centre's records, and is one that shows charts."""
    return desk.kind == DeviceKind.DESKTOP and page.meta("server epoch") is None and not page.cursors()


def _kept(look: Look | None) -> bytes:
    return b"" if look is None else dumps([look.no, look.scope, look.seq])


async def take(desk: Desk, remote: Remote, now: Look, taken: Taken, budget: int, on_store: OnStore) -> Taken:
    """One part of a look, after an exchange that brought the trust log and hardly anything else. A centre that has nothing, or
    does not know how, ends it. Raises Unavailable."""
    began = desk.clock.monotonic()
    part = await _part(remote, now.pull(budget)) if taken.more else None
    took_s = desk.clock.monotonic() - began
    later = now.after(part) if part is not None else None

    def keep(page: WritePage) -> None:
        page.put_meta(_LOOKING, _kept(later))
        page.put_meta(CATCHING_UP, b"1" if taken.more else b"")

    wires = part.envelopes if part is not None else ()
    await on_store(lambda: take_ahead(desk, wires, keep))
    return Taken(taken.more, taken.sent, sum(map(len, wires)), took_s)


async def _part(remote: Remote, pull: RecentPull) -> RecentPart | None:
    try:
        return await remote.recent(pull)
    except RefusedByServer:
        return None  # the ordinary exchange says what there is to say
