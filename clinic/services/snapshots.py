# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots of charts, so that the centre need not keep every old envelope: making one, attesting a colleague's, and taking one
in where the envelopes are gone (decision 35).

Whoever holds the originals files nothing of a snapshot, only compares. Whoever lacks some files what is new in it once enough
colleagues have attested it; until then its parts wait. Nothing that lies here is ever overwritten by one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain as joined

from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId, PatientId, ScopeId, TeamId, patient_of, patient_scope
from clinic.keys.attesting import desktops_of, may_speak, vouched
from clinic.keys.epochs import TeamKeys
from clinic.keys.refusals import KeyMissing, Unreadable
from clinic.keys.roster import TrustLog
from clinic.keys.sealing import (
    Granted,
    Keyring,
    Place,
    carries_member,
    check_ops,
    open_envelope,
    packed_hard,
    packed_ops,
    seal_packed,
)
from clinic.keys.testimony import check_op
from clinic.protocol.codec import decode, dumps, encode, loads
from clinic.protocol.envelope import MAX_WIRE, P3_SNAPSHOT, Envelope, Header, pack, unpack
from clinic.protocol.op import Op, Ops
from clinic.protocol.snapshots import Attested, Covered, Part
from clinic.protocol.sync import Sequenced
from clinic.protocol.trust import DeviceKind
from clinic.services.arrivals import Arrivals, seen_in
from clinic.services.desks import Desk
from clinic.store.mending import (
    at_rest,
    bodies_here,
    bodies_in_order,
    drop_unlike,
    how_much,
    long_scopes,
    own_envelopes,
)
from clinic.store.page import Page
from clinic.store.purge import gone_charts
from clinic.store.rows import Changes
from clinic.store.sheet import from_ms, to_ms
from clinic.store.writing import WritePage
from clinic.sync.batch import GATHERED
from clinic.sync.exchange import envelope_hash, next_chain
from clinic.sync.snapshots import (
    FAST,
    MANY,
    MOST_PARTS,
    MOST_TIMES,
    Held,
    Lying,
    Whole,
    covered_by,
    head_of,
    is_due,
    snapshots_in,
    turn_of,
)

LOOKS = timedelta(days=1)
"""Between two looks for charts of which one is due."""
_WAITS, _LAST, _LOOKED = "snapshot ", "covered ", "snapshots looked"
_OTHER_BYTES = (
    "A summary of this chart differs from what lies here. Nothing was changed. Tell whoever keeps the server."
)
_MOST_WAITING = 3 * MOST_PARTS
_File = Callable[[WritePage, ScopeId, Ops], list[Op]]


def is_of_one(header: Header) -> bool:
    """True for parts and attestations, in which no ops lie that their sender wrote."""
    return header.part is not None or header.attests is not None


