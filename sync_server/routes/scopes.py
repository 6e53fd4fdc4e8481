# SPDX-License-Identifier: GPL-3.0-or-later
"""POST /v1/scope: the sealed records of one patient's scope for whom a custodian permitted them; the grants and the names of its
keys for a custodian of its team. Nothing here can be read without a key that this server does not have.
"""

import logging
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from clinic.domain.ids import patient_of
from clinic.keys.glass import checked_permit, custodians
from clinic.protocol.envelope import ALG_KEY_GRANT, ALG_SCOPE_KEY, unpack
from clinic.protocol.glass import ScopePart, ScopePull
from clinic.protocol.sync import FaultNumber, Sequenced
from sync_server.access import Rights
from sync_server.desk import Desk, desk_of
from sync_server.limits import ANSWER_BUDGET, SCOPE_BODY
from sync_server.routes.answers import TOO_OLD, Denied, answer, record_of

_log = logging.getLogger("posta.server")
_MOST = 2**62


async def part(request: Request) -> Response:
    """In order of seq; ask again with `up_to` while there is more."""
    desk = desk_of(request)
    rights = await desk.live_rights(request)
    asked = await record_of(request, ScopePull, SCOPE_BODY)
    if patient_of(asked.scope) is None or "\0" in asked.scope or not 0 <= asked.after < _MOST:
        raise Denied(FaultNumber.MALFORMED, "This is no patient's scope.")
    grants_only = not asked.permit
    if grants_only:
        await _check_custodian(desk, rights, asked)
    else:
        checked_permit(asked.permit, asked.signature, desk.log, rights.device, asked.scope, desk.clock.now())
    whole = asked.takes_snapshots or grants_only
    if not whole and await desk.book.ask(lambda book: book.has_gone(asked.scope, asked.after)):
        raise Denied(FaultNumber.VERSION, TOO_OLD)
    found, more = await desk.book.ask(lambda book: book.scope_part(asked.scope, asked.after, ANSWER_BUDGET))
    up_to = found[-1].seq if found else asked.after
    handed = tuple(one for one in found if _is_grant(one)) if grants_only else found
    key_ids = _key_ids(found) if grants_only else ()
    how = "grants" if grants_only else "by permit"
    _log.info(
        "scope %(device)s: out %(out)d, %(how)s", {"device": rights.device, "out": len(handed), "how": how}
    )
    return answer(ScopePart(envelopes=handed, up_to=up_to, more=more, key_ids=key_ids))


async def _check_custodian(desk: Desk, rights: Rights, asked: ScopePull) -> None:
    """A custodian that is a member of a team whose scope this is; one of other teams hears what she would of no such patient."""
    teams = {
        team
        for user in custodians(desk.log)
        if user.device == rights.device
        for team in desk.log.teams_of(user.user)
    }
    tags = await desk.book.ask(lambda book: book.scope_tags(asked.scope))
    if not teams:
        raise Denied(FaultNumber.NOT_ALLOWED, "Only a custodian of the team may do this.")
    if not teams & tags:
        raise Denied(
            FaultNumber.NOT_FOUND, "The centre holds nothing of this patient. Look the person up once more."
        )


def _is_grant(one: Sequenced) -> bool:
    return unpack(one.envelope).header.alg == ALG_KEY_GRANT


def _key_ids(found: Sequence[Sequenced]) -> tuple[bytes, ...]:
    """Of the keys that these are sealed with, each once."""
    headers = (unpack(one.envelope).header for one in found)
    return tuple(dict.fromkeys(one.key_id for one in headers if one.alg == ALG_SCOPE_KEY))
