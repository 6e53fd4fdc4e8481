# SPDX-License-Identifier: GPL-3.0-or-later
"""The PIN that shows a covered screen again: only while the program that holds the key lives (L). It opens no store."""

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal
from clinic.domain.ids import PatientId
from clinic.keys.factors import SecondFactor
from clinic.keys.hashing import SALT_BYTES, same
from clinic.keys.passwords import is_row_of_keys
from clinic.keys.rights import Action
from clinic.keys.stretch import FLOOR_KIB, Cost, stretch
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.knocking import FAILED
from clinic.services.ways_in import own
from clinic.store.rows import Changes

MIN_DIGITS, MAX_DIGITS, TRIES = 6, 12, 5
_COST = Cost(time_cost=3, memory_kib=FLOOR_KIB, lanes=2)


class PinWrong(Refusal):
    """Not the PIN; `left` tries before the password is asked."""

    def __init__(self, left: int) -> None:
        if left:
            super().__init__("That is not your PIN. Tries left: {left}.", left=left)
        else:
            super().__init__("Too many wrong tries. Type your password.")
        self.left = left


def check_new_pin(pin: str) -> None:
    """6 to 12 digits, no row and no repetition. Raises Refusal."""
    if not (pin.isascii() and pin.isdigit() and MIN_DIGITS <= len(pin) <= MAX_DIGITS):
        raise Refusal("A PIN has 6 to 12 digits.")
    if is_row_of_keys(pin) or len(set(pin)) < 3:
        raise Refusal("That PIN is one of the first that are tried. Choose another one.")


def slow_row(pin: str, random: Random) -> bytes:
    """What is kept of a PIN: a salt of its own and what Argon2id makes of both. About 0.15 s."""
    salt = random(SALT_BYTES)
    return salt + stretch(pin.encode(), salt, _COST)


def fits(pin: str, kept: bytes) -> bool:
    """Whether it is the PIN that `slow_row` kept. About 0.15 s."""
    salt, want = kept[:SALT_BYTES], kept[SALT_BYTES:]
    return same(stretch(pin.encode(), salt, _COST), want)


@needs(Action.SELF)
def set_pin(desk: Desk, password: str, pin: str, factor: SecondFactor | None = None) -> None:
    """Keep a PIN for the person here, inside the sealed store. Raises as `ways_in.own`, Refusal."""
    check_new_pin(pin)
    own(desk, password, factor)
    kept = slow_row(pin, desk.random)
    desk.book.keep(lambda page: page.put_meta(_name(desk), kept))
    audit(desk, "way in", PatientId(""), entity="pin set")


@needs(Action.SELF)
def drop_pin(desk: Desk) -> None:
    """No PIN any more."""
    desk.book.keep(lambda page: page.drop_meta(_name(desk)), Changes())


def has_pin(desk: Desk) -> bool:
    return desk.book.read(lambda page: page.meta(_name(desk))) is not None


class Cover:
    """What stands between a covered screen and its work: the PIN, five times; then the password only."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._left = desk, TRIES

    @property
    def takes_pin(self) -> bool:
        """Whether a PIN would be looked at."""
        return self._left > 0 and has_pin(self._desk)

    def lift(self, pin: str) -> None:
        """Raises PinWrong, which is audited. About 0.15 s."""
        kept = self._desk.book.read(lambda page: page.meta(_name(self._desk))) if self._left else None
        self._left = max(0, self._left - 1)
        if kept is not None and fits(pin, kept):
            self._left = TRIES
            return
        audit(self._desk, FAILED, PatientId(""), outcome="failure", entity="pin")
        raise PinWrong(self._left)

    def password_was_right(self) -> None:
        """Five tries again."""
        self._left = TRIES


def _name(desk: Desk) -> str:
    return f"pin of {desk.someone.user}"
