# SPDX-License-Identifier: GPL-3.0-or-later
"""An open alert as a line of a list over all people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from desktop.kit.people import Mark
from desktop.kit.words import _, fmt_ago
from desktop.screens.alerts.words import doubt, escalated, first_seen, found, severity, title
from desktop.screens.lines import Line

if TYPE_CHECKING:
    from clinic.services.alerts import Alert


def alert_line(alert: Alert, now: datetime) -> Line:
    """Who, how pressing, what, and since when; a mark where nobody answered in time."""
    flag, late = severity(alert), escalated(alert, now)
    marks = (
        Mark(flag.text, flag.tone, flag.icon),
        *((Mark(_("unanswered"), "danger", "clock"),) if late else ()),
    )
    said = (title(alert), found(alert.standing.alert), doubt(alert))
    return Line(
        alert.standing.alert.id,
        alert.person.name.full,
        " · ".join(part for part in said if part),
        fmt_ago(first_seen(alert), now, short=True),
        marks,
        icon=flag.icon,
        tone=flag.tone,
    )
