# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit as people read it: who did what with which chart, narrowed, newest first, in pages."""

from collections.abc import Iterator

from clinic.domain.clock import milliseconds
from clinic.domain.ids import PatientId
from clinic.domain.misuse.lists import Choices, Cursor, Entry, Filters, Listed
from clinic.domain.misuse.seen import Act
from clinic.domain.sound import plain
from clinic.keys.rights import Action
from clinic.services.acted import act_of
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.store.page import Page

READ = "read audit"
"""The action of an entry that says who looked into the audit."""
PAGE = 100
LOOKED_AT = 5_000
"""Entries looked through in one go: then a screen says how far it is, and goes on."""
_AT_ONCE = 500
_EVER = 0, 1 << 62


@needs(Action.READ_AUDIT)
def read_audit(desk: Desk, filters: Filters, limit: int = PAGE) -> Listed:
    """The newest entries that match. An audited act: the entry says whose chart was asked about, if one was."""
    audit(desk, READ, filters.patient)
    return desk.book.read(lambda page: _listed(desk, page, filters, None, limit))


@needs(Action.READ_AUDIT)
def again(desk: Desk, filters: Filters, after: Cursor | None, limit: int = PAGE) -> Listed:
    """The same without the entry: while typing, for the next page, and to draw a list anew."""
    return desk.book.read(lambda page: _listed(desk, page, filters, after, limit))


@needs(Action.READ_AUDIT)
def held(desk: Desk, filters: Filters) -> int:
    """How many entries of that time, and of that chart, are here at all."""
    since, until = _span(filters)
    return desk.book.read(lambda page: page.count_audit(since, until, filters.patient or None))


@needs(Action.READ_AUDIT)
def choices(desk: Desk) -> Choices:
    """Everybody and every computer that the organisation has known."""
    users = {one.user: one.name for one in desk.trust.users()}
    devices = {one.device: one.name for one in desk.trust.devices()}
    return Choices(
        tuple(sorted(users.items(), key=lambda one: (plain(one[1]), one[0]))),
        tuple(sorted(devices.items(), key=lambda one: (plain(one[1]), one[0]))),
    )


def entry_on(desk: Desk, page: Page, act: Act) -> Entry:
    """An act with the names a reader knows."""
    row = page.person(act.patient) if act.patient else None
    name = ", ".join(part for part in (row.family, row.given) if part) if row is not None else ""
    device = desk.trust.device(act.device)
    return Entry(act, name, device.name if device is not None else "")


def _span(filters: Filters) -> tuple[int, int]:
    return (
        milliseconds(filters.since) if filters.since else _EVER[0],
        milliseconds(filters.until) if filters.until else _EVER[1],
    )


def _listed(desk: Desk, page: Page, filters: Filters, after: Cursor | None, limit: int) -> Listed:
    since, until = _span(filters)
    found: list[Entry] = []
    looked, cursor = 0, after or (until, 0)
    for entry, at in _entries(desk, page, since, cursor, filters.patient or None):
        looked, cursor = looked + 1, at
        if _matches(entry, filters):
            found.append(entry)
        if len(found) == limit or looked == LOOKED_AT:
            return Listed(tuple(found), looked, cursor)
    return Listed(tuple(found), looked, None)


def _entries(
    desk: Desk, page: Page, since: int, cursor: Cursor, patient: PatientId | None
) -> Iterator[tuple[Entry, Cursor]]:
    while rows := page.audit_page(since, cursor, _AT_ONCE, patient):
        for row in rows:
            yield entry_on(desk, page, act_of(page, row.op)), row.cursor
        cursor = rows[-1].cursor


def _matches(entry: Entry, wanted: Filters) -> bool:
    act = entry.act
    exact = (
        (wanted.user, act.user), (wanted.action, act.action), (wanted.device, act.device), (wanted.outcome, act.outcome)
    )  # fmt: skip
    if any(asked and asked != said for asked, said in exact):
        return False
    if not wanted.text.strip():
        return True
    said = plain(f"{act.name} {entry.person} {act.action} {act.entity} {entry.device}")
    return all(word in said for word in plain(wanted.text).split())
