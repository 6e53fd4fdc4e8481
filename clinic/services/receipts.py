# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a record has come: saved here, left this device, at the centre, on a colleague's computer, opened by her.

Each step is known, never guessed: what waits is read out of the outbox itself, the centre's word is its acknowledgement,
and a colleague's computer says in a Receipt what has come in there and what was shown to whom.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from clinic.domain.facts import Communication, Composition, Fact, MedicationRequest, Receipt, ServiceRequest
from clinic.domain.ids import FactId, PatientId, ScopeId, patient_scope
from clinic.keys.epochs import TeamKeys
from clinic.keys.refusals import KeyMissing, Unreadable
from clinic.keys.rights import Action
from clinic.keys.sealing import Granted, Keyring, open_envelope
from clinic.protocol.codec import Malformed, decode
from clinic.protocol.envelope import unpack
from clinic.protocol.op import Op, decode_ops
from clinic.protocol.trust import DeviceKind
from clinic.protocol.unsealed import Unsealed
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs
from clinic.services.relaying import brought_of_us
from clinic.services.syncing import CATCHING_UP
from clinic.store.moments import shown_ops
from clinic.store.page import Page
from clinic.store.rows import UNNUMBERED, Changes
from clinic.store.sheet import to_ms
from clinic.store.writing import WritePage

KINDS: tuple[type[Fact], ...] = (Communication, Composition, MedicationRequest, ServiceRequest)
"""What a colleague waits for: messages, notes and orders."""
RECENT = timedelta(days=7)
"""What is older has long been read, or comes with a whole chart: nobody waits for a receipt of it."""
UNREAD = timedelta(days=30)
"""Who comes to a team does not find its whole past unread."""
CARRIED = "carried up to"
"""The setting that holds the number of the last envelope that left on a stick."""


class Stage(StrEnum):
    """How far a record has come, as this computer knows."""

    SAVED = "saved"
    LEFT = "left"
    """On a stick; the centre has not said yet that it came."""
    BROUGHT = "brought"
    """A colleague's computer has brought it to the centre, as it signed on a stick; the centre itself has not said so here."""
    CENTRE = "centre"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Reached:
    """`mine`: written on this computer or by whoever is here; `on`, `opened`: names of colleagues, the first first."""

    stage: Stage
    mine: bool
    on: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()


def reached_on(desk: Desk, page: Page, patient: PatientId) -> Mapping[FactId, Reached]:
    """Every message, note and order of a chart, by its id."""
    found: dict[FactId, Reached] = {}
    for one in page.chart_of(patient):
        waiting = _waiting(desk, page, patient_scope(one))
        told = list(page.facts(Receipt, one))
        for op in shown_ops(page, one, KINDS):
            if isinstance(op.fact, Fact):
                found[op.fact.id] = _reached(desk, op, waiting, told)
    return found


def reached_of(desk: Desk, page: Page, fact: Fact) -> Reached | None:
    """One of them; None for one that is not here."""
    told = list(page.facts(Receipt, fact.patient))
    waiting = _waiting(desk, page, patient_scope(fact.patient))
    return next((_reached(desk, op, waiting, told) for op in page.standing(fact.NUMBER, fact.id)), None)


@needs(Action.OPEN_CHART)
def note_opened(desk: Desk, patient: PatientId, shown: Collection[FactId]) -> Written:
    """These were shown to whoever is here. Written once; of what she wrote herself, not at all."""
    return _opened(desk, patient, shown, KINDS)


@needs(Action.CHAT)
def note_read(desk: Desk, patient: PatientId, shown: Collection[FactId]) -> Written:
    """The same of messages alone, for whoever writes with patients and opens no charts."""
    return _opened(desk, patient, shown, (Communication,))


def unread(desk: Desk, page: Page, patient: PatientId) -> tuple[FactId, ...]:
    """Messages of the last 30 days that others wrote and that were not shown to whoever is here, oldest first; a voice note
    is among them until it was heard."""
    since = to_ms(desk.clock.now() - UNREAD) << 16
    ops = _unopened(desk, page, patient, (Communication,))
    return tuple(
        op.fact.id
        for op in ops
        if op.stamp >= since and isinstance(op.fact, Communication) and not op.fact.retracted
    )


def _opened(
    desk: Desk, patient: PatientId, shown: Collection[FactId], kinds: Collection[type[Fact]]
) -> Written:
    """A receipt on each record of the chart that holds one of them: joined records stay apart on the disk."""

    def make(page: WritePage) -> tuple[Receipt, ...]:
        found: dict[PatientId, list[FactId]] = {}
        for op in _unopened(desk, page, patient, kinds):
            if isinstance(op.fact, Fact) and op.fact.id in shown:
                found.setdefault(op.fact.patient, []).append(op.fact.id)
        return tuple(one for whose, names in found.items() for one in _receipt(desk, whose, sorted(names)))

    return desk.write_within(make)


