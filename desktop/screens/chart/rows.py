# SPDX-License-Identifier: GPL-3.0-or-later
"""The tabs of the chart as rows: one function a tab."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from clinic.calls.blackbox import Damaged, explained, unpacked
from clinic.domain.facts import CallReport, MediaStep
from clinic.domain.facts.notes import RECORDED
from desktop.kit.people import Mark
from desktop.kit.rungs import explained_words, relay_words, step_words
from desktop.kit.words import N_, _, fmt_ago, fmt_date, fmt_moment, plural, tell
from desktop.screens.chart.logic import State
from desktop.screens.lines import Line
from desktop.screens.phrases import SECTIONS, coded, named
from desktop.screens.visit.words import directions_words

if TYPE_CHECKING:
    from clinic.domain.facts import Composition, DocumentReference
    from clinic.domain.record import Record
    from clinic.services.charts import Chart
    from clinic.services.timeline import Moment

KINDS = {
    "Encounter": (N_("Visit"), "stethoscope", "primary"),
    "Composition": (N_("Signed note"), "pen", "primary"),
    "Condition": (N_("Problem"), "clipboard", "warn"),
    "MedicationRequest": (N_("Prescription"), "pill", "info"),
    "Communication": (N_("Message"), "message", "info"),
    "DocumentReference": (N_("Document"), "image", "neutral"),
    "Consent": (N_("Consent"), "shield", "ok"),
    "MediaStep": (N_("Video call"), "video", "neutral"),
    "CallReport": (N_("How the call was"), "activity", "neutral"),
    "Observation": (N_("Reading"), "heart-pulse", "neutral"),
    "DetectedIssue": (N_("Alert"), "alert-triangle", "danger"),
    "AllergyIntolerance": (N_("Allergy"), "alert-triangle", "danger"),
    "MedicationStatement": (N_("Medicine taken"), "pill", "info"),
    "ServiceRequest": (N_("Order"), "clipboard", "info"),
    "DiagnosticReport": (N_("Result"), "file", "info"),
    "Procedure": (N_("Procedure"), "activity", "info"),
    "Immunization": (N_("Vaccine"), "droplet", "info"),
    "Task": (N_("Task"), "check-square", "info"),
    "Appointment": (N_("Appointment"), "calendar", "info"),
    "AppointmentRequest": (N_("Asked for at a kiosk"), "calendar", "neutral"),
    "Patient": (N_("Personal data"), "user", "neutral"),
    "Link": (N_("Records joined"), "users", "warn"),
    "QuestionnaireResponse": (N_("Form"), "list", "neutral"),
    "OriginalResource": (N_("From elsewhere"), "file", "neutral"),
    "Provenance": (N_("Source"), "info", "neutral"),
    "CareTeam": (N_("Care team"), "users", "neutral"),
    "VerificationResult": (N_("Identity"), "id", "ok"),
}
DOCUMENTS = {"photo": N_("Photo"), "still": N_("Picture of a call"), "recording": N_("Recording of a call")}
STEPS = {
    "ringing": N_("ringing"),
    "answered": N_("answered"),
    "talking": N_("in call"),
    "reconnecting": N_("the link was cut"),
    "back": N_("the call came back"),
    "on hold": N_("on hold"),
    "off hold": N_("taken up again"),
    "a description was refused": N_("an answer that was not signed by the other device was refused"),
    "ended: hung up": N_("ended: hung up"),
    "ended: busy": N_("ended: the other side was in another call"),
    "ended: no media": N_("ended: neither sound nor picture came through"),
    "ended: the program stopped": N_("ended: the program stopped in the middle of it"),
    "ended: declined": N_("ended: declined"),
    "ended: no answer": N_("ended: no answer"),
    "ended: cancelled": N_("ended: cancelled"),
    "ended: lost": N_("ended: the link did not come back"),
    "recording began": N_("recording began, with the consent of the patient"),
    "recording ended": N_("recording ended"),
    "recording ended: consent taken back": N_("recording ended: the consent was taken back"),
    "recording ended: the patient touched stop": N_("recording ended: the patient touched stop"),
    "recording ended: not shown on the other side": N_("recording ended: the other side no longer showed it"),
    "recording ended: the disk is full": N_("recording ended: the disk was full"),
    "recording ended: it was cut off": N_("recording ended: it was cut off"),
}


def notes(chart: Chart) -> list[Line]:
    return [_note(note) for note in chart.notes]


def _note(note: Composition) -> Line:
    parts = [f"{named(SECTIONS, s)}: {getattr(note, s)}" for s in SECTIONS if getattr(note, s)]
    if note.addendum_to:
        parts = [note.subjective]
    codes = tuple(Mark(code.code, "primary") for code in note.conditions)
    title = _("Addendum") if note.addendum_to else _("Signed note")
    when = fmt_moment(note.signed_at)
    return Line(note.id, f"{title} · {note.author_name}", "\n".join(parts), when, codes, icon="pen")


def medication(chart: Chart) -> list[Line]:
    return [
        Line(
            one.id,
            coded(one.medication),
            directions_words(one),
            fmt_date(one.authored_at),
            icon="pill",
            tone="info",
        )
        for one in chart.medication
    ]


def problems(chart: Chart) -> list[Line]:
    allergies = [
        Line(
            one.id,
            coded(one.substance),
            one.reaction or _("Reaction not recorded"),
            "",
            (
                Mark(
                    _("severe allergy") if one.severe else _("allergy"),
                    "danger" if one.severe else "warn",
                    "alert-triangle",
                ),
            ),
            icon="alert-triangle",
            tone="danger",
        )
        for one in chart.allergies
    ]
    since = _("since %(date)s")
    conditions = [
        Line(
            one.id,
            coded(one.code),
            since % {"date": fmt_date(one.recorded_at)},
            "",
            (Mark(one.code.code),),
            icon="clipboard",
        )
        for one in chart.conditions
    ]
    return [*allergies, *conditions]


def documents(chart: Chart) -> list[Line]:
    return [
        Line(
            one.id,
            one.attachment.title or _("Photo"),
            "",
            fmt_moment(one.made_at),
            picture=one.attachment.thumbnail,
        )
        if one.attachment.content_type != RECORDED
        else _recording(one)
        for one in chart.documents
    ]


def _recording(one: DocumentReference) -> Line:
    """Its length and computer are its title; of a deleted one the reason stands here."""
    gone = (_("deleted: %(why)s") % {"why": one.text},) if one.text else ()
    detail = " · ".join((*gone, fmt_moment(one.made_at), one.attachment.title))
    tone = "neutral" if gone else "info"
    return Line(one.id, _("Recording of a call"), detail, "", icon="record", tone=tone)


def opened(chart: Chart, state: State) -> list[Line]:
    return [
        Line(f"{n}", one.name, fmt_ago(one.at, state.now), fmt_moment(one.at), icon="eye", tone="neutral")
        for n, one in enumerate(chart.opened_by)
    ]


def moments(found: Sequence[Moment]) -> list[Line]:
    return [_moment(n, one) for n, one in enumerate(found)]


def _moment(n: int, one: Moment) -> Line:
    kind, icon, tone = KINDS.get(one.kind, (one.kind, "info", "neutral"))
    words = {"MediaStep": STEPS, "DocumentReference": DOCUMENTS}.get(one.kind)
    title = named(words, one.title) if words is not None else one.title and _(one.title)
    parts = [title, one.detail]
    if (said := call_words(one.fact)) is not None:
        parts = [said]
    if one.retracted:
        parts, tone = [*parts, _("taken back: %(why)s") % {"why": one.retracted}], "neutral"
    elif one.versions > 1:
        parts.append(plural("%(n)d version", "%(n)d versions", one.versions) % {"n": one.versions})
    detail = " · ".join(part for part in parts if part)
    return Line(f"{n}", _(kind), detail, fmt_moment(one.at), icon=icon, tone=tone)


def call_words(fact: Record) -> str | None:
    """A step of a call, or its black box in plain words; None for anything else."""
    match fact:
        case MediaStep(before=before, after=after, why=why, by=by, by_name=name) if after:
            who = _("the patient") if by == "patient" else name or by
            return step_words(before, after, why, who)
        case MediaStep(step="shared", what=title, by_name=name):
            return _("%(name)s showed: %(title)s") % {"name": name, "title": title or _("a file")}
        case MediaStep(step="share ended", what=title, seen=seen, pages=pages):
            told = {"title": title or _("a file"), "seen": seen, "pages": pages}
            return (
                _("%(title)s is shown no longer; pages seen on the other side: %(seen)d of %(pages)d") % told
            )
        case MediaStep(step=step):
            return named(STEPS, step)
        case CallReport():
            return " ".join(
                part for part in (_side(fact), *_explained(fact), relay_words(fact.relay)) if part
            )
    return None


def _side(report: CallReport) -> str:
    side = _("Seen from the clinic.") if report.staff else _("Seen from the kiosk.")
    return side if not report.device_name else f"{report.device_name}: {side}"


def _explained(report: CallReport) -> tuple[str, ...]:
    try:
        seconds = unpacked(report.seconds) if report.seconds else ()
    except Damaged as damaged:
        return (tell(damaged),)
    return explained_words(explained(seconds, report.staff))


TABS: dict[str, Callable[[Chart], list[Line]]] = {
    "notes": notes,
    "medication": medication,
}
EMPTY = {
    "notes": N_("No signed notes yet."),
    "medication": N_("No active medication on record."),
    "problems": N_("No problems or allergies on record."),
    "documents": N_("No photos or documents yet."),
    "timeline": N_("Nothing has happened yet."),
    "opened": N_("Nobody has opened this chart yet."),
}
