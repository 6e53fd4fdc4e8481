# SPDX-License-Identifier: GPL-3.0-or-later
"""The first statements of an organisation: root, first device, first administrator, one team and the auditors, each with its
first key: what is written down from the first moment on can be read by whoever looks after it later."""

from dataclasses import dataclass
from datetime import datetime

from clinic.domain.clock import Random
from clinic.domain.ids import AUDITORS, DeviceId, OrgId, TeamId, UserId
from clinic.keys.epochs import new_epoch
from clinic.keys.glass import AUDIT_TEAM
from clinic.keys.identity import DeviceKeys, RootKeys, UserKeys, device_id
from clinic.keys.trust import EMPTY, Signer, TrustLog, as_device, as_user, say
from clinic.protocol.trust import DeviceKind, MemberAdd, Role, Root, TeamCreate


@dataclass(frozen=True, slots=True, kw_only=True)
class Founder:
    """The first person and the computer she founds from; the first role must be administrator's."""

    user: UserId
    name: str
    keys: UserKeys
    device_name: str
    device_keys: DeviceKeys
    roles: tuple[Role, ...] = (Role.ADMINISTRATOR, Role.CLINICIAN)
    kind: DeviceKind = DeviceKind.DESKTOP

    @property
    def signer(self) -> Signer:
        return Signer(self.user, device_id(self.device_keys.public.signing), self.keys)


def found(
    *,
    organization: OrgId,
    name: str,
    team: TeamId,
    team_name: str,
    founder: Founder,
    root: RootKeys,
    at: datetime,
    random: Random,
    jurisdiction: str = "AR",
) -> TrustLog:
    """A log of its first statements; `root` goes to paper and is not needed again. Raises Distrust for
    impossible founders."""
    by_root = Signer(UserId(""), DeviceId(""), root)
    log = say(
        EMPTY,
        Root(organization=organization, name=name, public_key=root.public.signing, jurisdiction=jurisdiction),
        by_root,
        at,
    )
    log = say(
        log,
        as_device(founder.signer.device, founder.device_name, founder.kind, founder.device_keys),
        by_root,
        at,
    )
    for role in founder.roles:
        log = say(
            log, as_user(founder.user, founder.name, role, founder.signer.device, founder.keys), by_root, at
        )
    for one, called in ((team, team_name), (AUDITORS, AUDIT_TEAM)):
        log = say(log, TeamCreate(team=one, name=called), founder.signer, at)
        log = say(log, MemberAdd(team=one, user=founder.user), founder.signer, at)
        log = say(log, new_epoch(log, one, {}, random), founder.signer, at)
    return log
