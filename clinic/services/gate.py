# SPDX-License-Identifier: GPL-3.0-or-later
"""The one gate: every verb of the clinic names what somebody must be allowed to do, and is refused to everybody else.

It decides from the trust log this computer holds, so it works offline. What was refused stands in the audit. It is a
control of this program (L): what a person must not read is kept from her by keys (C).
"""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from clinic.domain.errors import Refusal
from clinic.domain.ids import PatientId, UserId
from clinic.keys.rights import KEYLESS, NOBODY, Action, Reach, may
from clinic.protocol.trust import DeviceKind, Role
from clinic.services.audits import audit
from clinic.services.desks import Desk

P = ParamSpec("P")
T = TypeVar("T")

VERBS: dict[str, Action] = {}
"""What every verb asks for: `module.verb` -> action."""
ATTEMPT = "attempt"
"""The action of an audit entry that says what was refused."""


class Denied(Refusal):
    """Somebody asked for what her roles do not give."""

    def __init__(self, action: Action, revoked: bool = False) -> None:
        super().__init__(
            "This computer was revoked: nothing more is done here. Ask your administrator."
            if revoked
            else "Your role does not allow this here. Ask your administrator."
        )
        self.action = action


def needs(action: Action) -> Callable[[Callable[Concatenate[Desk, P], T]], Callable[Concatenate[Desk, P], T]]:
    """Whoever calls this verb must be allowed to do that. Its call raises Denied, after the attempt is in the audit."""

    def gated(verb: Callable[Concatenate[Desk, P], T]) -> Callable[Concatenate[Desk, P], T]:
        VERBS[f"{verb.__module__.rpartition('.')[2]}.{verb.__name__}"] = action

        @wraps(verb)
        def asked(desk: Desk, *args: P.args, **kwargs: P.kwargs) -> T:
            if not allowed(desk, action):
                allow(desk, action, _patient(verb, desk, *args, **kwargs))
            return verb(desk, *args, **kwargs)

        return cast("Callable[Concatenate[Desk, P], T]", asked)

    return gated


def allow(desk: Desk, action: Action, patient: PatientId = PatientId("")) -> None:
    """Raises Denied unless whoever is at the desk may do that; the attempt is then in the audit."""
    if not allowed(desk, action):
        audit(desk, ATTEMPT, patient, "denied", action.value)
        raise Denied(action, desk.trust.is_revoked(desk.device))


def allowed(desk: Desk, action: Action, on: Reach | None = None) -> bool:
    """True if whoever is at the desk may do that with records `on`: those that lie here, if not said."""
    log = desk.trust
    if action == Action.RUN:
        return True
    if log.is_revoked(desk.device):
        return False
    reach = whose(desk) if on is None else on
    if desk.kind == DeviceKind.KIOSK:
        return may(Role.KIOSK, action, reach)
    if desk.person is None:
        return bool(NOBODY[action] & reach)
    if (desk.person.user, desk.device) in log.removed:
        return False
    return any(may(role, action, reach) for role in log.roles_of(desk.person.user))


def whose(desk: Desk) -> Reach:
    """Whether the records of this computer's team are those of a team that whoever is at the desk belongs to.

    A kiosk and a gateway belong to none; what they take is the team's they seal it to.
    """
    if desk.kind == DeviceKind.KIOSK:
        return Reach.OWN
    user = desk.person.user if desk.person else UserId("")
    gives = bool(KEYLESS & set(desk.trust.roles_of(user)))
    return Reach.OWN if gives or user in desk.trust.members(desk.team) else Reach.OTHER


def _patient(verb: Callable[..., object], *args: object, **kwargs: object) -> PatientId:
    """On whose chart the verb was called; '' where it does not say so."""
    try:
        given = inspect.signature(verb).bind(*args, **kwargs).arguments
    except TypeError:
        return PatientId("")
    return next(
        (PatientId(str(given[name])) for name in ("patient", "window") if given.get(name)), PatientId("")
    )
