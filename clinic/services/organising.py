# SPDX-License-Identifier: GPL-3.0-or-later
"""Who belongs to the organisation: people, computers and teams, and an administrator's orders about them.

Each order is an entry of the trust log that the administrator signs. True: the centre holds it. False: it waits here, and is
said as soon as the centre can be reached (`clinic.services.wishes`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import Questionnaire
from clinic.domain.ids import DeviceId, PatientId, TeamId, UserId, short_hash_id
from clinic.domain.policies import KEEP_YEARS, SETTABLE, checked, holds
from clinic.domain.record import Record
from clinic.domain.retention import Class, rules_of, years_by_law
from clinic.domain.wording import name_as_said
from clinic.keys.epochs import waiting_for_keys
from clinic.keys.glass import everybody
from clinic.keys.receipts import read_receipt
from clinic.keys.rights import KEYLESS, Action
from clinic.keys.roster import Team, TrustLog, User
from clinic.keys.trust import open_statement
from clinic.protocol.organisation import ComputerSeen, WipeReceipt, Wish
from clinic.protocol.trust import (
    AddDevice,
    AddUser,
    DeviceKind,
    MemberAdd,
    MemberRemove,
    Policy,
    RemoveUser,
    Revoke,
    Role,
    TeamCreate,
    Wipe,
)
from clinic.services import questionnaires, wishes
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.link import remote_of, with_remote

AUDIT = "organisation"
_REASON_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person of the organisation; `computers` those she works on now, none for one who was removed."""

    user: UserId
    name: str
    roles: tuple[Role, ...]
    teams: tuple[str, ...]
    computers: tuple[DeviceId, ...]


@dataclass(frozen=True, slots=True)
class Computer:
    """`people`: names of those who work on it. `seen_at` None: never, or the centre was not asked."""

    device: DeviceId
    name: str
    kind: DeviceKind
    people: tuple[str, ...]
    seen_at: datetime | None
    revoked: str | None
    """The reason, '' for none given; None for a computer that is in use."""
    wipe_ordered: bool
    receipt: WipeReceipt | None
    here: bool
    session_since: datetime | None = None
    came_from: str = ""
    """As `ComputerSeen` says it."""


@dataclass(frozen=True, slots=True)
class CareTeam:
    """`epoch`: the number of its present key, 0 for none; `waiting`: names of members who wait for that key;
    `everybody`: it is the organisation-wide team."""

    team: TeamId
    name: str
    members: tuple[tuple[UserId, str], ...]
    epoch: int
    waiting: tuple[str, ...]
    everybody: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """A rule of the organisation. `said`: what the log says, '' for nothing; `holds`: what counts, which is `default` where
    nobody said anything; `least`: the least that the law asks for, 0 where it asks for nothing; `by`, `at`: who signed the
    newest statement, and when by her clock."""

    key: str
    said: str
    holds: str
    default: str
    least: int
    source: str
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Organisation:
    """As this computer's trust log tells it, and the centre if it could be asked (`asked`)."""

    name: str
    fingerprint: str
    position: int
    people: tuple[Colleague, ...]
    computers: tuple[Computer, ...]
    teams: tuple[CareTeam, ...]
    settings: tuple[Setting, ...]
    wishes: tuple[Wish, ...]
    asked: bool
    heard: datetime | None
    questionnaires: tuple[Questionnaire, ...] = ()
    """Every version there is, by url, the newest first."""


@needs(Action.ADMIT)
def organisation(desk: Desk, ask_centre: bool = True) -> Organisation:
    """Everybody and everything in the organisation. Offline too; then nobody knows when a computer was last seen."""
    log, seen = desk.trust, _seen(desk) if ask_centre else None
    return Organisation(
        name=log.organization().name,
        fingerprint=log.fingerprint.hex(),
        position=log.position,
        people=tuple(_colleague(log, user) for user in dict.fromkeys(u.user for u in log.users())),
        computers=tuple(_computer(desk, device, seen or {}) for device in log.devices()),
        teams=tuple(_team(log, team) for team in log.teams()),
        settings=tuple(_setting(log, key, desk.jurisdiction) for key in SETTABLE),
        wishes=wishes.wishes(desk),
        asked=seen is not None,
        heard=log.heard,
        questionnaires=questionnaires.known(desk),
    )


