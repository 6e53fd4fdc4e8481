# SPDX-License-Identifier: GPL-3.0-or-later
"""Where whole attachments lie: a folder, or a store that speaks S3. Pieces wait in the folder until they are whole.

An attachment is sealed and named by the hash of its bytes, so one that is put twice is the same one.
"""

import asyncio
import logging
import os
import re
from collections.abc import AsyncIterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.types import Send

from clinic.domain.errors import Refusal, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore.store import S3Store

_log = logging.getLogger("posta.server")
_KIND = "application/octet-stream"
_PROBE = "posta-check"
_REGION, _REGIONS = "us-east-1", {"AWS_REGION", "AWS_DEFAULT_REGION"}
_READY_S = 5
_PIECE = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")
_LOOKS = "s3://bucket/prefix?endpoint=https://host:port&region=name"
_GONE = "The store of attachments does not answer. Try again later."


class Place(Protocol):
    """What the routes and readiness ask of it. Each raises Unavailable where it cannot be reached or written;
    FileNotFoundError where `whole` is not there any more."""

    async def ready(self) -> None:
        """Nothing, if it can be read."""
        ...

    async def keep(self, name: str, whole: Path) -> None:
        """Takes over a file that is settled; `whole` is gone afterwards and stays where it fails."""
        ...

    async def has(self, name: str) -> bool:
        """True if it is there."""
        ...

    async def answer(self, name: str, size: int, request: Request) -> Response:
        """Its bytes, or the range that was asked for."""
        ...


@dataclass(frozen=True, slots=True)
class OnDisk:
    """Files in one folder."""

    folder: Path

    async def ready(self) -> None:
        """The disk is looked at elsewhere."""

    async def keep(self, name: str, whole: Path) -> None:
        """A new name, which lasts."""
        try:
            with suppress(FileNotFoundError):  # another request that brought the same has put it there
                os.replace(whole, self.folder / name)
            os.stat(self.folder / name)
            await asyncio.to_thread(_sync_folder, self.folder)
        except OSError as error:
            raise Unavailable(
                "The server's disk cannot take this attachment now. Try again later."
            ) from error

    async def has(self, name: str) -> bool:
        """A file of that name."""
        return (self.folder / name).is_file()

    async def answer(self, name: str, size: int, request: Request) -> Response:
        """Straight from the file."""
        return FileResponse(self.folder / name, media_type=_KIND)


@dataclass(frozen=True, slots=True)
class InS3:
    """Objects below a prefix. What lay in the folder before, or was restored into it, is read from there."""

    store: "S3Store"
    before: OnDisk

    async def ready(self) -> None:
        """What was written at the start is still there."""
        import obstore

        with _said():
            async with asyncio.timeout(_READY_S):
                await obstore.head_async(self.store, _PROBE)

    async def keep(self, name: str, whole: Path) -> None:
        """The object is whole or not there."""
        import obstore

        with whole.open("rb") as file, _said():
            await obstore.put_async(self.store, name, file)
        await asyncio.to_thread(whole.unlink, missing_ok=True)

    async def has(self, name: str) -> bool:
        """An object of that name, or a file."""
        import obstore

        if await self.before.has(name):
            return True
        with _said():
            try:
                await obstore.head_async(self.store, name)
            except FileNotFoundError:
                return False
        return True

    async def answer(self, name: str, size: int, request: Request) -> Response:
        """Piece by piece, as it comes."""
        if await self.before.has(name):
            return await self.before.answer(name, size, request)
        wanted = _range(request, size)
        if wanted is None:
            return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
        import obstore

        start, end = wanted
        with _said():
            got = await obstore.get_async(self.store, name)
        headers = {"content-length": str(end - start), "accept-ranges": "bytes"}
        if "range" in request.headers:
            headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
        status = 206 if "content-range" in headers else 200
        return _Flowing(_pieces(got.stream(_PIECE), start, end), status, headers, media_type=_KIND)


class _Flowing(StreamingResponse):
    """Where the store breaks off, the answer breaks off too: whoever asked sees that bytes are missing and asks again."""

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        except Unavailable as broken:
            _log.error("unavailable: %s", broken.sentence)


