# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole chart of another team's patient, for four hours: a reason, the own password, the audit, then a custodian.

What comes lies in a book of its own beside the own one, under a key of its own: forgetting is letting go of that key and of
the files. Nothing of it enters the own lists, searches, backups or exchanges.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from clinic.domain.errors import PostaError, Refusal, Unavailable
from clinic.domain.facts import EmergencySummary, Location
from clinic.domain.ids import DeviceId, FactId, PatientId, patient_scope
from clinic.domain.record import Record
from clinic.keys.factors import SecondFactor
from clinic.keys.glass import SHOWN_FOR, custodians, left, opened_keys, reason_of, signed_request
from clinic.keys.refusals import KeyMissing
from clinic.keys.sealing import Granted, Keyring, check_envelope, open_envelope
from clinic.keys.testimony import check_op
from clinic.protocol.codec import decode, encode
from clinic.protocol.envelope import unpack
from clinic.protocol.glass import GlassAnswer, GlassOpen, ScopePart, ScopePull
from clinic.protocol.letters import Letter
from clinic.protocol.op import Op
from clinic.protocol.sync import Sequenced
from clinic.services.audits import audit
from clinic.services.charts import Chart, drawn_chart
from clinic.services.desks import Desk
from clinic.services.emergency import BREAK_GLASS, NOBODYS, checked_right
from clinic.services.link import remote_of, with_remote
from clinic.services.snapshots import believed_in
from clinic.services.ways_in import own
from clinic.store.book import Book
from clinic.store.rows import Changes

log = logging.getLogger(__name__)
ANSWER_S = 15.0
_OPEN = "glass "
_FOLDER = "glass"
Post = Callable[[DeviceId, Record], None]


class NoCustodian(Refusal):
    """Nobody can open the chart now; `phones` are (who, number) to call."""

    def __init__(self, phones: tuple[tuple[str, str], ...], team: str) -> None:
        who = "; ".join(f"{name} {number}" for name, number in phones)
        if who:
            super().__init__("No custodian answers, and this computer has no copy. Phone: {who}.", who=who)
        elif team:
            super().__init__(
                "No custodian answers, and this computer has no copy. Phone the team {team}.", team=team
            )
        else:
            super().__init__(
                "No custodian answers, and this computer has no copy. Phone the patient's hospital."
            )
        self.phones = phones


@dataclass(frozen=True, slots=True)
class Shown:
    """A chart that is open for a while. `closed`: parts that are sealed to the team itself, and stay so."""

    chart: Chart
    until: datetime
    left: timedelta
    closed: int


