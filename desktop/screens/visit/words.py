# SPDX-License-Identifier: GPL-3.0-or-later
"""What the visit page says about itself: saved or not, cautions, prescriptions."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from clinic.domain.medication import directions
from desktop.kit.words import N_, _, fmt_date, fmt_time, language
from desktop.screens.phrases import SEVERITIES, Said, coded, named
from desktop.screens.visit.happenings import PrescribePressed
from desktop.screens.visit.logic import Part, Rx

if TYPE_CHECKING:
    from clinic.domain.facts import MedicationRequest
    from clinic.services.prescribing import Caution


def saved_words(part: Part) -> Said:
    """Where the text of a section is, exactly."""
    if part.failed:
        return Said("danger", _("Not saved: the text is still here"))
    if part.saving is not None or part.text != part.saved:
        return Said("neutral", _("Saving …"))
    if part.saved_at is not None:
        return Said("ok", _("Saved here %(time)s") % {"time": fmt_time(part.saved_at)})
    return Said("neutral", "")


def caution_line(caution: Caution) -> str:
    """What speaks against it, with its source and date."""
    match caution.severity:
        case "allergy":
            said = _("Allergy on the chart: %(what)s.") % {"what": caution.with_what}
        case "duplicate":
            said = _("Already prescribed: %(what)s %(dose)s.") % {
                "what": caution.with_what,
                "dose": caution.text,
            }
        case severity:
            said = f"{named(SEVERITIES, severity)}: {caution.with_what}. {_(caution.text)}"
    source = _("Source: %(source)s, %(date)s") % {
        "source": _(caution.source),
        "date": _day(caution.source_date),
    }
    return f"{said} {source}"


def _day(text: str) -> str:
    """An ISO date as people read it; anything else as it is."""
    try:
        return fmt_date(date.fromisoformat(text))
    except ValueError:
        return text


_SOURCES = (N_("this chart"),)


def cautions_words(rx: Rx) -> Said:
    """The check of a medicine: what is listed, or that none is listed (never that there is none)."""
    if rx.drug is None:
        return Said("neutral", "")
    if rx.cautions is None:
        return Said("neutral", _("Checking allergies and interactions …"))
    if not rx.cautions:
        return Said("info", _("No caution listed in this chart. That is not the same as no risk."))
    worst = {caution.severity for caution in rx.cautions} & {"contraindicated", "major", "allergy"}
    return Said("danger" if worst else "warn", "\n".join(caution_line(one) for one in rx.cautions))


def order_words(rx: Rx, order: PrescribePressed) -> str:
    """The prescription as a sentence while it is typed."""
    if rx.drug is None or order.every_hours < 0 or order.days < 0:
        return ""
    said = directions(order.dose.strip() or "…", order.route, order.every_hours, order.days, language())
    return f"{rx.drug.display} {said}. {order.instructions}".strip()


def directions_words(request: MedicationRequest) -> str:
    """How a signed prescription is taken."""
    said = directions(request.dose, request.route, request.every_hours, request.days, language())
    return f"{said}. {request.instructions}".strip()


def request_words(request: MedicationRequest) -> str:
    """A signed prescription as a sentence."""
    return f"{coded(request.medication)} {directions_words(request)}"
