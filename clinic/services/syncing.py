# SPDX-License-Identifier: GPL-3.0-or-later
"""The store's side of an exchange: what to offer, and taking in an answer, all of it in one transaction."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import accumulate

from clinic.domain.errors import Refusal
from clinic.domain.facts import AuditEvent
from clinic.domain.ids import DeviceId, PatientId, ScopeId, patient_of
from clinic.keys.epochs import TeamKeys
from clinic.keys.refusals import KeyMissing, Unreadable
from clinic.keys.roster import Distrust, Reason, TrustLog
from clinic.keys.sealing import (
    Granted,
    Keyring,
    check_envelope,
    derived_key,
    open_envelope,
    scope_key_id,
)
from clinic.keys.testimony import check_op, roles_at
from clinic.keys.trust import follow, last_but_signs, verify_all
from clinic.protocol.codec import Malformed
from clinic.protocol.envelope import (
    ALG_SCOPE_KEY,
    MAX_COUNT,
    MAX_WIRE,
    P4_ATTACHMENT,
    Envelope,
    Header,
    unpack,
)
from clinic.protocol.faults import why_not_taken
from clinic.protocol.marks import StateMark
from clinic.protocol.op import Op, Ops
from clinic.protocol.sync import Sequenced, SyncRequest, SyncResponse
from clinic.protocol.trust import DeviceKind
from clinic.services.arrivals import Arrivals, withheld
from clinic.services.audits import audit
from clinic.services.comparing import (
    FETCHED,
    after_exchange,
    compared_in,
    fetched_again,
    keep_marks,
    note_mended,
)
from clinic.services.desks import Desk
from clinic.services.incarnations import is_copied, notice_copy, offer_earlier_again
from clinic.services.leaving import Line, make_ready
from clinic.services.snapshots import Arriving, is_of_one, make_if_due
from clinic.store.filing import fact_id_of, kind_of
from clinic.store.mending import drop_unlike, own_envelopes
from clinic.store.page import Page
from clinic.store.purge import fetch_again
from clinic.store.rows import Changes
from clinic.store.sheet import from_ms, to_ms
from clinic.store.writing import WritePage
from clinic.sync.batch import Waiting, gather, likely_size, pick
from clinic.sync.exchange import (
    Meaning,
    Snapshot,
    cursor_sum,
    envelope_hash,
    keeps_back_trust,
    known_digest,
    meaning_of,
)
from clinic.sync.forecast import Waits
from clinic.sync.status import SyncStatus

NO_KEY = "no key"
_TRIED_WITH = "tried with"
"""How long the trust log was, and which teams' keys were here (none where nobody was logged in), when what waits for a key was
last tried."""
_UNSURE = "unsure"
LOT = 64 * 1024
"""Bytes of envelopes that are read before what was in them is filed: about 500 records."""
_Read = tuple[Sequenced, Ops]
_Whose = Mapping[tuple[int, str], PatientId]
"""Kind and id of facts -> whom they are about."""
CATCHING_UP = "catching up"
"""Setting: b'1' on a new computer until everything has come."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What an exchange brought: whether to go on at once, whether something left while more waits.

    An answer that moves nothing, here or there, asks for no other one. `moved`: bytes of envelopes, the larger way; `took_s`:
    seconds on the link.
    """

    more: bool
    sent: bool
    moved: int = 0
    took_s: float = 0.0


def snapshot(desk: Desk, byte_budget: int, line: Line | None = None, sums: bool = False) -> Snapshot:
    """What we hold and offer, of one moment; what is offered has its number from here on. After a stream that was cut nothing is
    offered, only asked after. `line`: what follows leaves from it too; `sums`: the remote reckons with sums of cursors. Raises
    Unavailable for the disk."""
    if not desk.book.read(_unsure_from):
        make_ready(desk, byte_budget, line=line)
    return desk.book.read(lambda page: _snapshot(desk, page, byte_budget, sums))


def tend_charts(desk: Desk, byte_budget: int) -> None:
    """Before an exchange on a link that is trusted with so many bytes: a snapshot of one chart, if one is due. Not while anything
    is on its way here, or nobody knows what arrived. Raises Unavailable for the disk."""
    if not desk.book.read(lambda page: bool(page.meta(CATCHING_UP)) or _unsure_from(page)):
        make_if_due(desk, byte_budget)


def following(
    desk: Desk, last: int, byte_budget: int, ahead: int, line: Line | None = None
) -> tuple[Waiting, ...]:
    """The envelopes after that number, at most so many bytes. Where less has its number, as much as comes to `ahead` gets its
    own from here on, in the order of the line. Raises Unavailable for the disk."""
    sizes = desk.book.read(lambda page: page.numbered_sizes(last))
    if sum(size for _, size, _ in sizes) < byte_budget:
        make_ready(desk, ahead, last, line)
        sizes = desk.book.read(lambda page: page.numbered_sizes(last))
    rows = desk.book.read(lambda page: page.numbered(_how_many(sizes, byte_budget), last))
    if not rows or rows[0].env_no != last + 1:
        return ()
    return pick((Waiting(row.env_no, row.envelope) for row in rows), byte_budget)


def _how_many(sizes: Sequence[tuple[int, int, int]], byte_budget: int) -> int:
    """Of envelopes of these (priority, bytes, ops), those that fit, and one."""
    reached = accumulate(size for _, size, _ in sizes)
    return 1 + sum(size <= byte_budget for size in reached)


def begin_stream(desk: Desk) -> None:
    """What leaves from now on may arrive though no answer says so: that is remembered over a cut, and a crash."""
    desk.book.keep(lambda page: page.put_meta(_UNSURE, b"1"), Changes())


def take(
    desk: Desk, request: SyncRequest, response: SyncResponse, streamed: Mapping[int, int] | None = None
) -> Taken:
    """Apply an answer: acknowledgements, trust, envelopes and cursors stand or fall together. `streamed`: numbers and sizes of
    what left after the request in the same exchange.

    Raises Distrust for a trust log that does not follow from ours (nothing is applied), Unavailable for the disk.
    """
    with desk.trust_turn:
        if response.trust_refused and request.trust:
            return _lost_the_race(desk)
        try:
            return _take(desk, request, response, streamed or {})
        except Distrust as no:
            if no.reason != Reason.FORK or not _drop_signs(desk):
                raise
            return Taken(more=True, sent=False)


def _lost_the_race(desk: Desk) -> Taken:
    """The centre took somebody else's statements at the positions of ours: ours are forgotten, to be made again
    by whoever asked for them; the others come with the next exchange. What a centre had before is never forgotten for
    another's word, but for signs of life: raises Distrust."""

    def act(page: WritePage) -> tuple[bool, Changes]:
        dropped = page.drop_unsent_trust(desk.home.read_height())
        page.offer_trust_again(
            len(page.trust()) - 2
        )  # and whether the centre has the one before ours is asked
        return bool(dropped), Changes(frozenset({"Sync", "Trust"}))

    if desk.book.write(act):
        desk.adopt(_log_here(desk))
    elif not _drop_signs(desk):
        raise Distrust(
            Reason.FORK,
            "The server has another list of who is admitted than the one it had. Call whoever keeps your server.",
        )
    return Taken(more=True, sent=False)


