# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong tries at the door: how long the next one waits, and what the audit must hear of them once the store opens.

An L control: whoever can write the profile's folder can take the file away, and whoever has a copy of the slots guesses
elsewhere. What makes guessing cost is Argon2id and the rules of passwords.
"""

from dataclasses import replace
from datetime import datetime
from math import ceil

from clinic.domain.errors import Refusal
from clinic.protocol.codec import Malformed, decode, encode
from clinic.protocol.custody import Knock, KnockFile, KnockRow

FREE = 3
"""Wrong tries without a wait: people mistype."""
FIRST_S, MOST_S = 5, 900
KEPT = 500
"""Failed tries told to the audit one by one; of more, their number."""


class TooSoon(Refusal):
    """Too many wrong tries; `seconds` until the next one."""

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many wrong tries. The next one is possible in {seconds} s.", seconds=seconds)
        self.seconds = seconds


def wait_s(tries: int) -> int:
    """Seconds after that many wrong tries in a row: 0, 0, 0, 5, 10, 20 … at most 15 minutes."""
    if tries <= FREE:
        return 0
    return int(min(FIRST_S * 2 ** min(tries - FREE - 1, 20), MOST_S))


def check_wait(file: KnockFile, label: str, now: datetime) -> None:
    """Raises TooSoon. Tries that named nobody ('') count for everybody."""
    left = max((_left(row, now) for row in file.in_a_row if not label or row.label in (label, "")), default=0)
    if left > 0:
        raise TooSoon(ceil(left))


def not_ahead(file: KnockFile, now: datetime) -> KnockFile:
    """The same after the clock was set back: a wait begins now at the latest, not on a day that never comes."""
    rows = tuple(replace(row, last_at=min(row.last_at, now)) for row in file.in_a_row)
    return replace(file, in_a_row=rows)


def knocked(file: KnockFile, label: str, now: datetime, why: str = "password") -> KnockFile:
    """One wrong try more."""
    before = _row(file, label)
    row = KnockRow(label=label, tries=before.tries + 1 if before else 1, last_at=now)
    others = tuple(other for other in file.in_a_row if other.label != label)
    told = len(file.untold) >= KEPT
    return replace(
        file,
        in_a_row=(*others, row)[-KEPT:],
        untold=file.untold if told else (*file.untold, Knock(label=label, at=now, why=why)),
        lost=file.lost + told,
    )


def let_in(file: KnockFile, label: str) -> KnockFile:
    """Somebody got in, and the audit has heard of all tries: only other people's rows go on."""
    return KnockFile(in_a_row=tuple(row for row in file.in_a_row if row.label not in (label, "")))


def read_knocks(data: bytes) -> KnockFile:
    """The file's content; a damaged one counts as none (whoever can damage it can take it away)."""
    try:
        return decode(data, KnockFile) if data else KnockFile()
    except Malformed:
        return KnockFile()


def write_knocks(file: KnockFile) -> bytes:
    return encode(file)


def _left(row: KnockRow, now: datetime) -> float:
    return wait_s(row.tries) - (now - row.last_at).total_seconds()


def _row(file: KnockFile, label: str) -> KnockRow | None:
    return next((row for row in file.in_a_row if row.label == label), None)
