# SPDX-License-Identifier: GPL-3.0-or-later
"""A world: who is there, the centre, the network, what everybody wrote, and what is looked at after every exchange."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clinic.domain.clock import FrozenClock
from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId, OpId, PatientId, ScopeId
from clinic.keys.epochs import TeamKeys
from clinic.keys.sealing import Granted, Keyring, open_envelope
from clinic.keys.trust import is_sign
from clinic.protocol.codec import decode
from clinic.protocol.envelope import unpack
from clinic.protocol.op import Op
from clinic.store.home import Home
from simulator.cast import BEGAN, DESKTOPS, KIOSK, NEWCOMER, player
from simulator.centre import Centre, Lying
from simulator.chance import Chance
from simulator.clocks import WrongClock
from simulator.computer import Books, Computer
from simulator.disk import image
from simulator.first_day import FirstDays
from simulator.network import Network

YEAR_S = 365 * 86_400
SIZES = {3: 8, 4: 5, 5: 3, 6: 2, 7: 1, 8: 1}
"""Desktops of an organisation, and how often: fewer meet more often."""


@dataclass(frozen=True)
class Lost:
    """A computer that was revoked, as it was at that moment. `reached`: what it had written and somebody else, or the centre,
    had; `read`: what it held."""

    device: DeviceId
    reached: frozenset[OpId]
    read: frozenset[OpId]


@dataclass
class World:
    """In an empty folder, on a network that stands in for httpx's (`simulator.network`)."""

    seed: int
    days: FirstDays
    folder: Path
    network: Network
    trace: list[str] = field(default_factory=list)
    computers: dict[str, Computer] = field(default_factory=dict)
    seen_wrong: list[str] = field(default_factory=list)
    centre_copies: list[Path] = field(default_factory=list)
    copies: dict[str, Path] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    """Computers that have not exchanged since the centre was put back."""
    revoked: dict[str, Lost] = field(default_factory=dict)
    _heads: dict[ScopeId, int] = field(default_factory=dict)
    _folders: int = 0
    _opened: dict[bytes, tuple[OpId, ...]] = field(default_factory=dict)
    _lie_there: tuple[Mapping[ScopeId, int], dict[OpId, Lying]] = field(default_factory=lambda: ({}, {}))
    """Heads of the centre, and the ops below them."""

    def __post_init__(self) -> None:
        self.chance = Chance(f"seed {self.seed}")
        self.clock = FrozenClock(BEGAN)
        self.desktops = self.chance.weighed(SIZES)
        day = self.days.of(self.desktops, self.network)
        self.books: Books = day.written()
        self.patients: tuple[PatientId, ...] = day.patients
        day.centre(self.folder / "centre")
        self.centre = Centre(self.folder / "centre", self.clock, Chance(f"centre {self.seed}"))
        self.network.app = self.centre.app
        for name in (*DESKTOPS[: self.desktops], KIOSK):
            day.profile(name, home := self.place(name))
            self._joins(name, home)

    def _joins(self, name: str, home: Path) -> None:
        chance, clock = Chance(f"{name} {self.seed}"), WrongClock(self.clock, self.wrong_by())
        self.computers[name] = Computer(player(name), Home(home), clock, chance, self.books)

    def newcomer_comes(self) -> None:
        """She was admitted on the first day; when she is here, she is here."""
        if NEWCOMER not in self.computers:
            self.days.templates.profile(NEWCOMER, self.desktops, home := self.place(NEWCOMER))
            self._joins(NEWCOMER, home)

    def is_cloned(self, one: Computer) -> None:
        """From what lies on its disk now."""
        name = f"{one.name}'s copy"
        if name not in self.computers:
            home = image(one.home, self.place(name))
            chance, clock = Chance(f"{name} {self.seed}"), WrongClock(self.clock, self.wrong_by())
            self.computers[name] = Computer(one.player, home, clock, chance, self.books, name)

    def wrong_by(self) -> float:
        """Seconds. Most clocks are right; some are years off."""
        if self.chance.happens(0.7):
            return float(self.chance.below(60) - 30)
        return float(self.chance.below(13 * YEAR_S) - 3 * YEAR_S)

    def place(self, name: str) -> Path:
        """A new folder's path."""
        self._folders += 1
        return self.folder / f"{self._folders}-{name}"

    def close(self) -> None:
        for one in self.computers.values():
            one.close()
        self.centre.close()

    def say(self, what: str) -> None:
        """More of the step that is being told."""
        self.trace.append(f"    {what}")

    def wrong(self, what: str) -> None:
        """Something did not hold on the way."""
        self.seen_wrong.append(what)

    # what the centre goes through

    def centre_is_put_back(self, put_back: Callable[[], None]) -> None:
        had = self.centre.desk.log.statements
        put_back()
        self.network.app = self.centre.app
        self.copies.clear()
        self.unsure = set(self.computers)
        self._heads.clear()
        self._lie_there = {}, {}
        if any(not is_sign(one) for one in had[len(self.centre.desk.log.statements) :]):
            self._brings_the_list(had)

    def _brings_the_list(self, had: Sequence[bytes]) -> None:
        """Whoever keeps the server has a computer exchange first that knows who is admitted, before anybody states anything
        else in the place of what was lost (`docs/server.md`)."""
        for one in self.computers.values():
            if one.desk.trust.statements[: len(had)] == had and one.name not in self.revoked and not one.dead:
                one.sync()
                self.heard(one)
                return

    # what is looked at on the way

    def heard(self, one: Computer) -> None:
        """After an exchange of hers: I10, I11, and who was revoked in it."""
        if one.machine.failures == 0:
            self.unsure.discard(one.name)
        heads = self.centre.heads()
        for scope, head in self._heads.items():
            if heads.get(scope, 0) < head:
                self.wrong(f"I10 the head of {scope} went from {head} to {heads.get(scope, 0)}")
        self._heads = dict(heads)
        self._note_revoked()
        if one.dead or one.machine.failures or one.name in self.unsure or one.name in self.revoked:
            return
        if one.status.all_acknowledged and not one.status.refused:
            mine = {op for op, whose in self.books.saved.items() if whose == one.name}
            for op in sorted(mine - self.at_centre - self.books.let_go):
                self.wrong(f"I11 {one.name} says all is there, and {op} is not")

    def _note_revoked(self) -> None:
        for device in self.centre.desk.log.revocations:
            for one in self.computers.values():
                if one.player.device == device and one.name not in self.revoked:
                    mine = {op for op in self.books.saved if op.startswith(f"{device}.")}
                    others = [other.bodies().keys() for other in self.computers.values() if other is not one]
                    reached = frozenset(mine & self.at_centre.union(*others))
                    self.revoked[one.name] = Lost(device, reached, frozenset(one.bodies()))

    # what the checks look at

    @property
    def readers(self) -> Sequence[Computer]:
        """Everybody who is to hold everything in the end."""
        without = {KIOSK, *self.revoked}
        return [one for name, one in self.computers.items() if name not in without]

    @property
    def due(self) -> set[OpId]:
        """What was shown as saved and counts: of a computer that was revoked, what lies at the centre below the
        cut."""
        log, lost = self.centre.desk.log, set(self.revoked)
        counts = {
            op for op, lying in self._lying_there().items()
            if not log.is_revoked(lying.device, lying.incarnation, lying.env_no)
        }  # fmt: skip
        saved = {op for op, whose in self.books.saved.items() if whose not in lost or op in counts}
        return saved - self.books.let_go

    @property
    def at_centre(self) -> set[OpId]:
        """Every op in an envelope at the centre, opened with the keys of all."""
        return set(self._lying_there())

    def _lying_there(self) -> Mapping[OpId, Lying]:
        heads = self.centre.heads()
        if heads != self._lie_there[0]:
            lying = self.centre.lying()
            if new := [one for one in lying if one.wire not in self._opened]:
                self._open(new)
            self._lie_there = heads, {op: one for one in lying for op in self._opened.get(one.wire, ())}
        return self._lie_there[1]

    def _open(self, new: Sequence[Lying]) -> None:
        team_keys = {
            key: value for one in self.computers.values() for key, value in one.desk.team_keys.items()
        }
        open_books = [one.book for one in self.computers.values() if not one.dead]
        for scope in {lying.scope for lying in new}:
            keys = {
                name: key
                for book in open_books
                for name, key in book.read(lambda page, scope=scope: page.scope_keys(scope)).items()  # type: ignore[misc]
            }
            for lying in new:
                if lying.scope == scope:
                    self._opened |= _inside(lying, Keyring({scope: keys}), team_keys)


def _inside(lying: Lying, keyring: Keyring, team_keys: TeamKeys) -> dict[bytes, tuple[OpId, ...]]:
    try:
        inside = open_envelope(unpack(lying.wire), keyring, team_keys)
    except Refusal:
        return {}
    if isinstance(inside, Granted):
        return {lying.wire: ()}
    return {lying.wire: (*(op.id for op in inside.ops), *(decode(body, Op).id for body in inside.held))}