def _drop_signs(desk: Desk) -> bool:
    """Forget the signs of life that end our list, for a centre that was put back and took another statement in the place of one:
    they admit and revoke nobody. False where none do."""
    kept = last_but_signs(desk.trust)
    if kept == desk.trust.position:
        return False
    desk.home.keep_height(kept)
    desk.book.keep(lambda page: page.drop_trust(kept), Changes(frozenset({"Sync", "Trust"})))
    desk.adopt(_log_here(desk))
    return True


def _log_here(desk: Desk) -> TrustLog:
    return verify_all(desk.book.read(lambda page: page.trust()), desk.trust.fingerprint)


def _take(desk: Desk, request: SyncRequest, response: SyncResponse, streamed: Mapping[int, int]) -> Taken:
    if keeps_back_trust(request, response):
        raise Distrust(
            Reason.ROLLBACK,
            "The server keeps back part of the list of who is admitted. Call whoever keeps your server.",
        )
    meaning = meaning_of(
        request,
        response,
        *desk.book.read(lambda page: (page.last_acknowledged(), page.numbers("env").get("env", 0))),
    )
    log = follow(desk.trust, request.trust_position + 1, response.trust)
    reader = _Reader(log, desk.team_keys_for(log), (desk.device, desk.incarnation))
    snapshots = reader.snapshots = Arriving(log, reader.team_keys)

    def act(page: WritePage) -> tuple[tuple[bool, bool, bool, bool], Changes]:
        reader.fetched = snapshots.fetched = fetched_again(page)
        before = (page.outbox_left(), page.cursor_sum(), page.meta("server epoch"), page.meta("want cursors"))
        for position in range(desk.trust.position + 1, log.position + 1):
            page.add_trust(position, log.statements[position], sent=True)
        _settle(desk, page, request, response, meaning, streamed)
        lost = 0 <= response.trust_position < request.trust_position and page.offer_trust_again(
            response.trust_position
        )
        brought = _Brought()
        for some in _lots(response.envelopes):
            read = [_arrived(desk, page, item, reader) for item in some]
            brought.note(_file_together(desk, page, [one for one in read if one is not None]))
        brought.note(reader.mended)
        brought.note(_retried(page, reader))
        brought.note(snapshots.weigh(desk, page, reader.arrivals, _filed))
        reader.arrivals.keep(page)
        fetch_again(page, frozenset(brought.charts))
        desk.seen_stamps(page, brought.stamps)
        page.put_meta("received", str(int(page.meta("received") or b"0") + len(brought.stamps)).encode())
        note_mended(page, desk, len(reader.mended) + snapshots.mended)
        keep_marks(page, reader.marks)
        again = after_exchange(desk, page, not (meaning.more or page.meta(CATCHING_UP)))
        for scope in again:
            brought.note(_own_again(desk, page, scope))
        copied = meaning.copied and notice_copy(desk, page)
        after = (page.outbox_left(), page.cursor_sum(), page.meta("server epoch"), page.meta("want cursors"))
        return (before != after, after[0][0] > 0, bool(again or lost or copied), copied), brought.changes(
            trust=log is not desk.trust
        )

    moved, waits, again, copied = desk.book.write(act)
    if copied:
        audit(desk, "copy", PatientId(""), "failure")
    moved = moved or log is not desk.trust
    if log is not desk.trust or request.trust:
        desk.adopt(log, seen=request.trust_position + len(response.trust))
    left = sum(map(len, request.envelopes)) + sum(streamed.values())
    brought = max(left, sum(len(item.envelope) for item in response.envelopes))
    more = (meaning.more and moved) or again or request.unsure_from > 0
    return Taken(more, bool(request.envelopes) and moved and waits, brought)


