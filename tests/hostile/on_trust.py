# SPDX-License-Identifier: GPL-3.0-or-later
"""What a centre tries with the trust log: it holds the log, and no key that could add to it."""

from collections.abc import Callable
from dataclasses import replace

from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId, OrgId, TeamId, UserId
from clinic.domain.record import Record
from clinic.keys.founding import Founder, found
from clinic.keys.identity import RootKeys, UserKeys
from clinic.keys.trust import Signer, as_device, as_user
from clinic.protocol.sync import SyncRequest, SyncResponse
from clinic.protocol.trust import (
    DeviceKind,
    EpochShare,
    MemberAdd,
    MemberRemove,
    Policy,
    RecoveryUsed,
    Revoke,
    Role,
    SealedFor,
    TeamCreate,
    TeamEpoch,
    Wipe,
)
from clinic.services.enrolment import state
from tests.hostile.people import AT, Scene
from tests.hostile.script import Act, Script, adds, flipped, forged, lies
from tests.small_clinic import TEAM, repeating

NOT_SIGNED = "was not signed by the one it names"
NEWS = (TeamCreate(team=TeamId("sur"), name="Sur"), Policy(key="idle lock minutes", value="4"))


def _claims(make: Callable[[Scene], Record]) -> Act:
    """A statement in the administrator's name under a key of the centre's own."""
    return adds(lambda s: [forged(s.log, make(s), s.by_eva, s.town.mallory.signer)])


def _ghost_device(scene: Scene) -> Record:
    ghost = scene.town.mallory
    return as_device(ghost.device, "Printer", DeviceKind.DESKTOP, ghost.device_keys)


def _ghost(role: Role) -> Callable[[Scene], Record]:
    def make(scene: Scene) -> Record:
        return as_user(UserId("ghost"), "Soporte", role, scene.ben.device, scene.town.mallory.keys)

    return make


def _swapped_epoch(scene: Scene) -> Record:
    """A team key whose private half the centre holds."""
    theirs = scene.town.mallory.keys.public.box
    sealed = (SealedFor(user=scene.town.ben.user, device=scene.ben.device, sealed=b"x" * 80),)
    return TeamEpoch(team=TEAM, epoch=2, public_key=theirs, sealed=sealed, sealed_previous=b"x" * 80)


def _with_news(change: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]) -> Act:
    """The administrator states two things; the centre hands them on in its own way."""

    def act(scene: Scene) -> None:
        scene.say(*NEWS)
        lies(lambda s, asked, answer: replace(answer, trust=change(answer.trust), more=False))(scene)

    return act


def _hidden(lie_about_end: bool) -> Act:
    """A revocation is kept from the others."""

    def act(scene: Scene) -> None:
        scene.say(Revoke(device=scene.kiosk.device, incarnation=1, last_env_no=0, reason="stolen"))

        def hide(s: Scene, asked: SyncRequest, answer: SyncResponse) -> SyncResponse:
            end = asked.trust_position if lie_about_end else answer.trust_position
            return replace(answer, trust=(), trust_position=end, more=False)

        lies(hide)(scene)

    return act


def _another_house(scene: Scene) -> list[bytes]:
    them = scene.town.mallory
    founder = Founder(user=them.user, name="M", keys=them.keys, device_name="m", device_keys=them.device_keys)
    log = found(
        organization=OrgId("org"), name="Hospital", team=TEAM, team_name="t", founder=founder,
        root=RootKeys.make(repeating(b"theirs")), at=AT, random=repeating(b"them"),
    )  # fmt: skip
    return list(log.statements)


def _fork(scene: Scene) -> list[bytes]:
    """Really signed by an insider with the administrator's keys, but on another history."""
    short = replace(scene.log, head=b"\x01" * 32)
    return [forged(short, NEWS[0], scene.by_eva, scene.by_eva)]


def _by_ben(make: Callable[[Scene], Record]) -> Act:
    """Really signed by a clinician who works with the centre, and beyond a clinician's rights."""
    return adds(lambda s: [forged(s.log, make(s), s.town.ben.signer, s.town.ben.signer)])


def _root(scene: Scene) -> Signer:
    return Signer(UserId(""), DeviceId(""), UserKeys.make(repeating(b"guess")))


def _refuses_a_revocation(scene: Scene) -> None:
    """The administrator revokes while the centre says that hers lost a race: her own desk must say so."""
    before = scene.eva.trust
    lies(
        lambda s, asked, answer: replace(
            answer, trust=(), trust_position=-1, trust_refused="Somebody was faster."
        )
    )(scene)
    try:
        state(scene.eva, lambda log: [Revoke(device=scene.kiosk.device, incarnation=1, last_env_no=0)])
    except Refusal as refusal:
        scene.told.append(str(refusal))
    assert scene.eva.trust.statements == before.statements, "what is not at the centre is not shown as done"


