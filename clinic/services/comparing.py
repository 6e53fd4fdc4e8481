# SPDX-License-Identifier: GPL-3.0-or-later
"""Do colleagues hold the same? Every hundred exchanges a desktop tells its team what some charts come to; whoever holds something
else has that chart sent once more and puts right what differs (decision 29).

Only charts at rest are told and compared, only up to two days ago, and only by a computer to which nothing is on its way. A
difference proves nothing by itself (somebody's old words may just have come): the chart is fetched, and what was wrong here,
if anything, is counted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from clinic.domain.clock import milliseconds
from clinic.domain.ids import PatientId, ScopeId, patient_of, patient_scope
from clinic.protocol.codec import dumps, loads
from clinic.protocol.envelope import MAX_COUNT, P2_RECORD
from clinic.protocol.marks import ScopeMark, StateMark
from clinic.protocol.trust import DeviceKind
from clinic.services.desks import Desk
from clinic.store.mending import ask_again, at_rest, settled_bodies
from clinic.store.page import Page
from clinic.store.sheet import from_ms, to_ms
from clinic.store.writing import WritePage
from clinic.sync.settled import settled_hash

EVERY = 100
"""Exchanges between two marks."""
CHARTS = 50
"""In one mark; the next ones are in the next."""
SETTLED = timedelta(days=2)
FETCHED = timedelta(days=7)
"""How long a chart that was fetched is not fetched again: a colleague's damage, or malice, costs no more."""
_COUNTED, _TOLD, _TOLD_AT, _DUE, _ASKED, _MENDED, _COMPARED = (
    "exchanges", "told up to", "told at", "marks", "asked again ", "mended", "compared",
)  # fmt: skip
_MENDING = "mending"


@dataclass(frozen=True, slots=True)
class Compared:
    """When charts were last compared; records put right here since the start, and when last."""

    at: datetime | None
    mended: int
    mended_at: datetime | None


def compared_in(meta: Callable[[str], bytes | None]) -> Compared:
    """What came of it so far, out of the book's settings."""
    at, kept = meta(_COMPARED), meta(_MENDED)
    mended, mended_ms = loads(kept) if kept else (0, None)
    return Compared(
        from_ms(int(at)) if at else None, mended, from_ms(mended_ms) if mended_ms is not None else None
    )


def fetched_again(page: Page) -> dict[ScopeId, int]:
    """The scopes that are being sent once more, each with the seq up to which it had come before."""
    kept = page.meta(_MENDING)
    return {ScopeId(scope): seq for scope, seq in loads(kept).items()} if kept else {}


def note_mended(page: WritePage, desk: Desk, ops: int) -> None:
    """Records were missing here or were not what was written."""
    if ops:
        before = compared_in(page.meta).mended
        page.put_meta(_MENDED, dumps([before + ops, to_ms(desk.clock.now())]))


def keep_marks(page: WritePage, marks: list[StateMark]) -> None:
    """Marks wait until nothing is on its way here; of each chart the latest word counts."""
    told = {
        one.scope: [mark.settled, one.ops, one.digest]
        for mark in marks
        if 0 <= mark.settled < MAX_COUNT
        for one in mark.scopes[:CHARTS]
    }
    if told:
        page.put_meta(_DUE, dumps({**loads(page.meta(_DUE) or dumps({})), **told}))


def after_exchange(desk: Desk, page: WritePage, everything: bool) -> tuple[ScopeId, ...]:
    """Compare what waits, and tell our own when it is time. `everything`: nothing more is on its way here. Gives the scopes that
    the centre is to send once more."""
    number = page.next_number(_COUNTED)
    if desk.kind != DeviceKind.DESKTOP or not everything:
        return ()
    page.drop_meta(_MENDING)  # what was on its way has come whole
    fetched = dict(_compare(desk, page))
    if fetched:
        page.put_meta(_MENDING, dumps(fetched))
    told = int(page.meta(_TOLD_AT) or b"0")
    if number - told >= EVERY and desk.team and desk.trust.epoch(desk.team) is not None:
        page.put_meta(_TOLD_AT, str(number).encode())
        _tell(desk, page)
    return tuple(fetched)


def _compare(desk: Desk, page: WritePage) -> Iterator[tuple[ScopeId, int]]:
    """The scopes that differ, each with the seq up to which it had come."""
    kept = page.meta(_DUE)
    if not kept:
        return
    here = at_rest(page)
    for scope, (settled, ops, digest) in loads(kept).items():
        patient = patient_of(ScopeId(scope))
        if patient is None or patient not in here or _mark(page, patient, settled) == (ops, digest):
            continue
        if _fetch_now(desk, page, patient):
            yield ScopeId(scope), ask_again(page, patient)
    page.drop_meta(_DUE)
    page.put_meta(_COMPARED, str(to_ms(desk.clock.now())).encode())


def _fetch_now(desk: Desk, page: WritePage, patient: PatientId) -> bool:
    """False for one that was fetched lately."""
    scope, now = patient_scope(patient), desk.clock.now()
    asked = page.meta(_ASKED + scope)
    if asked is not None and abs(now - from_ms(int(asked))) < FETCHED:
        return False
    page.put_meta(_ASKED + scope, str(to_ms(now)).encode())
    return True


def _mark(page: Page, patient: PatientId, settled: int) -> tuple[int, bytes]:
    bodies = settled_bodies(page, patient, settled)
    return len(bodies), settled_hash(bodies)


def _tell(desk: Desk, page: WritePage) -> None:
    settled = milliseconds(desk.clock.now() - SETTLED) << 16
    charts = list(_next_charts(page))
    if charts:
        marks = [(patient_scope(one), *_mark(page, one, settled)) for one in charts]
        told = tuple(ScopeMark(scope=scope, ops=ops, digest=digest) for scope, ops, digest in marks)
        desk.tell_team(page, StateMark(settled=settled, scopes=told), P2_RECORD)
        page.put_meta(_TOLD, charts[-1].encode())


def _next_charts(page: Page) -> Iterator[PatientId]:
    """The charts after those told last, round and round."""
    charts, after = (
        sorted(at_rest(page) - {patient_of(one) for one in fetched_again(page)}),
        (page.meta(_TOLD) or b"").decode(),
    )
    ordered = [one for one in charts if one > after] + [one for one in charts if one <= after]
    yield from ordered[:CHARTS]