def take_carried(desk: Desk, log: TrustLog, wires: Iterable[bytes]) -> tuple[int, int]:
    """Take in envelopes that came without a place in the centre's order, such as on a stick, with the trust log they came
    with: (records that were not here, envelopes put aside). Cursors stay; taking one twice changes nothing."""
    return take_passed_on(desk, log, [(None, wire) for wire in wires])


def take_passed_on(
    desk: Desk,
    log: TrustLog,
    wires: Sequence[tuple[ScopeId | None, bytes]],
    keep: Callable[[WritePage], None] = lambda page: None,
) -> tuple[int, int]:
    """The same, each under the scope it was handed out in, if one is said; `keep` belongs to the same transaction."""
    reader = _Reader(log, desk.team_keys_for(log), (desk.device, desk.incarnation))

    def act(page: WritePage) -> tuple[tuple[int, int], Changes]:
        for position in range(desk.trust.position + 1, log.position + 1):
            page.add_trust(position, log.statements[position], sent=True)
        found = [_carried(desk, page, wire, reader, scope) for scope, wire in wires]
        ops = [op for some in found for op in some or ()]
        ops += _retried(page, reader)
        reader.arrivals.keep(page)
        desk.seen_stamps(page, [op.stamp for op in ops])
        keep(page)
        return (len(ops), sum(some is None for some in found)), _Brought.of(ops).changes(
            trust=log is not desk.trust
        )

    taken = desk.book.write(act)
    if log is not desk.trust:
        desk.adopt(log, seen=log.position)
    return taken