# taking in --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Arriving:
    """Parts and attestations of one exchange. `fetched`: scopes that come once more, up to which seq."""

    log: TrustLog
    team_keys: TeamKeys
    fetched: dict[ScopeId, int] = field(default_factory=dict)
    mended: int = 0
    """Records of those that were put right, or were missing."""
    _new: dict[ScopeId, list[Sequenced]] = field(default_factory=dict)

    def note(self, item: Sequenced) -> None:
        """One whose signature was checked came in, in its place."""
        self._new.setdefault(item.scope, []).append(item)

    def weigh(self, desk: Desk, page: WritePage, arrivals: Arrivals, file: _File) -> list[Op]:
        """What is filed because of what came; the rest waits, or is let go."""
        gone = set(gone_charts(page)) if self._new else set()
        ops: list[Op] = []
        for scope, items in self._new.items():
            patient = patient_of(scope)
            if patient is None or patient in gone:
                page.drop_meta(_WAITS + scope)  # it comes again with the chart
                continue
            rows = {**dict(_waiting(page, scope)), **{one.seq: (one.chain, one.envelope) for one in items}}
            ops += self._weighed(_Chart(desk, page, scope, rows, arrivals, file))
        return ops

    def _weighed(self, chart: "_Chart") -> list[Op]:
        """The newest that is believed is taken in; the newest of those that came after it is compared, or waits."""
        found = [(one, vouched(self.log, one.maker, one.words)) for one in snapshots_in(_lying(chart.rows))]
        ops: list[Op] = []
        settled = 0
        for whole in [one for one, believed in found if believed][-1:]:
            taken = self._taken(chart, whole)
            if taken is not None:
                ops, settled = taken, whole.last
        for whole in [one for one, believed in found if not believed and one.up_to >= settled][-1:]:
            if self._compared(chart, whole):
                settled = whole.last
        _keep(chart.page, chart.scope, {seq: row for seq, row in chart.rows.items() if seq > settled})
        return ops

    def _taken(self, chart: "_Chart", whole: Whole) -> list[Op] | None:
        """File what is not here of one that is attested; None while its key has not come."""
        page, scope, again = chart.page, chart.scope, whole.last <= self.fetched.get(chart.scope, 0)
        try:
            with page.tried():
                inside = self._inside(chart, whole)
                if again:
                    drop_unlike(page, inside.pairs)
                elif _unlike(page, inside):
                    raise Unreadable(_OTHER_BYTES)
                ops = chart.file(page, scope, inside)
        except KeyMissing:
            return None
        except Refusal as refusal:
            chart.put_aside(whole, refusal.sentence)
            return []
        self.mended += len(ops) if again else 0
        me = (chart.desk.device, chart.desk.incarnation)
        for one in whole.covered:
            if (one.device, one.incarnation) != me:
                chart.arrivals.cover(page, scope, one.device, one.incarnation, one.up_to)
        _note(page, scope, whole.last, len(inside.ops))
        return ops

    def _compared(self, chart: "_Chart", whole: Whole) -> bool:
        """Attest one that is not believed yet, if it is what lies here; False while it has to wait for colleagues."""
        page = chart.page
        try:
            inside = self._inside(chart, whole)
        except KeyMissing:
            return False
        except Refusal as refusal:
            chart.put_aside(whole, refusal.sentence)
            return True
        if _unlike(page, inside):
            if whole.last > self.fetched.get(chart.scope, 0):
                chart.put_aside(whole, _OTHER_BYTES)
                return True
            return False  # what lies here is being put right
        if len(bodies_here(page, [op.id for op in inside.ops])) < len(inside.ops):
            return False
        _attest_if_whole(chart, whole, {str(op.id) for op in inside.ops})
        _note(page, chart.scope, whole.last, len(inside.ops))
        return True

    def _inside(self, chart: "_Chart", whole: Whole) -> Ops:
        """Its ops. Raises KeyMissing; Unreadable, Malformed for one that cannot be what it says."""
        parts = [unpack(chart.rows[part.seq][1]) for part in whole.parts]
        keyring = Keyring({chart.scope: chart.page.scope_keys(chart.scope)})
        return opened(parts, self.log, keyring, self.team_keys)


_Rows = dict[int, tuple[bytes, bytes]]
"""Seq -> (chain, envelope)."""


@dataclass(frozen=True, slots=True)
class _Chart:
    """One scope of which something came, and all that waits of it."""

    desk: Desk
    page: WritePage
    scope: ScopeId
    rows: _Rows
    arrivals: Arrivals
    file: _File

    def put_aside(self, whole: Whole, why: str) -> None:
        """None of it is filed, and somebody is told."""
        for part in whole.parts:
            wire = self.rows[part.seq][1][:MAX_WIRE]
            self.page.quarantine(self.scope, part.seq, why, "", wire, self.desk.clock.now())


def _unlike(page: Page, inside: Ops) -> bool:
    """True if anything lies here with other bytes."""
    bodies = {str(op.id): body for op, body in inside.pairs}
    return any(body != bodies[name] for name, body in bodies_here(page, bodies).items())


def _waiting(page: Page, scope: ScopeId) -> Iterator[tuple[int, tuple[bytes, bytes]]]:
    kept = page.meta(_WAITS + scope)
    for seq, chain, wire in loads(kept) if kept else ():
        yield seq, (chain, wire)


