# SPDX-License-Identifier: GPL-3.0-or-later
"""The store's side of an exchange over the clinic's own network.

An island settles nothing: what it has still waits for the centre. It has cursors and a mark of its own, so that the same goes
to it once. What it brings is taken in as from a stick, under its authors' signatures; once more from the centre, it changes
nothing.
"""

from dataclasses import dataclass, field, replace

from clinic.domain.ids import DeviceId, ScopeId
from clinic.keys.roster import Distrust, Reason, TrustLog
from clinic.keys.trust import follow
from clinic.protocol.codec import decode, encode
from clinic.protocol.envelope import MAX_COUNT, unpack
from clinic.protocol.island import IslandMark
from clinic.protocol.sync import Cursor, SyncRequest, SyncResponse
from clinic.services.desks import Desk
from clinic.services.leaving import make_ready
from clinic.services.syncing import take_passed_on
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.store.writing import WritePage
from clinic.sync.batch import Waiting, pick
from clinic.sync.exchange import Snapshot, keeps_back_trust, request_for

_MARK, _AT = "island ", "island at "
NOT_KNOWN = -2
"""Position of a trust log nobody has told yet; -1 is an empty one."""


@dataclass(frozen=True, slots=True)
class Shore:
    """What this program knows of an island since it met it. `told`: cursors it has been told; `position`: of its trust log;
    `acknowledged`: the highest number the centre had acknowledged by then, and what comes after goes to the island too, however
    soon the centre has it (None: the highest by now)."""

    device: DeviceId
    told: dict[ScopeId, int] = field(default_factory=dict)
    every: bool = True
    """It has to be told all cursors."""
    position: int = NOT_KNOWN
    acknowledged: int | None = None


@dataclass(frozen=True, slots=True)
class Landed:
    """What an exchange came to. `new`: records that were not here."""

    shore: Shore
    more: bool
    new: int = 0


def offer(desk: Desk, shore: Shore, byte_budget: int) -> SyncRequest:
    """What to ask an island. The first time only how far its trust log is, so that it knows whoever sends before anything is
    sent; it is told no statement that the centre has not taken. Raises Unavailable for the disk."""
    met = shore.position != NOT_KNOWN
    if met:
        make_ready(desk, byte_budget, _mark(desk, shore.device).sent_up_to)
    return desk.book.read(lambda page: _request(desk, page, shore, byte_budget, met))


def take(desk: Desk, shore: Shore, request: SyncRequest, response: SyncResponse) -> Landed:
    """Take in what an island answered; the outbox and the centre's cursors stay as they are.

    Raises Distrust for a trust log that does not follow from ours, Unavailable for the disk."""
    with desk.trust_turn:
        before = _mark(desk, shore.device)
        if before.life and response.epoch != before.life:
            desk.book.keep(lambda page: _begin_anew(page, shore, response.epoch), Changes())
            return Landed(Shore(shore.device, acknowledged=shore.acknowledged), more=True)
        log = _followed(desk, request, response)
        sent = max((unpack(wire).header.env_no for wire in request.envelopes), default=0)

        def keep(page: WritePage) -> None:
            mark = before if before.life else _first_mark(page, shore, response.epoch)
            after = replace(mark, sent_up_to=max(mark.sent_up_to, sent))
            if after != before:
                page.put_meta(f"{_MARK}{shore.device}", encode(after))
            for item in arrived:
                key = f"{_AT}{shore.device} {item.scope}"
                page.put_meta(key, encode(Cursor(scope=item.scope, seq=item.seq, chain=item.chain)))

        cursors = desk.book.read(lambda page: _cursors(page, shore.device))
        arrived = [one for one in response.envelopes if cursors_at(cursors, one.scope) < one.seq < MAX_COUNT]
        new = 0
        if arrived or sent or not before.life or log is not desk.trust:
            new, _aside = take_passed_on(desk, log, [(one.scope, one.envelope) for one in arrived], keep)
    told = {scope: one.seq for scope, one in cursors.items()}
    met = replace(shore, told=told, every=response.want_cursors, position=response.trust_position)
    goes_on = response.more and bool(arrived or response.trust)
    return Landed(met, goes_on or sent > 0 or response.want_cursors or shore.position == NOT_KNOWN, new)


def turned_to(desk: Desk, device: DeviceId) -> Shore:
    """An island that this program turns to now."""
    return Shore(device, acknowledged=desk.book.read(lambda page: page.last_acknowledged()))


def waits_for(desk: Desk, shore: Shore) -> bool:
    """Something is here that this island was not handed."""

    def look(page: Page) -> bool:
        mark = _mark_on(page, shore.device)
        return bool(page.unnumbered(1) or (mark.life and page.numbered_after(mark.sent_up_to, 1)))

    return desk.book.read(look)


def cursors_at(cursors: dict[ScopeId, Cursor], scope: ScopeId) -> int:
    """The last seq taken of a scope, 0 for none."""
    return cursors[scope].seq if scope in cursors else 0


def _request(desk: Desk, page: Page, shore: Shore, byte_budget: int, met: bool) -> SyncRequest:
    mark, cursors, log = _mark_on(page, shore.device), _cursors(page, shore.device), page.trust()
    agreed = log[: len(log) - len(page.unsent_trust())]
    rows = page.numbered_after(mark.sent_up_to) if met and mark.life else {}
    sent = pick((Waiting(number, wire) for number, wire in rows.items()), byte_budget)
    return request_for(
        Snapshot(
            device=desk.device, incarnation=desk.incarnation, server_epoch=mark.life,
            cursors={scope: one.seq for scope, one in cursors.items()}, told=shore.told, want_cursors=shore.every,
            chains={scope: one.chain for scope, one in cursors.items()},
            trust_position=len(agreed) - 1, trust=agreed[shore.position + 1 :] if met else (),
            envelopes=tuple(row.wire for row in sent),
        ),
        desk.clock.now(),
        byte_budget,
    )  # fmt: skip


def _followed(desk: Desk, request: SyncRequest, response: SyncResponse) -> TrustLog:
    """Where statements of our own wait for the centre, others may stand in their places: the centre decides, not an island."""
    if keeps_back_trust(request, response):
        raise Distrust(
            Reason.ROLLBACK,
            "The computer that serves this network keeps back part of the list of who is admitted.",
        )
    try:
        return follow(desk.trust, request.trust_position + 1, response.trust)
    except Distrust:
        if desk.book.read(lambda page: page.unsent_trust()):
            return desk.trust
        raise


def _first_mark(page: Page, shore: Shore, life: str) -> IslandMark:
    """What the centre had before is not said again."""
    known = page.last_acknowledged() if shore.acknowledged is None else shore.acknowledged
    return IslandMark(life=life, sent_up_to=known)


def _begin_anew(page: WritePage, shore: Shore, life: str) -> None:
    for key in page.metas(f"{_AT}{shore.device} "):
        page.drop_meta(key)
    page.put_meta(f"{_MARK}{shore.device}", encode(_first_mark(page, shore, life)))


def _mark(desk: Desk, device: DeviceId) -> IslandMark:
    return desk.book.read(lambda page: _mark_on(page, device))


def _mark_on(page: Page, device: DeviceId) -> IslandMark:
    kept = page.meta(f"{_MARK}{device}")
    return decode(kept, IslandMark) if kept else IslandMark()


def _cursors(page: Page, device: DeviceId) -> dict[ScopeId, Cursor]:
    found = (decode(kept, Cursor) for kept in page.metas(f"{_AT}{device} ").values())
    return {one.scope: one for one in found}