def take_ahead(
    desk: Desk, wires: Iterable[bytes], keep: Callable[[WritePage], None] = lambda page: None
) -> None:
    """File what can be read of envelopes that will come once more in their order; what cannot waits for that. No cursor moves,
    and what has arrived is not noted: nothing counts as missing. `keep` belongs to the same transaction."""
    reader = _Reader(desk.trust, desk.team_keys, (desk.device, desk.incarnation))

    def act(page: WritePage) -> tuple[None, Changes]:
        ops = [op for wire in wires for op in _ahead(page, wire, reader)]
        desk.seen_stamps(page, [op.stamp for op in ops])
        page.put_meta("received", str(int(page.meta("received") or b"0") + len(ops)).encode())
        keep(page)
        return None, _Brought.of(ops).changes(trust=False)

    desk.book.write(act)


def retry_set_aside(desk: Desk, number: int) -> bool:
    """Read one envelope of the quarantine once more. True if it is filed now; else it stays, under its reason of now."""
    reader = _Reader(desk.trust, desk.team_keys, (desk.device, desk.incarnation))

    def act(page: WritePage) -> tuple[bool, Changes]:
        found = page.set_aside(number)
        if found is None:
            return False, Changes()
        scope, data = found
        ops = _tried(page, reader, number, scope, data)
        reader.arrivals.keep(page)
        return ops is not None, _Brought.of(ops or []).changes(trust=False)

    return desk.book.write(act)


def what_waits(desk: Desk) -> tuple[Waits, ...]:
    """Everything that waits to leave, in the order in which it leaves: envelopes, then files."""

    def look(page: Page) -> tuple[Waits, ...]:
        numbered = (Waits(priority, size, ops) for priority, size, ops in page.numbered_sizes())
        later = (
            Waits(row.priority, likely_size(row, len(rows)), row.ops)
            for rows in gather(page.unnumbered())
            for row in rows
        )
        return (*numbered, *later, *(Waits(P4_ATTACHMENT, size, 1) for size in page.waiting_files()))

    return desk.book.read(look)


def sync_status(desk: Desk, online: bool = False) -> SyncStatus:
    """Counts, never adjectives."""

    def look(page: Page) -> SyncStatus:
        counts, last = page.outbox_counts(), page.meta("last exchange")
        mending, mended = _compared(desk, page)
        return SyncStatus(
            waiting=counts.waiting, acknowledged=counts.acknowledged, refused=counts.refused, quarantined=page.quarantined(),
            received=int(page.meta("received") or b"0"), withheld=withheld(page), last_exchange_at=_moment(last), online=online,
            catching_up=bool(page.meta(CATCHING_UP)), mending=mending, mended=mended, copied=is_copied(desk, page),
        )  # fmt: skip

    return desk.book.read(look)


def _compared(desk: Desk, page: Page) -> tuple[int, int]:
    """What the status says of charts that were not as colleagues hold them, for a week: (being fetched, mended)."""
    found = compared_in(page.meta)
    lately = found.mended_at is not None and desk.clock.now() - found.mended_at < FETCHED
    return len(fetched_again(page)), found.mended if lately else 0


@dataclass(slots=True)
class _Brought:
    """What was filed, without the ops: of a long answer there is never more than a lot in memory."""

    kinds: set[str] = field(default_factory=set)
    patients: set[PatientId] = field(default_factory=set)
    charts: set[PatientId] = field(default_factory=set)
    """Of these, those of whom more came than that somebody looked."""
    stamps: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, ops: Iterable[Op]) -> "_Brought":
        brought = cls()
        brought.note(ops)
        return brought

    def note(self, ops: Iterable[Op]) -> None:
        """They were filed."""
        for op in ops:
            kind, patient = type(op.fact), op.patient
            self.kinds.add(kind.__name__)
            self.patients.add(patient)
            if not issubclass(kind, AuditEvent):
                self.charts.add(patient)
            self.stamps.append(op.stamp)

    def changes(self, trust: bool) -> Changes:
        """What is told to whoever shows it."""
        kinds = self.kinds | {"Sync"} | ({"Trust"} if trust else set())
        return Changes(frozenset(kinds), frozenset(self.patients) - {PatientId("")})


