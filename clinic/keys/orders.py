# SPDX-License-Identifier: GPL-3.0-or-later
"""The statements an administrator's order consists of: itself, with what follows from it in the same batch.

Whoever may read no more: the next key of every team of theirs that the signer holds (the others' members make it when
they hear of it, `clinic.keys.tending`). Whoever may read from now on: the present key.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId, TeamId
from clinic.domain.record import Record
from clinic.keys.epochs import TeamKeys, has_outsiders, new_epoch, share_waiting
from clinic.keys.glass import auditing
from clinic.keys.roster import TrustLog
from clinic.keys.trust import Signer, say
from clinic.protocol.organisation import ComputerSeen
from clinic.protocol.trust import (
    AddUser,
    MemberAdd,
    MemberRemove,
    Policy,
    RemoveUser,
    Revoke,
    TeamCreate,
    Wipe,
)


class NothingLeft(Refusal):
    """The log says so already."""

    def __init__(self) -> None:
        super().__init__("That is so already. Nothing was changed.")


def spoken(
    log: TrustLog, body: Record, seen: Mapping[DeviceId, ComputerSeen], signer: Signer, mine: TeamKeys,
    at: datetime, random: Random,
) -> list[Record]:  # fmt: skip
    """The batch for one order against this log. Raises NothingLeft, and Distrust for what the signer may not say."""
    if is_so(log, body):
        raise NothingLeft()
    first = _numbered(body, seen) if isinstance(body, Revoke) else body
    after, batch = say(log, first, signer, at), [first]
    if isinstance(first, AddUser):
        for body in auditing(after, first.user, first.role):
            after = say(after, body, signer, at)
            batch.append(body)
    for team in after.teams():
        more = _key_of(after, team.team, signer, mine, random)
        if more is not None:
            after = say(after, more, signer, at)
            batch.append(more)
    return batch


def is_so(log: TrustLog, body: Record) -> bool:
    """True if nothing would change."""
    match body:
        case Revoke(device=device):
            return log.is_revoked(device)
        case Wipe(device=device):
            return log.is_wiped(device)
        case RemoveUser(user=user, device=device):
            return (user, device) in log.removed
        case MemberAdd(team=team, user=user):
            return user in log.members(team)
        case MemberRemove(team=team, user=user):
            return user not in log.members(team)
        case TeamCreate(team=team):
            return team in log.by_team
        case AddUser(user=user, role=role):
            return role in log.roles_of(user)
        case Policy(key=key, value=value):
            return log.policies.get(key, "") == value
        case _:
            return False


def _numbered(body: Revoke, seen: Mapping[DeviceId, ComputerSeen]) -> Revoke:
    """What the centre has taken of that computer counts, nothing after it."""
    known = seen.get(body.device)
    if known is None:
        return body
    return replace(body, incarnation=known.incarnation, last_env_no=known.last_env_no, counted=known.counted)


def _key_of(log: TrustLog, team: TeamId, signer: Signer, mine: TeamKeys, random: Random) -> Record | None:
    epoch = log.epoch(team)
    if epoch is None or signer.user not in log.members(team) or (team, epoch.epoch) not in mine:
        return None
    if not log.works(signer.user, signer.device):
        return None
    return new_epoch(log, team, mine, random) if has_outsiders(log, team) else share_waiting(log, team, mine)
