# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of a team: one X25519 pair per epoch, its private half sealed to every member's computers.

Epoch n's private half is sealed under epoch n + 1, so who holds the newest key reads the history.
"""

from collections.abc import Iterable, Mapping

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId, TeamId, UserId
from clinic.keys.boxes import new_box_key, open_sealed, public_box_key, seal_to
from clinic.keys.hashing import same
from clinic.keys.identity import UserKeys
from clinic.keys.refusals import KeyMissing, Unreadable
from clinic.keys.roster import TrustLog, User
from clinic.protocol.trust import EpochShare, SealedFor, TeamEpoch

TeamKeys = Mapping[tuple[TeamId, int], bytes]
"""(team, epoch) -> private X25519 key."""


def new_epoch(log: TrustLog, team: TeamId, mine: TeamKeys, random: Random) -> TeamEpoch:
    """The next key of a team, sealed to all its members now. One that everybody lost leads to nothing before it.

    Raises KeyMissing where others hold the key before, and `mine` does not."""
    private, before = new_box_key(random), log.epoch(team)
    previous = b""
    public = public_box_key(private)
    if before is not None and (team, before.epoch) in mine:
        previous = seal_to(public, mine[team, before.epoch])
    elif log.is_held(team):
        raise KeyMissing("Only a member who holds the team's present key can change it.")
    return TeamEpoch(
        team=team,
        epoch=before.epoch + 1 if before else 1,
        public_key=public,
        sealed=_sealed(private, log.readers(team)),
        sealed_previous=previous,
    )


def share_epochs_with(log: TrustLog, user: UserId, device: DeviceId, mine: TeamKeys) -> list[EpochShare]:
    """What a member signs so that a newcomer reads: the newest key of every team both are in and `mine`
    holds."""
    newcomer = log.user(user, device)
    if newcomer is None:
        raise Refusal("That person has not been admitted on that computer yet.")
    shares = []
    for team in log.teams_of(user):
        epoch = log.epoch(team)
        if epoch and (team, epoch.epoch) in mine and newcomer in log.readers(team):
            sealed = _sealed(mine[team, epoch.epoch], [newcomer])
            shares.append(EpochShare(team=team, epoch=epoch.epoch, sealed=sealed))
    return shares


def waiting_for_keys(log: TrustLog, team: TeamId) -> tuple[User, ...]:
    """Members' computers to which the newest key of the team has not been sealed yet."""
    epoch = log.epoch(team)
    if epoch is None:
        return ()
    served = {(user, device) for number, user, device, _ in log.by_team[team].shares if number == epoch.epoch}
    return tuple(reader for reader in log.readers(team) if (reader.user, reader.device) not in served)


def has_outsiders(log: TrustLog, team: TeamId) -> bool:
    """True if the team's newest key was sealed to somebody who may read it no more: the next one is due."""
    epoch = log.epoch(team)
    if epoch is None:
        return False
    readers = {(reader.user, reader.device) for reader in log.readers(team)}
    return any(
        number == epoch.epoch and (user, device) not in readers
        for number, user, device, _ in log.by_team[team].shares
    )


def share_waiting(log: TrustLog, team: TeamId, mine: TeamKeys) -> EpochShare | None:
    """The team's newest key, sealed to whoever still waits for it; None where nobody does or `mine` has it not."""
    epoch, waiting = log.epoch(team), waiting_for_keys(log, team)
    if epoch is None or not waiting or (team, epoch.epoch) not in mine:
        return None
    return EpochShare(team=team, epoch=epoch.epoch, sealed=_sealed(mine[team, epoch.epoch], waiting))


def open_epochs(
    log: TrustLog, keys: UserKeys, user: UserId, device: DeviceId
) -> dict[tuple[TeamId, int], bytes]:
    """Every team key this user can have on this device; what was sealed wrongly is left out."""
    found: dict[tuple[TeamId, int], bytes] = {}
    for team, epoch, sealed in log.sealed_epochs_for(user, device):
        if (team, epoch) not in found:
            _take(found, log, team, epoch, keys.box_private, sealed)
    for team, epoch in sorted(found, reverse=True):
        _follow_back(found, log, team, epoch)
    return found


def _follow_back(found: dict[tuple[TeamId, int], bytes], log: TrustLog, team: TeamId, epoch: int) -> None:
    while epoch > 1 and (team, epoch - 1) not in found:
        statement = log.epoch_at(team, epoch)
        if statement is None or not _take(
            found, log, team, epoch - 1, found[team, epoch], statement.sealed_previous
        ):
            return
        epoch -= 1


def _take(
    found: dict[tuple[TeamId, int], bytes],
    log: TrustLog,
    team: TeamId,
    epoch: int,
    private: bytes,
    sealed: bytes,
) -> bool:
    """Keep the sealed key if it opens and is the one the log names."""
    statement = log.epoch_at(team, epoch)
    try:
        key = open_sealed(private, sealed)
    except Unreadable:
        return False
    if statement is None or len(key) != len(private) or not same(public_box_key(key), statement.public_key):
        return False
    found[team, epoch] = key
    return True


def _sealed(private: bytes, readers: Iterable[User]) -> tuple[SealedFor, ...]:
    return tuple(SealedFor(user=r.user, device=r.device, sealed=seal_to(r.box_key, private)) for r in readers)
