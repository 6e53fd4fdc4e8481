# SPDX-License-Identifier: GPL-3.0-or-later
"""People, computers and teams of the organisation, and an administrator's orders about them."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import DeviceId, TeamId, UserId
from clinic.domain.policies import SETTABLE
from clinic.protocol.trust import Role
from clinic.services import organising
from clinic.services.desks import Desk
from clinic.services.organising import Computer, Organisation
from clinic.services.tending import lease_of, tend
from clinic.services.wiping import wipe
from clinic.station.command import Add, opened
from clinic.station.obeying import obey, print_receipt

T = TypeVar("T", bound=str)
_REASON = "why, in a few words: everybody in the organisation can read it"


def add_verbs(add: Add) -> None:
    add("people", _people, "everybody in the organisation: roles, teams, computers")
    add("computers", _computers, "every computer: kind, who works on it, when last seen, revoked, wiped")
    listing = add("sessions", _sessions, "computers with a live session at the centre")
    listing.add_argument("--mine", action="store_true", help="only those you work on yourself")
    ending = add("end-session", _end_session, "one of them must prove its key to the centre anew")
    ending.add_argument("--computer", required=True, metavar="NAME", help="its name, or the start of its id")
    ending.add_argument("--mine", action="store_true", help="one you work on yourself")
    add("teams", _teams, "every team: members, the number of its key, who waits for it")
    revoking = add("revoke", _revoke, "believe a computer no more, and give its teams new keys")
    _computer(revoking)
    wiping = add("wipe", _wipe, "order a computer to hand in what waits and destroy its store")
    _computer(wiping)
    removing = add("remove-person", _remove, "somebody works on a computer, or at all, no more")
    removing.add_argument("--person", required=True, metavar="NAME")
    removing.add_argument("--computer", default="", metavar="NAME", help="one computer only")
    removing.add_argument("--reason", required=True, help=_REASON)
    role = add("give-role", _role, "one role more for somebody")
    role.add_argument("--person", required=True, metavar="NAME")
    role.add_argument("--role", required=True, choices=[str(role) for role in Role])
    team = add("add-team", _add_team, "a new team")
    team.add_argument("--name", required=True)
    for name, verb, help_ in (
        ("add-member", _add_member, "somebody joins a team"),
        ("remove-member", _remove_member, "somebody leaves a team"),
    ):
        one = add(name, verb, help_)
        one.add_argument("--team", required=True, metavar="NAME")
        one.add_argument("--person", required=True, metavar="NAME")
    add("rules", _rules, "the organisation's own rules: what was said, what holds, who signed it")
    ruling = add("set-rule", _set_rule, "a rule for the whole organisation, such as its opening hours")
    ruling.add_argument("--rule", required=True, choices=SETTABLE)
    ruling.add_argument("--value", required=True, help="'' takes it back: the default holds")
    add("tend", _tend, "say what the organisation's log asks of you: orders that wait, keys, a sign of life")
    add("wipe-here", _wipe_here, "obey a wipe that an administrator ordered for this computer")


def _computer(parser: ArgumentParser) -> None:
    parser.add_argument("--computer", required=True, metavar="NAME", help="its name, or the start of its id")
    parser.add_argument("--reason", required=True, help=_REASON)


def _people(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        for one in organising.organisation(desk, ask_centre=False).people:
            _print(
                {"person": one.name, "id": one.user, "roles": [str(r) for r in one.roles], "teams": one.teams,
                 "computers": one.computers}
            )  # fmt: skip
    return 0


def _computers(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        found = organising.organisation(desk)
        for one in found.computers:
            told: dict[str, object] = {
                "computer": one.name, "id": one.device, "kind": str(one.kind), "people": one.people,
                "last seen": one.seen_at.isoformat() if one.seen_at else None,
            }  # fmt: skip
            if one.revoked is not None:
                told["revoked"] = one.revoked
            if one.wipe_ordered:
                told["wipe"] = (
                    {"done": one.receipt.at.isoformat(), "lost": one.receipt.waiting}
                    if one.receipt
                    else "ordered"
                )
            _print(told)
        if not found.asked:
            print("The centre could not be asked when they were last seen.", file=sys.stderr)
    return 0


def _sessions(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        for one in _with_sessions(desk, chosen.mine):
            _print(
                {"computer": one.name, "id": one.device, "people": one.people, "since": _iso(one.session_since),
                 "last exchange": _iso(one.seen_at), "from": one.came_from, "here": one.here}
            )  # fmt: skip
    return 0


def _with_sessions(desk: Desk, mine: bool) -> tuple[Computer, ...]:
    """Raises Unavailable where the centre was not asked."""
    if mine:
        found = organising.my_computers(desk)
    else:
        known = organising.organisation(desk)
        if not known.asked:
            raise Unavailable("The centre cannot be asked. Try again when it can be reached.")
        found = known.computers
    return tuple(one for one in found if one.session_since is not None)


def _end_session(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        live = _with_sessions(desk, chosen.mine)
        fitting = [one for one in live if one.name == chosen.computer] or [
            one for one in live if one.device.startswith(chosen.computer)
        ]
        if len(fitting) != 1:
            raise Refusal("No such live session, or more than one: give its id, from 'sessions'.")
        (organising.end_my_session if chosen.mine else organising.end_session)(desk, fitting[0].device)
        _print({"computer": fitting[0].name, "ended": True})
    return 0


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _teams(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        for one in organising.organisation(desk, ask_centre=False).teams:
            _print(
                {"team": one.name, "id": one.team, "key": one.epoch, "members": [name for _, name in one.members],
                 "wait for the key": one.waiting}
            )  # fmt: skip
    return 0


def _revoke(chosen: Namespace) -> int:
    return _order(
        chosen,
        lambda desk, found: organising.revoke(desk, computer_in(found, chosen.computer), chosen.reason),
    )


def _wipe(chosen: Namespace) -> int:
    return _order(
        chosen,
        lambda desk, found: organising.order_wipe(desk, computer_in(found, chosen.computer), chosen.reason),
    )


def _remove(chosen: Namespace) -> int:
    def order(desk: Desk, found: Organisation) -> bool:
        device = computer_in(found, chosen.computer) if chosen.computer else DeviceId("")
        return organising.remove_person(desk, person_in(found, chosen.person), chosen.reason, device)

    return _order(chosen, order)


def _role(chosen: Namespace) -> int:
    return _order(
        chosen,
        lambda desk, found: organising.give_role(desk, person_in(found, chosen.person), Role(chosen.role)),
    )


def _add_team(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        _print({"team": organising.create_team(desk, chosen.name)})
    return 0


def _add_member(chosen: Namespace) -> int:
    return _member(chosen, organising.add_member)


def _remove_member(chosen: Namespace) -> int:
    return _member(chosen, organising.remove_member)


def _member(chosen: Namespace, verb: Callable[[Desk, TeamId, UserId], bool]) -> int:
    return _order(
        chosen, lambda desk, found: verb(desk, team_in(found, chosen.team), person_in(found, chosen.person))
    )


def _rules(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        for one in organising.organisation(desk, ask_centre=False).settings:
            _print(
                {"rule": one.key, "said": one.said, "holds": one.holds, "default": one.default, "source": one.source,
                 "by": one.by, "at": one.at.isoformat() if one.at else None}
            )  # fmt: skip
    return 0


def _set_rule(chosen: Namespace) -> int:
    return _order(chosen, lambda desk, _found: organising.set_rule(desk, chosen.rule, chosen.value))


def _tend(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        said = tend(desk)
        obey(desk)
        state, days = lease_of(desk, in_care=False)
        _print({"said": said, "position": desk.trust.position, "lease": str(state), "days": days})
    return 0


def _wipe_here(chosen: Namespace) -> int:
    from clinic.services.link import exchange_now

    with opened(chosen) as desk:
        exchange_now(desk)
        print_receipt(wipe(desk))
    return 0


def _order(chosen: Namespace, order: Callable[[Desk, Organisation], bool]) -> int:
    with opened(chosen) as desk:
        said = order(desk, organising.organisation(desk, ask_centre=False))
        _print({"said": said, "position": desk.trust.position})
    if not said:
        print(
            "The centre cannot be reached: this waits here, and is said with 'posta station tend'.",
            file=sys.stderr,
        )
    return 0


def person_in(found: Organisation, name: str) -> UserId:
    """By name or id. Raises Refusal for nobody, or several."""
    return _one([(one.user, one.name) for one in found.people], name)


def computer_in(found: Organisation, name: str) -> DeviceId:
    """By name or id. Raises Refusal for none, or several."""
    return _one([(one.device, one.name) for one in found.computers], name)


def team_in(found: Organisation, name: str) -> TeamId:
    """By name or id. Raises Refusal for none, or several."""
    return _one([(one.team, one.name) for one in found.teams], name)


def _one(known: Sequence[tuple[T, str]], name: str) -> T:
    fitting = [key for key, called in known if name in (key, called)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise Refusal("Several are called {name}. Name one by its id.", name=name)
    raise Refusal("Nobody and nothing here is called {name}.", name=name)


def _print(told: dict[str, object]) -> None:
    print(json.dumps(told, ensure_ascii=False), flush=True)
