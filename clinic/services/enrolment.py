# SPDX-License-Identifier: GPL-3.0-or-later
"""Inviting a device, joining with an invitation, admitting after comparing six digits. Founding: `founding`."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from clinic.domain.clock import Clock, Random
from clinic.domain.errors import PostaError, Refusal, Unavailable
from clinic.domain.ids import TeamId, UserId, short_hash_id
from clinic.domain.record import Record
from clinic.domain.wording import name_as_said
from clinic.keys.epochs import new_epoch, share_epochs_with
from clinic.keys.glass import memberships
from clinic.keys.identity import DeviceKeys, UserKeys, device_id
from clinic.keys.invites import (
    check_answer,
    check_device,
    check_request,
    comparison_digits,
    invitation_text,
    mailbox_id,
    new_invitation,
    seal_answer,
    seal_request,
)
from clinic.keys.rights import CHARTLESS, HOMES, Action, check_place
from clinic.keys.roster import TrustLog
from clinic.keys.slots import NOBODY, Opened, Slots, check_password
from clinic.keys.trust import Signer, extend, make_statement, verify_all
from clinic.protocol.codec import decode, encode
from clinic.protocol.custody import Invitation
from clinic.protocol.sync import FaultNumber, JoinAnswer, JoinRequest
from clinic.protocol.trust import AddDevice, AddUser, DeviceKind, Role
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.link import AUTHORITY, authority_text, exchange_now, remote_of, with_remote
from clinic.services.pinning import authority_for, lay_authority
from clinic.services.short_codes import invitation_of
from clinic.services.sitting import KEY_FILE
from clinic.store.book import Book
from clinic.store.home import Home, keep
from clinic.store.rows import Changes
from clinic.store.writing import WritePage
from clinic.transport.http import RefusedByServer, Remote
from clinic.transport.tls import believing

VALID = timedelta(hours=24)
POLL_S = 0.5
SELDOM_S = 5.0
"""Whoever waits for a newcomer all day looks so often after two minutes: half a second would be a tenth of a thin link."""
_PENDING = "invitation"


@dataclass(frozen=True, slots=True)
class Admission:
    """A newcomer at the door: what the administrator compares before saying yes."""

    digits: str
    name: str
    role: Role
    device_name: str


class Joining:
    """A device on its way in. The keys live in this process until it is admitted."""

    def __init__(
        self, home: Home, invitation: Invitation, password: str, clock: Clock, random: Random, authority: bytes = b"",
        device_keys: DeviceKeys | None = None,
    ) -> None:  # fmt: skip
        self._home, self._invitation, self._password, self._clock, self._random = (
            home,
            invitation,
            password,
            clock,
            random,
        )
        self._authority, self._tls = authority, believing(authority)
        self._device_keys = device_keys or DeviceKeys.make(random)
        self._user_keys = None if invitation.kind == DeviceKind.KIOSK else UserKeys.make(random)
        self._request: JoinRequest | None = None

    @property
    def digits(self) -> str:
        """Six digits that must be the same on the administrator's screen."""
        if self._request is None:
            raise Refusal("Ask to be let in first.")
        return comparison_digits(self._request, self._invitation.fingerprint)

    def ask(self, user_name: str, device_name: str) -> None:
        """Lay the request into the mailbox. Raises Unavailable without the server."""
        device, user = self._device_keys.public, self._user_keys.public if self._user_keys else None
        request = JoinRequest(
            device=device_id(device.signing), kind=str(self._invitation.kind), device_name=device_name,
            device_signing_key=device.signing, device_box_key=device.box, user_name=user_name if user else "",
            user_signing_key=user.signing if user else b"", user_box_key=user.box if user else b"",
        )  # fmt: skip
        sealed = seal_request(self._vouched(request), self._invitation.secret)
        try:
            self._lay_in(sealed)
        except Unavailable:  # it may have arrived though the answer did not: the same again is fine
            self._lay_in(sealed)
        self._request = sealed

    def wait(self, timeout_s: float, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Until the administrator says yes; then the home is ready. A link that comes and goes is waited out.

        Refused: no, or not within the time. Unavailable: the link was gone at the end, or the disk.
        """
        until = self._clock.monotonic() + timeout_s
        nobody = Refusal("Nobody let this computer in in time. Ask the administrator for a new invitation.")
        why: PostaError = nobody
        while not cancelled() and self._clock.monotonic() < until:
            try:
                heard, why = with_remote(Remote(self._invitation.server, tls=self._tls), self._hear), nobody
            except Unavailable as lost:
                heard, why = None, lost
            if heard is not None:
                self._settle(*heard)
                return
            time.sleep(POLL_S)
        raise why

    async def _hear(self, remote: Remote) -> tuple[JoinAnswer, tuple[bytes, ...]] | None:
        """The answer and, after a yes, the log that names us; None while there is none."""
        answer = await remote.join_answer(self._box)
        if answer is None:
            return None
        check_answer(answer, self._invitation.secret)
        return answer, await remote.trust_from(0, self._box) if answer.accepted else ()

    def _vouched(self, request: JoinRequest) -> JoinRequest:
        return request

    def _lay_in(self, sealed: JoinRequest) -> None:
        with_remote(
            Remote(self._invitation.server, tls=self._tls),
            lambda remote: remote.ask_to_join(self._box, sealed),
        )

    @property
    def _box(self) -> str:
        return mailbox_id(self._invitation.secret)

    def _settle(self, answer: JoinAnswer, statements: tuple[bytes, ...]) -> None:
        if not answer.accepted:
            raise Refusal(answer.sentence or "The administrator did not let this computer in.")
        log = verify_all(statements, self._invitation.fingerprint)
        request = self._request
        if request is None or not names(log, request, UserId(answer.user)):
            raise Refusal("The centre's list of computers does not name this one. Ask for a new invitation.")
        self._begin(log, request, UserId(answer.user))

    def _begin(self, log: TrustLog, request: JoinRequest, user: UserId) -> None:
        """The new profile, once the log names it."""
        set_up(
            self._home, log,
            DeviceSetup(
                request.device_name, self._invitation.kind, self._invitation.server, self._invitation.team, self._authority,
            ),
            self._device_keys, user, self._user_keys, request.user_name, self._password, self._random,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeviceSetup:
    name: str
    kind: DeviceKind
    server: str
    team: TeamId
    authority: bytes = b""
    """PEM text of the clinic's own authority, b'' to believe what the system believes."""


def names(log: TrustLog, request: JoinRequest, user: UserId) -> bool:
    """True if the log admits exactly the keys made here, the person's as well as the device's."""
    device, person = log.device(request.device), log.user(user, request.device)
    if device is None or (device.signing_key, device.box_key) != (
        request.device_signing_key,
        request.device_box_key,
    ):
        return False
    mine = (request.user_signing_key, request.user_box_key)
    return mine == (b"", b"") if person is None else mine == (person.signing_key, person.box_key)


def join(
    home: Path, code: str, user_name: str, password: str, device_name: str, clock: Clock, random: Random,
    authority: bytes = b"", server: str = "",
) -> Joining:  # fmt: skip
    """Begin with an invitation: its text, or a short code and the address of the centre it lies at. `authority`: PEM text that
    is believed instead of the one the invitation names. Refused: expired or foreign code, a password too weak, a home that is
    set up already, a centre of another authority."""
    place = Home(home)
    if place.enrolled:
        raise Refusal("This computer is set up already. Start it without an invitation code.")
    if place.founding.exists():
        raise Refusal(
            "An organisation is being set up on this computer. Finish that first, or start with another --home."
        )
    invitation = invitation_of(code, server, clock, authority)
    if invitation.kind != DeviceKind.KIOSK:
        if not user_name.strip():
            raise Refusal("Write your name as colleagues and patients know it.")
        user_name = name_as_said(user_name)
        check_password(password, names=(user_name,))
    place.check_room()  # an invitation serves once: a full disk is told before it is used
    joining = Joining(place, invitation, password, clock, random, authority or authority_for(invitation))
    joining.ask(user_name, name_as_said(device_name or "Posta"))
    return joining


def set_up(
    home: Home, log: TrustLog, setup: DeviceSetup, device_keys: DeviceKeys, user: UserId, user_keys: UserKeys | None,
    user_name: str, password: str, random: Random,
) -> None:  # fmt: skip
    """Write a new profile: the book first, the slots last, so that a half-made one is made again."""
    home.make()
    home.drop_book()  # of a set-up that was cut off
    store_key = random(32)
    book = Book.open(home.book, store_key)
    try:
        book.keep(lambda page: first_page(page, log, setup, device_keys))
    finally:
        book.close()
    home.keep_height(log.position)
    home.keep_slots(_slots(home, setup, store_key, user, user_keys, user_name, password, random).encode())


@needs(Action.ADMIT)
def invite(
    desk: Desk, role: Role, kind: DeviceKind, at: datetime | None = None, team: TeamId | None = None
) -> str:
    """The text of an invitation's QR: single use, 24 hours, for one role, kind of device and team. Where none is named, an
    administrator's is the administrators', a compliance officer's the auditors', all others' this computer's. Refused: a
    role that computer cannot have, no such team."""
    into = team or HOMES.get(role, desk.team)
    check_place(role, kind, into)
    if into not in CHARTLESS and into not in desk.trust.by_team:
        raise Refusal("There is no such team.")
    authority = authority_text(desk)
    invitation = new_invitation(
        server=desk.server, fingerprint=desk.trust.fingerprint, role=role, kind=kind, team=into,
        expires_at=(at or desk.clock.now()) + VALID, random=desk.random, authority=authority,
    )  # fmt: skip
    box = mailbox_id(invitation.secret)
    desk.book.keep(lambda page: page.put_meta(f"{_PENDING} {box}", encode(invitation)))

    async def opened(remote: Remote) -> None:
        await remote.open_mailbox(box)
        await lay_authority(remote, invitation, authority)

    with_remote(remote_of(desk), opened)
    return invitation_text(invitation)


@needs(Action.ADMIT)
def admit(
    desk: Desk,
    compare: Callable[[Admission], bool],
    timeout_s: float,
    cancelled: Callable[[], bool] = lambda: False,
) -> str:
    """Wait for a newcomer of any invitation still out, compare, and let her in. Returns her device's id.

    Refused: the digits were not the same, or nobody came in time or before it was `cancelled`.
    """
    until = desk.clock.monotonic() + timeout_s

    def over() -> bool:
        return cancelled() or desk.clock.monotonic() > until

    invitation, request = with_remote(remote_of(desk), partial(_newcomer, desk, over))
    return _let_in(desk, invitation, request, compare)


async def _newcomer(desk: Desk, over: Callable[[], bool], remote: Remote) -> tuple[Invitation, JoinRequest]:
    """The first that asks at any of our invitations; ever less often looked for. A link that comes and goes is waited out."""
    pause = POLL_S
    while True:
        why: PostaError = Refusal("Nobody has used an invitation yet.")
        try:
            for invitation in _pending(desk):
                request = await _request_at(remote, invitation)
                if request is not None:
                    return invitation, request
        except Unavailable as lost:
            why = lost
        if over():
            raise why
        await asyncio.sleep(pause)
        pause = min(SELDOM_S, pause * 1.05)


async def _request_at(remote: Remote, invitation: Invitation) -> JoinRequest | None:
    """None too for an invitation that the centre has forgotten: it stands in nobody's way."""
    try:
        return await remote.join_request(mailbox_id(invitation.secret))
    except RefusedByServer as no:
        if no.number == FaultNumber.NOT_FOUND:
            return None
        raise


def _pending(desk: Desk) -> tuple[Invitation, ...]:
    """Invitations nobody has used and whose time is not over."""
    found = desk.book.read(lambda page: page.metas(_PENDING))
    invitations = (decode(data, Invitation) for data in found.values())
    return tuple(i for i in invitations if i.expires_at > desk.clock.now())


def _let_in(
    desk: Desk, invitation: Invitation, request: JoinRequest, compare: Callable[[Admission], bool]
) -> str:
    box = mailbox_id(invitation.secret)
    known = desk.trust.device(request.device)
    try:
        check_request(request, invitation.secret)
        if known is not None and request.device_signature:
            check_device(request, known)
        for name in filter(None, (request.user_name, request.device_name)):
            name_as_said(name)
    except Refusal:
        _forget(desk, box)
        raise
    digits = comparison_digits(request, invitation.fingerprint)
    named = known.name if known else request.device_name
    same = compare(Admission(digits, request.user_name, invitation.role, named))
    user = _user_of(desk, request) if request.user_name and same else NOBODY
    never = _why_never(desk, request, invitation, user) if same else None
    if same and not never:
        state(desk, lambda log: _admission(log, request, invitation, user, desk))
    sentence = str(never) if never else "" if same else "The six digits were not the same."
    answer = JoinAnswer(accepted=same and not never, user=user, sentence=sentence)
    with_remote(
        remote_of(desk), lambda remote: remote.answer_join(box, seal_answer(answer, invitation.secret))
    )
    _forget(desk, box)
    if never:
        raise never
    if not same:
        raise Refusal("Not admitted: the six digits were not the same.")
    return request.device


def _why_never(desk: Desk, request: JoinRequest, invitation: Invitation, user: UserId) -> Refusal | None:
    """What the trust log has against her, said before anything is signed: she must not stand in others' way."""
    try:
        _admission(desk.trust, request, invitation, user, desk)
    except Refusal as no:
        return no
    return None


def _forget(desk: Desk, box: str) -> None:
    desk.book.keep(lambda page: page.drop_meta(f"{_PENDING} {box}"))


def _user_of(desk: Desk, request: JoinRequest) -> UserId:
    """A new user, or the one we admitted on that computer before our answer was cut off."""
    before = (
        user.user
        for user in desk.trust.users()
        if (user.device, user.signing_key) == (request.device, request.user_signing_key)
    )
    return next(before, UserId(short_hash_id(desk.random(10))))


class Outrun(Refusal):
    """A colleague's statement came first."""

    def __init__(self) -> None:
        super().__init__(
            "A colleague changed who is admitted at the same moment. Nothing was changed here; do it again."
        )


def state(desk: Desk, make: Callable[[TrustLog], list[Record]]) -> int:
    """Sign statements and bring them to the centre; gives how many. They are made against the centre's newest log."""
    exchange_now(desk)
    with desk.trust_turn:
        before = desk.trust.position
        log = _stated(desk, make)
    exchange_now(desk)
    if desk.trust.statements[: len(log.statements)] != log.statements:
        raise Outrun()
    return log.position - before


def _stated(desk: Desk, make: Callable[[TrustLog], list[Record]]) -> TrustLog:
    """Our log with statements that the centre does not have yet; the height does not count them."""
    before = log = desk.trust
    signer = Signer(desk.someone.user, desk.device, desk.user_keys)
    for body in make(before):
        log = extend(log, make_statement(log, body, signer, desk.clock.now()))

    def act(page: WritePage) -> None:
        for position in range(before.position + 1, log.position + 1):
            page.add_trust(position, log.statements[position], sent=False)

    if log is not before:
        desk.book.keep(act, Changes(frozenset({"Trust"})))
        desk.adopt(log, seen=before.position)
    return log


def _admission(
    log: TrustLog, request: JoinRequest, invitation: Invitation, user: UserId, desk: Desk
) -> list[Record]:
    """The statements that let a newcomer in, none if they were made before; team keys last, sealed to the keys just
    admitted."""
    if names(log, request, user):
        return []
    if log.device(request.device) and (user == NOBODY or not request.device_signature):
        raise Refusal("That computer has been admitted already. Ask it again for a new invitation.")
    device = AddDevice(
        device=request.device, kind=invitation.kind, name=request.device_name,
        signing_key=request.device_signing_key, box_key=request.device_box_key,
    )  # fmt: skip
    if user == NOBODY:
        return [device]
    person = AddUser(
        user=user, name=request.user_name, role=invitation.role, device=request.device,
        signing_key=request.user_signing_key, box_key=request.user_box_key,
    )  # fmt: skip
    members = memberships(log, user, invitation.role, invitation.team)
    bodies = [person, *members] if log.device(request.device) else [device, person, *members]
    signer = Signer(desk.someone.user, desk.device, desk.user_keys)
    after = log
    for body in bodies:
        after = extend(after, make_statement(after, body, signer, desk.clock.now()))
    begun = [new_epoch(after, one, {}, desk.random) for one in sorted(CHARTLESS) if _without_key(after, one)]
    return [*bodies, *begun, *share_epochs_with(after, user, request.device, desk.team_keys)]


def _without_key(log: TrustLog, team: TeamId) -> bool:
    return bool(log.members(team)) and log.epoch(team) is None


def first_page(page: WritePage, log: TrustLog, setup: DeviceSetup, device_keys: DeviceKeys) -> None:
    for key, value in {
        "device keys": device_keys.encode(), "device name": setup.name.encode(), "kind": str(setup.kind).encode(),
        "incarnation": b"1", "pinned": log.fingerprint, "server": setup.server.encode(), "team": setup.team.encode(),
        AUTHORITY: setup.authority,
    }.items():  # fmt: skip
        page.put_meta(key, value)
    for position, statement in enumerate(log.statements):
        page.add_trust(position, statement, sent=True)


def _slots(
    home: Home, setup: DeviceSetup, store_key: bytes, user: UserId, user_keys: UserKeys | None, user_name: str,
    password: str, random: Random,
) -> Slots:  # fmt: skip
    if user_keys is None:
        secret = random(32)
        keep(home.path / KEY_FILE, secret)
        return Slots.none().with_key_file(setup.name, secret, Opened(setup.name, store_key), random)
    return Slots.none().with_password(
        user_name, password, Opened(user_name, store_key, user, user_keys), random
    )
