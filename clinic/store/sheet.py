# SPDX-License-Identifier: GPL-3.0-or-later
"""What every page of the book stands on: one connection inside one transaction, and times as milliseconds."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from clinic.domain.ids import PatientId

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


class Sheet:
    """Runs SQL; nothing above the store does. `_charts` remembers, within the transaction, who is linked to whom."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._charts: dict[PatientId, tuple[PatientId, ...]] = {}

    def _all(self, sql: str, **values: Any) -> Sequence[Any]:
        return self._connection.exec_driver_sql(sql, values).fetchall()

    def _one(self, sql: str, **values: Any) -> Any:
        return self._connection.exec_driver_sql(sql, values).fetchone()

    def _do(self, sql: str, **values: Any) -> int:
        return self._connection.exec_driver_sql(sql, values).rowcount

    def _many(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Run one statement with `?` for each row."""
        values = list(rows)
        if values:
            self._connection.exec_driver_sql(sql, values)
