# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of its own for a computer whose book was restored, or copied while it is in use: what it says is then told apart from
what the other one says with the same keys.

A copy shows by what the centre holds under this computer's numbers and this one never sent (`clinic.sync.exchange`). Whichever
of the two hears of it begins anew and has everything sent once more, what the other wrote included: nothing of either is lost.
A kiosk cannot open what it sealed, so it never begins anew while it runs: what is refused of it stays, and is shown.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from clinic.domain.errors import PostaError
from clinic.domain.ids import AUDITORS, ScopeId, TeamId, team_scope
from clinic.keys.sealing import AUDIT, Granted, Keyring, open_envelope
from clinic.protocol.codec import dumps, loads
from clinic.protocol.envelope import ALG_KEY_GRANT, P2_RECORD, Envelope, unpack
from clinic.protocol.trust import DeviceKind
from clinic.services.arrivals import made_here
from clinic.services.desks import Desk
from clinic.store.page import Page
from clinic.store.renewal import Sent, of_earlier, renew
from clinic.store.sheet import from_ms, to_ms
from clinic.store.writing import WritePage

_IN_SCOPE = "in "
_COPIED = "copied"
_TOLD = timedelta(days=30)
"""How long the status speaks of it."""
_MOST, _WITHIN = 3, timedelta(hours=1)
"""A centre that tells of copies for ever is not believed for ever."""


def begin_anew(desk: Desk, page: WritePage) -> None:
    """The next incarnation; what had a number and did not arrive waits again. The caller's transaction."""
    counted, before = page.numbers(_IN_SCOPE), desk.incarnation
    waiting = renew(page, desk.clock.now(), desk.random)
    first = _first_numbers(waiting)
    for name, count in counted.items():
        scope = ScopeId(name.removeprefix(_IN_SCOPE))
        made_here(page, scope, desk.device, before, min(count, first.get(scope, count + 1) - 1))
    desk.goes_on_as(page)
    _post_again(desk, page, waiting)


def notice_copy(desk: Desk, page: WritePage) -> bool:
    """Begin anew because a copy of this computer was seen, and forget the cursors. False where that cannot be, or was so too
    often."""
    now, noticed = desk.clock.now(), _noticed(page)
    if desk.kind == DeviceKind.KIOSK or sum(abs(now - at) < _WITHIN for at in noticed) >= _MOST:
        return False
    page.put_meta(_COPIED, dumps([to_ms(at) for at in (*noticed, now)[-_MOST:]]))
    begin_anew(desk, page)
    page.forget_cursors()
    return True


def is_copied(desk: Desk, page: Page) -> bool:
    """True if a copy was noticed lately."""
    return any(abs(desk.clock.now() - at) < _TOLD for at in _noticed(page)[-1:])


def offer_earlier_again(desk: Desk, page: WritePage) -> None:
    """What was sent in earlier incarnations to a centre that has lost some of it leaves once more, under numbers of this one."""
    if desk.kind != DeviceKind.KIOSK:
        _post_again(desk, page, of_earlier(page))


def _noticed(page: Page) -> tuple[datetime, ...]:
    kept = page.meta(_COPIED)
    return tuple(from_ms(ms) for ms in loads(kept)) if kept else ()


def _first_numbers(waiting: Sequence[Sent]) -> dict[ScopeId, int]:
    """Scope -> the lowest of these envelopes' own count in it."""
    found: dict[ScopeId, int] = {}
    for sent in waiting:
        header = unpack(sent.wire).header
        found[header.scope] = min(header.scope_no, found.get(header.scope, header.scope_no))
    return found


def _post_again(desk: Desk, page: WritePage, waiting: Sequence[Sent]) -> None:
    granted: set[tuple[ScopeId, TeamId]] = set()
    to_auditors: list[int] = []
    for sent in waiting:
        envelope = unpack(sent.wire)
        scope, team = envelope.header.scope, envelope.header.team
        if envelope.header.alg == ALG_KEY_GRANT:
            if (scope, team) not in granted:
                desk.grant_again(page, scope, sent.priority, team)
            granted.add((scope, team))
        elif scope == team_scope(AUDITORS):
            to_auditors.append(sent.written_ms)
        else:
            _ops_again(desk, page, sent, envelope)
    if to_auditors:
        _audit_again(desk, page, min(to_auditors))


def _ops_again(desk: Desk, page: WritePage, sent: Sent, envelope: Envelope) -> None:
    header = envelope.header
    try:
        keyring = Keyring({header.scope: page.scope_keys(header.scope)})
        inside = open_envelope(envelope, keyring, desk.team_keys)
        if not isinstance(inside, Granted):
            desk.post_again(page, header.scope, inside.ops, sent.priority, header.team)
    except PostaError as error:
        page.quarantine(header.scope, 0, str(error), desk.device, sent.wire, desk.clock.now())


def _audit_again(desk: Desk, page: WritePage, since_ms: int) -> None:
    """What a desktop sealed to the auditors it cannot open again; its own audit is here."""
    own = [op for kind in AUDIT for op in page.ops_of(kind) if op.id.startswith(f"{desk.device}.")]
    late = [op for op in own if op.stamp >= since_ms << 16]
    desk.post_again(page, team_scope(AUDITORS), late, P2_RECORD, AUDITORS)
