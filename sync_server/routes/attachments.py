# SPDX-License-Identifier: GPL-3.0-or-later
"""/v1/attachments/{id}: sealed files on disk, named by the hash of their bytes; both ways go on where they
stopped.

The id is the BLAKE2b-256 of the bytes, as `clinic.keys` writes it. PUT ?offset=N&total=M appends at N, which
must be what is here already (a 409 says how much in Posta-Have); GET takes Range; HEAD says how much is here.
"""

import asyncio
import os
import re
from hashlib import blake2b
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from clinic.domain.errors import Unavailable
from clinic.protocol.sync import FaultNumber
from sync_server.access import Rights
from sync_server.desk import Desk, desk_of
from sync_server.limits import ATTACHMENT
from sync_server.routes.answers import Denied, name_in, nothing, number_in

HAVE = "Posta-Have"
_ID = re.compile(r"[0-9a-f]{64}")
_PIECE = 1024 * 1024


async def put(request: Request) -> Response:
    """Appends a piece; the last one must make the whole hash to its id."""
    desk = desk_of(request)
    rights = await desk.live_rights(request)
    name, offset = _name(request), number_in(request, "offset")
    total = number_in(request, "total", int(request.headers.get("content-length", "0") or 0) + offset)
    if not 0 < total <= ATTACHMENT:
        raise Denied(FaultNumber.TOO_LARGE, f"An attachment holds at most {ATTACHMENT} bytes.")
    if await _whole(desk, name, rights) is not None:
        return nothing()
    try:
        have = await _append(request, _part(desk, name, rights), offset, total)
        if have == total:
            await _finish(desk, name, rights, total)
    except OSError as error:
        raise Unavailable("The server's disk cannot take this attachment now. Try again later.") from error
    return nothing()


async def head(request: Request) -> Response:
    """How many bytes are here."""
    desk = desk_of(request)
    rights = await desk.live_rights(request)
    name = _name(request)
    whole = await _whole(desk, name, rights)
    have = _size(_part(desk, name, rights)) if whole is None else whole
    return Response(status_code=204, headers={HAVE: str(have)})


async def get(request: Request) -> Response:
    """The bytes, or a range of them, for staff and for the device that brought them."""
    desk = desk_of(request)
    rights = await desk.live_rights(request)
    name = _name(request)
    if await _whole(desk, name, rights) is None:
        raise Denied(FaultNumber.NOT_FOUND, "This attachment has not arrived yet.")
    return FileResponse(_folder(desk) / name, media_type="application/octet-stream")


async def _whole(desk: Desk, name: str, rights: Rights) -> int | None:
    """Bytes of a file that is all here, for staff and for the device that brought it; to others none is here."""
    there = await desk.book.ask(lambda book: book.attachment(name))
    return there[0] if there and (rights.staff or there[1] == rights.device) else None


def _name(request: Request) -> str:
    name = name_in(request, "attachment")
    if not _ID.fullmatch(name):
        raise Denied(FaultNumber.MALFORMED, "This is no attachment's id.")
    return name


def _folder(desk: Desk) -> Path:
    return desk.folder / "attachments"


def _part(desk: Desk, name: str, rights: Rights) -> Path:
    """Each device brings its own piece by piece, so that two never write into one file."""
    mark = blake2b(rights.device.encode(), digest_size=8).hexdigest()
    return _folder(desk) / f"{name}.{mark}.part"


def _throw_away(part: Path) -> None:
    part.unlink(missing_ok=True)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


async def _append(request: Request, part: Path, offset: int, total: int) -> int:
    """Bytes there afterwards. What came before a cut stays."""
    part.parent.mkdir(parents=True, exist_ok=True)
    have = _size(part)
    if offset != have:
        raise Denied(FaultNumber.CONFLICT, "Another piece is wanted first.", {HAVE: str(have)})
    with part.open("ab") as file:
        async for piece in request.stream():
            have += len(piece)
            if have > total:
                break
            await asyncio.to_thread(file.write, piece)
    if have > total:
        _throw_away(part)
        raise Denied(FaultNumber.MALFORMED, "This attachment is longer than it said. Send it again.")
    return have


async def _finish(desk: Desk, name: str, rights: Rights, total: int) -> None:
    part = _part(desk, name, rights)
    if await asyncio.to_thread(_settled_hash, part) != name:
        _throw_away(part)
        raise Denied(FaultNumber.MALFORMED, "This attachment was damaged on its way. Send it again.")
    os.replace(part, _folder(desk) / name)
    await asyncio.to_thread(_sync_folder, _folder(desk))
    at = desk.clock.now()
    await desk.book.ask(lambda book: book.keep_attachment(name, total, rights.device, at))


def _settled_hash(file: Path) -> str:
    """Hex of BLAKE2b-256, after the bytes are on the disk."""
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())
        hashed = blake2b(digest_size=32)
        while piece := stream.read(_PIECE):
            hashed.update(piece)
    return hashed.hexdigest()


def _sync_folder(folder: Path) -> None:
    """Makes the new name last; Windows needs and knows nothing of the kind."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
