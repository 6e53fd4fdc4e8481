# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may say what: one function per kind of statement of the trust log, and the table of what a role may
do.

Root: the first device and the first administrator, and recoveries. Administrators: users, devices, teams,
members, the first epoch of a team and one that everybody lost, revocations, policies, wipes. Members: shares and later
epochs of their own team. Nobody gives himself a role, or membership in a team that has members. A kiosk never holds a key
of a team.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from enum import Flag, StrEnum, auto
from typing import Any

from clinic.domain.errors import Refusal
from clinic.domain.ids import ADMINISTRATORS, AUDITORS, DeviceId, TeamId, UserId
from clinic.domain.record import Record, UnknownRecord
from clinic.keys.boxes import sound_box_key
from clinic.keys.identity import SEED_BYTES, device_id
from clinic.keys.roster import Distrust, Reason, Team, TrustLog, User, narrows
from clinic.protocol.trust import (
    AddDevice,
    AddUser,
    Beacon,
    DeviceKind,
    EpochShare,
    MemberAdd,
    MemberRemove,
    Policy,
    RecoveryUsed,
    RemoveUser,
    Revoke,
    Role,
    Root,
    SealedFor,
    Statement,
    TeamCreate,
    TeamEpoch,
    Wipe,
)

KEYLESS = frozenset({Role.KIOSK, Role.GATEWAY})
"""Roles that never hold a team's private key."""
AUDITING = frozenset({Role.ADMINISTRATOR, Role.COMPLIANCE, Role.CUSTODIAN})
"""Roles of the auditors' team."""
HOMES: Mapping[Role, TeamId] = {Role.ADMINISTRATOR: ADMINISTRATORS, Role.COMPLIANCE: AUDITORS}
"""The team that somebody of a role is invited into unless another is named."""
CHARTLESS = frozenset(HOMES.values())
"""Teams without patients."""

_ONLY_AUDITORS = "Only administrators, compliance officers and custodians are auditors."


class Action(StrEnum):
    """What somebody does with the program; every verb of the clinic asks for one of them (`clinic.services.gate`)."""

    RUN = "run the computer"
    """The computer's own work: exchange, backups that are due, indices. No person is needed for it."""
    SELF = "own ways in"
    LOOK_UP = "look up"
    """Codes, forms and templates, which speak of nobody."""
    FIND = "find people"
    ADMIT = "admit"
    MANAGE = "manage"
    """Forms and lists for the whole clinic, and which old charts go from a computer."""
    REGISTER = "register"
    INTAKE = "intake"
    TAKE_CONSENT = "take consent"
    BOOK = "book"
    SET_HOURS = "set hours"
    """The weekly hours and days off of colleagues, and holidays; one's own, whoever may book."""
    SEE_QUEUE = "see queue"
    OPEN_CHART = "open chart"
    TAKE_VITALS = "take vitals"
    WRITE_NOTE = "write note"
    SIGN_NOTE = "sign note"
    PRESCRIBE = "prescribe"
    CALL = "call"
    CHAT = "chat"
    IMPORT = "import"
    EXPORT = "export"
    BREAK_GLASS = "break glass"
    READ_AUDIT = "read audit"
    REVIEW = "review audit"


class Reach(Flag):
    """Whose records: those of a team one is a member of, those of others, or of both."""

    NONE = 0
    OWN = auto()
    OTHER = auto()
    ANY = OWN | OTHER


def _row(own: str = "", other: str = "", both: str = "") -> dict[Action, Reach]:
    """A role's row of the table, from names of actions."""
    row = dict.fromkeys(Action, Reach.NONE)
    for names, reach in ((own, Reach.OWN), (other, Reach.OTHER), (both, Reach.ANY)):
        row |= {Action[name]: reach for name in names.split()}
    return row


