# SPDX-License-Identifier: GPL-3.0-or-later
"""A covered screen and a password: the same person goes on, a colleague gets a desk of her own."""

from clinic.keys.factors import SecondFactor
from clinic.services.desks import Desk
from clinic.services.door import unlock
from clinic.services.knocking import tell_knocks
from clinic.services.sitting import sit_down


def come(desk: Desk, who: str, password: str, code: str, factor: SecondFactor | None) -> Desk | None:
    """None for the person who sits at `desk`; else another desk of the same computer, for whom the password belongs to.

    Raises as `open_desk`; what sits at `desk` stays as it is. Failed tries are told to the audit at once."""
    opened = unlock(desk.home, password, desk.clock, desk.random, who, factor)
    if opened.user_id != desk.someone.user:
        return sit_down(desk.home, opened, desk.clock, desk.random, code)
    tell_knocks(desk, opened.label)
    return None
