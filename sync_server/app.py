# SPDX-License-Identifier: GPL-3.0-or-later
"""The roof: arguments, folder, book, routes, doorbell, uvicorn. Read top to bottom."""

import argparse
import asyncio
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import socketio
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from clinic.domain.clock import Clock, Random, SystemClock
from clinic.domain.errors import Refusal, Unavailable
from sync_server.attachments import place_at, read_s3_key
from sync_server.book.where import Where, open_book
from sync_server.certificates import mark_of, own_certificate
from sync_server.configuration import LEVELS, add_book, configured
from sync_server.desk import Desk
from sync_server.founding_code import read_code
from sync_server.host import Host
from sync_server.island import end_with_parent, new_certificate, read_charter, take_charter
from sync_server.journal import keep_journal
from sync_server.limits import SYNC_BODY
from sync_server.pieces import sweep
from sync_server.realtime import Doorbell
from sync_server.relay import read_secret, relay_at
from sync_server.routes import (
    attachments,
    capsules,
    carried,
    codes,
    computers,
    health,
    island,
    mailbox,
    recent,
    relay,
    scopes,
    session,
    sync,
    trust,
)
from sync_server.routes.answers import guarded, on_http_error
from sync_server.verbs import VERBS

if TYPE_CHECKING:
    from sync_server.together import Together

DONE, WRONG_USE, REFUSED, UNAVAILABLE, BUG = 0, 2, 3, 4, 70
SHORTEST_KEY = 16
_log = logging.getLogger("posta.server")


def routes() -> list[Route]:
    """The whole of /v1."""
    return [
        Route("/healthz", guarded(health.healthz), methods=["GET"]),
        Route("/readyz", guarded(health.readyz), methods=["GET"]),
        Route("/metrics", guarded(health.metrics), methods=["GET"]),
        Route("/v1/challenge", guarded(session.challenge), methods=["GET"]),
        Route("/v1/session", guarded(session.session), methods=["POST"]),
        Route("/v1/sync", guarded(sync.exchange), methods=["POST"]),
        Route("/v1/recent", guarded(recent.part), methods=["POST"]),
        Route("/v1/carried", guarded(carried.take), methods=["POST"]),
        Route("/v1/scope", guarded(scopes.part), methods=["POST"]),
        Route("/v1/trust", guarded(trust.read), methods=["GET"]),
        Route("/v1/trust", guarded(trust.write), methods=["POST"]),
        Route("/v1/mailbox/{box}", guarded(mailbox.open_box), methods=["PUT"]),
        Route("/v1/mailbox/{box}", guarded(mailbox.post), methods=["POST"]),
        Route("/v1/mailbox/{box}", guarded(mailbox.read), methods=["GET"]),
        Route("/v1/capsules/{lookup}", guarded(capsules.put), methods=["PUT"]),
        Route("/v1/capsules/{lookup}", guarded(capsules.get), methods=["GET"]),
        Route("/v1/capsules/{lookup}/withdrawal", guarded(capsules.withdraw), methods=["PUT"]),
        Route("/v1/withdrawals", guarded(capsules.withdrawals), methods=["GET"]),
        Route("/v1/codes/{lookup}", guarded(codes.put), methods=["PUT"]),
        Route("/v1/codes/{lookup}", guarded(codes.take), methods=["POST"]),
        Route("/v1/computers", guarded(computers.read), methods=["GET"]),
        Route("/v1/sessions/{device}", guarded(computers.end), methods=["DELETE"]),
        Route("/v1/receipts", guarded(computers.take_receipt), methods=["POST"]),
        Route("/v1/relay", guarded(relay.admit), methods=["POST"]),
        Route("/v1/attachments/{attachment}", guarded(attachments.put), methods=["PUT"]),
        Route("/v1/attachments/{attachment}", guarded(attachments.head), methods=["HEAD"]),
        Route("/v1/attachments/{attachment}", guarded(attachments.get), methods=["GET"]),
        Route("/v1/island", guarded(island.paper), methods=["GET"]),
        Route("/v1/laid", guarded(island.laid), methods=["POST"]),
    ]


