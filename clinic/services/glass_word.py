# SPDX-License-Identifier: GPL-3.0-or-later
"""Break-glass is told at once: one review in the scope of the organisation-wide team, for compliance and the patient's team.

It waits in the outbox like anything else where there is no connection. It says who, whose, when and why; of the chart
itself nothing.
"""

from datetime import datetime, timedelta

from clinic.domain.facts import AccessReview
from clinic.domain.ids import DeviceId, FactId, PatientId, TeamId, UserId
from clinic.keys.glass import everybody
from clinic.keys.testimony import is_glass, review_id
from clinic.protocol.envelope import P0_ALERT
from clinic.services.desks import Desk
from clinic.store.page import Page

TOLD_FOR = timedelta(days=7)
"""How long a team is told, for those who were away on the day."""


def tell(
    desk: Desk, what: str, patient: PatientId, user: UserId, name: str, device: DeviceId, request: str, entry: FactId, reason: str
) -> None:  # fmt: skip
    """Durable before anything is shown. `what`: GLASS_SUMMARY or GLASS_CHART; `user`, `device`: who broke the glass, and
    where; `entry`: of the audit. Nothing happens in an organisation that has no organisation-wide team."""
    team = everybody(desk.trust)
    if team is None or desk.trust.epoch(team) is None:
        return
    now = desk.clock.now()
    word = AccessReview(
        id=FactId(review_id(request, user)), rule=f"{what}/1", severity="high", concerns=user, concerns_name=name,
        about=patient, device=device, evidence=(entry,), since=now, identified_at=now,
        group=FactId(review_id(request, user)), reason=reason,
    )  # fmt: skip
    desk.write_within(lambda _page: (word,), priority=P0_ALERT, team=team)


def team_of(desk: Desk, review: FactId) -> TeamId | None:
    """The team in whose scope a review lies; None for this computer's own."""
    return everybody(desk.trust) if review.startswith("glass.") else None


def words_on(page: Page, since: datetime) -> tuple[AccessReview, ...]:
    """What was told since then, in no order."""
    found = page.facts(AccessReview, PatientId(""))
    return tuple(one for one in found if is_glass(one) and one.identified_at >= since)