def _keep(page: WritePage, scope: ScopeId, rows: _Rows) -> None:
    """What still waits; a word about what is not here any more does not."""
    left = sorted(rows.items())[-_MOST_WAITING:]
    if any(unpack(wire).header.part for _, (_, wire) in left):
        page.put_meta(_WAITS + scope, dumps([[seq, chain, wire] for seq, (chain, wire) in left]))
    else:
        page.drop_meta(_WAITS + scope)


def _last(page: Page, scope: ScopeId) -> tuple[int, int]:
    """(the seq of the last part, how many ops) of the newest snapshot that was seen to here."""
    kept = page.meta(_LAST + scope)
    seq, ops = loads(kept) if kept else (0, 0)
    return seq, ops


def _note(page: WritePage, scope: ScopeId, seq: int, ops: int) -> None:
    page.put_meta(_LAST + scope, dumps([seq, ops]))


def _lying(rows: _Rows) -> Iterator[Lying]:
    for seq, (chain, wire) in rows.items():
        yield Lying(seq, chain, envelope_hash(wire), unpack(wire).header)


def opened(parts: Sequence[Envelope], log: TrustLog, keyring: Keyring, team_keys: TeamKeys) -> Ops:
    """The ops in the parts of one snapshot, each as its own author may say it. Raises KeyMissing, Unreadable, Malformed."""
    held: dict[str, tuple[Op, bytes]] = {}
    for envelope in parts:
        inside = open_envelope(envelope, keyring, team_keys)
        if isinstance(inside, Granted) or inside.ops:
            raise Unreadable("This is no part of a summary.")
        for body in inside.held:
            op = decode(body, Op)
            if held.setdefault(str(op.id), (op, body))[1] != body:
                raise Unreadable("This summary holds two records under one number.")
    ops = Ops(ops=tuple(op for op, _ in held.values()), bodies=tuple(body for _, body in held.values()))
    check_ops(ops, parts[0].header.scope)
    for op in ops.ops:
        check_op(op, DeviceId(op.id.rpartition(".")[0]), log)
    return ops


def believed_in(
    rows: Iterable[Sequenced], log: TrustLog, keyring: Keyring, team_keys: TeamKeys
) -> tuple[Op, ...]:
    """The ops of the newest snapshot among envelopes of one scope, whose signatures were checked, if it is attested; else ().
    Raises KeyMissing, Unreadable, Malformed."""
    by_seq = {one.seq: (one.chain, one.envelope) for one in rows}
    found = [one for one in snapshots_in(_lying(by_seq)) if vouched(log, one.maker, one.words)]
    if not found:
        return ()
    return opened([unpack(by_seq[part.seq][1]) for part in found[-1].parts], log, keyring, team_keys).ops


# attesting --------------------------------------------------------------------------------------------


def _attest_if_whole(chart: _Chart, whole: Whole, names: set[str]) -> None:
    """Say that we hold the same, if we do: no more, no less, and all of it from its authors."""
    desk, page, scope, maker = chart.desk, chart.page, chart.scope, whole.maker
    patient = patient_of(scope)
    if (
        patient is None
        or desk.kind != DeviceKind.DESKTOP
        or maker.device == desk.device
        or not (whole.covers_all and may_speak(desk.trust, maker))
        or not carries_member(desk.trust, desk.device, maker.team)
        or desk.trust.epoch(maker.team) is None
        or not page.scope_keys(scope)
        or any(word.device == desk.device for word in whole.words)
        or patient not in at_rest(page)
        or {name for name, _ in bodies_in_order(page, patient)} != names
        or not all(_has_come(chart, one) for one in whole.covered)
    ):
        return
    nothing = packed_ops(encode(Ops(ops=())))
    _post(desk, page, scope, nothing, _place(desk, page, scope, maker.team, attests=whole.attested))


def _has_come(chart: _Chart, one: Covered) -> bool:
    desk, page = chart.desk, chart.page
    if (one.device, one.incarnation) == (desk.device, desk.incarnation):
        return page.number(f"in {chart.scope}") >= one.up_to
    runs = chart.arrivals.runs(page, chart.scope, one.device, one.incarnation)
    return bool(runs) and runs[0][0] == 1 and runs[0][1] >= one.up_to


