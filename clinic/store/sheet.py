# SPDX-License-Identifier: GPL-3.0-or-later
"""What every page of the book stands on: one connection inside one transaction, and times as milliseconds."""

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from sqlalchemy import Connection

from clinic.domain.ids import PatientId

log = logging.getLogger(__name__)
SLOW_MS = 40.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


class Sheet:
    """Runs SQL; nothing above the store does. `_charts` remembers, within the transaction, who is linked to whom.

    Statements go to the driver itself: SQLAlchemy keeps connections and transactions, but its way from a statement to a
    row costs more than most of ours take. Each that takes longer than SLOW_MS is logged with its time: its text, which
    holds no values.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver: Any = connection.connection.driver_connection
        self._charts: dict[PatientId, tuple[PatientId, ...]] = {}

    def _all(self, sql: str, **values: Any) -> Sequence[Any]:
        began = perf_counter()
        rows: Sequence[Any] = self._driver.execute(sql, values).fetchall()
        _tell_if_slow(sql, began)
        return rows

    def _one(self, sql: str, **values: Any) -> Any:
        began = perf_counter()
        row = self._driver.execute(sql, values).fetchone()
        _tell_if_slow(sql, began)
        return row

    def _do(self, sql: str, **values: Any) -> int:
        began = perf_counter()
        count = int(self._driver.execute(sql, values).rowcount)
        _tell_if_slow(sql, began)
        return count

    def _many(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Run one statement with `?` for each row."""
        began = perf_counter()
        self._driver.executemany(sql, rows)
        _tell_if_slow(sql, began)


def _tell_if_slow(sql: str, began: float) -> None:
    took_ms = (perf_counter() - began) * 1000
    if took_ms > SLOW_MS:
        log.info("slow: %.0f ms for %s", took_ms, " ".join(sql.split()))
