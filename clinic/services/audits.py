# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit entries: who did what to whose record. Each device's entries are a tree whose heads it signs."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from clinic.domain.facts import AuditEvent, AuditHead, Fact
from clinic.domain.ids import FactId, PatientId
from clinic.keys.audit_heads import HEAD_EVERY, AuditTree, grown, headed, untold
from clinic.protocol.codec import decode, encode
from clinic.services.desks import Desk, Written
from clinic.store.page import Page
from clinic.store.writing import WritePage

_TREE = "audit tree"
_HEAD = "audit head"
"""Hash of the last entry, as it was kept before there were trees."""
CLOCK = "clock change"
_BACK = timedelta(minutes=2)
_AHEAD = timedelta(hours=1)
"""A computer that sleeps looks the same as one whose clock was set ahead; shorter naps are not worth an entry."""


def audit(desk: Desk, action: str, patient: PatientId, outcome: str = "success", entity: str = "") -> Written:
    """Write the entry, durably, before the act it speaks of is shown."""
    return desk.write_within(
        lambda page: _added(
            desk, page, [_entry(desk, action, patient, desk.clock.now(), desk.name_here, outcome, entity)]
        )
    )


def audit_earlier(desk: Desk, action: str, tried: Iterable[tuple[datetime, str, str]]) -> Written:
    """Write down what happened while the store was closed, in one turn: (when, who said to be there, what)."""
    nobody = PatientId("")
    told = [_entry(desk, action, nobody, at, agent, "failure", entity) for at, agent, entity in tried]
    return desk.write_within(lambda page: _added(desk, page, told))


def sign_head(desk: Desk) -> None:
    """Sign what the audit came to, if there is anything no head has told yet; before every push."""
    if desk.trust.epoch(desk.team) is None or not untold(desk.book.read(lambda page: _tree(desk, page))):
        return

    def head(page: WritePage) -> tuple[Fact, ...]:
        tree = _tree(desk, page)
        return _told(desk, page, tree) if untold(tree) else ()

    desk.write_within(head)


def last_hash(page: Page) -> bytes | None:
    """Hash of the last entry of this device; None if there is none."""
    kept = page.meta(_TREE)
    return decode(kept, AuditTree).last if kept else page.meta(_HEAD)


def _added(desk: Desk, page: WritePage, entries: list[AuditEvent]) -> tuple[Fact, ...]:
    """The entries in their places, a head if one is due, and where the tree stands kept."""
    tree, now = _tree(desk, page), desk.clock.now()
    facts: list[Fact] = []
    for entry in [*_clock_moved(desk, tree, now), *entries]:
        tree, placed = grown(tree, entry, now)
        facts.append(placed)
    if untold(tree) >= HEAD_EVERY:
        return (*facts, *_told(desk, page, tree))
    page.put_meta(_TREE, encode(tree))
    return tuple(facts)


def _told(desk: Desk, page: WritePage, tree: AuditTree) -> tuple[AuditHead]:
    tree, head = headed(tree, FactId(desk.new_id()), desk.device, desk.device_keys, desk.clock.now())
    page.put_meta(_TREE, encode(tree))
    return (head,)


def _tree(desk: Desk, page: Page) -> AuditTree:
    """Where the tree of this incarnation stands; a new one goes on from the hash of the last entry there was."""
    kept = page.meta(_TREE)
    tree = decode(kept, AuditTree) if kept else AuditTree(incarnation=0, last=page.meta(_HEAD) or b"")
    if tree.incarnation == desk.incarnation:
        return tree
    return AuditTree(incarnation=desk.incarnation, last=tree.last, at=tree.at)


def _clock_moved(desk: Desk, tree: AuditTree, now: datetime) -> list[AuditEvent]:
    """An entry if the clock went back since the last one, or away from the time that passed while the program ran."""
    at, then = desk.clock_seen
    passed = timedelta(seconds=desk.clock.monotonic() - then)
    desk.clock_seen = now, desk.clock.monotonic()
    moved = now - at - passed
    if -_BACK <= moved <= _AHEAD:
        moved = now - tree.at if tree.at and now < tree.at - _BACK else timedelta(0)
    if not moved:
        return []
    entity = f"{moved.total_seconds():+.0f} s"
    return [_entry(desk, CLOCK, PatientId(""), now, desk.name_here, "success", entity)]


def audit_within(
    desk: Desk, page: WritePage, action: str, patient: PatientId, agent: str, entity: str
) -> tuple[AuditEvent, tuple[Fact, ...]]:
    """An entry in the name of `agent`, and all that is filed with it, in the transaction of what it speaks of."""
    entry = _entry(desk, action, patient, desk.clock.now(), agent, "success", entity)
    return entry, _added(desk, page, [entry])


def _entry(
    desk: Desk, action: str, patient: PatientId, at: datetime, agent: str, outcome: str, entity: str
) -> AuditEvent:  # fmt: skip
    return AuditEvent(
        id=FactId(desk.new_id()), patient=patient, action=action, recorded_at=at, agent=agent, device=desk.device,
        outcome=outcome, entity=entity,
    )  # fmt: skip
