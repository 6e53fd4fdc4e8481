# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit as people read it: who did what with which chart, narrowed, newest first, in pages."""

from collections.abc import Sequence

from clinic.domain.misuse.lists import Choices, Cursor, Entry, Filters, Listed, Matches
from clinic.domain.misuse.seen import Act
from clinic.domain.sound import plain
from clinic.keys.rights import Action
from clinic.services.acted import act_of
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.store.audits import Named
from clinic.store.page import Page

READ = "read audit"
"""The action of an entry that says who looked into the audit."""
PAGE = 100


@needs(Action.READ_AUDIT)
def read_audit(desk: Desk, filters: Filters, limit: int = PAGE) -> Listed:
    """The newest entries that match. An audited act: the entry says whose chart was asked about, if one was."""
    audit(desk, READ, filters.patient)
    return desk.book.read(lambda page: _listed(desk, page, filters, None, limit))


@needs(Action.READ_AUDIT)
def again(desk: Desk, filters: Filters, after: Cursor | None, limit: int = PAGE) -> Listed:
    """The same without the entry: for the next page, and to draw a list anew."""
    return desk.book.read(lambda page: _listed(desk, page, filters, after, limit))


@needs(Action.READ_AUDIT)
def found(desk: Desk, filters: Filters, written_down: bool, limit: int = PAGE) -> Matches:
    """Where all entries lie that match, and the first of them. `written_down`: a look of its own, which is an audited act;
    else while typing."""
    if written_down:
        audit(desk, READ, filters.patient)

    def look(page: Page) -> Matches:
        numbers = tuple(no for _, no in page.audit_found(filters, _named(desk)))
        all_of = Filters(patient=filters.patient, since=filters.since, until=filters.until)
        held = len(numbers) if filters == all_of else page.count_audit(filters)
        return Matches(numbers, _entries(desk, page, numbers[:limit]), held)

    return desk.book.read(look)


@needs(Action.READ_AUDIT)
def entries(desk: Desk, numbers: Sequence[int]) -> tuple[Entry | None, ...]:
    """Those of `found` that come into sight, one for each number; None for one that is shown no longer."""
    return desk.book.read(lambda page: _entries(desk, page, numbers))


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


def _listed(desk: Desk, page: Page, filters: Filters, after: Cursor | None, limit: int) -> Listed:
    where = page.audit_found(filters, _named(desk), after, limit)
    some = _entries(desk, page, [no for _, no in where])
    return Listed(tuple(one for one in some if one is not None), where[-1] if len(where) == limit else None)


def _entries(desk: Desk, page: Page, numbers: Sequence[int]) -> tuple[Entry | None, ...]:
    ops = page.audit_ops(numbers)
    return tuple(entry_on(desk, page, act_of(page, ops[no])) if no in ops else None for no in numbers)


def _named(desk: Desk) -> Named:
    names = [(plain(one.name), one.device) for one in desk.trust.devices()]
    return lambda word: [device for name, device in names if word in name]