_STAFF = "RUN SELF LOOK_UP FIND"
_CARE = "INTAKE TAKE_CONSENT SEE_QUEUE OPEN_CHART TAKE_VITALS WRITE_NOTE CALL CHAT IMPORT"
RIGHTS: Mapping[Role, Mapping[Action, Reach]] = {
    Role.ADMINISTRATOR: _row(both=f"{_STAFF} ADMIT MANAGE READ_AUDIT REVIEW REGISTER INTAKE BOOK SET_HOURS"),
    Role.COMPLIANCE: _row(both=f"{_STAFF} MANAGE READ_AUDIT REVIEW EXPORT"),
    Role.CLINICIAN: _row(
        own=f"{_CARE} SIGN_NOTE PRESCRIBE EXPORT", other="BREAK_GLASS", both=f"{_STAFF} MANAGE REGISTER BOOK"
    ),
    Role.NURSE: _row(own=_CARE, other="BREAK_GLASS", both=f"{_STAFF} REGISTER BOOK"),
    Role.RECEPTIONIST: _row(
        own="INTAKE TAKE_CONSENT SEE_QUEUE CHAT", both=f"{_STAFF} REGISTER BOOK SET_HOURS"
    ),
    Role.KIOSK: _row(own="INTAKE TAKE_VITALS CALL CHAT REGISTER", both="RUN LOOK_UP"),
    Role.GATEWAY: _row(own="REGISTER BOOK", both="RUN"),
    Role.CUSTODIAN: _row(both="RUN LOOK_UP"),
}
"""The table: role x action -> whose records. Everything that is not in it is refused."""
NOBODY: Mapping[Action, Reach] = _row(both="RUN LOOK_UP")
"""The row of a computer at which nobody is logged in."""


def check_place(role: Role, kind: DeviceKind, team: TeamId) -> None:
    """Raises Refusal for a role that nobody has on that kind of computer, or in that team."""
    if team == AUDITORS and role not in AUDITING:
        raise Refusal(_ONLY_AUDITORS)
    if team == ADMINISTRATORS and role != Role.ADMINISTRATOR:
        raise Refusal("Only administrators are invited into the administrators' team.")
    if (role == Role.KIOSK) != (kind == DeviceKind.KIOSK):
        raise Refusal("Only a kiosk has the role of a kiosk, and no other.")
    if role in (Role.CUSTODIAN, Role.GATEWAY) and kind != DeviceKind.STATION:
        raise Refusal("That role works on a station only.")


def may(role: Role, action: Action, on: Reach = Reach.ANY) -> bool:
    """True if that role may do that with some of the records `on`; a role this program does not know may do nothing."""
    return bool(RIGHTS.get(role, {}).get(action, Reach.NONE) & on)


def user_may(log: TrustLog, user: UserId, action: Action, on: Reach = Reach.ANY) -> bool:
    """True if any of the user's roles may do that."""
    return any(may(role, action, on) for role in log.roles_of(user))


def signing_key(log: TrustLog, statement: Statement) -> bytes:
    """The Ed25519 key that must have signed. Raises Distrust for a signer the log did not know, or no
    longer trusted."""
    if not statement.signer_device:
        return _root_key(log, statement)
    user = log.user(statement.signer_user, statement.signer_device)
    if user is None:
        raise Distrust(
            Reason.UNKNOWN_SIGNER,
            "Statement {position} was signed by somebody who was not admitted.",
            position=statement.position,
        )
    if log.is_revoked(statement.signer_device):
        raise Distrust(
            Reason.REVOKED,
            "Statement {position} was signed on a computer that had been revoked.",
            position=statement.position,
        )
    if (user.user, user.device) in log.removed:
        raise Distrust(
            Reason.REVOKED,
            "Statement {position} was signed by somebody who had been removed.",
            position=statement.position,
        )
    return user.signing_key


def _root_key(log: TrustLog, statement: Statement) -> bytes:
    if statement.signer_user:
        raise Distrust(
            Reason.UNKNOWN_SIGNER,
            "Statement {position} names a user but no computer.",
            position=statement.position,
        )
    if log.root is None and isinstance(statement.body, Root):
        return statement.body.public_key
    return log.root_key


