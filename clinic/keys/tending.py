# SPDX-License-Identifier: GPL-3.0-or-later
"""What an organisation's own log asks for, and who says it without being asked: a sign of life of its administrators,
the next key of a team that somebody left, the present key for whoever waits for it.

Anybody's program may make these at any time; whoever comes second finds nothing left to do.
"""

from datetime import datetime, timedelta

from clinic.domain.clock import Random
from clinic.domain.ids import DeviceId, TeamId, UserId
from clinic.domain.record import Record
from clinic.keys.epochs import TeamKeys, has_outsiders, new_epoch, share_waiting
from clinic.keys.roster import TrustLog
from clinic.protocol.trust import Beacon, Role

BEACON_EVERY = timedelta(days=1)


def due(
    log: TrustLog, user: UserId, device: DeviceId, mine: TeamKeys, now: datetime, random: Random
) -> list[Record]:
    """Statements that this person's program should make now, in order; [] mostly."""
    if not log.works(user, device):
        return []
    beacon: list[Record] = [Beacon()] if _beacon_due(log, user, now) else []
    return beacon + [body for team in log.teams() if (body := _for_team(log, team.team, user, mine, random))]


def _beacon_due(log: TrustLog, user: UserId, now: datetime) -> bool:
    """When none of the last signs was given within a day of now. The newest alone does not say it: two whose clocks are days
    apart would answer each other for ever, two copies of one computer, too."""
    if Role.ADMINISTRATOR not in log.roles_of(user):
        return False
    return all(abs(now - at) >= BEACON_EVERY for at in log.lately)


def _for_team(log: TrustLog, team: TeamId, user: UserId, mine: TeamKeys, random: Random) -> Record | None:
    epoch = log.epoch(team)
    if epoch is not None and user in log.members(team) and (team, epoch.epoch) in mine:
        return (
            new_epoch(log, team, mine, random) if has_outsiders(log, team) else share_waiting(log, team, mine)
        )
    starts = Role.ADMINISTRATOR in log.roles_of(user) and not log.is_held(team) and log.readers(team)
    return new_epoch(log, team, mine, random) if starts else None
