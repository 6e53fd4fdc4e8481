# SPDX-License-Identifier: GPL-3.0-or-later
"""Break-glass, decided: who may ask for a chart of another team, what a custodian believes, how long it stays open.

A custodian is a person of that role on a station; being a member of the care teams it holds their keys, as escrow. It
checks, in this order: its own trust log knows the asker's, the person's signature, her right then and now, that the request
is fresh, that it has not been here before.
"""

from collections.abc import Container, Iterable
from datetime import datetime, timedelta

from clinic.domain.errors import Refusal
from clinic.domain.ids import (
    ADMINISTRATORS,
    AUDITORS,
    DeviceId,
    PatientId,
    ScopeId,
    TeamId,
    UserId,
    patient_scope,
)
from clinic.domain.record import Record
from clinic.keys.boxes import open_sealed, seal_to
from clinic.keys.hashing import KEY_BYTES, same
from clinic.keys.identity import DeviceKeys, UserKeys, verify
from clinic.keys.letters import FRESH
from clinic.keys.refusals import Unreadable
from clinic.keys.rights import AUDITING, KEYLESS, Action, user_may
from clinic.keys.roster import TrustLog, User, statement_hash
from clinic.protocol.codec import decode, encode
from clinic.protocol.glass import (
    PERMIT_CONTEXT,
    REQUEST_CONTEXT,
    GlassOpen,
    GlassPermit,
    GlassRequest,
    SignedGlass,
)
from clinic.protocol.letters import Letter
from clinic.protocol.trust import DeviceKind, MemberAdd, Role, TeamCreate

SHOWN_FOR = timedelta(hours=4)
REVIEW_WITHIN = timedelta(hours=72)
REASON_AT_LEAST = 20
REASON_AT_MOST = 1000
AUDIT_TEAM, ADMIN_TEAM, WIDE_TEAM = "Audit", "Administration", "Organisation"
"""What the log calls the teams that programs make."""
EVERYBODY = "organisation-wide team"
"""The policy that names it."""


def reason_of(text: str) -> str:
    """The reason in one line. Refused under 20 characters that say something, or over 1,000."""
    reason = " ".join(text.split())
    if len(reason) < REASON_AT_LEAST:
        raise Refusal("Write why you need this chart, in at least {least} characters.", least=REASON_AT_LEAST)
    if len(set(reason)) < REASON_AT_LEAST // 4:
        raise Refusal("Write why you need this chart, in words that whoever reviews it can understand.")
    if len(reason) > REASON_AT_MOST:
        raise Refusal("The reason is too long: at most {most} characters.", most=REASON_AT_MOST)
    return reason


def everybody(log: TrustLog) -> TeamId | None:
    """The organisation-wide team, if there is one."""
    team = TeamId(log.policies.get(EVERYBODY, ""))
    return team if team in log.by_team else None


def memberships(log: TrustLog, user: UserId, role: Role, team: TeamId) -> list[Record]:
    """The teams a newcomer enters: the one that invites, the organisation-wide one; a custodian enters all, a gateway none,
    who looks after the audit that of the auditors. That of the administrators is brought about by the first who enters."""
    if role in KEYLESS:
        return []
    wide = everybody(log)
    teams = [team, *([wide] if wide else [])]
    if role == Role.CUSTODIAN:
        teams += [other.team for other in log.teams()]
    audits = auditing(log, user, role)
    entered = [one for one in dict.fromkeys(teams) if one != AUDITORS and user not in log.members(one)]
    made = [
        TeamCreate(team=one, name=ADMIN_TEAM)
        for one in entered
        if one == ADMINISTRATORS and one not in log.by_team
    ]
    return [*made, *(MemberAdd(team=one, user=user) for one in entered), *audits]


def auditing(log: TrustLog, user: UserId, role: Role) -> list[Record]:
    """What makes somebody of that role an auditor. An organisation that began without that team gets it with its first
    compliance officer."""
    there = AUDITORS in log.by_team
    if role not in AUDITING or user in log.members(AUDITORS) or not (there or role == Role.COMPLIANCE):
        return []
    made: list[Record] = [] if there else [TeamCreate(team=AUDITORS, name=AUDIT_TEAM)]
    return [*made, MemberAdd(team=AUDITORS, user=user)]


def custodians(log: TrustLog) -> tuple[User, ...]:
    """Custodians at their stations, but for revoked ones."""
    return tuple(user for user in log.at_work() if _is_custodian(log, user))


def is_custodian(log: TrustLog, device: DeviceId) -> bool:
    """True if a custodian works at that computer."""
    return any(user.device == device for user in custodians(log))


def _is_custodian(log: TrustLog, user: User) -> bool:
    device = log.device(user.device)
    return (
        Role.CUSTODIAN in log.roles_of(user.user) and device is not None and device.kind == DeviceKind.STATION
    )


def people_of(log: TrustLog) -> Iterable[UserId]:
    """Everybody who may hold a team's key."""
    return dict.fromkeys(u.user for u in log.at_work() if not KEYLESS & set(log.roles_of(u.user)))


