# SPDX-License-Identifier: GPL-3.0-or-later
"""One seed: who is there, what they do, what goes wrong, and what must be so at the end."""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clinic.domain.clock import FrozenClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import OpId, PatientId, ScopeId
from clinic.keys.epochs import TeamKeys
from clinic.keys.sealing import Granted, Keyring, open_envelope
from clinic.protocol.envelope import unpack
from simulator.acts import ACTS, at_the_kiosk, next_team_key, register
from simulator.cast import ADMINISTRATORS, BEGAN, DESKTOPS, KIOSK, NEWCOMER, Templates, player
from simulator.centre import Centre, Lying
from simulator.chance import Chance
from simulator.clocks import WrongClock
from simulator.computer import Books, Computer, EndlessSync
from simulator.disk import dies_after, fill_up, image
from simulator.invariants import broken
from simulator.network import Network, Trouble, standing_in

STEPS, ROUNDS = 40, 12
YEAR_S = 365 * 86_400


@dataclass(frozen=True)
class Outcome:
    """`broken`: what did not hold; `trace`: what happened, a line each."""

    seed: int
    broken: tuple[str, ...]
    trace: tuple[str, ...]


def run(seed: int, templates: Templates, folder: Path, steps: int = STEPS) -> Outcome:
    """Play a seed in an empty folder, which is taken away."""
    network = Network()
    with standing_in(network):
        world = World(seed, templates, folder, network)
        try:
            wrong = world.play(steps)
        finally:
            world.close()
            shutil.rmtree(folder, ignore_errors=True)
    return Outcome(seed, wrong, tuple(world.trace))


