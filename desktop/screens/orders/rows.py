# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders that wait and results that came, as rows; what is outside of its range says so in a word."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from desktop.kit.people import Mark
from desktop.kit.words import N_, _, fmt_date, fmt_number, fmt_value
from desktop.screens.lines import Line
from desktop.screens.orders.logic import State
from desktop.screens.phrases import UNITS, coded

if TYPE_CHECKING:
    from clinic.domain.facts import DiagnosticReport, Observation, ServiceRequest
    from desktop.screens.orders.paper import Found

SIDES = {
    "high": (N_("high"), "danger", "arrow-up"),
    "low": (N_("low"), "danger", "arrow-down"),
    "odd": (N_("abnormal"), "danger", "alert-triangle"),
}
URGENT = {"urgent": N_("urgent"), "asap": N_("urgent"), "stat": N_("at once")}


def lines(state: State) -> list[Line]:
    """What waits, then report by report, the newest first, each with its results."""
    rows = [Line("", _("Waiting for a result"), heading=True)] if state.orders else []
    rows += [_order(one) for one in state.orders]
    told: set[str] = set()
    by_id = {str(one.id): one for one in state.results}
    for report in state.reports:
        found = [by_id[str(one)] for one in report.results if str(one) in by_id]
        told |= {str(one.id) for one in found}
        rows += [_report(report), *(_result(one) for one in found)]
    rest = [one for one in reversed(state.results) if str(one.id) not in told]
    if rest:
        rows += [Line("", _("Results without a report"), heading=True), *(_result(one) for one in rest)]
    return rows


def _order(one: ServiceRequest) -> Line:
    detail = " · ".join(part for part in (coded(one.reason) if one.reason else "", one.note) if part)
    urgent = (Mark(_(URGENT[one.priority]), "warn", "clock"),) if one.priority in URGENT else ()
    asked = _("ordered on %(day)s") % {"day": fmt_date(one.authored_at)}
    return Line(one.id, coded(one.code), detail, asked, urgent, icon="clock", tone="warn")


def _report(one: DiagnosticReport) -> Line:
    corrected = (Mark(_("corrected"), "info", "pen"),) if one.status == "amended" else ()
    return Line(
        one.id,
        coded(one.code),
        one.conclusion,
        fmt_date(one.effective_at),
        corrected,
        icon="file",
        tone="info",
    )


def _result(one: Observation) -> Line:
    mark = _mark(one)
    detail = " · ".join(part for part in (value_text(one), range_text(one.low, one.high)) if part)
    return Line(
        one.id,
        coded(one.code),
        detail,
        fmt_date(one.effective_at),
        mark,
        icon="droplet",
        tone=mark[0].tone if mark else "neutral",
    )


def _mark(one: Observation) -> tuple[Mark, ...]:
    found = SIDES.get(one.side)
    if found is None:
        return ()
    word, tone, icon = found
    return (Mark(_(word), tone, icon),)


def value_text(one: Observation) -> str:
    """The number with its unit, or the words."""
    if one.value is not None:
        return fmt_value(
            one.value.value, UNITS.get(one.value.unit, one.value.unit), decimals(one.value.value)
        )
    return one.text or (coded(one.value_code) if one.value_code is not None else "")


def range_text(low: Decimal | None, high: Decimal | None) -> str:
    """The reference range; '' without one."""
    if low is None and high is None:
        return ""
    if low is None or high is None:
        edge = low if low is not None else high
        assert edge is not None
        shown = f"{'≥' if high is None else '≤'} {_plain(edge)}"
    else:
        shown = f"{_plain(low)} – {_plain(high)}"
    return _("normal: %(range)s") % {"range": fmt_value(shown)}


def typed_text(one: Found) -> str:
    """A line of a report that is not written down yet."""
    if one.value is None:
        return f"{coded(one.code)}: {one.text}"
    return f"{coded(one.code)}: {fmt_value(one.value, one.unit, decimals(one.value))}"


def decimals(value: Decimal) -> int:
    """As many as were written."""
    return max(0, -int(value.as_tuple().exponent))


def _plain(value: Decimal) -> str:
    return fmt_number(value, decimals(value))
