# SPDX-License-Identifier: GPL-3.0-or-later
"""A book begins anew: a number of its own, so that nothing it sends is taken for what it, or a copy of it, sent before.

After a backup was made the device may have gone on, and a copy of a disk may be in use beside it: other envelopes bear the
numbers this one would use next. So it takes a new incarnation, in which numbers begin at 1. Envelopes that were sent stay,
under numbers of 0 and less. Those that had a number and did not arrive are handed out, to be sealed once more under the new
numbers. What had no number yet goes on waiting.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from clinic.domain.clock import Random
from clinic.protocol.sync import Refused
from clinic.store.rows import UNNUMBERED
from clinic.store.writing import WritePage

INCARNATION = "incarnation"
"""Setting: which one this is."""
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_NOISE_BITS = 6
_NOT_THERE = f"acked_at IS NULL AND (refused IS NULL OR refused = {int(Refused.CONFLICTING_NUMBER)}) AND env_no < {UNNUMBERED}"
_EARLIER = "env_no <= 0 AND refused IS NULL"


@dataclass(frozen=True, slots=True)
class Sent:
    """An envelope that was sealed under a number of an earlier incarnation."""

    priority: int
    wire: bytes
    written_ms: int


def next_incarnation(last: int, now: datetime, random: Random) -> int:
    """A number above `last` that two copies of one book do not both take: minutes since 2026 and six random bits.

    It grows with time, so that what a revocation cut off stays cut off.
    """
    minutes = max(0, int((now - _SINCE).total_seconds() // 60))
    return max(last + 1, (minutes << _NOISE_BITS) | (random(1)[0] >> 2))


def renew(page: WritePage, now: datetime, random: Random) -> tuple[Sent, ...]:
    """Give a book the next incarnation; returns what had its number and did not arrive, taken out of the outbox."""
    last = int(page.meta(INCARNATION) or b"0")
    waiting = _taken_out(page, _NOT_THERE)
    rows = page._all(f"SELECT env_no FROM outbox WHERE env_no < {UNNUMBERED} ORDER BY env_no")
    for place, (number,) in enumerate(rows):  # upwards, each to a lower number: never onto another
        page._do(
            "UPDATE outbox SET env_no = :to WHERE env_no = :number", to=place - len(rows) + 1, number=number
        )
    page._do("DELETE FROM counter WHERE name = 'env' OR substr(name, 1, 3) = 'in '")
    page.put_meta(INCARNATION, str(next_incarnation(last, now, random)).encode())
    return waiting


def of_earlier(page: WritePage) -> tuple[Sent, ...]:
    """What was sent in earlier incarnations, taken out of the outbox: a centre that lost it takes it under new numbers alone."""
    return _taken_out(page, _EARLIER)


def _taken_out(page: WritePage, which: str) -> tuple[Sent, ...]:
    rows: Sequence[tuple[int, bytes, int]] = page._all(
        f"SELECT priority, envelope, written_at FROM outbox WHERE {which} ORDER BY env_no"
    )
    page._do(f"DELETE FROM outbox WHERE {which}")
    return tuple(Sent(int(priority), bytes(wire), int(ms)) for priority, wire, ms in rows)
