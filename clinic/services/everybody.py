# SPDX-License-Identifier: GPL-3.0-or-later
"""The organisation-wide team, custodians in every team, the auditors': what an administrator signs so that emergencies can be
met and looked into."""

from clinic.domain.facts import Patient
from clinic.domain.ids import TeamId, short_hash_id
from clinic.domain.record import Record
from clinic.keys.epochs import new_epoch, open_epochs, share_epochs_with, waiting_for_keys
from clinic.keys.glass import EVERYBODY, WIDE_TEAM, custodians, everybody, memberships, people_of
from clinic.keys.rights import CHARTLESS, Action
from clinic.keys.roster import TrustLog
from clinic.keys.trust import Signer, extend, make_statement
from clinic.protocol.trust import MemberAdd, Policy, Role, TeamCreate
from clinic.services.desks import Desk
from clinic.services.emergency import ours, refresh
from clinic.services.enrolment import state
from clinic.services.gate import needs


@needs(Action.ADMIT)
def prepare(desk: Desk) -> int:
    """Make the organisation-wide team if there is none, and see that everybody is in it, every custodian in every team,
    and compliance among the auditors.

    For administrators; any time again. Gives how many statements were signed. Raises Refusal, Unavailable.
    """
    said = state(desk, lambda found: _statements(desk, found))
    refresh(desk, desk.book.read(lambda page: ours(page, page.all_facts(Patient))))
    return said


def _statements(desk: Desk, found: TrustLog) -> list[Record]:
    """What is missing, in the order it must be said in; team keys last."""
    signer, bodies = Signer(desk.someone.user, desk.device, desk.user_keys), []
    after = found

    def say(body: Record) -> None:
        nonlocal after
        after = extend(after, make_statement(after, body, signer, desk.clock.now()))
        bodies.append(body)

    wide = everybody(after)
    if wide is None:
        wide = TeamId(short_hash_id(desk.random(10)))
        say(TeamCreate(team=wide, name=WIDE_TEAM))
        say(Policy(key=EVERYBODY, value=wide))
        say(MemberAdd(team=wide, user=signer.user))
    for user in people_of(after):
        if user not in after.members(wide):
            say(MemberAdd(team=wide, user=user))
    for custodian in {one.user for one in custodians(after)}:
        for body in memberships(after, custodian, Role.CUSTODIAN, wide):
            say(body)
    for officer in {one.user for one in after.at_work() if Role.COMPLIANCE in after.roles_of(one.user)}:
        for body in memberships(after, officer, Role.COMPLIANCE, wide):
            say(body)
    for team in (wide, *sorted(CHARTLESS)):
        if team in after.by_team and after.epoch(team) is None:
            say(new_epoch(after, team, {}, desk.random))
    mine = {**desk.team_keys, **open_epochs(after, desk.user_keys, signer.user, desk.device)}
    waiting = {(u.user, u.device) for team in after.teams() for u in waiting_for_keys(after, team.team)}
    for user, device in sorted(waiting):
        for share in share_epochs_with(after, user, device, mine):
            if (user, device) in {(u.user, u.device) for u in waiting_for_keys(after, share.team)}:
                say(share)
    return bodies
