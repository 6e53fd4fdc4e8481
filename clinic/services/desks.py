# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk: a device's open book, its keys, and the person who sits there. Every write of the clinic goes through it."""

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from clinic.domain.clock import Clock, Random, milliseconds, stamp_after
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import Fact
from clinic.domain.ids import (
    AUDITORS,
    OpId,
    PatientId,
    ScopeId,
    TeamId,
    UserId,
    counted_id,
    patient_scope,
    team_scope,
)
from clinic.domain.record import Record
from clinic.keys.epochs import TeamKeys, open_epochs
from clinic.keys.identity import DeviceKeys, UserKeys, device_id
from clinic.keys.roster import Epoch
from clinic.keys.sealing import (
    AUDIT,
    Place,
    carries_member,
    check_fits,
    check_ops,
    derived_scope_key,
    new_scope_key,
    scope_key_id,
    seal_for_team,
)
from clinic.keys.slots import Opened
from clinic.keys.trust import TrustLog, verify_all
from clinic.protocol.codec import encode
from clinic.protocol.envelope import P2_RECORD, pack
from clinic.protocol.op import Op, Ops, ops_of
from clinic.protocol.trust import DeviceKind, Role
from clinic.protocol.unsealed import Unsealed
from clinic.services.door import is_enrolled as is_enrolled
from clinic.services.door import people_of as people_of
from clinic.services.door import read_slots as read_slots
from clinic.store.book import Book
from clinic.store.filing import fact_id_of
from clinic.store.home import Home
from clinic.store.page import Page
from clinic.store.rows import UNNUMBERED, Changes
from clinic.store.writing import WritePage

RAW_CHUNK = 24_000
"""Bytes of ops before sealing in one envelope: well under 16 kB once compressed."""
AHEAD_MS = 300_000
"""How far another computer's clock may be ahead of ours and still move our stamps."""
STAMP = "stamp"
"""The counter that holds the highest stamp seen, but for those of clocks too far ahead."""
_BLOCK = 28
"""Bits of ids of one start: what more than these were asked for would be given out again by the next one. A start begins
somewhere in the lower half: a copy of this disk that starts beside it counts the same starts, and must not name other things
alike."""


class WrongPatient(Refusal):
    """What was typed belongs to another patient than the window shows. Nothing was saved; the text is still there."""

    def __init__(self) -> None:
        super().__init__("This window shows another patient. Nothing was saved; check the name at the top.")


