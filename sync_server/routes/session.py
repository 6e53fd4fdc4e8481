# SPDX-License-Identifier: GPL-3.0-or-later
"""GET /v1/challenge and POST /v1/session: a device proves its key and gets an opaque token."""

from starlette.requests import Request
from starlette.responses import Response

from clinic.domain.ids import OrgId
from clinic.keys.identity import verify
from clinic.keys.sessions import NEWEST, session_proof
from clinic.protocol.sync import FOUNDING, Challenge, FaultNumber, Session, SessionRequest
from sync_server.desk import Desk, desk_of
from sync_server.founding_code import check_code
from sync_server.limits import SMALL_BODY
from sync_server.routes.answers import Denied, answer, record_of

_NOBODYS = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
"""A signing key (RFC 8032, 7.1, test 1) that is looked at where there is none: who asks does not see from the answer, nor from
how long it took, whether a device is admitted."""


async def challenge(request: Request) -> Response:
    """A nonce, and whose server this is; a founding code that comes along is compared, so that a wrong one shows early."""
    desk = desk_of(request)
    desk.knock(request)
    await desk.catch_up()
    root = desk.log.root
    if root is None and FOUNDING in request.headers:
        check_code(desk, request)
    epoch = await desk.book.ask(lambda book: book.epoch())
    whose = root.organization if root else OrgId("")
    asks = root is None and bool(desk.founding_code)
    return answer(
        Challenge(nonce=desk.new_nonce(), server=epoch, organization=whose, asks_code=asks, proofs=NEWEST)
    )


async def session(request: Request) -> Response:
    """A token for a device of the trust log that signed the nonce. A revoked one gets in too: to read its
    wipe."""
    desk = desk_of(request)
    desk.knock(request)
    asked = await record_of(request, SessionRequest, SMALL_BODY)
    _check(desk, asked, await desk.book.ask(lambda book: book.epoch()))
    token, life = await desk.open_session(asked.device)
    return answer(
        Session(token=token, expires_at=desk.clock.now() + life, squeezes=True, streams=True, sums=True)
    )


def check_certificate(desk: Desk, seen: bytes) -> None:
    """Raises Denied where this centre shows a certificate of its own and another was `seen` (`certificate_mark`)."""
    if desk.certificate and seen != desk.certificate:
        raise Denied(
            FaultNumber.NOT_LOGGED_IN,
            "Between this computer and the centre stands something with another certificate. Tell whoever runs the server.",
        )


def _check(desk: Desk, asked: SessionRequest, epoch: str) -> None:
    if not desk.spend_nonce(asked.nonce):
        raise Denied(FaultNumber.NOT_LOGGED_IN, "This took too long. Connect again.")
    check_certificate(desk, asked.certificate)
    proof = session_proof(desk.log.fingerprint, epoch, asked.certificate, asked.nonce)
    rights = desk.rights(asked.device)
    if not verify(rights.signing_key if rights else _NOBODYS, proof, asked.signature) or rights is None:
        raise Denied(
            FaultNumber.NOT_LOGGED_IN,
            "The centre did not let this computer in: it is not admitted there, or could not prove who it is. "
            "Enrol it with an invitation, or ask an administrator.",
        )
