# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies in and out: capped reading, records as answers, and every error as a Fault with one sentence."""

import logging
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from clinic.domain.errors import PostaError, Refusal, Unavailable
from clinic.domain.record import Record
from clinic.protocol.codec import Malformed, decode, encode
from clinic.protocol.faults import code_of
from clinic.protocol.squeezed import ENCODING, squeezed
from clinic.protocol.sync import CONTENT_TYPE, Fault, FaultNumber

RETRY_AFTER_S = 5
"""When to come back to a server that was stopped: its successor, or another one behind the same address."""
LARGEST = 10**15 - 1
"""Of the numbers in a query."""
T = TypeVar("T", bound=Record)
Handler = Callable[[Request], Awaitable[Response]]
_log = logging.getLogger("posta.server")
TOO_OLD = "This program is too old for old records that the centre keeps in short form. Update it; what it sent has arrived."
STOPPING = "The server is being stopped. What you have stays with you; try again in a moment."
_NAME = re.compile(r"[A-Za-z0-9_.:-]{8,128}")
STATUS_OF = {
    FaultNumber.MALFORMED: HTTPStatus.BAD_REQUEST,
    FaultNumber.NOT_LOGGED_IN: HTTPStatus.UNAUTHORIZED,
    FaultNumber.NOT_ALLOWED: HTTPStatus.FORBIDDEN,
    FaultNumber.NOT_FOUND: HTTPStatus.NOT_FOUND,
    FaultNumber.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    FaultNumber.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
    FaultNumber.VERSION: HTTPStatus.UPGRADE_REQUIRED,
    FaultNumber.FULL: HTTPStatus.INSUFFICIENT_STORAGE,
    FaultNumber.CONFLICT: HTTPStatus.CONFLICT,
    FaultNumber.GONE: HTTPStatus.GONE,
    FaultNumber.STOPPING: HTTPStatus.SERVICE_UNAVAILABLE,
    FaultNumber.BUG: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class Denied(Refusal):
    """The request ends here with that fault number."""

    def __init__(self, number: FaultNumber, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.number = number
        self.headers = headers


def answer(value: Record, status: int = HTTPStatus.OK) -> Response:
    """A record as the body."""
    return Response(encode(value), status_code=status, media_type=CONTENT_TYPE)


def squeezed_for(request: Request, body: bytes) -> tuple[bytes, dict[str, str]]:
    """The body as whoever asks may have it, and the headers that say so."""
    frame = squeezed(body) if ENCODING in request.headers.get("accept-encoding", "") else body
    return frame, {} if frame is body else {"content-encoding": ENCODING}


def nothing() -> Response:
    """Done, or nothing there yet."""
    return Response(status_code=HTTPStatus.NO_CONTENT)


def fault(number: FaultNumber, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """An error as the body."""
    body = encode(Fault(number=int(number), sentence=sentence, code=code_of(sentence)))
    if number == FaultNumber.TOO_MANY:
        headers = {"Retry-After": "1", **(headers or {})}
    return Response(body, status_code=STATUS_OF[number], media_type=CONTENT_TYPE, headers=headers)


async def body_of(request: Request, limit: int) -> bytes:
    """The body, at most `limit` bytes. Raises Denied."""
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > limit:
            raise Denied(FaultNumber.TOO_LARGE, f"This is more than the {limit} bytes taken at once.")
    return bytes(data)


async def record_of(request: Request, expect: type[T], limit: int) -> T:
    """The record in the body. Raises Denied or Malformed."""
    return decode(await body_of(request, limit), expect)


def name_in(request: Request, part: str) -> str:
    """A name from the path: letters, digits and ``_.:-``. Raises Denied."""
    name = str(request.path_params[part])
    if not _NAME.fullmatch(name):
        raise Denied(FaultNumber.MALFORMED, "This name cannot be.")
    return name


def number_in(request: Request, name: str, default: int = 0, most: int = LARGEST) -> int:
    """A number from the query, from 0 to `most`. Raises Denied."""
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 16 and int(text) <= most):
        raise Denied(FaultNumber.MALFORMED, "This number cannot be.")
    return int(text)


def guarded(handler: Handler) -> Handler:
    """A route of ours: counted, and every error answers a Fault. While the server stops, /v1 is closed."""
    name = f"{handler.__module__.rpartition('.')[2]}.{getattr(handler, '__name__', '')}"

    async def route(request: Request) -> Response:
        desk = request.app.state.desk
        if desk.stopping and request.url.path.startswith("/v1/"):
            answered = fault(FaultNumber.STOPPING, STOPPING, {"Retry-After": str(RETRY_AFTER_S)})
        else:
            desk.under_way += 1
            try:
                answered = await _answered(handler, request)
            finally:
                desk.under_way -= 1
        desk.tally.answered(name, answered.status_code)
        return answered

    return route


async def _answered(handler: Handler, request: Request) -> Response:
    """The one place where bugs are caught."""
    try:
        return await handler(request)
    except PostaError as error:
        return _of(error)
    except ClientDisconnect:
        return nothing()
    except Exception:  # noqa: BLE001  # the roof: bugs end here
        _log.exception("bug in %s", handler.__module__)
        return fault(FaultNumber.BUG, "The server made a mistake. It is in its log; try again later.")


def _of(error: PostaError) -> Response:
    if isinstance(error, Denied):
        return fault(error.number, str(error), error.headers)
    if isinstance(error, Malformed):
        return fault(FaultNumber.MALFORMED, str(error))
    if isinstance(error, Unavailable):
        _log.error("unavailable: %s", error.sentence)
        return fault(
            FaultNumber.FULL,
            "The server cannot store anything now. What you have stays with you; try again later.",
        )
    return fault(FaultNumber.NOT_ALLOWED, str(error))


async def on_http_error(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: unknown paths and methods."""
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.NOT_FOUND
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return fault(FaultNumber.NOT_FOUND, "This cannot be done here.")
    return fault(FaultNumber.NOT_FOUND, "There is nothing here.")
