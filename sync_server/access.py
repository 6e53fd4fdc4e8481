# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may read, write and talk to whom, from the trust log alone. Enforced here by the server; cryptography
stands behind it.

* A desktop reads and writes the scopes of the teams whose members use it, and the organisation's.
* A kiosk reads the organisation's scope only; it writes patient and team scopes of its team: those its own
  user is a member of, or, when it has no user, any team's.
* A station (escrow) and an administrator in no team read the organisation's scope only.
"""

from dataclasses import dataclass

from clinic.domain.ids import AUDITORS, DeviceId, TeamId, UserId
from clinic.keys.roster import TrustLog
from clinic.protocol.trust import DeviceKind, Role
from sync_server.book.port import EVERYBODY, Tag


@dataclass(frozen=True, slots=True)
class Rights:
    """What a device may do here. `reads` and `writes` are tags of scopes."""

    device: DeviceId
    kind: DeviceKind
    signing_key: bytes
    reads: frozenset[Tag]
    writes: frozenset[TeamId]
    revoked: bool

    @property
    def staff(self) -> bool:
        """True for a device that people of the clinic log in to."""
        return self.kind == DeviceKind.DESKTOP and not self.revoked

    @property
    def kiosk(self) -> bool:
        return self.kind == DeviceKind.KIOSK


def rights_of(log: TrustLog, device: DeviceId) -> Rights | None:
    """None for a device the log does not know. A revoked device reads nothing but the trust log."""
    known = log.device(device)
    if known is None:
        return None
    revoked = log.is_revoked(device)
    reads = {EVERYBODY, *_reads(log, device, known.kind)}
    return Rights(
        device=device,
        kind=known.kind,
        signing_key=known.signing_key,
        reads=frozenset() if revoked else frozenset(reads),
        writes=_writes(log, device, known.kind),
        revoked=revoked,
    )


def _users(log: TrustLog, device: DeviceId) -> set[UserId]:
    """Whoever works or worked there."""
    return {user.user for user in log.users() if user.device == device}


def _reads(log: TrustLog, device: DeviceId, kind: DeviceKind) -> frozenset[TeamId]:
    """Teams somebody on the device is a member of now."""
    if kind != DeviceKind.DESKTOP:
        return frozenset()
    here = {user.user for user in log.at_work() if user.device == device}
    return frozenset(team for user in here for team in log.teams_of(user))


def _writes(log: TrustLog, device: DeviceId, kind: DeviceKind) -> frozenset[TeamId]:
    """Teams somebody on the device is or was a member of: what was sealed then still counts. And the auditors', to whom
    every computer seals its audit."""
    users = _users(log, device)
    anywhere = kind == DeviceKind.KIOSK and not users
    mine = {team.team for team in log.teams() if anywhere or users & team.ever}
    return frozenset(mine | ({AUDITORS} & log.by_team.keys()))


def may_end(log: TrustLog, one: Rights, other: DeviceId) -> bool:
    """See and end the session of a device: an administrator's computer that of any, others of those whose people work
    there too."""
    if not one.staff or log.device(other) is None:
        return False
    here = {user.user for user in log.at_work() if user.device == one.device}
    there = {user.user for user in log.at_work() if user.device == other}
    administers = any(Role.ADMINISTRATOR in log.roles_of(user) for user in here)
    return one.device == other or administers or bool(here & there)


def may_write_to(one: Rights, other: Rights) -> bool:
    """Letters: staff to every device, a kiosk to staff; nobody who is revoked."""
    if one.revoked or other.revoked or one.device == other.device:
        return False
    return one.staff or other.staff


def may_see(one: Rights, other: Rights) -> bool:
    """Presence: whom one may write to."""
    return may_write_to(one, other)