@dataclass(slots=True)
class _Reader:
    """What is needed to believe and open an envelope. `granted`: a scope's key came with this exchange."""

    log: TrustLog
    team_keys: TeamKeys
    me: tuple[DeviceId, int]
    """This computer and its incarnation: the centre gives it a snapshot back that it made, nothing else."""
    granted: bool = False
    fetched: dict[ScopeId, int] = field(default_factory=dict)
    """Scopes that come once more, to be compared with what lies here (`clinic.services.comparing`)."""
    mended: list[Op] = field(default_factory=list)
    marks: list[StateMark] = field(default_factory=list)
    arrivals: Arrivals = field(default_factory=Arrivals)
    snapshots: Arriving | None = None
    """Where parts of snapshots go that come in their place; elsewhere they are passed over, and come again."""

    def ops(self, page: WritePage, envelope: Envelope) -> Ops:
        """The ops inside; a grant's key is kept and gives none. Raises Refusal."""
        check_envelope(envelope, self.log)
        if (envelope.header.device, envelope.header.incarnation) != self.me:
            self.arrivals.note(page, envelope.header)
        scope = envelope.header.scope
        if is_of_one(envelope.header):
            return Ops(ops=())
        inside = open_envelope(envelope, self._keyring(page, envelope.header), self.team_keys)
        if isinstance(inside, Granted):
            page.keep_scope_key(scope, scope_key_id(inside.key), inside.key)
            self.granted = True
            return Ops(ops=())
        roles = roles_at(self.log, envelope.header.device)
        for op in inside.ops:
            check_op(op, envelope.header.device, self.log, roles)
        return self._without_marks(scope, inside)

    def _keyring(self, page: WritePage, header: Header) -> Keyring:
        """A key that a team's leads to is kept: it opens the scope also while nobody is logged in."""
        keys = page.scope_keys(header.scope)
        if header.alg == ALG_SCOPE_KEY and header.key_id not in keys:
            derived = derived_key(header.scope, header.key_id, self.team_keys)
            if derived is not None:
                page.keep_scope_key(header.scope, header.key_id, derived[1])
                keys[header.key_id] = derived[1]
        return Keyring({header.scope: keys})

    def _without_marks(self, scope: ScopeId, inside: Ops) -> Ops:
        """A mark is taken out: it is no record."""
        marks = [op.fact for op in inside.ops if isinstance(op.fact, StateMark)]
        if not marks:
            return inside
        if patient_of(scope) is None:
            self.marks += marks
        left = [(op, body) for op, body in inside.pairs if not isinstance(op.fact, StateMark)]
        return Ops(ops=tuple(op for op, _ in left), bodies=tuple(body for _, body in left if body))


def _snapshot(desk: Desk, page: Page, byte_budget: int, sums: bool) -> Snapshot:
    desk.goes_on_as(page)
    epoch, unsure = (page.meta("server epoch") or b"").decode(), _unsure_from(page)
    rows = () if unsure else pick((Waiting(row.env_no, row.envelope) for row in page.numbered()), byte_budget)
    want = page.meta("want cursors") == b"1"
    held = Snapshot(
        device=desk.device, incarnation=desk.incarnation, server_epoch=epoch, cursors={}, told={},
        trust_position=desk.trust.position, trust=page.unsent_trust(), want_cursors=want,
        envelopes=tuple(row.wire for row in rows), unsure_from=unsure, rest=bool(rows) and page.outbox_left()[0] > len(rows),
    )  # fmt: skip
    if sums and not want:
        new = page.untold()
        seqs, chains = (
            {scope: seq for scope, (seq, _) in new.items()},
            {scope: chain for scope, (_, chain) in new.items()},
        )
        return replace(held, cursors=seqs, chains=chains, sum=page.cursor_sum())
    cursors = page.cursors()
    all_of_it = cursor_sum(cursors) if sums else b""
    return replace(held, cursors=cursors, told=page.told(), chains=page.chains(), sum=all_of_it)


def _unsure_from(page: Page) -> int:
    """The first number whose fate we do not know, 0 if we know them all."""
    waiting = page.numbered(1) if page.meta(_UNSURE) == b"1" else ()
    return waiting[0].env_no if waiting else 0


