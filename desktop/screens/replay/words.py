# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a visit and its note in the reader's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic.domain.facts import (
    AuditEvent,
    CallReport,
    Consent,
    DetectedIssue,
    Encounter,
    MediaStep,
    NoteSection,
    Observation,
    Receipt,
    VerificationResult,
)
from clinic.domain.vitals import BY_CODE
from clinic.services.replay import VERBS
from clinic.services.timeline import titled
from clinic.sync.replay import Trust
from desktop.kit.people import Mark
from desktop.kit.words import N_, _, fmt_moment, fmt_time, fmt_value, language
from desktop.screens.alerts.words import found
from desktop.screens.chart.rows import KINDS, call_words
from desktop.screens.faces import known_by
from desktop.screens.lines import Line
from desktop.screens.phrases import SCOPES, SECTIONS, VITAL_NAMES, coded, named
from desktop.screens.replay.logic import Note, State
from desktop.screens.visit.words import directions_words

if TYPE_CHECKING:
    from clinic.domain.record import Record
    from clinic.services.replay import Played

STATUSES = {
    "planned": N_("planned"),
    "arrived": N_("arrived"),
    "triaged": N_("waits, questions answered"),
    "in-progress": N_("in visit"),
    "finished": N_("finished"),
    "cancelled": N_("cancelled"),
}
ACTIONS = {
    "search": N_("search"),
    "print": N_("print"),
    "export": N_("export"),
    "sign": N_("signature"),
    "call": N_("call"),
    "share": N_("showed a document in a call"),
    "recording": N_("recording of a call"),
}
_ICONS = {
    "NoteSection": ("pen", "neutral"),
    "AuditEvent": ("eye", "neutral"),
    "Receipt": ("check", "neutral"),
    "VerificationResult": ("id", "ok"),
}


def lines(state: State) -> list[Line]:
    """Every step as a row: who, what, when."""
    moments = state.replay.moments if state.replay else ()
    return [_line(number, one) for number, one in enumerate(moments, 1)]


def _line(number: int, one: Played) -> Line:
    _kind, icon, tone = KINDS.get(one.kind, ("", "info", "neutral"))
    icon, tone = _ICONS.get(one.kind, (icon, tone))
    detail = what(one)
    return Line(f"{number}", did(one), detail, fmt_time(one.step.at), _clock(one), icon=icon, tone=tone)


def _clock(one: Played) -> tuple[Mark, ...]:
    if one.step.trust == Trust.FITS:
        return ()
    return (Mark(VERBS[language()][one.step.trust], "warn", "clock"),)


def who(one: Played) -> str:
    """Who did it."""
    return one.author or VERBS[language()]["patient"]


def did(one: Played) -> str:
    """Who did it, and what they did."""
    return f"{who(one)} · {VERBS[language()][one.verb]}"


def what(one: Played) -> str:
    """What it was about, on one line."""
    parts = [_about(one.step.op.fact, one)]
    kind = KINDS.get(one.kind, ("",))[0]
    if kind and one.verb in ("wrote", "corrected", "retracted", "stopped"):
        parts.insert(0, _(kind))
    return " · ".join(part for part in parts if part).replace("\n", " ")


def _about(fact: Record, one: Played) -> str:
    match fact:
        case NoteSection():
            return f"{named(SECTIONS, fact.section)}: {fact.text}"
        case Encounter():
            return " · ".join(
                part for part in (named(STATUSES, fact.status), coded(fact.reason), fact.ticket) if part
            )
        case AuditEvent():
            if fact.action == "open":
                return _("how this visit came about") if fact.entity else one.device
            return named(ACTIONS, fact.action)
        case Consent():
            said = (
                f"{named(SCOPES, i.scope)}: {_('yes') if i.decision == 'permit' else _('no')}"
                for i in fact.items
            )
            return ", ".join(said)
        case MediaStep() | CallReport():
            return call_words(fact) or ""
        case DetectedIssue():
            return " · ".join(part for part in (found(fact), fact.mitigation) if part)
        case Observation():
            return _measured(fact)
        case Receipt():
            return ""
        case VerificationResult():
            return "".join(known_by(fact))
    return one.what


def _measured(fact: Observation) -> str:
    vital = BY_CODE.get(fact.code.code)
    name = named(VITAL_NAMES, vital.key) if vital else coded(fact.code)
    value = titled(fact)[1]
    return f"{name} {fmt_value(value)}" if value else name


def headline(state: State) -> str:
    """Where and when the step shown was made."""
    one = state.played
    if one is None:
        return ""
    at = fmt_moment(one.step.at)
    return " · ".join(part for part in (at, did(one), one.device) if part)


def position(state: State) -> str:
    return _("Step %(n)d of %(of)d") % {"n": state.step, "of": state.steps}


def note_lines(note: Note) -> list[Line]:
    """The note at that moment, one row a part; the part this step typed is marked."""
    changed = (Mark(_("typed now"), "primary", "pen"),)
    rows = [
        Line(str(section), named(SECTIONS, section), text, marks=changed if section == note.changed else ())
        for section, text in note.texts.items()
    ]
    if note.codes:
        rows.append(
            Line("codes", _("Diagnoses"), "\n".join(f"{c.code.code} {c.code.display}" for c in note.codes))
        )
    if note.prescriptions:
        orders = "\n".join(f"{coded(one.medication)}: {directions_words(one)}" for one in note.prescriptions)
        rows.append(Line("rx", _("Prescriptions"), orders))
    rows += [
        Line(one.id, f"{_('Addendum')} · {one.author_name}", one.subjective, fmt_moment(one.signed_at))
        for one in note.addenda
    ]
    return rows
