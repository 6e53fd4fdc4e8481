# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot of a chart: made, attested, believed, and what the centre lets go because of it. Real stores, keys and routes; only
time and the network are simulated."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from sqlalchemy import select

from clinic.domain.clock import FrozenClock
from clinic.domain.facts import Communication
from clinic.domain.ids import FactId, PatientId, patient_scope, team_scope
from clinic.keys.sealing import Keyring
from clinic.protocol.codec import decode, encode
from clinic.protocol.envelope import P1_TALK, P3_SNAPSHOT, unpack
from clinic.protocol.op import Op
from clinic.services import comparing, snapshots
from clinic.services.leaving import make_ready
from clinic.services.syncing import sync_status
from clinic.store.home import Home
from clinic.sync import exchange as asking
from clinic.sync import snapshots as rules
from simulator.acts import register
from simulator.cast import BEGAN, NEWCOMER, TEAM, Templates, player
from simulator.centre import Centre
from simulator.chance import Chance
from simulator.clocks import WrongClock
from simulator.computer import Books, Computer
from simulator.network import Network, standing_in
from sync_server.book.port import Shelf
from sync_server.book.sql import SqlBook
from sync_server.book.tables import envelopes
from sync_server.book.tidying import GONE
from sync_server.tidying import LAGS, NOT_ATTESTED, OLD_PROGRAM, Tidied, Tidying, tidy_up

DAY_S = 86_400
WORDS = 6
"""Envelopes of each of two people in a chart."""


