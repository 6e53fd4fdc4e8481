# SPDX-License-Identifier: GPL-3.0-or-later
"""Serving the clinic's own network from this computer: whether it does, what its island is told, and taking to the centre what
others laid down there.

Off unless somebody switches it on: it opens a port to everybody on that network, and one or two computers a clinic are enough.
"""

from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId
from clinic.keys.islands import may_serve, sign_paper
from clinic.keys.rights import Action
from clinic.protocol.carried import CarriedUpTo
from clinic.protocol.codec import decode, encode
from clinic.protocol.envelope import unpack
from clinic.protocol.island import IslandCharter, IslandTurnedAway, LaidPull
from clinic.protocol.trust import DeviceKind
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.store.page import Page
from clinic.store.rows import Changes
from clinic.transport.http import Remote

SERVES, _ADDRESS = "serves its network", "island address"
TURNED_AWAY = "island turned away"
"""Setting: the last `IslandTurnedAway`."""
_ALL = 1 << 62
_LONGEST_REST = 256
"""Crossings."""
Author = tuple[DeviceId, int]


def serves_network(desk: Desk) -> bool:
    """Whether this computer serves its clinic's network when a program of it runs."""
    return desk.book.read(lambda page: page.meta(SERVES) == b"1")


@needs(Action.RUN)
def serve_network(desk: Desk, on: bool) -> None:
    """Say so. Refused for a kiosk: whoever takes it away must not be handed what others wrote."""
    if desk.kind != DeviceKind.DESKTOP:
        raise Refusal("Only a computer of the staff may serve the clinic's network.")
    if on:
        may_serve(desk.trust, desk.device)
    changed = Changes(frozenset({"Island"}))
    desk.book.keep(lambda page: page.put_meta(SERVES, b"1" if on else b"0"), changed)


def island_address(desk: Desk) -> str:
    """HOST:PORT of an island, for a network that lets nothing announce itself; '' to find it."""
    return desk.book.read(lambda page: (page.meta(_ADDRESS) or b"").decode())


@needs(Action.RUN)
def keep_island_address(desk: Desk, text: str) -> None:
    """Look there besides listening. Raises IslandRefused for what is no address; '' forgets it."""
    from clinic.transport.lan import place_in

    if text:
        place_in(text)
    desk.book.keep(lambda page: page.put_meta(_ADDRESS, text.encode()), Changes(frozenset({"Island"})))


def turned_away(page: Page) -> IslandTurnedAway | None:
    """The last that was found on the network and not believed."""
    kept = page.meta(TURNED_AWAY)
    return decode(kept, IslandTurnedAway) if kept else None


def keep_turned_away(desk: Desk, device: DeviceId, why: Refusal) -> None:
    """Remember it for the doctor."""
    told = IslandTurnedAway(at=desk.clock.now(), device=device, why=str(why))
    desk.book.keep(lambda page: page.put_meta(TURNED_AWAY, encode(told)), Changes())


def charter(desk: Desk, mark: bytes) -> IslandCharter:
    """What the island with that certificate is told: of the trust log, what the centre has taken. Raises Unavailable."""

    def agreed(page: Page) -> tuple[bytes, ...]:
        log = page.trust()
        return log[: len(log) - len(page.unsent_trust())]

    return IslandCharter(
        fingerprint=desk.trust.fingerprint,
        statements=desk.book.read(agreed),
        paper=sign_paper(desk.device_keys, desk.trust.fingerprint, mark, desk.clock.now()),
    )


class Ferry:
    """Takes what lies on the island of this computer to the centre. What the centre does not take (an earlier one is missing, or
    it knows better) lies on, and its author still holds it."""

    def __init__(self, desk: Desk) -> None:
        self._own = (desk.device, desk.incarnation)
        self._there: dict[Author, int] = {}
        self._rests: dict[Author, tuple[int, int]] = {}
        """(crossings still to be left out, crossings left out the last time) of whom the centre did not take anything of."""

    async def cross(self, island: Remote, centre: Remote) -> int:
        """Until nothing is left that the centre takes: how many envelopes were brought. Raises Refusal, Unavailable."""
        self._rests = {author: (left - 1, last) for author, (left, last) in self._rests.items()}
        brought, waits = 0, {author for author, (left, _) in self._rests.items() if left > 0}
        while wires := await island.laid(LaidPull(beyond=self._beyond(waits))):
            first = _firsts(wires)
            taken = await centre.carry(wires)
            at_centre = {(one.device, one.incarnation): one.up_to for one in taken.authors}
            for author, number in first.items():
                up_to = at_centre.get(author, 0)
                if up_to < number:
                    waits.add(author)
                    last = 2 * self._rests.get(author, (0, 1))[1]
                    self._rests[author] = (min(last, _LONGEST_REST), min(last, _LONGEST_REST))
                else:
                    self._there[author] = up_to
                    self._rests.pop(author, None)
            brought += len(wires)
        return brought

    def _beyond(self, waits: set[Author]) -> tuple[CarriedUpTo, ...]:
        """What this computer wrote goes by its own exchange; whoever waits is asked after the next time."""
        said = {**self._there, **dict.fromkeys(waits, _ALL), self._own: _ALL}
        return tuple(
            CarriedUpTo(device=device, incarnation=incarnation, up_to=up_to)
            for (device, incarnation), up_to in said.items()
        )


def _firsts(wires: tuple[bytes, ...]) -> dict[Author, int]:
    """The lowest number of each author."""
    found: dict[Author, int] = {}
    for wire in wires:
        header = unpack(wire).header
        found.setdefault((header.device, header.incarnation), header.env_no)
    return found