def island_routes() -> list[Route]:
    """Of these, what an island answers: whoever is admitted exchanges there; nobody joins, and nothing is founded."""
    paths = ("/healthz", "/v1/challenge", "/v1/session", "/v1/sync", "/v1/carried", "/v1/island", "/v1/laid")
    return [one for one in routes() if one.path in paths]


def open_desk(folder: Path, clock: Clock, random: Random, where: Where | None = None) -> Desk:
    """The state of a server that keeps its things in `folder`, or its book in PostgreSQL. Raises Refusal, Unavailable."""
    book = open_book(where or Where(folder), random)
    desk = Desk(book, clock, random, folder)
    try:
        desk.founding_code = read_code(folder)
        desk.read_trust()
    except BaseException:
        book.close()
        raise
    return desk


def build(desk: Desk, together: "Together | None" = None) -> socketio.ASGIApp:
    """The ASGI application around a desk."""
    doorbell = Doorbell(desk, together)
    desk.bells = doorbell

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        await doorbell.start()
        yield
        await doorbell.stop()

    known = routes() if desk.island is None else island_routes()
    app = Starlette(routes=known, lifespan=life, exception_handlers={HTTPException: on_http_error})
    app.state.desk = desk
    return socketio.ASGIApp(doorbell.server, other_asgi_app=app)


def together_at(url: str, book: str) -> "Together | None":
    """Servers that share a book meet there; None without a URL. Raises Refusal."""
    if not url:
        return None
    try:
        from sync_server.together import Together

        return Together(url, book)
    except ImportError as error:
        raise Refusal(
            "Redis needs packages that are not here. Install packaging/requirements-server.txt, then start again."
        ) from error
    except ValueError as error:
        raise Refusal("This is no address of a Redis. It looks like redis://host:6379/0.") from error