@needs(Action.ADMIT)
def revoke(desk: Desk, device: DeviceId, reason: str) -> bool:
    """That computer is believed no more. Its teams get new keys in the same batch; what it has read, it keeps."""
    if device == desk.device:
        raise Refusal("This is the computer you sit at. Revoke it from another one.")
    return _ordered(
        desk, f"revoke {device}", Revoke(device=device, incarnation=0, last_env_no=0, reason=_reason(reason))
    )


@needs(Action.ADMIT)
def order_wipe(desk: Desk, device: DeviceId, reason: str) -> bool:
    """That computer hands in what waits and destroys its store, the next time somebody unlocks it with a connection; a
    kiosk between two patients, a station that runs at once."""
    if device == desk.device:
        raise Refusal("This is the computer you sit at. Have it wiped from another one.")
    return _ordered(desk, f"wipe {device}", Wipe(device=device, reason=_reason(reason)))


@needs(Action.ADMIT)
def end_session(desk: Desk, device: DeviceId) -> None:
    """That computer hangs up at the centre and must prove its key anew, which its program does by itself: to keep it out,
    revoke it. Raises Unavailable without the centre."""
    _end(desk, device)


@needs(Action.SELF)
def my_computers(desk: Desk) -> tuple[Computer, ...]:
    """Those the person here works on, as the centre knows them. Raises Unavailable without it."""
    seen = {one.device: one for one in with_remote(remote_of(desk), lambda remote: remote.computers())}
    places = {place.device for place in desk.trust.places_of(desk.someone.user)}
    return tuple(_computer(desk, one, seen) for one in desk.trust.devices() if one.device in places)


@needs(Action.SELF)
def end_my_session(desk: Desk, device: DeviceId) -> None:
    """The same for a computer one works on oneself."""
    if not desk.trust.works(desk.someone.user, device):
        raise Refusal("You do not work on that computer. Ask an administrator.")
    _end(desk, device)


def _end(desk: Desk, device: DeviceId) -> None:
    audit(desk, AUDIT, PatientId(""), entity=f"end session of {device}")
    with_remote(remote_of(desk), lambda remote: remote.end_session(device))


@needs(Action.ADMIT)
def remove_person(desk: Desk, user: UserId, reason: str, device: DeviceId = DeviceId("")) -> bool:
    """She works on that computer no more; on none and in no team, if none is named. What she wrote stands."""
    if user == desk.someone.user:
        raise Refusal("Nobody removes herself. Ask another administrator.")
    places = [place for place in desk.trust.places_of(user) if not device or place.device == device]
    if not places:
        raise Refusal("That person works on no such computer.")
    bodies = [RemoveUser(user=user, device=place.device, reason=_reason(reason)) for place in places]
    return _ordered(desk, f"remove {user}", *bodies)


@needs(Action.ADMIT)
def give_role(desk: Desk, user: UserId, role: Role) -> bool:
    """One role more; nobody gives herself one, and a kiosk's or a gateway's is no person's second."""
    if role in KEYLESS:
        raise Refusal("A kiosk or gateway has no second role.")
    place = next(iter(desk.trust.places_of(user)), None)
    if place is None:
        raise Refusal("That person works on no computer. Invite her first.")
    return _ordered(desk, f"role {role} for {user}", _with_role(place, role))


@needs(Action.ADMIT)
def add_member(desk: Desk, team: TeamId, user: UserId) -> bool:
    """A colleague of the team; she reads what is there as soon as a member's computer has passed its key on."""
    return _ordered(desk, f"{user} into {team}", MemberAdd(team=team, user=user))


@needs(Action.ADMIT)
def remove_member(desk: Desk, team: TeamId, user: UserId) -> bool:
    """She leaves the team; its next key is not hers. What she has read, she knows."""
    return _ordered(desk, f"{user} out of {team}", MemberRemove(team=team, user=user))


@needs(Action.ADMIT)
def create_team(desk: Desk, name: str) -> TeamId:
    """A team without members; it gets its key with the first of them."""
    if not name.strip():
        raise Refusal("Give the team a name.")
    name = name_as_said(name)
    if any(team.name == name for team in desk.trust.teams()):
        raise Refusal("There is a team of that name already.")
    team = TeamId(short_hash_id(desk.random(10)))
    _ordered(desk, f"team {team}", TeamCreate(team=team, name=name))
    return team