def _settle(
    desk: Desk, page: WritePage, request: SyncRequest, response: SyncResponse, meaning: Meaning,
    streamed: Mapping[int, int],
) -> None:  # fmt: skip
    """What the answer says about what we sent."""
    if meaning.forget_cursors:
        page.forget_cursors()
        if desk.kind != DeviceKind.KIOSK:  # a kiosk holds capsules to read them, and sends none
            page.offer_files_again()
    if meaning.lost_some:
        offer_earlier_again(desk, page)
        page.offer_trust_again(request.trust_position - 1)  # whether it is still there is asked
        page.offer_again()  # the next exchange asks what is there and is ours: a copy of this computer may have used our numbers
    else:
        sent = {unpack(wire).header.env_no for wire in request.envelopes} | set(streamed)
        sent |= _arrived_before(page, request, response)
        refused = [(r.env_no, r.why, why_not_taken(r.why)) for r in meaning.refused if r.env_no in sent]
        page.acknowledge(min(meaning.acked_env_no, max(sent, default=0)), refused, desk.clock.now())
    page.put_meta(_UNSURE, b"1" if meaning.lost_some else b"0")
    if request.all_cursors:
        page.sum_cursors()
    page.told_cursors({cursor.scope: cursor.seq for cursor in request.cursors})
    page.put_meta("server epoch", response.epoch.encode())
    page.put_meta("want cursors", b"1" if meaning.tell_all_cursors else b"0")
    if page.meta(CATCHING_UP) and not response.more:
        page.put_meta(CATCHING_UP, b"")
    page.put_meta("last exchange", str(to_ms(desk.clock.now())).encode())
    if request.trust and not response.trust_refused:
        page.trust_sent(request.trust_position)


def _arrived_before(page: Page, request: SyncRequest, response: SyncResponse) -> set[int]:
    """The numbers asked after that the centre has, if what it has under them are our own envelopes: a copy of this computer may
    have used them. If not, all of them are offered once more, and refused one by one."""
    if not request.unsure_from or not response.known:
        return set()
    held = page.offered(request.unsure_from, response.acked_env_no)
    ours = known_digest(envelope_hash(held[number]) for number in sorted(held))
    return set(held) if ours == response.known else set()


def _lots(items: Sequence[Sequenced]) -> Iterator[list[Sequenced]]:
    """What is read and filed together: new objects lie where the last lot's were, which costs less than room for all."""
    lot: list[Sequenced] = []
    room = LOT
    for item in items:
        lot.append(item)
        room -= len(item.envelope)
        if room <= 0:
            yield lot
            lot, room = [], LOT
    if lot:
        yield lot


def _arrived(desk: Desk, page: WritePage, item: Sequenced, reader: _Reader) -> _Read | None:
    """Read one envelope, or put it into quarantine; the cursor moves either way, never back."""
    seq, _ = page.cursor(item.scope)
    if not seq < item.seq < MAX_COUNT:
        return None
    page.advance(item.scope, item.seq, item.chain)
    try:
        envelope = unpack(item.envelope)
        if envelope.header.scope != item.scope:
            raise Malformed("This envelope was handed out under another scope than its own.")
        inside = reader.ops(page, envelope)
        if reader.snapshots is not None and is_of_one(envelope.header):
            reader.snapshots.note(item)
            return None
        if item.seq > reader.fetched.get(item.scope, 0):
            return item, inside
        reader.mended += _mended(page, item.scope, inside)
        return None
    except KeyMissing:
        why = NO_KEY
    except Refusal as refusal:
        why = refusal.sentence
    _put_aside(desk, page, item, why)
    return None


def _put_aside(desk: Desk, page: WritePage, item: Sequenced, why: str) -> None:
    page.quarantine(item.scope, item.seq, why, "", item.envelope[:MAX_WIRE], desk.clock.now())


def _file_together(desk: Desk, page: WritePage, read: Sequence[_Read]) -> list[Op]:
    """File what is new in envelopes that came together; one that cannot be filed goes into quarantine alone. A few large
    statements to the store, where one envelope after the other would take many small ones."""
    try:
        with page.tried():
            return _filed_at_once(desk, page, read)
    except Refusal:
        return [op for item, inside in read for op in _filed_alone(desk, page, item, inside)]


def _filed_at_once(desk: Desk, page: WritePage, read: Sequence[_Read]) -> list[Op]:
    held = page.held(fact_id_of(op) for _, inside in read for op in inside.ops)
    whose: dict[tuple[int, str], PatientId] = {}
    stays: list[tuple[Op, bytes, ScopeId]] = []
    for item, inside in read:
        try:
            _check_stay(page, inside, held, whose)
        except Unreadable as refusal:
            _put_aside(desk, page, item, refusal.sentence)
            continue
        for op, body in inside.pairs:
            whose.setdefault((kind_of(op.fact), fact_id_of(op)), op.patient)
            stays.append((op, body, item.scope))
    return list(page.file_all(stays))