LATELY = 8
"""So many statements of administrators are looked back on: more than they have clocks that differ."""


def accepted(log: TrustLog, statement: Statement) -> TrustLog:
    """The log after a statement whose signature holds. Raises Distrust when its signer may not say that."""
    body = statement.body
    if isinstance(body, UnknownRecord) or body.read_only:
        raise Distrust(
            Reason.NEWER, "The organisation uses a newer Posta than this one. Update this computer."
        )
    rule = _RULES.get(type(body))
    if rule is None:
        raise Distrust(Reason.IMPOSSIBLE, "A trust log holds no statements of that kind.")
    return _hearing(rule(log, statement, body), statement)


def _hearing(log: TrustLog, statement: Statement) -> TrustLog:
    """When an administrator was last in contact: the newest in the order of the log, whatever clocks say."""
    if not _is_administrator(log, statement.signer_user):
        return log
    return replace(log, heard=statement.at, lately=(*log.lately, statement.at)[-LATELY:])


def _root(log: TrustLog, statement: Statement, body: Root) -> TrustLog:
    if log.root is not None or statement.signer_device:
        raise _impossible("There is one root, and it is the first statement.")
    _sound_signing(body.public_key)
    return replace(log, root=body, root_key=body.public_key)


def _add_device(log: TrustLog, statement: Statement, body: AddDevice) -> TrustLog:
    by_root = _admits(log, statement, founding=not log.root_device)
    _sound_signing(body.signing_key)
    _sound_box(body.box_key)
    if body.device != device_id(body.signing_key):
        raise _impossible("That computer's name is not the hash of its key.")
    if body.device in log.by_device:
        raise _impossible("That computer has been admitted already.")
    _unused(log, body.signing_key)
    root_device = body.device if by_root else log.root_device
    return replace(log, root_device=root_device, by_device={**log.by_device, body.device: body})


def _add_user(log: TrustLog, statement: Statement, body: AddUser) -> TrustLog:
    by_root = _admits(log, statement, founding=_first_administrator(log, body))
    _sound_signing(body.signing_key)
    _sound_box(body.box_key)
    device = _live_device(log, body.device)
    if device.kind == DeviceKind.KIOSK and body.role != Role.KIOSK:
        raise _impossible("A kiosk carries no user.")
    if body.role == Role.CUSTODIAN and device.kind != DeviceKind.STATION:
        raise _impossible("A custodian works on a station only.")
    before = log.roles_of(body.user)
    if statement.signer_user == body.user and body.role not in before:
        raise _no_right("Nobody gives himself a role.")
    known = log.user(body.user, body.device)
    if known is None:
        _unused(log, body.signing_key)
    elif (known.signing_key, known.box_key) != (body.signing_key, body.box_key):
        raise _impossible("That user has other keys on that computer. Revoke it and enrol it again.")
    if (body.user, body.device) in log.removed:
        raise _impossible("That person was removed from that computer. Invite her anew: new keys are needed.")
    roles = before if body.role in before else (*before, body.role)
    if Role.CUSTODIAN in roles and len(roles) > 1:
        raise _impossible("A custodian has no second role.")
    if len(roles) > 1 and KEYLESS & set(roles):
        raise _impossible("A kiosk or gateway has no second role.")
    users = {key: replace(u, roles=roles) if u.user == body.user else u for key, u in log.by_user.items()}
    users[body.user, body.device] = User(
        body.user, body.device, body.name, roles, body.signing_key, body.box_key
    )
    return replace(log, root_user=body.user if by_root else log.root_user, by_user=users)


def _first_administrator(log: TrustLog, body: AddUser) -> bool:
    """The root admits one user on the device it admitted; the first role it gives is administrator's."""
    if body.device != log.root_device:
        return False
    return body.user == log.root_user if log.root_user else body.role == Role.ADMINISTRATOR