# making -----------------------------------------------------------------------------------------------


def make_if_due(desk: Desk, byte_budget: int) -> None:
    """Once a day, and then with each exchange while there are more: a snapshot of one chart, if the link is fast, nothing waits,
    and it is our turn. It leaves with the next exchange. Raises Unavailable for the disk."""
    if desk.kind != DeviceKind.DESKTOP or byte_budget < FAST or not desk.team:
        return
    now = desk.clock.now()
    looked = desk.book.read(lambda page: page.meta(_LOOKED))
    if looked is not None and abs(now - from_ms(int(looked))) < LOOKS:
        return
    due = desk.book.read(lambda page: next(_due(desk, page, now), None))

    def act(page: WritePage) -> None:
        if due is None:
            page.put_meta(_LOOKED, str(to_ms(now)).encode())
        else:
            _make(desk, page, due, byte_budget)

    desk.book.keep(act, Changes())


def _due(desk: Desk, page: Page, now: datetime) -> Iterator[PatientId]:
    if not carries_member(desk.trust, desk.device, desk.team) or page.outbox_left()[0]:
        return
    scopes = [(scope, seq) for scope, seq in long_scopes(page, MANY) if seq - _last(page, scope)[0] >= MANY]
    rest = at_rest(page) if scopes else frozenset[PatientId]()
    for scope, seq in scopes:
        patient = patient_of(scope)
        if patient is None or patient not in rest or len(page.scope_keys(scope)) != 1:
            continue
        (last, then), (ops, stamp) = _last(page, scope), how_much(page, patient)
        turn = turn_of(scope, desk.device, desktops_of(desk.trust, desk.team))
        if ops != then and is_due(seq, last, from_ms(stamp >> 16), now, turn):
            yield patient


def _make(desk: Desk, page: WritePage, patient: PatientId, byte_budget: int) -> None:
    """Nothing where this computer does not hold the whole, or it is too much for this link: then it is a colleague's to make."""
    scope = patient_scope(patient)
    sent = tuple(envelope_hash(wire) for wire in own_envelopes(page, scope))
    me = (desk.device, desk.incarnation)
    held = Held(*page.cursor(scope), seen_in(page, scope), me, page.number(f"in {scope}"), sent)
    bodies = [body for _, body in bodies_in_order(page, patient)]
    covered = covered_by(held)
    behind = head_of(held, covered) if covered else None
    packed = list(_packed(bodies)) if behind and bodies else []
    fits = len(packed) <= MOST_PARTS and sum(map(len, packed)) <= MOST_TIMES * byte_budget
    seq, chain = behind or (held.seq, b"")
    for number, one in enumerate(packed if fits else (), 1):
        part = Part(
            seq=seq, chain=chain, number=number, of=len(packed), covered=covered or () if number == 1 else ()
        )
        wire = _post(desk, page, scope, one, _place(desk, page, scope, desk.team, part=part))
        seq, chain = seq + 1, next_chain(chain, envelope_hash(wire))
    _note(page, scope, seq, len(bodies))


def _packed(bodies: Sequence[bytes]) -> Iterator[bytes]:
    packed = packed_hard(bodies)
    if len(packed) <= GATHERED or len(bodies) == 1:
        yield packed
        return
    half = len(bodies) // 2
    yield from joined(_packed(bodies[:half]), _packed(bodies[half:]))


def _place(
    desk: Desk, page: WritePage, scope: ScopeId, team: TeamId, part: Part | None = None,
    attests: Attested | None = None,
) -> Place:  # fmt: skip
    return replace(desk.numbered_place(page, scope, P3_SNAPSHOT, team), part=part, attests=attests)


def _post(desk: Desk, page: WritePage, scope: ScopeId, packed: bytes, place: Place) -> bytes:
    key = next(iter(page.scope_keys(scope).values()))
    wire = pack(seal_packed(packed, place, key, desk.epoch(place.team).epoch, desk.device_keys, desk.random))
    page.post(place.env_no, scope, P3_SNAPSHOT, 0, wire, desk.clock.now())
    return wire