def _filed_alone(desk: Desk, page: WritePage, item: Sequenced, inside: Ops) -> list[Op]:
    try:
        with page.tried():
            return _filed(page, item.scope, inside)
    except Refusal as refusal:
        _put_aside(desk, page, item, refusal.sentence)
        return []


def _check_stay(page: WritePage, inside: Ops, held: set[str], whose: _Whose) -> None:
    """Raises Unreadable for a version that would take a fact of one patient to another. `held`: facts that lie in the store;
    `whose`: those that are about to, and whom they are about."""
    for op in inside.ops:
        key = kind_of(op.fact), fact_id_of(op)
        stored = page.patient_of_fact(*key) if key[1] in held else None
        if not {stored, whose.get(key)} <= {None, op.patient}:
            raise Unreadable("This would move a record of one patient to another.")


def _mended(page: WritePage, scope: ScopeId, inside: Ops) -> list[Op]:
    """File what is not here, or not as it was written."""
    drop_unlike(page, inside.pairs)
    return _filed(page, scope, inside)


def _own_again(desk: Desk, page: WritePage, scope: ScopeId) -> list[Op]:
    """What this computer sent of a scope lies in its outbox; the centre does not send it back."""
    mended: list[Op] = []
    for wire in own_envelopes(page, scope):
        try:
            inside = open_envelope(unpack(wire), Keyring({scope: page.scope_keys(scope)}), desk.team_keys)
            mended += _mended(page, scope, inside) if isinstance(inside, Ops) else []
        except Refusal:
            continue  # it is read as little as it was when it was sent
    note_mended(page, desk, len(mended))
    return mended


def _carried(
    desk: Desk, page: WritePage, wire: bytes, reader: _Reader, said: ScopeId | None = None
) -> list[Op] | None:
    """File one; None if it was put aside. `said`: the scope it was handed out in."""
    scope = ""
    try:
        envelope = unpack(wire)
        scope = envelope.header.scope
        if said not in (None, scope):
            raise Malformed("This envelope was handed out under another scope than its own.")
        return _filed(page, envelope.header.scope, reader.ops(page, envelope))
    except KeyMissing:
        why = NO_KEY
    except Refusal as refusal:
        why = refusal.sentence
    page.quarantine(scope, 0, why, "", wire[:MAX_WIRE], desk.clock.now())
    return None


def _ahead(page: WritePage, wire: bytes, reader: _Reader) -> list[Op]:
    try:
        envelope = unpack(wire)
        return _filed(page, envelope.header.scope, reader.ops(page, envelope))
    except Refusal:
        return []


def _retried(page: WritePage, reader: _Reader) -> list[Op]:
    """New keys may open what waited for them; what turns out damaged stays in quarantine under its own reason."""
    keys = repr((reader.log.position, sorted(reader.team_keys))).encode()
    if not reader.granted and page.meta(_TRIED_WITH) == keys:
        return []
    page.put_meta(_TRIED_WITH, keys)
    filed: list[Op] = []
    for no, scope, _seq, data in page.quarantine_waiting_for_key():
        filed += _tried(page, reader, no, scope, data) or ()
    return filed


def _tried(page: WritePage, reader: _Reader, no: int, scope: str, data: bytes) -> list[Op] | None:
    """What one of the quarantine comes to now; None if it stays there."""
    try:
        filed = _filed(page, ScopeId(scope), reader.ops(page, unpack(data)))
    except KeyMissing:
        return None
    except Refusal as refusal:
        page.stays_aside(no, refusal.sentence)
        return None
    page.release(no)
    return filed


def _filed(page: WritePage, scope: ScopeId, inside: Ops) -> list[Op]:
    """File what is new. Raises Unreadable, with nothing filed, for a version that would take a fact of one
    patient to another."""
    held = page.held(fact_id_of(op) for op in inside.ops)
    _check_stay(page, inside, held, {})
    return list(page.file_ops(inside.pairs, scope))


def _moment(ms: bytes | None) -> datetime | None:
    return from_ms(int(ms)) if ms else None
