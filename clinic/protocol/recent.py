# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new computer asks for before all else (POST /v1/recent): what is needed of those who came lately.

It moves no cursor: everything comes once more in its order, and taking it twice changes nothing (decision 29).
"""

from clinic.domain.ids import ScopeId
from clinic.domain.record import Record, n, record

MOST_DAYS = 366


@record(480)
class RecentPull(Record):
    """Of every patient, team and organisation with something of the last `days`: that, what is pressing whatever its age, how
    the chart begins, and its keys. `alerts`: and what is most pressing (P0) of all others. `after_scope`, `after_seq`: where
    the last part ended."""

    days: int = n(1)
    alerts: bool = n(2, default=False)
    after_scope: ScopeId = n(3, default=ScopeId(""))
    after_seq: int = n(4, default=0)
    byte_budget: int = n(5, default=65_536)


@record(481)
class RecentPart(Record):
    """Envelopes by scope, in their order, with gaps; ask for what comes after `scope`, `seq` while there is `more`."""

    envelopes: tuple[bytes, ...] = n(1, default=())
    scope: ScopeId = n(2, default=ScopeId(""))
    seq: int = n(3, default=0)
    more: bool = n(4, default=False)
