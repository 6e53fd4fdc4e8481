# SPDX-License-Identifier: GPL-3.0-or-later
"""An open alert in the reader's words: how pressing, what, since when, whose it is."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from desktop.kit.words import N_, _, fmt_ago, fmt_moment, fmt_time, fmt_value, plural
from desktop.screens.findings import ALERTS
from desktop.screens.phrases import UNITS, VITAL_NAMES, Flag, coded, named

if TYPE_CHECKING:
    from clinic.domain.facts import DetectedIssue
    from clinic.domain.ids import UserId
    from clinic.services.alerts import Alert

_SEVERITIES = {
    "high": (N_("Urgent"), "danger", "alert-triangle"),
    "moderate": (N_("Important"), "warn", "bell"),
    "low": (N_("To watch"), "info", "eye"),
}
_KEYS = re.compile(rf"\b({'|'.join(VITAL_NAMES)})\b")
"""Vitals as rules name them in what they found."""


def severity(alert: Alert) -> Flag:
    """How pressing: a word, a tone and a sign, never colour alone."""
    word, tone, icon = _SEVERITIES.get(alert.standing.alert.severity, _SEVERITIES["moderate"])
    return Flag(_(word), tone, icon)


def title(alert: Alert) -> str:
    """What the rule is about."""
    code = alert.standing.alert.code
    return named(ALERTS, code.code) if code.code in ALERTS else coded(code)


def found(issue: DetectedIssue) -> str:
    """What the rule saw, its vitals by name; clinical values never reorder."""
    said = _KEYS.sub(lambda key: named(VITAL_NAMES, key.group()).lower(), issue.text)
    for unit, shown in UNITS.items():
        said = said.replace(f" {unit}", f" {shown}")
    return fmt_value(said) if said else ""


def first_seen(alert: Alert) -> datetime:
    """Since when it stands."""
    return min(one.identified_at for one in (alert.standing.alert, *alert.standing.also))


def since(alert: Alert, now: datetime) -> str:
    """Since when it stands: the time today, the date before."""
    at = first_seen(alert)
    same_day = at.astimezone().date() == now.astimezone().date()
    when = fmt_time(at) if same_day else fmt_moment(at)
    return _("since %(time)s, %(ago)s") % {"time": when, "ago": fmt_ago(at, now)}


def escalated(alert: Alert, now: datetime) -> bool:
    """Nobody answered in time; read from the clock, also between two readings of the book."""
    return alert.standing.by_now(now).escalated


def whose(alert: Alert, me: UserId) -> str:
    """Who has it."""
    owner = alert.standing.alert.owner
    if not owner:
        return _("nobody has taken it yet")
    return _("yours") if owner == me else _("with %(name)s") % {"name": alert.owner or owner}


def detail(alert: Alert, now: datetime) -> str:
    """What was seen, since when, and what else there is to know."""
    parts = [found(alert.standing.alert), since(alert, now)]
    more = len(alert.standing.also)
    if more:
        parts.append(plural("raised %(n)d more time", "raised %(n)d more times", more))
    return " · ".join(part for part in (*parts, doubt(alert)) if part)


def doubt(alert: Alert) -> str:
    """Said when what it stands on no longer counts."""
    return _("the readings behind it were taken back") if alert.gone else ""


def owner_flag(alert: Alert, me: UserId, now: datetime) -> Flag:
    """Whose it is; everybody's, once nobody answered in time."""
    if escalated(alert, now):
        return Flag(_("nobody answered in time: %(whose)s") % {"whose": whose(alert, me)}, "danger", "clock")
    return Flag(whose(alert, me), "neutral", "user")


def spoken(alert: Alert, me: UserId, now: datetime) -> str:
    """The whole line as one sentence."""
    return f"{severity(alert).text}: {title(alert)}. {detail(alert, now)}. {owner_flag(alert, me, now).text}"