def _team_create(log: TrustLog, statement: Statement, body: TeamCreate) -> TrustLog:
    _by_administrator(log, statement)
    if body.team in log.by_team or not body.team:
        raise _impossible("That team exists already.")
    return replace(log, by_team={**log.by_team, body.team: Team(body.team, body.name)})


def _member_add(log: TrustLog, statement: Statement, body: MemberAdd) -> TrustLog:
    _by_administrator(log, statement)
    team = _team(log, body.team)
    roles = log.roles_of(body.user)
    if not roles or KEYLESS & set(roles):
        raise _impossible("Only people who have been admitted can be members of a team.")
    if body.team == AUDITORS and not AUDITING & set(roles):
        raise _impossible(_ONLY_AUDITORS)
    if body.user == statement.signer_user and team.ever:
        raise _no_right("Nobody adds himself to a team that has members. Ask another administrator.")
    if body.user in team.members:
        raise _impossible("That person is a member already.")
    return _with(log, replace(team, members=(*team.members, body.user), ever=team.ever | {body.user}))


def _member_remove(log: TrustLog, statement: Statement, body: MemberRemove) -> TrustLog:
    if statement.signer_user != body.user:
        _by_administrator(log, statement)
    team = _team(log, body.team)
    if body.user not in team.members:
        raise _impossible("That person is not a member.")
    return _with(log, replace(team, members=tuple(m for m in team.members if m != body.user)))


def _team_epoch(log: TrustLog, statement: Statement, body: TeamEpoch) -> TrustLog:
    team = _team(log, body.team)
    begins = not log.is_held(body.team)
    if not (begins and _is_administrator(log, statement.signer_user)):
        _by_member(team, statement)
    _sound_box(body.public_key)
    linked = bool(body.sealed_previous)
    if body.epoch != len(team.epochs) + 1 or (linked and not team.epochs) or not (linked or begins):
        raise _impossible("That is not the next key of this team.")
    if any(body.public_key == earlier.public_key for other in log.teams() for earlier in other.epochs):
        raise _impossible("That key has been used before.")
    shares = _shares(log, team, body.epoch, body.sealed)
    return _with(log, replace(team, epochs=(*team.epochs, body), shares=(*team.shares, *shares)))


def _epoch_share(log: TrustLog, statement: Statement, body: EpochShare) -> TrustLog:
    team = _team(log, body.team)
    _by_member(team, statement)
    if not 1 <= body.epoch <= len(team.epochs):
        raise _impossible("That team has no such key.")
    shares = _shares(log, team, body.epoch, body.sealed)
    return _with(log, replace(team, shares=(*team.shares, *shares)))


def _shares(
    log: TrustLog, team: Team, epoch: int, sealed: Iterable[SealedFor]
) -> list[tuple[int, UserId, DeviceId, bytes]]:
    found = []
    for item in sealed:
        device = _live_device(log, item.device)
        if device.kind == DeviceKind.KIOSK:
            raise _impossible("A kiosk never holds a team's key.")
        if item.user not in team.members or not log.works(item.user, item.device):
            raise _impossible("A team's key goes to its members only.")
        found.append((epoch, item.user, item.device, item.sealed))
    return found


def _revoke(log: TrustLog, statement: Statement, body: Revoke) -> TrustLog:
    _by_administrator(log, statement)
    _device(log, body.device)
    before = log.revocations.get(body.device)
    if before and not narrows(body, before):
        raise _impossible("A revocation is never taken back.")
    return replace(log, revocations={**log.revocations, body.device: body})


def _remove_user(log: TrustLog, statement: Statement, body: RemoveUser) -> TrustLog:
    _by_administrator(log, statement)
    place = (body.user, body.device)
    if place not in log.by_user or place in log.removed:
        raise _impossible("That person does not work on that computer.")
    after = replace(log, removed=log.removed | {place})
    if not any(_is_administrator(after, user.user) for user in after.at_work()):
        raise _impossible(
            "Somebody must stay who administers the organisation. Make another administrator first."
        )
    return after if after.roles_of(body.user) else _without(after, body.user)


