# SPDX-License-Identifier: GPL-3.0-or-later
"""GET and POST /v1/trust: the log for devices and for those with an open invitation; the founding of the
organisation."""

from starlette.requests import Request
from starlette.responses import Response

from clinic.keys.identity import verify
from clinic.keys.sessions import root_proof
from clinic.protocol.sync import FaultNumber, TrustPart
from sync_server.desk import Desk, desk_of
from sync_server.founding_code import check_code, spend_code
from sync_server.ledger import add, part_from
from sync_server.limits import TRUST_BODY
from sync_server.routes.answers import Denied, answer, nothing, number_in, record_of
from sync_server.routes.session import check_certificate

ROOT = "posta-root"
"""Header with a challenge's nonce, the root key's signature of `root_proof`, and `certificate_mark` of the certificate that was
shown (nothing without TLS), in hex with points between."""
INVITATION = "posta-mailbox"
"""Header naming the mailbox of an invitation that was used and answered: the log holds names of staff, so not everybody may
read it."""


async def read(request: Request) -> Response:
    """Statements from position ``from`` on; fewer than all when they are many."""
    desk = desk_of(request)
    await _may_read(desk, request)
    first = number_in(request, "from")
    return answer(TrustPart(first=first, statements=part_from(desk.log, first)))


async def write(request: Request) -> Response:
    """The first statements found the organisation here, with the founding code where one is asked; later ones need a
    session."""
    desk = desk_of(request)
    desk.knock(request)
    await desk.catch_up()
    if desk.log.root is None:
        check_code(desk, request)
    elif not await _by_root(desk, request):
        await desk.rights_for(request)
    part = await record_of(request, TrustPart, TRUST_BODY)
    await add(desk, part.statements, part.first)
    if desk.log.root is not None:
        spend_code(desk)
    return nothing()


async def _may_read(desk: Desk, request: Request) -> None:
    box = request.headers.get(INVITATION, "")
    if await _by_root(desk, request):
        return
    if not box:
        await desk.rights_for(request)
        return
    desk.knock(request)
    now = desk.clock.now()
    there = await desk.book.ask(lambda book: book.mailbox(box, now))
    if there is None or not (there.request and there.answer):
        raise Denied(FaultNumber.NOT_ALLOWED, "This invitation is over. Ask for a new one.")


async def _by_root(desk: Desk, request: Request) -> bool:
    """True if the caller holds the organisation's root key now, from its recovery sheets: it signed a challenge of this centre.

    Raises Denied for one who says so and does not."""
    said = request.headers.get(ROOT, "")
    if not said:
        return False
    desk.knock(request)
    try:
        nonce, signature, certificate = (bytes.fromhex(part) for part in said.split("."))
    except ValueError:
        raise Denied(
            FaultNumber.NOT_LOGGED_IN,
            "This device and the server speak different versions of Posta. Update the older one.",
        ) from None
    root = desk.log.root
    if root is None or not desk.spend_nonce(nonce):
        raise Denied(FaultNumber.NOT_LOGGED_IN, "This took too long. Connect again.")
    check_certificate(desk, certificate)
    epoch = await desk.book.ask(lambda book: book.epoch())
    if not verify(desk.log.root_key, root_proof(root.organization, epoch, certificate, nonce), signature):
        raise Denied(
            FaultNumber.NOT_LOGGED_IN, "These are not the present recovery sheets of this organisation."
        )
    return True