def place_at(url: str, folder: Path, key: tuple[str, str] | None = None) -> Place:
    """`folder` itself without a URL. `key`: id and secret; None takes them from the environment.

    Raises Refusal for an address that is none, for a bucket or key that the store does not know; Unavailable.
    """
    disk = OnDisk(folder)
    if not url:
        return disk
    try:
        import obstore
        from obstore.exceptions import BaseError
    except ImportError as error:
        raise Refusal(
            "S3 needs packages that are not here. Install packaging/requirements-server.txt, then start again."
        ) from error
    store = _store(url, key)
    try:
        obstore.put(store, _PROBE, b"posta")
        obstore.get(store, _PROBE).bytes()
    except (BaseError, OSError) as error:
        raise _why(error, url) from error
    return InS3(store, disk)


def read_s3_key(file: Path | None) -> tuple[str, str] | None:
    """Id and secret, one a line. Raises Refusal, Unavailable."""
    if file is None:
        return None
    try:
        lines = file.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable("The key in {file} cannot be read. Check the path.", file=file) from error
    if len(lines) != 2:
        raise Refusal("{file} should hold two lines: the id of the S3 key, and its secret.", file=file)
    return lines[0], lines[1]


def _store(url: str, key: tuple[str, str] | None) -> "S3Store":
    from obstore.exceptions import BaseError
    from obstore.store import S3Store

    bucket, prefix, more = _parts(url)
    known = {"access_key_id": key[0], "secret_access_key": key[1]} if key else {}
    endpoint = more.get("endpoint") or os.environ.get("AWS_ENDPOINT_URL", "")
    if endpoint:
        known["endpoint"] = endpoint
    if "region" in more or not _REGIONS & os.environ.keys():
        known["region"] = more.get("region", _REGION)
    try:
        return S3Store(
            bucket,
            prefix=prefix or None,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": "5s",
                "timeout": "30s",
            },
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=20)},
            **known,  # type: ignore[arg-type]
        )
    except (BaseError, ValueError) as error:
        raise _no_address() from error


def _parts(url: str) -> tuple[str, str, dict[str, str]]:
    """Bucket, prefix, and what follows the question mark."""
    try:
        parts = urlsplit(url)
        more = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        endpoint = urlsplit(more.get("endpoint", "https://host"))
    except ValueError as error:
        raise _no_address() from error
    if "@" in parts.netloc or "@" in endpoint.netloc:
        raise Refusal(
            "A key does not belong in the address of the S3 store. Put it into a file and name that as attachments_key."
        )
    sound = parts.scheme == "s3" and _BUCKET.fullmatch(parts.netloc) and more.keys() <= {"endpoint", "region"}
    if not sound or endpoint.scheme not in ("http", "https") or not endpoint.hostname:
        raise _no_address()
    return parts.netloc, parts.path.strip("/"), more


def _no_address() -> Refusal:
    return Refusal("This is no address of an S3 store. It looks like {looks}.", looks=_LOOKS)


def _why(error: Exception, url: str) -> Refusal | Unavailable:
    """The sentence at the start."""
    from obstore.exceptions import NotFoundError, PermissionDeniedError, UnauthenticatedError

    bucket = urlsplit(url).netloc
    if isinstance(error, NotFoundError | FileNotFoundError):
        return Refusal("The S3 store has no bucket {bucket}. Make it there, then start again.", bucket=bucket)
    if isinstance(error, PermissionDeniedError | UnauthenticatedError | PermissionError):
        return Refusal(
            "The S3 store does not let this key read and write in {bucket}. "
            "Check attachments_key (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY).",
            bucket=bucket,
        )
    return Unavailable(
        "The S3 store of attachments cannot be reached. Check its address and the network, then start again."
    )


@contextmanager
def _said() -> "Iterator[None]":
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, OSError) as error:
        raise Unavailable(_GONE) from error


def _range(request: Request, size: int) -> tuple[int, int] | None:
    """First byte, and the one after the last; everything where no single range is asked; None past the end."""
    said = request.headers.get("range")
    if said is None:
        return 0, size
    found = _RANGE.fullmatch(said)
    if found is None:
        return None
    start, end = int(found[1]), int(found[2]) + 1 if found[2] else size
    return (start, min(end, size)) if start < min(end, size) else None


async def _pieces(stream: AsyncIterator[bytes], start: int, end: int) -> AsyncIterator[bytes]:
    """The bytes from `start` up to `end`. Not asked as a range: some stores answer one with the whole. Raises Unavailable."""
    at = 0
    with _said():
        async for piece in stream:
            part = bytes(piece)[max(0, start - at) : max(0, end - at)]
            at += len(piece)
            if part:
                yield part
            if at >= end:
                return


def _sync_folder(folder: Path) -> None:
    """Makes the new name last; Windows needs and knows nothing of the kind."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
