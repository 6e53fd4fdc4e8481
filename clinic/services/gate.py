# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate: a verb names what somebody must be allowed to do, and is refused to everybody else."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from clinic.domain.errors import Refusal
from clinic.domain.ids import PatientId
from clinic.keys.rights import Action, user_may
from clinic.services.audits import audit
from clinic.services.desks import Desk

P = ParamSpec("P")
T = TypeVar("T")


def needs(action: Action) -> Callable[[Callable[Concatenate[Desk, P], T]], Callable[Concatenate[Desk, P], T]]:
    """Whoever calls this verb must be allowed to do that; what was refused stands in the audit."""

    def gated(verb: Callable[Concatenate[Desk, P], T]) -> Callable[Concatenate[Desk, P], T]:
        @wraps(verb)
        def asked(desk: Desk, *args: P.args, **kwargs: P.kwargs) -> T:
            if desk.person is None or not user_may(desk.trust, desk.person.user, action):
                audit(desk, "attempt", PatientId(""), "denied", action.value)
                raise Refusal("Your role does not allow this here. Ask your administrator.")
            return verb(desk, *args, **kwargs)

        return asked

    return gated