class Asking:
    """Asks custodians and hears their answers. `post` and `present` are the link's; `now` is the centre's time."""

    def __init__(
        self, desk: Desk, post: Post, present: Callable[[DeviceId], bool], now: Callable[[], datetime]
    ) -> None:
        self._desk, self._post, self._present, self._now = desk, post, present, now
        self._heard: dict[str, GlassAnswer] = {}
        self._turn = threading.Condition()
        self._awaited: dict[str, DeviceId] = {}

    def hear(self, letter: Letter) -> bool:
        """Take an answer that is waited for, from whom it was asked; False for any other letter. On any thread."""
        answer = letter.content
        if not isinstance(answer, GlassAnswer):
            return False
        with self._turn:
            if self._awaited.get(answer.request) == letter.sender:
                self._heard[answer.request] = answer
                self._turn.notify_all()
        return True

    def ask(
        self, patient: PatientId, reason: str, password: str, factor: SecondFactor | None = None,
        within_s: float = ANSWER_S,
    ) -> GlassOpen:  # fmt: skip
        """Open the chart for four hours. Waits; for a worker thread.

        Refused: a short reason, a wrong password (it counts at the door), a role that may not, a custodian's no, nobody to ask
        (NoCustodian, with whom to phone). The audit entry is durable before anything is asked.
        """
        desk = self._desk
        checked_right(desk, patient)
        reason = reason_of(reason)
        own(desk, password, factor)
        request = desk.random(16).hex()
        audit(desk, BREAK_GLASS, NOBODYS, entity=f"chart of {patient}, request {request}: {reason}")
        answer = self._answer(patient, reason, request, within_s)
        if not answer.given:
            raise Refusal(
                answer.sentence or "The custodian did not open this chart. Ask your compliance officer."
            )
        keys = opened_keys(answer.keys, desk.user_keys)
        return _kept(desk, patient, request, keys, _fetched(desk, patient, answer))

    def _answer(self, patient: PatientId, reason: str, request: str, within_s: float) -> GlassAnswer:
        """Of the first custodian who is there and answers."""
        desk = self._desk
        there = [one.device for one in custodians(desk.trust) if self._present(one.device)]
        for custodian in there:
            asked = signed_request(
                desk.trust,
                desk.user_keys,
                desk.someone.user,
                desk.device,
                patient,
                reason,
                request,
                self._now(),
            )
            with self._turn:
                self._awaited[request] = custodian
                self._post(custodian, asked)
                self._turn.wait_for(lambda: request in self._heard, within_s / len(there))
                self._awaited.pop(request, None)
                if request in self._heard:
                    return self._heard.pop(request)
        raise NoCustodian(*phones(desk, patient))


def phones(desk: Desk, patient: PatientId) -> tuple[tuple[tuple[str, str], ...], str]:
    """Whom to phone: the hospitals of the directory first, at most three; and the name of the patient's team."""
    places = desk.book.read(lambda page: page.all_facts(Location))
    known = desk.book.read(lambda page: page.fact(EmergencySummary, FactId(f"emergency.{patient}")))
    team = desk.trust.by_team.get(known.team) if known else None
    ranked = sorted(
        (one for one in places if one.phone.strip()),
        key=lambda one: (team is None or one.name != team.name, one.kind != "hospital", one.name),
    )
    return tuple((one.name, one.phone.strip()) for one in ranked[:3]), team.name if team else ""


def open_charts(desk: Desk, now: datetime) -> tuple[GlassOpen, ...]:
    """Charts that are open for whoever is here; those whose time is over are forgotten first."""
    close_due(desk, now)
    me = desk.someone.user
    return tuple(one for one in _rows(desk) if one.user == me)


def whole_chart(desk: Desk, patient: PatientId, now: datetime) -> Shown:
    """The chart while it is open, to be read only. Refused once its time is over; each reading is in the audit."""
    glass = next((one for one in open_charts(desk, now) if one.patient == patient), None)
    if glass is None:
        raise Refusal("This chart is not open here any more. Ask for it again, with a reason.")
    audit(desk, "read", NOBODYS, entity=f"chart of {patient}, request {glass.request}")
    book = Book.open(_file(desk, glass.request), glass.key)
    try:
        chart = book.read(lambda page: drawn_chart(page, patient))
    finally:
        book.close()
    return Shown(chart, glass.until, left(glass, now), glass.closed)


def close_due(desk: Desk, now: datetime) -> tuple[PatientId, ...]:
    """Forget charts whose time is over, and files that no open chart needs; remember the time seen. Gives whose."""
    gone = []
    for glass in _rows(desk):
        if left(glass, now) <= timedelta(0):
            forget(desk, glass)
            gone.append(glass.patient)
        elif now - glass.seen_at >= timedelta(minutes=1):
            _keep(desk, replace(glass, seen_at=now))
    _sweep(desk)
    return tuple(gone)


def forget(desk: Desk, glass: GlassOpen) -> None:
    """The key first: from then on the file says nothing."""
    desk.book.keep(lambda page: page.drop_meta(_OPEN + glass.request))
    _sweep(desk)
    audit(desk, f"{BREAK_GLASS} closed", NOBODYS, entity=f"chart of {glass.patient}, request {glass.request}")