def serve(
    desk: Desk,
    listening: socket.socket,
    tls: ssl.SSLContext | None = None,
    together: "Together | None" = None,
) -> None:
    """Serves until a signal asks to stop; what is under way is finished (`host`)."""
    config = uvicorn.Config(
        build(desk, together),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        ws="websockets-sansio",
        ws_max_size=SYNC_BODY,
        ws_ping_interval=None,
        lifespan="on",
        timeout_graceful_shutdown=3,
        timeout_keep_alive=75,
        h11_max_incomplete_event_size=64 * 1024,
        ssl_context_factory=(lambda config, default: tls) if tls else None,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(
            number, lambda *_: None
        )  # uvicorn raises the signal again once it has stopped in good order
    asyncio.run(Host(config, desk).serve([listening]))


def bound(host: str, port: int) -> socket.socket:
    """A listening socket. Raises Unavailable when the port is taken or the address is not this machine's."""
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(kind, socket.SOCK_STREAM)
    if os.name != "nt":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        raise Unavailable(
            "Cannot listen on {host}:{port} ({why}). "
            "Is another server running? Stop it, or choose another port with --port.",
            host=host,
            port=port,
            why=getattr(error, "strerror", None) or "no such port",
        ) from error
    return listening


def open_wide() -> None:
    """As many files as the system lets this process have: each device holds two sockets, and the usual limit is 1,024."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


def read_key(file: Path | None) -> str:
    """The operator's key for the counts, '' without a file. Raises Refusal, Unavailable."""
    if file is None:
        return ""
    try:
        key = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable("The key in {file} cannot be read. Check the path.", file=file) from error
    if len(key) < SHORTEST_KEY:
        raise Refusal(
            "The key in {file} is too short: {most} characters at least.", file=file, most=SHORTEST_KEY
        )
    return key


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="posta server",
        description="Stores and orders sealed records for a clinic's devices.",
        epilog="Verbs: "
        + "; ".join(f"'posta server {name}' {verb.purpose}" for name, verb in VERBS.items())
        + ". What stands nowhere else is read from server.toml in --data, as 'posta server init' writes it.",
    )
    add_book(parser)
    parser.add_argument(
        "--host", help="address to listen on (default: this machine only, or what server.toml says)"
    )
    parser.add_argument("--port", type=int, help="port to listen on (default: 8440); 0 picks a free one")
    parser.add_argument(
        "--tls-cert", type=Path, metavar="FILE", help="certificate chain in PEM form: speak TLS 1.3"
    )
    parser.add_argument(
        "--tls-key", type=Path, metavar="FILE", help="its private key in PEM form, without a password"
    )
    parser.add_argument(
        "--redis",
        metavar="URL",
        help="share presence, bells and letters with other servers on the same --database and --book; "
        "or POSTA_REDIS in the environment",
    )
    parser.add_argument("--log-level", choices=LEVELS)
    parser.add_argument(
        "--log-json",
        action="store_const",
        const=True,
        help="write the log as one JSON object a line",
    )
    parser.add_argument(
        "--metrics-key",
        type=Path,
        metavar="FILE",
        help="let whoever sends what this file holds as a bearer token read /metrics",
    )
    parser.add_argument(
        "--relay",
        metavar="URLS",
        help="the relay of calls, as 'posta server turn-config' says it; or POSTA_RELAY in the environment",
    )
    parser.add_argument(
        "--relay-secret",
        type=Path,
        metavar="FILE",
        help="the secret shared with it (default: POSTA_RELAY_SECRET in the environment)",
    )
    parser.add_argument(
        "--island", action="store_true", help="serve a clinic's own network, told how on standard input by 'posta desktop'"
    )  # fmt: skip
    parser.add_argument(
        "--restored", action="store_true", help="say that the folder was put back from a backup"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a server, or one of its verbs; the exit code is as in docs/architecture.md."""
    words = list(sys.argv[1:] if argv is None else argv)
    verb = VERBS.get(words[0]) if words else None
    wanted = (verb.arguments if verb else arguments)(words[1:] if verb else words)
    try:
        return (verb.run if verb else _run)(wanted)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED
    except Unavailable as missing:
        print(missing, file=sys.stderr)
        return UNAVAILABLE
    except Exception:  # noqa: BLE001  # the roof: bugs end here
        _log.exception("bug")
        where = "" if verb else f" It is written down in {wanted.data / 'log'}."
        print(f"The server made a mistake and stopped.{where}", file=sys.stderr)
        return BUG


def _run(wanted: argparse.Namespace) -> int:
    if wanted.island:
        return _run_island(wanted)
    how = configured(wanted)
    _keep_journal(wanted.data, how.log_level, how.log_json)
    shown = how.certificate(wanted.data)
    metrics_key = read_key(how.key_of_counts(wanted.data))
    tls = own_certificate(*shown)
    key = read_s3_key(how.key_of_attachments(wanted.data))
    calls = relay_at(how.relay, read_secret(how.secret_of_relay(wanted.data), os.environ))
    place = place_at(how.attachments, wanted.data / "attachments", key)
    open_wide()
    listening = bound(how.host, how.port)
    where = how.where(wanted.data)
    where.lay_out()
    desk = open_desk(wanted.data, SystemClock(), os.urandom, where)
    desk.certificate, desk.metrics_key, desk.place = mark_of(shown[0]), metrics_key, place
    desk.relay = calls
    together = together_at(how.redis, how.book)
    sweep(wanted.data / "attachments", desk.clock.now())
    try:
        if wanted.restored:
            desk.book.at_start(lambda book: book.renew_epoch())
        serve(desk, listening, tls, together)
    finally:
        desk.book.close()
        listening.close()
    return DONE


def _run_island(wanted: argparse.Namespace) -> int:
    """As the child of a computer that serves its clinic's network: its certificate is made anew, the rest is told by pipe."""
    _keep_journal(wanted.data, wanted.log_level or "info", bool(wanted.log_json))
    clock = SystemClock()
    tls, mark = new_certificate(wanted.data, clock.now())
    charter = read_charter(mark)
    end_with_parent()
    listening = bound(wanted.host or "0.0.0.0", wanted.port or 0)
    desk = open_desk(wanted.data, clock, os.urandom)
    try:
        desk.certificate, desk.island = mark, charter.paper
        take_charter(desk, charter)
        serve(desk, listening, tls)
    finally:
        desk.book.close()
        listening.close()
    return DONE


def _keep_journal(folder: Path, level: str, as_json: bool) -> None:
    try:
        keep_journal(folder, level, as_json)
    except OSError as error:
        raise Unavailable(
            "Cannot write in {folder} ({why}). Choose another folder with --data.",
            folder=folder,
            why=error.strerror,
        ) from error
