# SPDX-License-Identifier: GPL-3.0-or-later
"""Who vouches for a snapshot: two computers of the team besides its maker, of two people where it has two (decision 35).

A snapshot holds what others wrote, without their signatures: so one computer, however honest it looks, is never believed alone.
"""

from collections.abc import Iterable

from clinic.domain.ids import DeviceId, TeamId, UserId
from clinic.keys.roster import TrustLog
from clinic.protocol.envelope import ALG_SCOPE_KEY, Header
from clinic.protocol.trust import DeviceKind

WITNESSES = 2


def may_speak(log: TrustLog, header: Header) -> bool:
    """A desktop of the team, not revoked before that envelope, may make a snapshot of its team's scopes or attest one."""
    device = log.device(header.device)
    return (
        device is not None
        and device.kind == DeviceKind.DESKTOP
        and header.alg == ALG_SCOPE_KEY
        and not log.is_revoked(header.device, header.incarnation, header.env_no)
        and bool(_people(log, header.team, header.device))
    )


def vouched(log: TrustLog, maker: Header, words: Iterable[Header]) -> bool:
    """True if enough of them, whose signatures were checked, may say so of that snapshot."""
    if not may_speak(log, maker):
        return False
    devices = {
        word.device
        for word in words
        if word.device != maker.device and (word.scope, word.team) == (maker.scope, maker.team) and may_speak(log, word)
    }  # fmt: skip
    people = {user for device in devices for user in _people(log, maker.team, device)}
    return len(devices) >= WITNESSES and len(people) >= min(WITNESSES, len(at_desktops(log, maker.team)))


def desktops_of(log: TrustLog, team: TeamId) -> frozenset[DeviceId]:
    """The desktops at which members of a team work now."""
    return frozenset(device for device, _ in _places(log, team))


def at_desktops(log: TrustLog, team: TeamId) -> frozenset[UserId]:
    """The members of a team who work at a desktop now."""
    return frozenset(user for _, user in _places(log, team))


def _places(log: TrustLog, team: TeamId) -> Iterable[tuple[DeviceId, UserId]]:
    members = set(log.members(team))
    for user in log.at_work():
        device = log.device(user.device)
        if user.user in members and device is not None and device.kind == DeviceKind.DESKTOP:
            yield user.device, user.user


def _people(log: TrustLog, team: TeamId, device: DeviceId) -> frozenset[UserId]:
    """Those of the team who work or worked at it."""
    known = log.by_team.get(team)
    ever = known.ever if known is not None else frozenset[UserId]()
    return frozenset(user for user in ever if log.user(user, device) is not None)