def signed_request(
    log: TrustLog, keys: UserKeys, user: UserId, device: DeviceId, patient: PatientId, reason: str, request: str, now: datetime
) -> SignedGlass:  # fmt: skip
    """What the letter carries. Raises Refusal for a reason that is none."""
    asked = encode(
        GlassRequest(
            request=request, patient=patient, user=user, device=device, reason=reason_of(reason), asked_at=now,
            position=log.position, head=log.head,
        )
    )  # fmt: skip
    return SignedGlass(request=asked, user_signature=keys.sign(REQUEST_CONTEXT + asked))


def checked_request(
    letter: Letter, log: TrustLog, now: datetime, seen: Container[str]
) -> tuple[GlassRequest, User]:
    """The request in a letter that was opened, and who asks. Raises Refusal (Unreadable for what is not genuine)."""
    if not isinstance(letter.content, SignedGlass):
        raise Unreadable("This letter asks for no chart.")
    asked = decode(letter.content.request, GlassRequest)
    user = _asker(asked, letter.sender, log)
    if not verify(user.signing_key, REQUEST_CONTEXT + letter.content.request, letter.content.user_signature):
        raise Unreadable("This request was not signed by the person it names.")
    if not user_may(log, user.user, Action.BREAK_GLASS):
        raise Refusal("Your role does not allow opening the chart of another team.")
    if abs(now - asked.asked_at) > FRESH:
        raise Unreadable("This request is too old. Ask again.")
    if asked.request in seen:
        raise Unreadable("This request has been here before.")
    if not asked.patient:
        raise Refusal("Say whose chart you need.")
    reason_of(asked.reason)
    return asked, user


def _asker(asked: GlassRequest, sender: DeviceId, log: TrustLog) -> User:
    """Admitted at the position the asker names, which is one of ours too, and not revoked since."""
    if not 0 <= asked.position <= log.position:
        raise Refusal("The custodian does not know your newest colleagues yet. Ask again in a moment.")
    if not same(statement_hash(log.statements[asked.position]), asked.head):
        raise Unreadable("This request goes by another list of colleagues than the organisation's.")
    user, device = log.user(asked.user, asked.device), log.device(asked.device)
    if sender != asked.device or user is None or device is None or log.is_revoked(asked.device):
        raise Unreadable("This request comes from somebody who is not admitted here.")
    if device.kind != DeviceKind.DESKTOP or user not in log.places_of(asked.user):
        raise Unreadable("A chart is opened at a desk, not here.")
    return user


def sealed_keys(keys: Iterable[bytes], to: User) -> tuple[bytes, ...]:
    """Scope keys for one (user, device) alone."""
    return tuple(seal_to(to.box_key, key) for key in keys)


def opened_keys(sealed: Iterable[bytes], mine: UserKeys) -> tuple[bytes, ...]:
    """The keys a custodian sealed to us. Raises Unreadable."""
    keys = tuple(open_sealed(mine.box_private, one) for one in sealed)
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise Unreadable("The custodian's answer holds no key of this chart. Ask again.")
    return keys


def signed_permit(
    asked: GlassRequest, custodian: DeviceId, keys: DeviceKeys, now: datetime
) -> tuple[bytes, bytes]:
    """(permit, signature) for the centre."""
    permit = encode(
        GlassPermit(
            scope=patient_scope(asked.patient), user=asked.user, device=asked.device, custodian=custodian,
            request=asked.request, until=now + SHOWN_FOR,
        )
    )  # fmt: skip
    return permit, keys.sign(PERMIT_CONTEXT + permit)


def checked_permit(
    data: bytes, signature: bytes, log: TrustLog, device: DeviceId, scope: ScopeId, now: datetime
) -> GlassPermit:
    """A custodian's permit for that computer and scope, now. Raises Unreadable, Malformed."""
    permit = decode(data, GlassPermit)
    custodian = log.device(permit.custodian)
    if custodian is None or not is_custodian(log, permit.custodian):
        raise Unreadable("This permit is of no custodian of the organisation.")
    if not verify(custodian.signing_key, PERMIT_CONTEXT + data, signature):
        raise Unreadable("This permit was not signed by the custodian it names.")
    if (permit.device, permit.scope) != (device, scope) or log.is_revoked(device):
        raise Unreadable("This permit is for another computer or another chart.")
    if not now < permit.until <= now + SHOWN_FOR + FRESH:
        raise Unreadable("This permit is over. Ask for the chart again.")
    return permit


def left(glass: GlassOpen, now: datetime) -> timedelta:
    """How long a chart may still be shown: nothing once its time is over, or if the clock went back beyond what letters
    allow; time that was seen counts, whatever the clock says now."""
    if now < glass.seen_at - FRESH or now < glass.opened_at - FRESH:
        return timedelta(0)
    until = min(glass.until, glass.opened_at + SHOWN_FOR)
    return max(until - max(now, glass.seen_at), timedelta(0))
