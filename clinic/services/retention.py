# SPDX-License-Identifier: GPL-3.0-or-later
"""Letting old charts go from this computer, and saying which are past the time the law asks for. Only when asked to.

A chart that goes from here is at the centre and on its own team's computers. When somebody writes in it again, it is
fetched whole.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from clinic.domain.clock import milliseconds, stamp_time
from clinic.domain.errors import Refusal
from clinic.domain.facts import Appointment, CareTeam, Encounter
from clinic.domain.ids import PatientId
from clinic.domain.policies import years_kept
from clinic.domain.retention import chart_is_past
from clinic.keys.rights import Action
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.store.page import Page
from clinic.store.purge import Gone, Terms, may_go, old_charts, purge_chart
from clinic.store.rows import Changes
from clinic.store.writing import WritePage

LEAST_OLD = timedelta(days=180)
"""Nobody may ask for charts to go that were written in later than this."""
HELD_FOR = timedelta(days=30)
"""How long the centre must have held everything of a chart."""


@dataclass(frozen=True, slots=True)
class OldChart:
    """A chart nobody has written in for long. `past`: the law does not ask for it any more."""

    patient: PatientId
    last_entry: datetime
    mine: bool
    past: bool


@needs(Action.MANAGE)
def look_for_old(desk: Desk, older_than: timedelta) -> tuple[OldChart, ...]:
    """Charts nobody wrote in for so long, the oldest first. Raises Refusal for less than LEAST_OLD."""
    if older_than < LEAST_OLD:
        raise Refusal(
            "Only charts that nobody wrote in for {days} days may go from here.", days=LEAST_OLD.days
        )
    now, old = desk.clock.now(), _old(desk, older_than)
    years = years_kept(desk.trust.policies, desk.jurisdiction)

    def look(page: Page) -> tuple[OldChart, ...]:
        mine = _mine(desk, page)
        found = ((patient, stamp_time(stamp)) for patient, stamp in old_charts(page, old))
        return tuple(
            OldChart(p, last, p in mine, chart_is_past(last, now, desk.jurisdiction, years))
            for p, last in found
        )

    return desk.book.read(look)


@needs(Action.MANAGE)
def let_go(desk: Desk, older_than: timedelta) -> tuple[Gone, ...]:
    """Let every old chart go that is not of a care team of mine, and that nothing holds here. The log says so first.

    Raises Refusal (nobody logged in, too young), Unavailable; each chart goes whole or stays whole.
    """
    now = desk.clock.now()
    terms = Terms(_old(desk, older_than), milliseconds(now - HELD_FOR), desk.device)
    return tuple(
        went
        for chart in look_for_old(desk, older_than)
        if not chart.mine and (went := _let_go(desk, chart.patient, terms)) is not None
    )


def _let_go(desk: Desk, patient: PatientId, terms: Terms) -> Gone | None:
    if not desk.book.read(lambda page: may_go(page, patient, terms)):
        return None
    audit(desk, "purge", PatientId(""), entity=patient)

    def act(page: WritePage) -> tuple[Gone | None, Changes]:
        went = purge_chart(page, patient, terms)
        return went, Changes(frozenset({"Patient"}), frozenset({patient})) if went else Changes()

    return desk.book.write(act)


def _old(desk: Desk, older_than: timedelta) -> int:
    return milliseconds(desk.clock.now() - older_than) << 16


def _mine(desk: Desk, page: Page) -> frozenset[PatientId]:
    """Patients whose care team has me, or whom I saw or am to see."""
    me = desk.someone.user
    seen = {e.patient for e in page.all_facts(Encounter) if e.practitioner == me}
    booked = {a.patient for a in page.all_facts(Appointment) if a.practitioner == me}
    cared = {
        team.patient for team in page.all_facts(CareTeam)
        if team.status == "active" and any(member.user == me for member in team.members)
    }  # fmt: skip
    return frozenset(seen | booked | cared)