def _without(log: TrustLog, user: UserId) -> TrustLog:
    """Nobody's members keep who is in the organisation no more."""
    teams = {
        name: replace(team, members=tuple(m for m in team.members if m != user))
        for name, team in log.by_team.items()
    }
    return replace(log, by_team=teams)


def _beacon(log: TrustLog, statement: Statement, body: Beacon) -> TrustLog:
    _by_administrator(log, statement)
    return log


def _policy(log: TrustLog, statement: Statement, body: Policy) -> TrustLog:
    _by_administrator(log, statement)
    return replace(log, policies={**log.policies, body.key: body.value})


def _recovery(log: TrustLog, statement: Statement, body: RecoveryUsed) -> TrustLog:
    if statement.signer_device:
        raise _no_right("Only the recovery sheets can do that.")
    _sound_signing(body.new_signing_key)
    _unused(log, body.new_signing_key)
    return replace(log, root_key=body.new_signing_key, founding=True, root_device=None, root_user=None)


def _wipe(log: TrustLog, statement: Statement, body: Wipe) -> TrustLog:
    _by_administrator(log, statement)
    _device(log, body.device)
    return replace(log, wiped=log.wiped | {body.device})


Rule = Callable[[TrustLog, Statement, Any], TrustLog]
_RULES: dict[type[Record], Rule] = {
    Root: _root,
    AddDevice: _add_device,
    AddUser: _add_user,
    TeamCreate: _team_create,
    MemberAdd: _member_add,
    MemberRemove: _member_remove,
    TeamEpoch: _team_epoch,
    EpochShare: _epoch_share,
    Revoke: _revoke,
    Policy: _policy,
    RecoveryUsed: _recovery,
    Wipe: _wipe,
    RemoveUser: _remove_user,
    Beacon: _beacon,
}


def _admits(log: TrustLog, statement: Statement, founding: bool) -> bool:
    """Administrators admit; the root only while founding, and only the first. True if it was the root."""
    if statement.signer_device:
        _by_administrator(log, statement)
    elif not (log.founding and founding):
        raise _no_right("The root only admits the first computer and its administrator.")
    return not statement.signer_device


def _by_administrator(log: TrustLog, statement: Statement) -> None:
    if not _is_administrator(log, statement.signer_user):
        raise _no_right("Only an administrator can do that.")


def _is_administrator(log: TrustLog, user: UserId) -> bool:
    return Role.ADMINISTRATOR in log.roles_of(user)


def _by_member(team: Team, statement: Statement) -> None:
    if statement.signer_user not in team.members:
        raise _no_right("Only a member of the team can do that.")


def _team(log: TrustLog, team: TeamId) -> Team:
    known = log.by_team.get(team)
    if known is None:
        raise _impossible("There is no such team.")
    return known


def _with(log: TrustLog, team: Team) -> TrustLog:
    return replace(log, by_team={**log.by_team, team.team: team})


def _device(log: TrustLog, device: DeviceId) -> AddDevice:
    known = log.device(device)
    if known is None:
        raise _impossible("There is no such computer.")
    return known


def _live_device(log: TrustLog, device: DeviceId) -> AddDevice:
    if log.is_revoked(device):
        raise _impossible("That computer has been revoked.")
    return _device(log, device)


def _unused(log: TrustLog, signing_key: bytes) -> None:
    used = {log.root_key} | {d.signing_key for d in log.devices()} | {u.signing_key for u in log.users()}
    if signing_key in used:
        raise _impossible("That key belongs to somebody already.")


def _sound_signing(key: bytes) -> None:
    if len(key) != SEED_BYTES:
        raise _impossible("That is no signing key.")


def _sound_box(key: bytes) -> None:
    if not sound_box_key(key):
        raise _impossible("That is no key one can seal to.")


def _no_right(sentence: str) -> Distrust:
    return Distrust(Reason.NO_RIGHT, sentence)


def _impossible(sentence: str) -> Distrust:
    return Distrust(Reason.IMPOSSIBLE, sentence)
