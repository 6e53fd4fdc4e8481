# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards that were ended: the word of it waits here until the centre has it, and every kiosk asks for what it has not
heard. At a kiosk the copy of the capsule goes, and stays gone."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from clinic.domain.errors import Refusal
from clinic.keys.refusals import Unreadable
from clinic.keys.withdrawals import check_withdrawal
from clinic.protocol.capsule import Withdrawal
from clinic.protocol.codec import decode, encode
from clinic.services.desks import Desk
from clinic.store.page import Page
from clinic.store.writing import WritePage
from clinic.transport.http import Remote

log = logging.getLogger(__name__)
T = TypeVar("T")
_WAITS = "card ended "
_HEARD = "cards ended heard"
ENDED = b"posta card ended"
"""What stands in a capsule's place: nothing that the centre hands out is kept as that."""


class CardEnded(Refusal):
    """The card was lost, or replaced by another."""

    def __init__(self) -> None:
        super().__init__(
            "This card has ended. Use your newest card, or your id number. The staff give you a new one."
        )


class OnStore(Protocol):
    """Runs store work where it does not hold up the net loop."""

    async def __call__(self, act: Callable[[], T]) -> T: ...


def lay_out(page: WritePage, said: Withdrawal) -> None:
    """It leaves with the next exchange; no capsule follows it."""
    page.put_meta(_WAITS + said.lookup, encode(said))
    page.put_capsule(said.lookup, ENDED, waiting=False)


def waiting(page: Page) -> tuple[Withdrawal, ...]:
    """Words that the centre has not heard yet."""
    return tuple(decode(data, Withdrawal) for data in page.metas(_WAITS).values())


async def tell_centre(desk: Desk, remote: Remote, on_store: OnStore) -> None:
    """Raises Unavailable; what did not leave waits on."""
    for said in await on_store(partial(desk.book.read, waiting)):
        try:
            await remote.withdraw_card(said)
        except Refusal as refusal:
            log.warning("the end of a card waits on: %s", refusal.sentence)
            continue
        await on_store(partial(desk.book.keep, partial(WritePage.drop_meta, key=_WAITS + said.lookup)))


async def hear(desk: Desk, remote: Remote, on_store: OnStore) -> None:
    """A kiosk learns which cards have ended. Raises Refusal, Unavailable."""
    while True:
        epoch, after = await on_store(partial(desk.book.read, _heard))
        part = await remote.withdrawals(after)
        if part.epoch != epoch and after:  # the centre was put back from a backup: its numbers may be others
            await on_store(partial(desk.book.keep, partial(_take, epoch=part.epoch, last=0, ended=())))
            continue
        if part.last <= after:
            return
        ended = tuple(said.lookup for said in part.withdrawals if _believed(desk, said))
        take = partial(_take, epoch=part.epoch, last=part.last, ended=ended)
        await on_store(partial(desk.book.keep, take))
        if not part.more:
            return


def has_ended(page: Page, lookup: str) -> bool:
    """Whether this computer has heard that the card ended."""
    return page.capsule(lookup) == ENDED


def _heard(page: Page) -> tuple[str, int]:
    epoch, _, last = (page.meta(_HEARD) or b"").decode().rpartition(" ")
    return epoch, int(last or 0)


def _take(page: WritePage, epoch: str, last: int, ended: tuple[str, ...]) -> None:
    for lookup in ended:
        page.put_capsule(lookup, ENDED, waiting=False)
    page.put_meta(_HEARD, f"{epoch} {last}".encode())


def _believed(desk: Desk, said: Withdrawal) -> bool:
    try:
        check_withdrawal(said, desk.trust)
    except Unreadable as refusal:
        log.warning("the end of a card was not believed: %s", refusal.sentence)
        return False
    return True