@dataclass
class House:
    """Three desks of a team and their centre, to which everybody came today."""

    folder: Path
    templates: Templates
    clock: FrozenClock
    centre: Centre
    network: Network
    books: Books = field(default_factory=Books)
    desks: dict[str, Computer] = field(default_factory=dict)

    def joins(self, name: str) -> Computer:
        home = self.folder / name
        self.templates.profile(name, 3, home)
        self.desks[name] = Computer(
            player(name), Home(home), WrongClock(self.clock), Chance(f"{name} {home}"), self.books
        )
        return self.desks[name]

    def days(self, days: float) -> None:
        self.clock.advance(int(days * DAY_S))

    def all_sync(self, *names: str) -> None:
        for name in names or tuple(self.desks):
            self.desks[name].sync()

    def chart(self, words: int = WORDS) -> PatientId:
        """Somebody on whose chart two people write in turn, and one word that is pressing."""
        eva, ben = self.desks["eva"], self.desks["ben"]
        patient = register(eva.desk, len(self.books.made))
        self.all_sync("eva", "ben")
        for number in range(words):
            for one in (eva, ben):
                say_on(one, patient, f"{number} de {one.name}")
                one.sync()
        say_on(ben, patient, "pressing", P1_TALK)
        self.all_sync()
        self.all_sync()
        return patient

    def settle(self, *names: str) -> None:
        """A month later: whoever's turn it is makes a snapshot, the others attest it, all tell how far they have come."""
        self.days(30)
        for _ in range(4):
            self.days(1)
            self.all_sync(*names)

    def tidy(self, dry: bool = False) -> Tidied:
        return asyncio.run(tidy_up(self.centre.desk, dry))

    def rows(self, patient: PatientId) -> list[tuple[int, int, bytes]]:
        """(seq, priority, envelope) of all that lies at the centre of a chart."""
        e = envelopes.c
        asked = select(e.seq, e.priority, e.wire).where(e.scope == patient_scope(patient)).order_by(e.seq)

        def look(book: object) -> list[tuple[int, int, bytes]]:
            assert isinstance(book, SqlBook)
            with book._unit() as conn:
                return [(int(seq), int(priority), wire) for seq, priority, wire in conn.execute(asked)]

        return self.centre.desk.book.at_start(look)

    def gone(self, patient: PatientId) -> list[int]:
        return [seq for seq, priority, _ in self.rows(patient) if priority == GONE]

    def words(self, patient: PatientId) -> int:
        """Attestations at the centre."""
        return sum(
            unpack(wire).header.attests is not None for _, at, wire in self.rows(patient) if at == P3_SNAPSHOT
        )


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture
def house(tmp_path: Path, templates: Templates, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    for module in (snapshots, rules):
        monkeypatch.setattr(module, "MANY", 10)
    clock, network = FrozenClock(BEGAN), Network()
    with ExitStack() as opened:
        opened.enter_context(standing_in(network))
        templates.centre(3, tmp_path / "centre")
        centre = Centre(tmp_path / "centre", clock, Chance("centre"))
        opened.callback(centre.close)
        network.app = centre.app
        house = House(tmp_path, templates, clock, centre, network)
        for name in ("eva", "ben", "cai"):
            opened.callback(house.joins(name).close)
        house.all_sync()
        yield house
        for name in set(house.desks) - {"eva", "ben", "cai"}:
            house.desks[name].close()


def say_on(one: Computer, patient: PatientId, text: str, priority: int = 2) -> None:
    said = Communication(
        id=FactId(one.desk.new_id()), patient=patient, sent_at=one.clock.now(), sender="x", text=text
    )
    one.desk.write(said, window=patient, priority=priority)


def whole(house: House, one: Computer) -> bool:
    """Everything that anybody wrote is there as it was written, and the status says that nothing is amiss."""
    held = {name: body for name, (body, _, _) in one.bodies().items()}
    status = sync_status(one.desk)
    return {name: held.get(name) for name in house.books.saved} == {
        name: house.books.made[name] for name in house.books.saved
    } and (status.withheld, status.quarantined, status.catching_up) == (0, 0, False)


def test_what_two_attest_the_centre_lets_go_and_a_new_computer_has_everything(house: House) -> None:
    patient = house.chart()
    before = house.rows(patient)
    house.settle()
    assert house.words(patient) == 2
    assert house.tidy().kept == {NOT_ATTESTED: 1}, "it lies here for a week first"
    house.days(8)
    house.all_sync()
    would = house.tidy(dry=True)
    assert would.envelopes > WORDS and not house.gone(patient)
    assert house.tidy().envelopes == would.envelopes == len(house.gone(patient))
    assert house.tidy().envelopes == 0
    left = [(seq, priority) for seq, priority, wire in house.rows(patient) if wire and seq <= len(before)]
    assert left[:3] == [(seq, priority) for seq, priority, _ in before[:3]], "how the chart begins"
    assert all(priority < 2 for _, priority in left[3:]), "and what is pressing"
    newcomer = house.joins(NEWCOMER)
    newcomer.sync()
    assert whole(house, newcomer)
    say_on(newcomer, patient, "De quien llegó.")
    newcomer.sync()
    house.all_sync()
    assert all(whole(house, one) for one in house.desks.values())


def let_go(house: House) -> PatientId:
    """A chart of which the centre holds a snapshot in place of old envelopes."""
    patient = house.chart()
    house.settle()
    house.days(8)
    house.all_sync()
    assert house.tidy().envelopes and house.gone(patient)
    return patient


def its_turn(monkeypatch: pytest.MonkeyPatch, maker: Computer) -> None:
    monkeypatch.setattr(
        snapshots, "turn_of", lambda _scope, device, _devices: 0 if device == maker.desk.device else 99
    )


def test_one_attestation_is_not_enough(house: House) -> None:
    patient = house.chart()
    house.settle("eva", "ben")
    house.days(8)
    house.all_sync("eva", "ben")
    assert house.words(patient) == 1
    assert house.tidy().kept == {NOT_ATTESTED: 1} and not house.gone(patient)


def test_a_colleague_who_lags_is_waited_for_half_a_year_and_lacks_nothing_then(house: House) -> None:
    patient = house.chart(2)
    late = house.joins(NEWCOMER)
    late.sync()
    here = ("eva", "ben", "cai")
    for number in range(WORDS):
        say_on(house.desks["eva"], patient, f"{number} later")
        house.all_sync("eva")
    house.settle(*here)
    house.days(8)
    house.all_sync(*here)
    assert house.words(patient) == 2
    assert house.tidy().kept == {LAGS: 1} and not house.gone(patient)
    say_on(late, patient, "written far from any link")
    house.days(200)
    house.all_sync(*here)
    assert house.tidy().envelopes and house.gone(patient)
    for _ in range(2):
        late.sync()
        house.all_sync()
    assert all(whole(house, one) for one in house.desks.values())


def test_who_has_come_past_the_snapshot_holds_up_nothing(house: House) -> None:
    patient = house.chart(2)
    late = house.joins(NEWCOMER)
    for number in range(WORDS):
        say_on(house.desks["eva"], patient, f"{number} later")
        house.all_sync("eva", NEWCOMER)
    house.settle()
    house.days(8)
    house.all_sync("eva", "ben", "cai")
    house.all_sync()
    assert house.tidy().envelopes and whole(house, late)


Forged = Callable[[Iterable[tuple[str, bytes]]], Iterable[tuple[str, bytes]]]


def other_words(held: Iterable[tuple[str, bytes]]) -> Iterable[tuple[str, bytes]]:
    """Ben's last word is another one."""
    for name, body in held:
        op = decode(body, Op)
        changed = isinstance(op.fact, Communication) and op.fact.text == "pressing"
        yield name, encode(replace(op, fact=replace(op.fact, text="never said"))) if changed else body  # type: ignore[call-arg]


def one_more(held: Iterable[tuple[str, bytes]]) -> Iterable[tuple[str, bytes]]:
    """And something that Ben never wrote."""
    for name, body in held:
        op = decode(body, Op)
        yield name, body
        if isinstance(op.fact, Communication) and op.fact.text == "pressing":
            made_up = replace(op.fact, id=FactId(f"{name}z"), text="never said")
            yield f"{name}z", encode(replace(op, id=f"{name}z", fact=made_up))


def one_less(held: Iterable[tuple[str, bytes]]) -> Iterable[tuple[str, bytes]]:
    return list(held)[:-1]


@pytest.mark.parametrize(("forge", "aside"), [(other_words, True), (one_more, False), (one_less, False)])
def test_nobody_attests_what_is_not_what_lies_here(
    house: House, monkeypatch: pytest.MonkeyPatch, forge: Forged, aside: bool
) -> None:
    patient = house.chart()
    eva, newcomer = house.desks["eva"], house.joins(NEWCOMER)
    its_turn(monkeypatch, eva)
    house.days(33)
    with monkeypatch.context() as lying:
        real = snapshots.bodies_in_order
        lying.setattr(snapshots, "bodies_in_order", lambda page, one: list(forge(real(page, one))))
        eva.sync()
    for _ in range(3):
        house.all_sync("ben", "cai", NEWCOMER)
    parts = [wire for _, at, wire in house.rows(patient) if at == P3_SNAPSHOT]
    assert parts and not house.words(patient)
    for one in (house.desks["ben"], house.desks["cai"], newcomer):
        held = {name: body for name, (body, _, _) in one.bodies().items()}
        assert all(held[name] == body for name, body in house.books.made.items() if name in house.books.saved)
        assert held.keys() <= house.books.made.keys()
        assert bool(sync_status(one.desk).quarantined) == aside
    house.days(8)
    assert house.tidy().kept == {NOT_ATTESTED: 1}


def test_what_lies_here_is_overwritten_by_nobody_s_word(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.chart()
    eva, ben = house.desks["eva"], house.desks["ben"]
    its_turn(monkeypatch, eva)
    house.days(33)
    with monkeypatch.context() as lying:
        real = snapshots.bodies_in_order
        lying.setattr(snapshots, "bodies_in_order", lambda page, one: list(other_words(real(page, one))))
        eva.sync()
    before = ben.bodies()
    with monkeypatch.context() as believing:
        believing.setattr(snapshots, "vouched", lambda *_: True)
        ben.sync()
    assert ben.bodies() == before and sync_status(ben.desk).quarantined


@pytest.mark.parametrize("name", ["eva", "cai"])
def test_a_damaged_chart_is_put_right_from_the_snapshot(house: House, name: str) -> None:
    patient = let_go(house)
    one = house.desks[name]
    texts = {op: fact.text for op, fact in spoken(one).items()}
    lost, wrong, *_ = (op for op, text in texts.items() if text.startswith(("3 de", "4 de")))

    def damage(page: comparing.WritePage) -> None:
        page._do("DELETE FROM op WHERE id = :id", id=lost)
        body = encode(replace(house.books.ops[wrong], window=PatientId("")))
        page._do("UPDATE op SET body = :body WHERE id = :id", body=body, id=wrong)
        page._do(
            "UPDATE outbox SET envelope = x'00' WHERE acked_at IS NOT NULL AND scope = :s",
            s=patient_scope(patient),
        )
        up_to = comparing.ask_again(page, patient)
        page.put_meta(comparing._MENDING, comparing.dumps({patient_scope(patient): up_to}))

    one.book.keep(damage, snapshots.Changes())
    assert not whole(house, one)
    one.sync()
    one.sync()
    assert whole(house, one)


def spoken(one: Computer) -> dict[str, Communication]:
    ops = {name: decode(body, Op) for name, (body, _, _) in one.bodies().items()}
    return {name: op.fact for name, op in ops.items() if isinstance(op.fact, Communication)}


def test_a_centre_that_begins_anew_loses_nothing_and_goes_on_tidying(house: House) -> None:
    patient = let_go(house)
    before = house.gone(patient)
    house.centre.desk.book.at_start(lambda book: book.renew_epoch())
    assert house.tidy().kept == {LAGS: 1}, "nobody has said yet how far she has come"
    for number in range(12):
        say_on(house.desks["cai"], patient, f"{number} anew")
        house.all_sync("cai")
    house.all_sync()
    house.settle()
    house.days(8)
    house.all_sync()
    assert house.tidy().envelopes and len(house.gone(patient)) > len(before) + 8
    newcomer = house.joins(NEWCOMER)
    newcomer.sync()
    assert all(whole(house, one) for one in house.desks.values())


def test_an_older_program_keeps_what_it_needs_and_is_told_when_it_comes_too_late(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = house.chart()
    its_turn(monkeypatch, house.desks["eva"])
    late = house.joins(NEWCOMER)
    house.days(33)
    house.all_sync("ben", "cai")
    with older(monkeypatch):
        late.sync()
    for _ in range(4):
        house.all_sync("eva", "ben", "cai")
    house.days(8)
    house.all_sync("eva", "ben", "cai")
    with older(monkeypatch):
        late.sync()
        late.sync()
    assert whole(house, late), "a snapshot is nothing to it"
    assert house.tidy().kept == {OLD_PROGRAM: 1} and not house.gone(patient)
    late.sync()
    assert house.tidy().envelopes
    with older(monkeypatch):
        late.book.keep(
            lambda page: page.forget_cursors(), snapshots.Changes()
        )  # a chart that is fetched again
        say_on(late, patient, "by an older program")
        late.sync()
        assert late.machine.failures
    house.all_sync("eva")
    assert "by an older program" in {fact.text for fact in spoken(house.desks["eva"]).values()}
    house.days(1)
    for _ in range(2):
        house.all_sync()
    assert all(whole(house, one) for one in house.desks.values())


class older:
    """What a program does that knows no snapshots: it says nothing of them, and opens their parts as any envelope."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patches = monkeypatch.context()

    def __enter__(self) -> None:
        patched = self._patches.__enter__()
        patched.setattr(
            "clinic.services.link.request_for",
            lambda *what: replace(asking.request_for(*what), takes_snapshots=False),
        )
        patched.setattr("clinic.services.syncing.is_of_one", lambda _: False)
        patched.setattr("clinic.services.link.tend_charts", lambda *_: None)

    def __exit__(self, *what: object) -> None:
        self._patches.__exit__(None, None, None)


def test_a_new_computer_takes_fewer_bytes_for_a_long_chart(house: House) -> None:
    eva = house.desks["eva"]
    patient = register(eva.desk, 1)
    for number in range(200):
        for word in range(5):
            say_on(eva, patient, f"Control {number}: presión {110 + word}/{70 + number % 9}, sin novedad.")
        make_ready(eva.desk, 1 << 20)  # an envelope of its own, as if a link had been there
    house.all_sync()
    house.all_sync()
    before = sum(len(wire) for _, _, wire in house.rows(patient))
    assert len(house.rows(patient)) >= 200
    house.settle()
    house.days(8)
    house.all_sync()
    house.tidy()
    after = sum(len(wire) for _, _, wire in house.rows(patient))
    assert after < before / 3, (before, after)
    newcomer = house.joins(NEWCOMER)
    newcomer.sync()
    assert whole(house, newcomer)


def test_scopes_of_teams_are_never_tidied(house: House) -> None:
    """The audit lies there: not even under a snapshot that is well attested."""
    house.chart()
    house.settle()
    house.days(8)
    house.all_sync()
    round_ = Tidying(house.centre.desk.log, house.clock.now())
    scopes: list[str] = []

    def decide(shelf: Shelf) -> tuple[int, ...]:
        scopes.append(shelf.scope)
        here = replace(shelf, scope=team_scope(TEAM))
        return round_.decide(here)

    for scope in house.centre.desk.book.at_start(lambda book: book.with_snapshots()):
        assert house.centre.desk.book.at_start(lambda book, one=scope: book.tidy(one, decide, True)) == 0  # type: ignore[misc]
    assert scopes and round_.done.kept == {NOT_ATTESTED: 1}


def test_whoever_reads_a_chart_apart_believes_as_much(house: House) -> None:
    """As in an emergency: the scope's envelopes alone, and its key."""
    patient = let_go(house)
    scope, cai = patient_scope(patient), house.desks["cai"]
    rows, more = house.centre.desk.book.at_start(lambda book: book.scope_part(scope, 0, 1 << 20))
    assert not more
    ring = Keyring({scope: cai.book.read(lambda page: page.scope_keys(scope))})
    ops = snapshots.believed_in(rows, cai.desk.trust, ring, {})
    assert {op.id for op in ops} == {op for op in house.books.saved if house.books.ops[op].patient == patient}
    attests = [row for row in rows if unpack(row.envelope).header.attests is not None]
    assert snapshots.believed_in([row for row in rows if row != attests[0]], cai.desk.trust, ring, {}) == ()
