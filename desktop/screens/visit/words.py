# SPDX-License-Identifier: GPL-3.0-or-later
"""What the visit page says about itself: saved or not, cautions, prescriptions."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from clinic.domain.cautions import SILENT
from clinic.domain.medication import directions
from clinic.domain.templates import open_places
from desktop.kit.words import _, fmt_date, fmt_time, language
from desktop.screens.phrases import (
    CROSS_REASONS,
    CROSS_RISKS,
    HARMS,
    SECTIONS,
    SEVERITIES,
    SOURCES,
    Said,
    coded,
    named,
)
from desktop.screens.visit.dose_words import by_the_list, dose_line
from desktop.screens.visit.happenings import PrescribePressed
from desktop.screens.visit.logic import Part, Rx, State

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


def open_words(state: State) -> str:
    """Which sections have places that nobody has filled in; '' where there is none."""
    counts = {section: open_places(part.text) for section, part in state.parts.items()}
    several = [f"{named(SECTIONS, section)} ({count})" for section, count in counts.items() if count]
    if not several:
        return ""
    return _("Places are still open (___): %(where)s.") % {"where": ", ".join(several)}


def caution_line(caution: Caution) -> str:
    """What speaks against it, with its source and date."""
    what = {"what": caution.with_what, "said": caution.text, "why": caution.mechanism}
    match caution.severity:
        case "allergy" if caution.text:
            said = _("Allergy on the chart: %(what)s (%(said)s).") % what
        case "allergy":
            said = _("Allergy on the chart: %(what)s.") % what
        case "cross-allergy":
            said = _cross_line(caution)
        case "duplicate" if caution.mechanism == "same-class":
            said = _("Already takes one of this class: %(what)s %(said)s.") % what
        case "duplicate":
            said = _("Already prescribed: %(what)s %(said)s.") % what
        case _ if by_the_list(caution):
            return dose_line(caution)
        case "unchecked":
            said = _unchecked_line(caution)
        case "none-listed" if caution.mechanism == "allergies":
            said = _("Allergies: none listed against it.")
        case "none-listed":
            said = _("Interactions: none listed.")
        case _severity:
            said = _interaction_line(caution)
    return f"{said} {_source(caution)}"


def _interaction_line(caution: Caution) -> str:
    said = {
        "severity": named(SEVERITIES, caution.severity),
        "what": caution.with_what,
        "harm": named(HARMS, caution.mechanism) if caution.mechanism else _(caution.text),
    }
    if len(caution.severities) > 1:
        return _("%(severity)s, depending on dose and person: %(what)s. %(harm)s.") % said
    return _("%(severity)s: %(what)s. %(harm)s.") % said


def _cross_line(caution: Caution) -> str:
    risk, _space, why = caution.mechanism.partition(" ")
    said = {"what": caution.with_what, "risk": named(CROSS_RISKS, risk), "why": named(CROSS_REASONS, why)}
    line = _("Cross-allergy with %(what)s is %(risk)s: %(why)s.") % said
    signed = _("Signed: %(name)s.") % {"name": caution.signed}
    return f"{line} {signed if caution.signed else _('No clinician has signed this list.')}"


def _unchecked_line(caution: Caution) -> str:
    what = {"what": caution.with_what}
    match caution.mechanism:
        case "not-coded":
            return _("Could not be checked, not understood: %(what)s.") % what
        case "local":
            return _("Not checked for interactions, used locally: %(what)s.") % what
        case "allergy-not-coded":
            return _("Allergy that could not be checked: %(what)s.") % what
    return _("Not checked, not in the list of interactions: %(what)s.") % what


def _source(caution: Caution) -> str:
    named_source = named(SOURCES, caution.source)
    if not caution.source_date:
        return _("Source: %(source)s") % {"source": named_source}
    return _("Source: %(source)s, %(date)s") % {"source": named_source, "date": _day(caution.source_date)}


def _day(text: str) -> str:
    """An ISO date as people read it; anything else as it is."""
    try:
        return fmt_date(date.fromisoformat(text))
    except ValueError:
        return text


def cautions_words(rx: Rx) -> Said:
    """The check of a medicine: what is listed, or that none is listed (never that there is none)."""
    if rx.drug is None:
        return Said("neutral", "")
    if rx.cautions is None:
        return Said("neutral", _("Checking allergies and interactions …"))
    spoken = [one for one in rx.against if one.severity not in SILENT]
    if not spoken:
        return Said("info", _("No caution is listed. That is not the same as no risk."))
    worst = any(one.serious for one in spoken)
    return Said("danger" if worst else "warn", "\n".join(caution_line(one) for one in spoken))


def needs_reason(rx: Rx) -> bool:
    """True if something serious speaks against the medicine: a reason is written down before it is signed."""
    return any(one.serious for one in rx.against)


def looked_words(rx: Rx) -> str:
    """What was looked through and listed nothing, and what could not be looked up."""
    return "\n".join(caution_line(one) for one in rx.against if one.severity in SILENT)


def quoted_words(rx: Rx) -> str:
    """The lists' own words, in their own language."""
    return "\n".join(f"{one.with_what}: {one.quote}" for one in rx.against if one.quote)


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