SCRIPTS = (
    Script(
        "swaps the team's key",
        "says in the administrator's name that the team seals to a key of the centre's",
        NOT_SIGNED,
        _claims(_swapped_epoch),
    ),
    Script(
        "shares the team's key with itself",
        "adds a share of the team's key in a member's name",
        NOT_SIGNED,
        _claims(
            lambda s: EpochShare(
                team=TEAM,
                epoch=1,
                sealed=(SealedFor(user=s.town.ben.user, device=s.ben.device, sealed=b"x"),),
            )
        ),
    ),
    Script(
        "adds a ghost device",
        "admits a computer of its own in the administrator's name",
        NOT_SIGNED,
        _claims(_ghost_device),
    ),
    Script("adds a ghost user", "admits a nurse that nobody knows", NOT_SIGNED, _claims(_ghost(Role.NURSE))),
    Script(
        "adds a ghost administrator",
        "admits an administrator that nobody knows",
        NOT_SIGNED,
        _claims(_ghost(Role.ADMINISTRATOR)),
    ),
    Script(
        "adds a ghost administrator by the root",
        "the same with a key it says is the root's",
        NOT_SIGNED,
        adds(lambda s: [forged(s.log, _ghost(Role.ADMINISTRATOR)(s), _root(s), _root(s))]),
    ),
    Script(
        "adds a member",
        "puts a person of another team into this one",
        NOT_SIGNED,
        _claims(lambda s: MemberAdd(team=TEAM, user=s.town.ola.user)),
    ),
    Script(
        "takes a member out",
        "says that the victim left the team",
        NOT_SIGNED,
        _claims(lambda s: MemberRemove(team=TEAM, user=s.town.ben.user)),
    ),
    Script(
        "forges a wipe",
        "orders the victim's computer to destroy its store",
        NOT_SIGNED,
        _claims(lambda s: Wipe(device=s.ben.device)),
    ),
    Script(
        "forges a revocation",
        "says that the victim's computer was revoked",
        NOT_SIGNED,
        _claims(lambda s: Revoke(device=s.ben.device, incarnation=1, last_env_no=0)),
    ),
    Script(
        "forges a policy",
        "says that screens need no lock",
        NOT_SIGNED,
        _claims(lambda s: Policy(key="idle lock minutes", value="100000")),
    ),
    Script(
        "forges a recovery",
        "says that the recovery sheets named a new administrator",
        NOT_SIGNED,
        adds(
            lambda s: [
                forged(
                    s.log,
                    RecoveryUsed(new_signing_key=s.town.mallory.keys.public.signing, reason=""),
                    _root(s),
                    _root(s),
                )
            ]
        ),
    ),
    Script(
        "has an insider beside it: a role",
        "a clinician signs himself a second role",
        "can do that",
        _by_ben(lambda s: as_user(s.town.ben.user, "Ben", Role.ADMINISTRATOR, s.ben.device, s.town.ben.keys)),
    ),
    Script(
        "has an insider beside it: a wipe",
        "a clinician orders a computer to be wiped",
        "Only an administrator",
        _by_ben(lambda s: Wipe(device=s.eva.device)),
    ),
    Script(
        "has an outsider sign",
        "a statement by somebody who was never admitted",
        "was not admitted",
        adds(lambda s: [forged(s.log, _ghost_device(s), s.town.mallory.signer, s.town.mallory.signer)]),
    ),
    Script(
        "hides a revocation and shows what follows",
        "leaves one statement out of the run",
        "does not follow statement",
        _with_news(lambda run: run[1:]),
    ),
    Script(
        "hides a revocation to the end",
        "keeps the tail of the log back and says where the true log ends",
        "keeps back",
        _hidden(lie_about_end=False),
    ),
    Script(
        "hides a revocation and its existence",
        "keeps the tail back and lies about where the log ends",
        "",
        _hidden(lie_about_end=True),
    ),
    Script(
        "reorders statements",
        "hands two statements out in the other order",
        "does not follow statement",
        _with_news(lambda run: run[::-1]),
    ),
    Script(
        "replays a statement",
        "hands the last statement out twice",
        "does not follow statement",
        _with_news(lambda run: (*run, run[-1])),
    ),
    Script(
        "replays an old statement",
        "hands out the victim's own admission once more",
        "does not follow statement",
        adds(lambda s: [s.log.statements[5]]),
    ),
    Script(
        "cuts a statement short",
        "the last bytes are missing",
        "no statement of a trust log",
        _with_news(lambda run: (run[0], run[1][:-3])),
    ),
    Script(
        "flips a bit of a statement",
        "one bit of the signature",
        NOT_SIGNED,
        _with_news(lambda run: (flipped(run[0]), *run[1:])),
    ),
    Script(
        "flips a bit inside a statement",
        "one bit of what is said",
        "tatement",
        _with_news(lambda run: (flipped(run[0], 40), *run[1:])),
    ),
    Script(
        "forks the log",
        "a truly signed statement that continues another history",
        "another history",
        adds(_fork),
    ),
    Script(
        "shows another organisation",
        "a whole log of its own, from its root on",
        "does not follow statement",
        adds(_another_house),
    ),
    Script(
        "floods with statements",
        "ten thousand pieces of garbage",
        "no statement of a trust log",
        adds(lambda s: [b"\x82\x40\x40"] * 10_000),
    ),
    Script(
        "says that a revocation lost a race",
        "refuses the administrator's own statement with a lie",
        "another list of who is admitted",
        _refuses_a_revocation,
    ),
)
