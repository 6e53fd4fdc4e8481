# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a computer may go without hearing from an administrator of its organisation.

The newest statement that an administrator signed (`TrustLog.heard`) is the sign of contact; an administrator's computer makes
one a day (`Beacon`), once the centre has answered it. A server that hides a revocation hides those too, and its devices ask
for contact after 14 days. A local control (L): whoever sets the clock back, or changes the program, is not stopped by it.
"""

from datetime import datetime, timedelta
from enum import StrEnum

WARN_AFTER, ASK_AFTER = timedelta(days=7), timedelta(days=14)


class Lease(StrEnum):
    FRESH = "fresh"
    WARN = "warn"
    """Seven days without a sign: it is said, nothing else."""
    ASK = "ask"
    """Fourteen days: contact is asked for plainly. Nothing is locked away: a post may be without a link for weeks."""
    ASK_LATER = "ask later"
    """Fourteen days, but somebody is being cared for: asked for once the visit is over."""


def lease(heard: datetime | None, now: datetime, in_care: bool) -> Lease:
    """`in_care`: a visit is open or a call goes on. A sign that was never given counts as long ago."""
    if heard is None or now - heard >= ASK_AFTER:
        return Lease.ASK_LATER if in_care else Lease.ASK
    return Lease.WARN if now - heard >= WARN_AFTER else Lease.FRESH


def days_without(heard: datetime | None, now: datetime) -> int:
    """Whole days since the last sign; as many as are allowed where there was none."""
    return ASK_AFTER.days if heard is None else max(0, (now - heard).days)
