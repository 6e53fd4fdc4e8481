# SPDX-License-Identifier: GPL-3.0-or-later
"""After how many untouched minutes a screen covers itself, as the person here wishes: never more than the clinic allows."""

from clinic.domain.policies import MOST_MINUTES, minutes_allowed
from clinic.keys.rights import Action
from clinic.services.desks import Desk
from clinic.services.gate import needs


def most_minutes(desk: Desk) -> int:
    """1 to 5, as the clinic's policy says; 5 where it says nothing that can be read."""
    return minutes_allowed(desk.trust.policies)


def lock_minutes(desk: Desk) -> int:
    """What holds for the person here: her wish, within what the clinic allows."""
    kept = desk.book.read(lambda page: page.meta(_name(desk))) or b""
    return _minutes(kept.decode("ascii", "replace"), most_minutes(desk))


@needs(Action.SELF)
def keep_lock_minutes(desk: Desk, minutes: int) -> None:
    """Her wish; what is beyond the policy is kept and counts once the policy allows it. Raises Unavailable."""
    wish = str(min(max(minutes, 1), MOST_MINUTES)).encode()
    desk.book.keep(lambda page: page.put_meta(_name(desk), wish))


def _minutes(said: str, most: int) -> int:
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else most
    return min(max(number, 1), most)


def _name(desk: Desk) -> str:
    return f"lock minutes of {desk.someone.user}"