def _unopened(desk: Desk, page: Page, patient: PatientId, kinds: Collection[type[Fact]]) -> tuple[Op, ...]:
    """What somebody else wrote, on this computer or another, and no receipt of whoever is here names."""
    mine = desk.someone.user
    told = page.facts(Receipt, patient)
    known = {name for one in told if one.reader == mine for name in one.opened}
    ops = (op for one in page.chart_of(patient) for op in shown_ops(page, one, kinds))
    return tuple(
        op for op in ops if op.author != mine and isinstance(op.fact, Fact) and op.fact.id not in known
    )


def note_arrived(desk: Desk, patient: PatientId) -> Written:
    """What has come in from elsewhere lately and is not told of yet: a receipt, in the name of whoever sits here."""
    if desk.kind == DeviceKind.KIOSK or desk.person is None:
        return Written()
    if not desk.book.read(lambda page: _untold(desk, page, patient)):
        return Written()
    return desk.write_within(lambda page: _receipt(desk, patient, arrived=_untold(desk, page, patient)))


def watch(desk: Desk) -> Callable[[], None]:
    """Give receipts whenever messages, notes or orders arrive; returns a function that stops it. A new computer gives them once
    everything has come: until then each would stand in the way of what is still to come."""
    names = {kind.__name__ for kind in KINDS}
    arrived: set[PatientId] = set()

    def heard(changes: Changes) -> None:
        if changes.kinds & names:
            arrived.update(changes.patients)
        if not arrived or desk.book.read(lambda page: bool(page.meta(CATCHING_UP))):
            return
        told = sorted(arrived)
        arrived.clear()
        for patient in told:
            note_arrived(desk, patient)

    return desk.listen(heard)


def _receipt(
    desk: Desk, patient: PatientId, opened: Iterable[FactId] = (), arrived: Iterable[FactId] = ()
) -> tuple[Receipt, ...]:
    opened, arrived = tuple(opened), tuple(arrived)
    if not opened and not arrived:
        return ()
    who = desk.someone
    return (
        Receipt(
            id=FactId(desk.new_id()), patient=patient, reader=who.user, reader_name=who.name, opened=opened, arrived=arrived,
            at=desk.clock.now(),
        ),
    )  # fmt: skip


def _others(desk: Desk, page: Page, patient: PatientId) -> tuple[Op, ...]:
    return tuple(op for op in shown_ops(page, patient, KINDS) if not op.id.startswith(f"{desk.device}."))


def _untold(desk: Desk, page: Page, patient: PatientId) -> tuple[FactId, ...]:
    since = to_ms(desk.clock.now() - RECENT) << 16
    told = {
        name
        for one in page.facts(Receipt, patient)
        if one.id.startswith(f"{desk.device}.")
        for name in one.arrived
    }
    recent = [
        op.fact.id for op in _others(desk, page, patient) if op.stamp >= since and isinstance(op.fact, Fact)
    ]
    return tuple(sorted(set(recent) - told))


def _reached(desk: Desk, op: Op, waiting: Mapping[str, Stage], told: list[Receipt]) -> Reached:
    assert isinstance(op.fact, Fact)
    name, me = op.fact.id, desk.person.user if desk.person else ""
    here = op.id.startswith(f"{desk.device}.")
    others = [one for one in told if one.reader != op.author]
    return Reached(
        waiting.get(op.id, Stage.CENTRE), here or (bool(me) and op.author == me),
        _names(one.reader_name for one in others if name in one.arrived or name in one.opened),
        _names(one.reader_name for one in others if name in one.opened),
    )  # fmt: skip


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _waiting(desk: Desk, page: Page, scope: ScopeId) -> dict[str, Stage]:
    """Op id -> how far, of what no centre has acknowledged: read out of our own envelopes."""
    keys = Keyring({scope: page.scope_keys(scope)})
    carried = int(page.meta(CARRIED) or b"0")
    brought = brought_of_us(desk, page)
    found: dict[str, Stage] = {}
    for env_no, envelope, refused in page.unacknowledged(scope):
        stage = Stage.REFUSED if refused else Stage.LEFT if env_no <= carried else Stage.SAVED
        if not refused and brought is not None and brought.first <= env_no <= brought.up_to:
            stage = Stage.BROUGHT
        try:
            found.update((op.id, stage) for op in _inside(env_no, envelope, keys, desk.team_keys))
        except (KeyMissing, Unreadable, Malformed):
            continue
    return found


def _inside(env_no: int, data: bytes, keys: Keyring, team_keys: TeamKeys) -> Sequence[Op]:
    if env_no >= UNNUMBERED:
        plain = decode(data, Unsealed).ops
        return decode_ops(plain).ops if plain else ()
    inside = open_envelope(unpack(data), keys, team_keys)
    return () if isinstance(inside, Granted) else inside.ops