@needs(Action.ADMIT)
def set_rule(desk: Desk, key: str, value: str) -> bool:
    """A rule for the whole organisation; '' takes it back. Refused for what cannot be read, or is less than the law asks for."""
    said = checked(key, value, desk.jurisdiction)
    return _ordered(desk, f"rule {key}: {said or 'default'}", Policy(key=key, value=said))


@needs(Action.ADMIT)
def let_wish_go(desk: Desk, wish: str) -> None:
    """What waits, or was refused, is wanted no more."""
    wishes.dismiss(desk, wish)


def _ordered(desk: Desk, what: str, *bodies: Record) -> bool:
    """In the audit first."""
    audit(desk, AUDIT, PatientId(""), entity=what)
    return wishes.ask(desk, *bodies)


def _reason(said: str) -> str:
    reason = " ".join(said.split())[:_REASON_CHARACTERS]
    if not reason:
        raise Refusal("Say why, in a few words: everybody in the organisation can read it.")
    return reason


def _with_role(place: User, role: Role) -> AddUser:
    return AddUser(
        user=place.user, name=place.name, role=role, device=place.device, signing_key=place.signing_key,
        box_key=place.box_key,
    )  # fmt: skip


def _seen(desk: Desk) -> Mapping[DeviceId, ComputerSeen] | None:
    """None where the centre cannot be asked."""
    try:
        return {one.device: one for one in with_remote(remote_of(desk), lambda remote: remote.computers())}
    except (Unavailable, Refusal):
        return None


def _colleague(log: TrustLog, user: UserId) -> Colleague:
    teams = tuple(team.name for team in log.teams() if user in team.members)
    places = tuple(place.device for place in log.places_of(user))
    return Colleague(user, log.name_of(user), log.roles_of(user), teams, places)


def _computer(desk: Desk, device: AddDevice, seen: Mapping[DeviceId, ComputerSeen]) -> Computer:
    log, known = desk.trust, seen.get(device.device)
    revoke = log.revocations.get(device.device)
    return Computer(
        device=device.device,
        name=device.name,
        kind=device.kind,
        people=tuple(user.name for user in log.at_work() if user.device == device.device),
        seen_at=known.seen_at if known else None,
        revoked=revoke.reason if revoke else None,
        wipe_ordered=log.is_wiped(device.device),
        receipt=_receipt(log, device.device, known),
        here=device.device == desk.device,
        session_since=known.session_since if known else None,
        came_from=known.came_from if known else "",
    )


def _receipt(log: TrustLog, device: DeviceId, known: ComputerSeen | None) -> WipeReceipt | None:
    found = read_receipt(known.receipt, log) if known and known.receipt else None
    return found if found and found.device == device else None


def _setting(log: TrustLog, key: str, jurisdiction: str) -> Setting:
    lawful = key == KEEP_YEARS
    least = years_by_law(jurisdiction) if lawful else 0
    source = rules_of(jurisdiction)[Class.CHART].source if lawful else ""
    by, at = _signed_by(log, key)
    default = holds(key, {}, jurisdiction)
    return Setting(
        key, log.policies.get(key, ""), holds(key, log.policies, jurisdiction), default, least, source, by, at
    )


def _signed_by(log: TrustLog, key: str) -> tuple[str, datetime | None]:
    """Who said the newest word about a rule; ('', None) for nobody."""
    if key not in log.policies:
        return "", None
    for data in reversed(log.statements):
        statement, _body, _signature = open_statement(data)
        if isinstance(statement.body, Policy) and statement.body.key == key:
            return log.name_of(statement.signer_user), statement.at
    return "", None


def _team(log: TrustLog, team: Team) -> CareTeam:
    return CareTeam(
        team=team.team,
        name=team.name,
        members=tuple((user, log.name_of(user)) for user in team.members),
        epoch=len(team.epochs),
        waiting=tuple(dict.fromkeys(user.name for user in waiting_for_keys(log, team.team))),
        everybody=team.team == everybody(log),
    )
