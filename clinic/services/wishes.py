# SPDX-License-Identifier: GPL-3.0-or-later
"""What an administrator wants said in the trust log. It waits in her store until the centre holds it: offline, and when a
colleague's statement came first, it is signed anew against the newest log.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import DeviceId
from clinic.domain.record import Record
from clinic.keys.orders import NothingLeft, spoken
from clinic.keys.trust import Signer, TrustLog
from clinic.protocol.codec import decode, encode
from clinic.protocol.organisation import ComputerSeen, Wish
from clinic.services.desks import Desk
from clinic.services.enrolment import Outrun, state
from clinic.services.link import exchange_now, remote_of, with_remote
from clinic.store.rows import Changes
from clinic.store.writing import WritePage

_WISH = "wish "
_TRUST = Changes(frozenset({"Trust"}))
ROUNDS = 3
"""So often is a statement signed anew when a colleague's came first; then it waits for the next exchange."""


def wishes(desk: Desk) -> tuple[Wish, ...]:
    """What waits, or was refused and has not been dismissed; the earliest first."""
    found = desk.book.read(lambda page: page.metas(_WISH))
    return tuple(sorted((decode(data, Wish) for data in found.values()), key=lambda wish: wish.id))


def ask(desk: Desk, *bodies: Record) -> bool:
    """Keep the wishes, then try to have them said. False: they wait for the centre. Raises Refusal for what cannot be
    said, which is then not kept."""
    _try_out(desk, bodies)
    made = [
        Wish(id=desk.new_id(), body=body, asked_at=desk.clock.now(), asked_by=desk.someone.user)
        for body in bodies
    ]

    def act(page: WritePage) -> None:
        for wish in made:
            page.put_meta(_WISH + wish.id, encode(wish))

    desk.book.keep(act, _TRUST)
    try:
        carry_out(desk)
    except Unavailable:
        return False
    refused = [wish for wish in wishes(desk) if wish.refused and wish.id in {one.id for one in made}]
    for wish in refused:
        dismiss(desk, wish.id)
    if refused:
        raise Refusal(refused[0].refused)
    return True


def dismiss(desk: Desk, wish: str) -> None:
    """Want it no more."""
    desk.book.keep(lambda page: page.drop_meta(_WISH + wish), _TRUST)


def carry_out(desk: Desk) -> None:
    """Have every wish of the person here said that waits. Raises Unavailable without the centre."""
    for wish in wishes(desk):
        if wish.asked_by == desk.someone.user and not wish.refused:
            _carry_out(desk, wish)


def _carry_out(desk: Desk, wish: Wish) -> None:
    exchange_now(desk)
    seen = {one.device: one for one in with_remote(remote_of(desk), lambda remote: remote.computers())}
    try:
        _said(desk, wish, seen)
    except NothingLeft:
        exchange_now(desk)  # the background may have signed it a moment ago: here, and not yet at the centre
    except Refusal as no:
        refused = encode(replace(wish, refused=str(no)))
        desk.book.keep(lambda page: page.put_meta(_WISH + wish.id, refused), _TRUST)
        return
    dismiss(desk, wish.id)


def _said(desk: Desk, wish: Wish, seen: Mapping[DeviceId, ComputerSeen]) -> None:
    """Raises NothingLeft once the log says it already, Refusal for what cannot be said."""
    for _again in range(ROUNDS):
        try:
            state(desk, partial(_bodies, desk, wish.body, seen))
        except Outrun:
            continue
        return
    raise Unavailable("Colleagues change who is admitted just now. This waits, and is said soon.")


def _bodies(desk: Desk, body: Record, seen: Mapping[DeviceId, ComputerSeen], log: TrustLog) -> list[Record]:
    signer = Signer(desk.someone.user, desk.device, desk.user_keys)
    return spoken(log, body, seen, signer, desk.team_keys, desk.clock.now(), desk.random)


def _try_out(desk: Desk, bodies: tuple[Record, ...]) -> None:
    """Raises Refusal for what the log of today refuses already."""
    log = desk.trust
    for body in bodies:
        try:
            _bodies(desk, body, {}, log)
        except NothingLeft:
            raise Refusal("That is so already. Nothing was changed.") from None
