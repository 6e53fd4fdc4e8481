# SPDX-License-Identifier: GPL-3.0-or-later
"""A restored book begins anew: a number of its own, so that nothing it sends is taken for what it sent before.

After the backup was made the device may have gone on: other envelopes bear the numbers the restored one would use
next. So it takes a new incarnation, in which numbers begin at 1. Envelopes that were sent stay, under numbers of 0 and
less; those that had a number and waited are handed out, to be sealed once more under the new numbers. What had no number yet
goes on waiting.
"""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher

from clinic.domain.clock import Random
from clinic.store.backup_copy import connect
from clinic.store.opening import said
from clinic.store.rows import UNNUMBERED

_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_NOISE_BITS = 6
_WAITS = f"acked_at IS NULL AND refused IS NULL AND env_no < {UNNUMBERED}"


def next_incarnation(last: int, now: datetime, random: Random) -> int:
    """A number above `last` that two restores of one backup do not both take: minutes since 2026 and six random bits.

    It grows with time, so that what a revocation cut off stays cut off.
    """
    minutes = max(0, int((now - _SINCE).total_seconds() // 60))
    return max(last + 1, (minutes << _NOISE_BITS) | (random(1)[0] >> 2))


def renew(
    path: Path, key: bytes, now: datetime, random: Random
) -> tuple[int, tuple[tuple[int, bytes, int], ...]]:
    """Give a book the next incarnation; returns it, and (priority, envelope, ms when it was written) of what had its number
    and waited.

    Raises Unavailable."""
    try:
        with closing(connect(path, key, "synchronous=FULL", "secure_delete=ON")) as book:
            book.execute("BEGIN IMMEDIATE")
            last = int(book.execute("SELECT value FROM meta WHERE key = 'incarnation'").fetchone()[0])
            waiting = tuple(
                (row[0], bytes(row[1]), int(row[2]))
                for row in book.execute(
                    f"SELECT priority, envelope, written_at FROM outbox WHERE {_WAITS} ORDER BY env_no"
                )
            )
            number = next_incarnation(last, now, random)
            _put_numbers(book, number)
            book.execute("COMMIT")
    except sqlcipher.Error as error:
        raise said(error) from error
    return number, waiting


def _put_numbers(book: Any, incarnation: int) -> None:
    book.execute(f"DELETE FROM outbox WHERE {_WAITS}")
    numbered = book.execute(f"SELECT env_no FROM outbox WHERE env_no < {UNNUMBERED} ORDER BY env_no")
    rows = [row[0] for row in numbered]
    for place, number in enumerate(rows):  # upwards, each to a lower number: never onto another
        book.execute("UPDATE outbox SET env_no = ? WHERE env_no = ?", (place - len(rows) + 1, number))
    book.execute("DELETE FROM counter WHERE name = 'env' OR substr(name, 1, 3) = 'in '")
    book.execute("UPDATE meta SET value = ? WHERE key = 'incarnation'", (str(incarnation).encode(),))