@dataclass
class World:
    seed: int
    templates: Templates
    folder: Path
    network: Network
    trace: list[str] = field(default_factory=list)
    books: Books = field(default_factory=Books)
    patients: list[PatientId] = field(default_factory=list)
    computers: dict[str, Computer] = field(default_factory=dict)
    seen_wrong: list[str] = field(default_factory=list)
    _heads: dict[ScopeId, int] = field(default_factory=dict)
    _centre_copies: list[Path] = field(default_factory=list)
    _copies: dict[str, Path] = field(default_factory=dict)
    _unsure: set[str] = field(default_factory=set)
    """Computers that have not exchanged since the centre was put back."""
    _folders: int = 0
    _opened: dict[bytes, tuple[OpId, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = Chance(f"seed {self.seed}")
        self.clock = FrozenClock(BEGAN)
        self.desktops = 3 + self.chance.below(len(DESKTOPS) - 2)
        self.templates.centre(self.desktops, self.folder / "centre")
        self.centre = Centre(self.folder / "centre", self.clock, Chance(f"centre {self.seed}"))
        self.network.app = self.centre.app
        for name in (*DESKTOPS[: self.desktops], KIOSK):
            self._joins(name, self._wrong_by(name))

    def _joins(self, name: str, off_s: float) -> Computer:
        home = self._place(name)
        self.templates.profile(name, self.desktops, home)
        chance = Chance(f"{name} {self.seed}")
        from clinic.store.home import Home

        one = Computer(player(name), Home(home), WrongClock(self.clock, off_s), chance, self.books)
        self.computers[name] = one
        return one

    def _wrong_by(self, name: str) -> float:
        """Most clocks are right; some are years off. Not an administrator's: two whose days differ give signs of life by turns,
        as often as they meet."""
        if name in ADMINISTRATORS or self.chance.happens(0.7):
            return float(self.chance.below(60) - 30)
        return float(self.chance.below(13 * YEAR_S) - 3 * YEAR_S)

    def _place(self, name: str) -> Path:
        self._folders += 1
        return self.folder / f"{self._folders}-{name}"

    def close(self) -> None:
        for one in self.computers.values():
            one.close()
        self.centre.close()

    # playing

    def play(self, steps: int) -> tuple[str, ...]:
        try:
            self._first_day()
            for nth in range(steps):
                self.clock.advance(1 + self.chance.below(900))
                self._step(nth)
            self._rest()
        except EndlessSync as endless:
            return (f"END {endless} exchanges for ever",)
        return tuple(broken(self))

    def _first_day(self) -> None:
        eva = self.computers["eva"]
        self.patients = [register(eva.desk, nth) for nth in range(2)]
        for one in self.computers.values():
            one.sync()

    def _step(self, nth: int) -> None:
        what = self.chance.weighed(self._what())
        one = self.chance.one_of(list(self.computers.values()))
        self.trace.append(f"{nth:3} {what.__name__.strip('_')} {one.name}")
        try:
            what(one)
        except (Refusal, Unavailable) as no:
            self.trace.append(f"    {type(no).__name__}: {no}")

    def _what(self) -> dict[Callable[[Computer], None], int]:
        return {
            self._writes: 30, self._exchanges: 20, self._in_trouble: 12, self._dies: 4, self._dies_writing: 5,
            self._full: 3, self._clock_jumps: 2, self._late_arrives: 4, self._new_key: 2, self._meanwhile: 4,
            self._centre_copied: 3, self._centre_put_back: 3, self._copied: 3, self._comes_back: 2,
        }  # fmt: skip

    def _writes(self, one: Computer) -> None:
        patient = self.chance.one_of(self.patients)
        act = at_the_kiosk if one.name == KIOSK else self.chance.weighed(ACTS)
        self.trace.append(f"    {act.__name__}")
        act(one.desk, patient, self.chance)

    def _exchanges(self, one: Computer) -> None:
        one.sync()
        if one.machine.failures == 0:
            self._unsure.discard(one.name)
        self._look(one)

    def _in_trouble(self, one: Computer) -> None:
        trouble, part = self.chance.one_of(list(Trouble)), self.chance.fraction()
        self.trace.append(f"    {trouble} {part:.2f}")
        self.network.trouble[one.name] = trouble, part
        self._exchanges(one)
        self.network.trouble.pop(one.name, None)

    def _meanwhile(self, one: Computer) -> None:
        """Somebody else exchanges, and she writes on, while hers is under way."""
        other = self.chance.one_of([other for other in self.computers.values() if other is not one])

        def act() -> None:
            try:
                self._writes(one)
                other.sync()
            except (Refusal, Unavailable):
                return

        self.network.meanwhile = act
        self._exchanges(one)
        self.network.meanwhile = None

    def _late_arrives(self, one: Computer) -> None:
        if self.network.late:
            asyncio.run(self.network.deliver_late(self.chance.below(len(self.network.late))))

    def _dies(self, one: Computer) -> None:
        one.dies(self._place(one.name))

    def _dies_writing(self, one: Computer) -> None:
        """Between any two steps of a write, or of taking in an answer."""
        to = self._place(one.name)
        dies_after(one.book, one.home, 1 + self.chance.below(400), to)
        try:
            (self._writes if self.chance.happens(0.5) else self._exchanges)(one)
        except (Refusal, Unavailable):
            pass
        finally:
            one.dies(to)

    def _full(self, one: Computer) -> None:
        fill_up(one.book)
        try:
            self._writes(one)
            self._exchanges(one)
        finally:
            fill_up(one.book, full=False)

    def _clock_jumps(self, one: Computer) -> None:
        one.clock.off_s = self._wrong_by(one.name)

    def _new_key(self, one: Computer) -> None:
        if one.desk.person is not None:
            next_team_key(one.desk)

    def _centre_copied(self, one: Computer) -> None:
        copy = self.folder / f"copy-{len(self._centre_copies)}-{self.clock.monotonic()}.db"
        self.centre.copy_to(copy)
        self._centre_copies.append(copy)

    def _centre_put_back(self, one: Computer) -> None:
        if not self._centre_copies:
            return
        told, copy = self.chance.happens(0.5), self.chance.one_of(self._centre_copies)
        self.trace.append(f"    {'told' if told else 'silently'}")
        self.centre.put_back(copy, told)
        self.network.app = self.centre.app
        self._copies.clear()
        self._unsure = set(self.computers)
        self._heads.clear()

    def _copied(self, one: Computer) -> None:
        self._copies[one.name] = image(one.home, self._place(f"{one.name}-copy")).path

    def _comes_back(self, one: Computer) -> None:
        """Not where what only it had is with a colleague already: then nobody could give it back to all."""
        copy = self._copies.pop(one.name, None)
        if copy is None or one.name in self._unsure:
            return
        gone = {op for op, whose in self.books.saved.items() if whose == one.name} - self.at_centre
        others = [other for other in self.computers.values() if other is not one]
        if any(gone & other.bodies().keys() for other in others):
            return
        before = set(self.books.saved)
        self.trace.append(f"    {len(gone)} only there")
        one.comes_back(copy)
        here = one.bodies().keys()
        self.books.let_go |= {op for op in gone & before if op not in here}
        self._centre_copies.clear()

    def _rest(self) -> None:
        """Nothing goes wrong any more: everybody exchanges until nothing moves."""
        self.network.trouble.clear()
        self._joins(NEWCOMER, 0.0)
        for nth in range(ROUNDS):
            self.clock.advance(3600)
            before = self._moved()
            for one in self.computers.values():
                one.sync()
                self._look(one)
            if nth and self._moved() == before:
                return
        raise EndlessSync("everybody")

    def _moved(self) -> object:
        held = {one.name: len(one.bodies()) for one in self.computers.values()}
        return held, len(self.centre.lying()), self.centre.desk.log.position

    def _look(self, one: Computer) -> None:
        """I10 and I11, after every exchange."""
        heads = self.centre.heads()
        for scope, head in self._heads.items():
            if heads.get(scope, 0) < head:
                self.seen_wrong.append(f"I10 the head of {scope} went from {head} to {heads.get(scope, 0)}")
        self._heads = dict(heads)
        if one.dead or one.machine.failures or one.name in self._unsure:
            return
        if one.status.all_acknowledged and not one.status.refused:
            mine = {op for op, whose in self.books.saved.items() if whose == one.name}
            for op in sorted(mine - self.at_centre - self.books.let_go):
                self.seen_wrong.append(f"I11 {one.name} says all is there, and {op} is not")

    # what the checks look at

    @property
    def readers(self) -> Sequence[Computer]:
        return [one for one in self.computers.values() if one.name != KIOSK]

    @property
    def at_centre(self) -> set[OpId]:
        """Every op in an envelope at the centre, opened with the keys of all."""
        new = [lying for lying in self.centre.lying() if lying.wire not in self._opened]
        if new:
            self._open(new)
        return {op for lying in self.centre.lying() for op in self._opened.get(lying.wire, ())}

    def _open(self, new: Sequence[Lying]) -> None:
        team_keys = {key: value for one in self.readers for key, value in one.desk.team_keys.items()}
        open_books = [one.book for one in self.readers if not one.dead]
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
    return {lying.wire: () if isinstance(inside, Granted) else tuple(op.id for op in inside.ops)}
