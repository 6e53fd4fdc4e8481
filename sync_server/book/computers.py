# SPDX-License-Identifier: GPL-3.0-or-later
"""What the book knows of computers: the numbers of their incarnations, when they were last here, receipts of their wipes."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, select

from clinic.domain.ids import DeviceId
from sync_server.book.dialect import lay
from sync_server.book.port import Computer
from sync_server.book.tables import computers, counters, receipts

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def seen(conn: Connection, device: DeviceId, at: int, takes_snapshots: bool) -> None:
    """It was here at that microsecond, and said whether it takes snapshots."""
    row = {"device": device, "seen_at": at, "snapshots": int(takes_snapshots)}
    lay(conn, computers, row, renew=("seen_at", "snapshots"))


def readers(conn: Connection) -> tuple[tuple[DeviceId, int, bool], ...]:
    """(computer, when it was last here, whether it takes snapshots) of every one."""
    c = computers.c
    rows = conn.execute(select(c.device, c.seen_at, c.snapshots))
    return tuple((DeviceId(device), int(at), bool(takes)) for device, at, takes in rows)


def keep_receipt(conn: Connection, device: DeviceId, body: bytes, at: int) -> None:
    """The first one stays."""
    lay(conn, receipts, {"device": device, "body": body, "received_at": at})


def known(conn: Connection) -> tuple[Computer, ...]:
    """Every computer that was ever here."""
    c, r = computers.c, receipts.c
    rows = conn.execute(
        select(c.device, c.seen_at, r.body).select_from(
            computers.outerjoin(receipts, receipts.c.device == computers.c.device)
        )
    ).all()
    numbers = _numbers(conn)
    return tuple(
        Computer(DeviceId(d), _EPOCH + timedelta(microseconds=at), tuple(numbers.get(d, ())), body or b"")
        for d, at, body in rows
    )


def _numbers(conn: Connection) -> dict[str, list[tuple[int, int]]]:
    """device -> (incarnation, the last number of that), in their order."""
    c = counters.c
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for device, *numbers in conn.execute(
        select(c.device, c.incarnation, c.last_env_no).order_by(c.device, c.incarnation)
    ):
        found[device].append((int(numbers[0]), int(numbers[1])))
    return found