def _rows(desk: Desk) -> tuple[GlassOpen, ...]:
    found = desk.book.read(lambda page: page.metas(_OPEN))
    return tuple(decode(data, GlassOpen) for data in found.values())


def _keep(desk: Desk, glass: GlassOpen) -> None:
    desk.book.keep(lambda page: page.put_meta(_OPEN + glass.request, encode(glass)))


def _file(desk: Desk, request: str) -> Path:
    return desk.home.path / _FOLDER / f"{request}.db"


def _sweep(desk: Desk) -> None:
    """Files that belong to no open chart go, also those of a program that ended between two steps."""
    folder, wanted = desk.home.path / _FOLDER, {one.request for one in _rows(desk)}
    try:
        for file in folder.iterdir() if folder.exists() else ():
            if file.name.partition(".")[0] not in wanted:
                file.unlink(missing_ok=True)
    except OSError as error:
        log.warning("a closed chart's file stays, without its key: %s", error.strerror)


def _fetched(desk: Desk, patient: PatientId, answer: GlassAnswer) -> tuple[Sequenced, ...]:
    """All sealed records of the scope, from the centre. Raises Unavailable, Refusal."""
    found: list[Sequenced] = []
    pull = ScopePull(
        scope=patient_scope(patient), permit=answer.permit, signature=answer.signature, takes_snapshots=True
    )

    def part(after: int) -> ScopePart:
        return with_remote(remote_of(desk), lambda remote: remote.scope_part(replace(pull, after=after)))

    last = part(0)
    found += last.envelopes
    while last.more and last.envelopes:
        last = part(last.up_to)
        found += last.envelopes
    return tuple(found)


def _kept(
    desk: Desk, patient: PatientId, request: str, keys: tuple[bytes, ...], sealed: tuple[Sequenced, ...]
) -> GlassOpen:
    """File what opens in a book of its own; its key is kept last, with the time at which it goes."""
    scope, ring = patient_scope(patient), Keyring()
    for key in keys:
        ring = ring.plus(scope, key)
    ops, closed = _opened(desk, sealed, ring)
    if not ops:
        raise Unavailable(
            "The centre holds nothing of this chart that can be read. Phone the patient's team."
        )
    now = desk.clock.now()  # the clock that is looked at again, also before anybody answers
    glass = GlassOpen(
        request=request, patient=patient, user=desk.someone.user, opened_at=now, until=now + SHOWN_FOR, seen_at=now,
        key=desk.random(32), closed=closed,
    )  # fmt: skip
    file = _file(desk, request)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    book = Book.open(file, glass.key)
    try:
        book.write(lambda page: (page.file_ops([(op, encode(op)) for op in ops], scope), Changes()))
    finally:
        book.close()
    _keep(desk, glass)
    return glass


def _opened(desk: Desk, sealed: tuple[Sequenced, ...], ring: Keyring) -> tuple[list[Op], int]:
    """The ops that can be read and are believed, and how many envelopes one patient's key does not open."""
    ops: list[Op] = []
    believed: list[Sequenced] = []
    closed = 0
    for item in sealed:
        try:
            envelope = unpack(item.envelope)
            check_envelope(envelope, desk.trust)
            inside = open_envelope(envelope, ring, {})
            if isinstance(inside, Granted):
                continue
            for op in inside.ops:
                check_op(op, envelope.header.device, desk.trust)
            ops += inside.ops
            believed.append(item)
        except KeyMissing:
            closed += 1
        except PostaError as refusal:
            log.warning("a record of an emergency chart was left out: %s", refusal.sentence)
    try:
        named = {op.id for op in ops}
        ops += [op for op in believed_in(believed, desk.trust, ring, {}) if op.id not in named]
    except PostaError as refusal:
        log.warning("a summary of an emergency chart was left out: %s", refusal.sentence)
    return ops, closed
