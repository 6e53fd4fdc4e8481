# SPDX-License-Identifier: GPL-3.0-or-later
"""/v1/attachments/{id}: sealed files, named by the hash of their bytes; both ways go on where they stopped.

The id is the BLAKE2b-256 of the bytes, as `clinic.keys` writes it. PUT ?offset=N&total=M adds at N, which
must be what is here already (a 409 says how much in Posta-Have); GET takes Range; HEAD says how much is here.
"""

import asyncio
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import Request
from starlette.responses import Response

from clinic.domain.errors import Unavailable
from clinic.protocol.sync import FaultNumber
from sync_server.access import Rights
from sync_server.desk import Desk, desk_of
from sync_server.limits import ATTACHMENT
from sync_server.pieces import Pieces
from sync_server.routes.answers import Denied, name_in, nothing, number_in

HAVE = "Posta-Have"
_ID = re.compile(r"[0-9a-f]{64}")
_log = logging.getLogger("posta.server")


async def put(request: Request) -> Response:
    """Takes a piece; the last one must make the whole hash to its id."""
    desk = desk_of(request)
    rights = await desk.live_rights(request)
    name, offset = _name(request), number_in(request, "offset")
    total = number_in(request, "total", int(request.headers.get("content-length", "0") or 0) + offset)
    if not 0 < total <= ATTACHMENT:
        raise Denied(FaultNumber.TOO_LARGE, f"An attachment holds at most {ATTACHMENT} bytes.")
    if await _whole(desk, name, rights) is None and await _waiting(desk, name, rights) is None:
        with _disk():
            pieces = _pieces(desk, name, rights)
            if await _add(request, pieces, offset, total) == total:
                await _finish(desk, pieces)
    return nothing()


async def head(request: Request) -> Response:
    """How many bytes are here."""
    desk = desk_of(request)
    rights = await desk.live_rights(request)
    name = _name(request)
    have = await _whole(desk, name, rights)
    if have is None:
        have = await _waiting(desk, name, rights)
    if have is None:
        with _disk():
            have = _pieces(desk, name, rights).have()
    return Response(status_code=204, headers={HAVE: str(have)})


async def get(request: Request) -> Response:
    """The bytes, or a range of them, for staff and for the device that brought them."""
    desk = desk_of(request)
    rights = await desk.live_rights(request)
    name = _name(request)
    whole = await _whole(desk, name, rights)
    if whole is None:
        raise Denied(FaultNumber.NOT_FOUND, "This attachment has not arrived yet.")
    return await desk.place.answer(name, whole, request)


async def _whole(desk: Desk, name: str, rights: Rights) -> int | None:
    """Bytes of a file that is all here, for staff and for the device that brought it; to others none is here. One that is in
    the book but not in its place (a restored book, a folder that was lost) is wanted again."""
    there = await desk.book.ask(lambda book: book.attachment(name))
    if there is None or not (rights.staff or there[1] == rights.device):
        return None
    if not await desk.place.has(name):
        _log.warning("attachment %s is in the book and not in its place", name)
        return None
    return there[0]


async def _waiting(desk: Desk, name: str, rights: Rights) -> int | None:
    """Bytes of one that was whole when its place could not take it, after it took it now; None where none waits. Its computer
    takes it for kept once it hears that all of it is here."""
    pieces = _pieces(desk, name, rights)
    if not pieces.whole.exists():
        return None
    return await _keep(desk, pieces)


def _name(request: Request) -> str:
    name = name_in(request, "attachment")
    if not _ID.fullmatch(name):
        raise Denied(FaultNumber.MALFORMED, "This is no attachment's id.")
    return name


def _pieces(desk: Desk, name: str, rights: Rights) -> Pieces:
    return Pieces(desk.folder / "attachments", name, rights.device)


async def _add(request: Request, pieces: Pieces, offset: int, total: int) -> int:
    """Bytes there afterwards. What came before a cut stays."""
    file = await asyncio.to_thread(pieces.open_at, offset)
    if file is None:
        raise Denied(FaultNumber.CONFLICT, "Another piece is wanted first.", {HAVE: str(pieces.have())})
    have = offset
    with file:
        async for piece in request.stream():
            have += len(piece)
            if have > total:
                break
            await asyncio.to_thread(file.write, piece)
    if have > total:
        pieces.throw_away()
        raise Denied(FaultNumber.MALFORMED, "This attachment is longer than it said. Send it again.")
    return have


async def _finish(desk: Desk, pieces: Pieces) -> None:
    if not await asyncio.to_thread(pieces.settle, desk.random(4)):
        raise Denied(FaultNumber.MALFORMED, "This attachment was damaged on its way. Send it again.")
    await _keep(desk, pieces)


async def _keep(desk: Desk, pieces: Pieces) -> int:
    """In its place first, then in the book: what the book names is there."""
    with _disk():
        size = pieces.whole.stat().st_size
        await desk.place.keep(pieces.name, pieces.whole)
    name, device, at = pieces.name, pieces.device, desk.clock.now()
    await desk.book.ask(lambda book: book.keep_attachment(name, size, device, at))
    return size


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Denied(
            FaultNumber.CONFLICT, "Another request brings the same just now. Try again in a moment."
        ) from error
    except OSError as error:
        raise Unavailable("The server's disk cannot take this attachment now. Try again later.") from error
