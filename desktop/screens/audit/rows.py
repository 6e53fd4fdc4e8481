# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of the audit and reviews as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.kit.people import Mark
from desktop.kit.words import N_, _, fmt_date, fmt_moment, plural
from desktop.screens.lines import Line

if TYPE_CHECKING:
    from clinic.domain.misuse.lists import Entry
    from clinic.services.reviews import Review

ACTIONS = {
    "open": N_("opened the chart"),
    "read": N_("read"),
    "search": N_("searched"),
    "print": N_("printed"),
    "export": N_("exported"),
    "import": N_("imported"),
    "share": N_("showed a document in a call"),
    "attempt": N_("attempt"),
    "failed unlock": N_("could not get in"),
    "break-glass": N_("broke the glass"),
    "break-glass closed": N_("a chart opened in an emergency was closed"),
    "card": N_("patient's card"),
    "one-time code": N_("gave a code for one visit"),
    "organisation": N_("changed the organisation"),
    "clock change": N_("the clock was set"),
    "backup set up": N_("set up backups"),
    "recording": N_("recording of a call"),
    "read audit": N_("read the audit"),
    "review": N_("closed a review"),
    "watch chart": N_("watched a chart"),
    "way in": N_("changed a way in"),
    "questionnaire": N_("changed a questionnaire of the kiosks"),
    "store key": N_("changed the store's key"),
    "recovery sheets": N_("recovery sheets"),
    "backup": N_("made a backup"),
    "restore": N_("restored a backup"),
    "purge": N_("let an old chart go"),
    "copy": N_("noticed a copy of this computer"),
    "kiosk staff": N_("opened a kiosk's page for the staff"),
}
OUTCOMES = {"": N_("any outcome"), "success": N_("done"), "failure": N_("failed"), "denied": N_("denied")}
SINCE = {
    "today": N_("today"),
    "week": N_("in the last 7 days"),
    "month": N_("in the last 30 days"),
    "year": N_("in the last year"),
    "ever": N_("at any time"),
}
RULES = {
    "no-relation": N_("Chart opened without a treatment relation"),
    "same-family": N_("Same family name or address"),
    "own-chart": N_("Own chart"),
    "co-worker": N_("Chart of a colleague"),
    "watched-chart": N_("Watched chart"),
    "after-hours": N_("Opened while the clinic is closed"),
    "many-charts": N_("Far more charts than usual"),
    "many-exports": N_("Many charts printed or exported"),
    "unreviewed-glass": N_("Break-glass without a review"),
    "refused-then-read": N_("Opened after consent was withdrawn"),
    "failed-unlocks": N_("Many failed tries to get in"),
    "many-denied": N_("Many denied attempts"),
}
GLASS = {
    "glass-summary": N_("Break-glass: emergency summary"),
    "glass-chart": N_("Break-glass: whole chart"),
}
"""Told by whoever did it, found by no rule."""
FINDINGS = {
    "": N_("What did you find?"),
    "justified": N_("Justified"),
    "mistake": N_("A mistake"),
    "misuse": N_("Misuse"),
    "unclear": N_("It stays unclear"),
}
_ICONS = {
    "open": "eye",
    "search": "search",
    "print": "printer",
    "export": "send",
    "failed unlock": "lock",
    "attempt": "lock",
}
_SEVERITY = {"high": (N_("high"), "danger"), "moderate": (N_("moderate"), "warn"), "low": (N_("low"), "info")}


def action_word(action: str) -> str:
    return _(ACTIONS[action]) if action in ACTIONS else action


def entry_lines(entries: tuple[Entry, ...]) -> list[Line]:
    return [entry_line(f"{number}", entry) for number, entry in enumerate(entries)]


def entry_line(key: str, entry: Entry) -> Line:
    act = entry.act
    bad = act.outcome != "success"
    marks = (Mark(_(OUTCOMES.get(act.outcome, act.outcome)), "danger"),) if bad else ()
    detail = " · ".join(part for part in (entry.person, entry.device, act.entity) if part)
    icon = _ICONS.get(act.action, "file")
    tone = "danger" if bad else "neutral"
    return Line(key, entry_title(entry), detail, fmt_moment(act.at), marks, icon=icon, tone=tone)


def entry_title(entry: Entry) -> str:
    """Who did what."""
    return f"{entry.act.name or _('Nobody logged in')} · {action_word(entry.act.action)}"


def rule_word(rule: str) -> str:
    name = rule.partition("/")[0]
    known = RULES | GLASS
    return _(known[name]) if name in known else name


def review_lines(reviews: tuple[Review, ...]) -> list[Line]:
    return [_review_line(review) for review in reviews]


def _review_line(row: Review) -> Line:
    one = row.review
    word, tone = _SEVERITY.get(one.severity, (one.severity, "warn"))
    whose = row.person.name.full if row.person else row.device
    count = plural("%(n)d entry", "%(n)d entries", len(one.evidence))
    found = _(FINDINGS.get(one.finding.value, one.finding.value)) if not row.open else row.owner
    detail = " · ".join(part for part in (one.concerns_name, whose, count, found) if part)
    return Line(
        one.id, rule_word(one.rule), detail, fmt_date(one.identified_at), (Mark(_(word), tone),),
        icon="shield" if row.open else "check", tone=tone if row.open else "neutral",
    )  # fmt: skip
