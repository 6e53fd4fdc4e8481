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
from clinic.protocol.trust import AddDevice, DeviceKind, Role
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


class Standing:
    """Everybody's rights under one log, each worked out once: they are asked for with every exchange and every bell."""

    def __init__(self, log: TrustLog) -> None:
        self.log = log
        self._found: dict[DeviceId, Rights | None] = {}
        self._people: dict[DeviceId, set[UserId]] = {}
        """Whoever works or worked there."""
        self._at_work: dict[DeviceId, set[UserId]] = {}
        for user in log.users():
            self._people.setdefault(user.device, set()).add(user.user)
        for user in log.at_work():
            self._at_work.setdefault(user.device, set()).add(user.user)
        self._now: dict[UserId, set[TeamId]] = {}
        self._ever: dict[UserId, set[TeamId]] = {}
        for team in log.teams():
            for member in team.members:
                self._now.setdefault(member, set()).add(team.team)
            for member in team.ever:
                self._ever.setdefault(member, set()).add(team.team)

    def of(self, device: DeviceId) -> Rights | None:
        """None for a device the log does not know. A revoked device reads nothing but the trust log."""
        if device not in self._found:
            known = self.log.device(device)
            if known is None:
                return None  # names that are made up take no room
            self._found[device] = self._worked_out(known)
        return self._found[device]

    def _worked_out(self, known: AddDevice) -> Rights:
        revoked = self.log.is_revoked(known.device)
        return Rights(
            device=known.device,
            kind=known.kind,
            signing_key=known.signing_key,
            reads=frozenset() if revoked else frozenset({EVERYBODY, *self._reads(known)}),
            writes=self._writes(known),
            revoked=revoked,
        )

    def _reads(self, known: AddDevice) -> set[TeamId]:
        """Teams somebody on the device is a member of now."""
        if known.kind != DeviceKind.DESKTOP:
            return set()
        return {team for user in self._at_work.get(known.device, ()) for team in self._now.get(user, ())}

    def _writes(self, known: AddDevice) -> frozenset[TeamId]:
        """Teams somebody on the device is or was a member of: what was sealed then still counts. And the auditors', to whom
        every computer seals its audit."""
        users = self._people.get(known.device, set())
        anywhere = known.kind == DeviceKind.KIOSK and not users
        mine = set(self.log.by_team) if anywhere else {t for user in users for t in self._ever.get(user, ())}
        return frozenset(mine | ({AUDITORS} & self.log.by_team.keys()))


def rights_of(log: TrustLog, device: DeviceId) -> Rights | None:
    """Of one device, once: who asks again keeps a Standing."""
    return Standing(log).of(device)


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