@dataclass(frozen=True, slots=True)
class Person:
    """Who is logged in."""

    user: UserId
    name: str
    role: Role
    title: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What a write changed, and the ids of its ops."""

    changed: Changes = field(default_factory=Changes)
    ops: tuple[OpId, ...] = ()


class Desk:
    """Made by open_desk or open_kiosk; safe to use from any thread."""

    def __init__(self, home: Home, book: Book, opened: Opened, clock: Clock, random: Random) -> None:
        self.home, self.book, self.clock, self.random = home, book, clock, random
        self._user_keys, self.store_key = opened.user_keys, opened.store_key
        self.content = opened
        told = book.read(
            lambda page: {
                key: page.meta(key) or b""
                for key in ("device keys", "device name", "kind", "incarnation", "pinned", "server", "team")
            }
        )
        self.device_keys = DeviceKeys.decode(told["device keys"])
        self.device_name = told["device name"].decode()
        self.kind = DeviceKind(told["kind"].decode())
        self.incarnation = int(told["incarnation"])
        self.server = told["server"].decode()
        self.team = TeamId(told["team"].decode())
        self.trust: TrustLog = verify_all(
            book.read(lambda page: page.trust()), told["pinned"], home.read_height()
        )
        self.device = device_id(self.device_keys.public.signing)
        self.person = self._person(opened)
        self.team_keys = self.team_keys_for(self.trust)
        self._stamp, block = book.write(
            lambda page: (
                (self._believed(page.number(STAMP)), page.next_number("id block")),
                Changes(),
            )
        )
        self._id_block = block
        self._ids = self._named()
        self._filed: dict[str, tuple[OpId, ...]] = {}
        self.signs_heads = True
        """False while a restored device only sends what waited, under numbers that it may have used again since."""
        self.clock_seen = clock.now(), clock.monotonic()
        """Wall and running time at the last audit entry: a clock that is set shows between them."""
        self.trust_turn = threading.RLock()
        """Held by whoever makes the trust log longer: an exchange, or an administrator's statement."""

    # who ------------------------------------------------------------------------------------------

    @property
    def someone(self) -> Person:
        """The person logged in. Raises Refusal when nobody is."""
        if self.person is None:
            raise Refusal("Nobody is logged in here. Log in first.")
        return self.person

    def require_someone(self) -> None:
        """The gate of what writes no name of its own. Refused when nobody is logged in."""
        _ = self.someone

    @property
    def user_keys(self) -> UserKeys:
        if self._user_keys is None:
            raise Refusal("Nobody is logged in here. Log in first.")
        return self._user_keys

    @property
    def label(self) -> str:
        """The name of the way in that was taken."""
        return self.content.label

    @property
    def name_here(self) -> str:
        """The person, or the device where nobody logs in."""
        return self.person.name if self.person else self.device_name

    @property
    def jurisdiction(self) -> str:
        return self.trust.organization().jurisdiction

    # writing --------------------------------------------------------------------------------------

    def _named(self) -> Iterator[int]:
        somewhere = int.from_bytes(self.random(4), "big") >> (33 - _BLOCK)
        return itertools.count((((self.incarnation << 24) + self._id_block) << _BLOCK) + somewhere)

    def new_id(self) -> str:
        """An id nobody else can make."""
        return counted_id(self.device, next(self._ids))

    def write(self, *facts: Fact, window: PatientId = PatientId(""), priority: int = P2_RECORD) -> Written:
        """File facts and their sealed envelopes in one durable transaction. Raises WrongPatient, Unavailable."""
        return self.write_within(lambda page: facts, window, priority)

    def write_within(
        self,
        make: Callable[[WritePage], Sequence[Fact]],
        window: PatientId = PatientId(""),
        priority: int = P2_RECORD,
        team: TeamId | None = None,
        seen: Sequence[OpId] = (),
        beside: Callable[[WritePage, Written], None] = lambda page, written: None,
    ) -> Written:
        """Like write, with facts that are made inside the transaction; for another `team` than this computer's, if
        named. They replace exactly the versions `seen`, if any are named; else all that stand. `beside` keeps what belongs to
        them in the same transaction."""
        to = team or self.team
        now: dict[str, tuple[OpId, ...]] = {}  # believed only once it is durable

        def act(page: WritePage) -> tuple[Written, Changes]:
            facts = make(page)
            _check_window(page, facts, window)
            ops = [
                op
                for scope, mine in self._by_scope(facts, to)
                for op in self._file(page, scope, mine, bool(window), priority, to, tuple(seen))
            ]
            page.keep_number(STAMP, self._stamp)
            if self.kind == DeviceKind.KIOSK:
                now.update((f"{op.fact.NUMBER} {fact_id_of(op)}", (op.id,)) for op in ops)
            changes = Changes(
                frozenset(type(fact).__name__ for fact in facts) | {"Sync"},
                frozenset(f.patient for f in facts if f.patient),
            )
            written = Written(changes, tuple(op.id for op in ops))
            beside(page, written)
            return written, changes

        written = self.book.write(act)
        self._filed.update(now)
        return written

    def post_again(
        self, page: WritePage, scope: ScopeId, ops: Sequence[Op], priority: int, team: TeamId | None = None
    ) -> None:
        """Have ops that are filed already leave once more, under this incarnation's own numbers."""
        self._post(page, scope, [(op, encode(op)) for op in ops], priority, team or self.team)

    def tell_team(self, page: WritePage, what: Record, priority: int) -> None:
        """Send the team something that is no fact and is filed nowhere; nothing where this computer is in no team."""
        if not self._writes_to(self.team):
            return
        self._stamp = stamp_after(self._stamp, self.clock.now())
        op = Op(id=OpId(self.new_id()), stamp=self._stamp, fact=what)
        scope = team_scope(self.team)
        self._make_key(page, scope, priority, self.team)
        self._post(page, scope, [(op, encode(op))], priority, self.team)

    def grant_again(self, page: WritePage, scope: ScopeId, priority: int, team: TeamId | None = None) -> None:
        """Grant the keys of a scope to the team once more, under this incarnation's own numbers."""
        for key_id in page.scope_keys(scope):
            self._wait(page, scope, priority, 0, Unsealed(team=team or self.team, key_id=key_id))

    def goes_on_as(self, page: Page) -> None:
        """Take the incarnation that the book is in: another program of this computer may have begun anew."""
        told = int(page.meta("incarnation") or b"0")
        if told != self.incarnation:
            self.incarnation = told
            self._ids = self._named()

    def listen(self, heard: Callable[[Changes], None]) -> Callable[[], None]:
        """Be told of every change; called on a store thread."""
        return self.book.listen(heard)

    def close(self) -> None:
        self.book.close()

    def adopt(self, log: TrustLog, seen: int | None = None) -> None:
        """Take in another trust log: new colleagues, new keys. The height outside the database is `seen`, the
        highest position that the centre holds too (the whole log, if not said)."""
        self.trust, self.team_keys = log, self.team_keys_for(log)
        self.home.keep_height(max(self.home.read_height(), log.position if seen is None else seen))

    def seen_stamps(self, page: WritePage, stamps: Iterable[int]) -> None:
        """Stamps from elsewhere: ours must come after them, unless their clock is more than 5 minutes ahead."""
        most = self._latest_believed()
        self._stamp = max(self._stamp, *(stamp for stamp in stamps if stamp <= most), 0)
        page.keep_number(STAMP, self._stamp)

    def _believed(self, stamp: int) -> int:
        """The stamp to go on from; 0 for one that only a wrong clock can have made, ours or another's."""
        return stamp if stamp <= self._latest_believed() else 0

    def _latest_believed(self) -> int:
        return (milliseconds(self.clock.now()) + AHEAD_MS) << 16

    def _by_scope(self, facts: Sequence[Fact], team: TeamId) -> list[tuple[ScopeId, list[Fact]]]:
        scopes: dict[ScopeId, list[Fact]] = {}
        for fact in facts:
            chart = fact.patient and not (team == AUDITORS and isinstance(fact, AUDIT))
            scopes.setdefault(patient_scope(fact.patient) if chart else team_scope(team), []).append(fact)
        return list(scopes.items())

    def _file(
        self, page: WritePage, scope: ScopeId, facts: list[Fact], windowed: bool, priority: int, team: TeamId,
        seen: tuple[OpId, ...],
    ) -> list[Op]:  # fmt: skip
        ops = [self._op(page, fact, windowed, seen) for fact in facts]
        encoded = [(op, encode(op)) for op in ops]
        if self.kind != DeviceKind.KIOSK:
            page.file_ops(encoded, scope)
        told = [pair for pair in encoded if isinstance(pair[0].fact, AUDIT)]
        if len(told) < len(encoded) or self._writes_to(team):
            self._make_key(page, scope, priority, team)
            self._post(page, scope, encoded, priority, team)
        if told and team != AUDITORS and self.trust.epoch(AUDITORS) is not None:
            self._post(page, team_scope(AUDITORS), told, P2_RECORD, AUDITORS)
        return ops

    def _writes_to(self, team: TeamId) -> bool:
        """False for the audit of somebody in no team (an administrator who took over, a gateway): the centre would refuse it."""
        return self.kind == DeviceKind.KIOSK or carries_member(self.trust, self.device, team)

    def _post(
        self,
        page: WritePage,
        scope: ScopeId,
        encoded: Iterable[tuple[Op, bytes]],
        priority: int,
        team: TeamId,
    ) -> None:
        epoch = self.epoch(team)
        for chunk in _chunks(encoded):
            ops = Ops(ops=tuple(op for op, _ in chunk))
            if self.kind == DeviceKind.KIOSK:
                place = self.numbered_place(page, scope, priority, team)
                sealed = pack(seal_for_team(ops, place, epoch, self.device_keys, self.random))
                page.post(place.env_no, scope, priority, len(chunk), sealed, self.clock.now())
                continue
            check_ops(ops, scope)
            plain = ops_of([data for _, data in chunk])
            check_fits(plain)
            self._wait(page, scope, priority, len(chunk), Unsealed(team=team, ops=plain))

    def _op(self, page: WritePage, fact: Fact, windowed: bool, seen: tuple[OpId, ...]) -> Op:
        self._stamp = stamp_after(self._stamp, self.clock.now())
        key = f"{fact.NUMBER} {fact.id}"
        return Op(
            id=OpId(self.new_id()), stamp=self._stamp, author=self.person.user if self.person else UserId(""), fact=fact,
            replaces=seen or self._filed.get(key, ()) or page.standing_ids(fact.NUMBER, fact.id),
            window=fact.patient if windowed else PatientId(""),
        )  # fmt: skip

    def _wait(self, page: WritePage, scope: ScopeId, priority: int, ops: int, what: Unsealed) -> None:
        """It is sealed and numbered when it leaves. A kiosk cannot read again what it wrote, and does both at once."""
        no = UNNUMBERED + page.next_number("unnumbered")
        page.post(no, scope, priority, ops, encode(what), self.clock.now())

    def numbered_place(self, page: WritePage, scope: ScopeId, priority: int, team: TeamId) -> Place:
        """The next numbers of this device."""
        return Place(
            scope=scope, team=team, device=self.device, incarnation=self.incarnation, env_no=page.next_number("env"),
            scope_no=page.next_number(f"in {scope}"), priority=priority,
        )  # fmt: skip

    def epoch(self, team: TeamId) -> Epoch:
        """The team's present key. Raises Unavailable while it has none."""
        epoch = self.trust.epoch(team)
        if epoch is None:
            raise Unavailable("The team has no key yet. Ask the administrator to finish the set-up.")
        return epoch

    def _make_key(self, page: WritePage, scope: ScopeId, priority: int, team: TeamId) -> None:
        """The first write into a scope makes its key out of the team's; where that is not here, or the centre may still take
        another than this one, by chance, and grants it."""
        epoch = self.trust.epoch(team)
        if self.kind == DeviceKind.KIOSK or epoch is None or page.scope_keys(scope):
            return
        team_key = None if page.unsent_trust() else self.team_keys.get((team, epoch.epoch))
        key = derived_scope_key(team_key, scope) if team_key else new_scope_key(self.random)
        page.keep_scope_key(scope, scope_key_id(key), key)
        if team_key is None:
            self._wait(page, scope, priority, 0, Unsealed(team=team, key_id=scope_key_id(key)))

    # opening --------------------------------------------------------------------------------------

    def _person(self, opened: Opened) -> Person | None:
        if not opened.user_id or opened.user_keys is None:
            return None
        user = opened.user_id
        if (user, self.device) in self.trust.removed:
            raise Refusal("You work on this computer no more. Ask your administrator if that is wrong.")
        role = self.trust.role_of(user)
        if role is None:
            raise Refusal("You have not been admitted yet. Ask your administrator to compare the six digits.")
        return Person(user, self.trust.name_of(user), role)

    def team_keys_for(self, log: TrustLog) -> TeamKeys:
        """The team keys a log gives the person here; none where nobody logs in."""
        if self.person is None or self._user_keys is None or not log.works(self.person.user, self.device):
            return {}
        return open_epochs(log, self._user_keys, self.person.user, self.device)


def _check_window(page: WritePage, facts: Sequence[Fact], window: PatientId) -> None:
    for fact in facts:
        if window and fact.patient and window not in (fact.patient, page.linked_to(fact.patient)):
            raise WrongPatient()


def _chunks(ops: Iterable[tuple[Op, bytes]]) -> Iterator[tuple[tuple[Op, bytes], ...]]:
    """Ops in order, in groups of at most RAW_CHUNK bytes."""
    group: list[tuple[Op, bytes]] = []
    size = 0
    for op, data in ops:
        if group and size + len(data) > RAW_CHUNK:
            yield tuple(group)
            group, size = [], 0
        group.append((op, data))
        size += len(data)
    if group:
        yield tuple(group)
