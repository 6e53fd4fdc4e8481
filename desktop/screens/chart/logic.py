# SPDX-License-Identifier: GPL-3.0-or-later
"""One person's chart: what is shown of it, and which part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from clinic.domain.facts import ClinicalStatus, Encounter
from clinic.domain.facts.notes import RECORDED
from clinic.domain.ids import EncounterId, PatientId
from clinic.domain.values import Attachment
from desktop.screens.phrases import Flag, flag_of, unit_text, vital_text

if TYPE_CHECKING:
    from clinic.services.charts import Chart, Reading
    from clinic.services.timeline import Moment

TABS = (
    "summary",
    "results",
    "notes",
    "medication",
    "problems",
    "tasks",
    "messages",
    "documents",
    "consents",
    "forms",
    "timeline",
    "opened",
)
CARDS = ("blood_pressure", "heart_rate", "temperature", "spo2", "respiratory_rate", "weight", "glucose")


@dataclass(frozen=True, slots=True)
class State:
    """`shown`: the vital whose curve is large; `picture`: the full photo of `document` once it is here; `replaying`: the
    visit that is played again.
    """

    now: datetime
    patient: PatientId = PatientId("")
    chart: Chart | None = None
    tab: str = "summary"
    shown: str = "blood_pressure"
    moments: tuple[Moment, ...] = ()
    document: str = ""
    picture: bytes = b""
    picture_note: str = ""
    alone: bool = False
    """The document has the room of the list and of the vitals too."""
    carding: bool = False
    """Her cards stand in place of the page."""
    replaying: EncounterId = EncounterId("")
    beginning: bool = False
    sentence: str = ""

    @property
    def about(self) -> frozenset[PatientId]:
        """The person, and the provisional records that turned out to be the same person."""
        found = self.chart.encounters if self.chart else ()
        return frozenset({self.patient, *(one.patient for one in found)}) if self.chart else frozenset()

    @property
    def visit(self) -> Encounter | None:
        """The encounter that is open now."""
        encounters = self.chart.encounters if self.chart else ()
        return next((one for one in encounters if one.status in Encounter.OPEN), None)


@dataclass(frozen=True, slots=True)
class PatientOpened:
    patient: PatientId
    now: datetime
    tab: str = "summary"


@dataclass(frozen=True, slots=True)
class ChartLoaded:
    chart: Chart
    now: datetime


@dataclass(frozen=True, slots=True)
class TabChosen:
    tab: str


@dataclass(frozen=True, slots=True)
class VitalChosen:
    key: str


@dataclass(frozen=True, slots=True)
class MomentsLoaded:
    patient: PatientId
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class DocumentChosen:
    document: str


@dataclass(frozen=True, slots=True)
class PictureCame:
    document: str
    picture: bytes


@dataclass(frozen=True, slots=True)
class PictureMissing:
    document: str
    sentence: str


@dataclass(frozen=True, slots=True)
class AlonePressed:
    """The document alone, or the list beside it again."""


@dataclass(frozen=True, slots=True)
class VisitPressed:
    """Enter the visit that is open, or begin one here."""


@dataclass(frozen=True, slots=True)
class VisitBegun:
    encounter: Encounter


@dataclass(frozen=True, slots=True)
class ReplayPressed:
    """How the visit of this note came about."""

    note: str


@dataclass(frozen=True, slots=True)
class ReplayLeft:
    pass


@dataclass(frozen=True, slots=True)
class CardPressed:
    pass


@dataclass(frozen=True, slots=True)
class CardClosed:
    pass


@dataclass(frozen=True, slots=True)
class FactsChanged:
    patients: frozenset[PatientId]


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class OpenChart:
    """Effect: read the chart for the first time; it is written down who opened it."""

    patient: PatientId


@dataclass(frozen=True, slots=True)
class Redraw:
    """Effect: read the same chart again, without a new entry."""

    patient: PatientId


@dataclass(frozen=True, slots=True)
class LoadMoments:
    """Effect: read the timeline."""

    patient: PatientId


@dataclass(frozen=True, slots=True)
class LoadPicture:
    """Effect: open a document; it is written down who did."""

    patient: PatientId
    document: str
    attachment: Attachment


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """Effect: show the visit page of this encounter."""

    encounter: Encounter


@dataclass(frozen=True, slots=True)
class BeginVisit:
    """Effect: a visit of this person, who sits here."""

    patient: PatientId


@dataclass(frozen=True, slots=True)
class PlayVisit:
    """Effect: play this visit again."""

    encounter: EncounterId


Event = (
    PatientOpened
    | ChartLoaded
    | TabChosen
    | VitalChosen
    | MomentsLoaded
    | DocumentChosen
    | PictureCame
    | PictureMissing
    | AlonePressed
    | VisitPressed
    | VisitBegun
    | ReplayPressed
    | ReplayLeft
    | CardPressed
    | CardClosed
    | FactsChanged
    | Failed
)
Effect = OpenChart | Redraw | LoadMoments | LoadPicture | OpenVisit | BeginVisit | PlayVisit


def update(state: State, event: Event) -> tuple[State, tuple[Effect, ...]]:  # noqa: PLR0911, PLR0912 - one line a case
    match event:
        case PatientOpened(patient, now, tab):
            return State(now=now, patient=patient, tab=tab), (OpenChart(patient),)
        case ChartLoaded(chart, now):
            return _loaded(state, chart, now)
        case TabChosen(tab):
            return _turned(replace(state, tab=tab))
        case VitalChosen(key):
            return replace(state, shown=key), ()
        case MomentsLoaded(patient, moments):
            return (replace(state, moments=moments) if patient == state.patient else state), ()
        case DocumentChosen(document):
            return _document(state, document)
        case PictureCame(document, picture):
            return (
                replace(state, picture=picture, picture_note="") if document == state.document else state
            ), ()
        case PictureMissing(document, sentence):
            return (replace(state, picture_note=sentence) if document == state.document else state), ()
        case AlonePressed():
            return replace(state, alone=not state.alone), ()
        case VisitPressed():
            return _visit(state)
        case VisitBegun(encounter):
            mine = encounter.patient in state.about
            return replace(state, beginning=False), ((OpenVisit(encounter),) if mine else ())
        case ReplayPressed(note):
            return _play(state, note)
        case ReplayLeft():
            return replace(state, replaying=EncounterId("")), ()
        case CardPressed():
            return replace(state, carding=True), ()
        case CardClosed():
            return replace(state, carding=False), ()
        case FactsChanged(patients):
            return state, ((Redraw(state.patient),) if patients & state.about else ())
        case Failed(sentence):
            return replace(state, sentence=sentence, beginning=False), ()


def _visit(state: State) -> tuple[State, tuple[Effect, ...]]:
    """Of the person whose chart is shown, once that is here; two clicks begin one visit."""
    if state.visit is not None:
        return state, (OpenVisit(state.visit),)
    if state.chart is None or state.beginning:
        return state, ()
    return replace(state, beginning=True), (BeginVisit(state.patient),)


def _loaded(state: State, chart: Chart, now: datetime) -> tuple[State, tuple[Effect, ...]]:
    if chart.person.patient != state.patient:
        return state, ()
    keys = [card.key for card in cards(chart)]
    shown = state.shown if state.shown in keys or not keys else keys[0]
    return _turned(replace(state, chart=chart, now=now, shown=shown, sentence=""))


def _turned(state: State) -> tuple[State, tuple[Effect, ...]]:
    """What the tab shown needs: the timeline is read, the newest document is laid out."""
    if state.tab == "timeline":
        return state, (LoadMoments(state.patient),)
    if state.tab == "documents" and not state.document and state.chart and state.chart.documents:
        return _document(state, state.chart.documents[0].id)
    return state, ()


def _document(state: State, document: str) -> tuple[State, tuple[Effect, ...]]:
    found = next((one for one in (state.chart.documents if state.chart else ()) if one.id == document), None)
    if found is None:
        return replace(state, document="", picture=b"", picture_note=""), ()
    fresh = replace(state, document=document, picture=b"", picture_note="")
    if found.attachment.content_type == RECORDED:
        return fresh, ()  # a recording is opened by who plays it
    return fresh, (LoadPicture(state.patient, document, found.attachment),)


def _play(state: State, note: str) -> tuple[State, tuple[Effect, ...]]:
    found = next((one for one in (state.chart.notes if state.chart else ()) if one.id == note), None)
    if found is None or not found.encounter:
        return state, ()
    return replace(state, replaying=found.encounter), (PlayVisit(found.encounter),)


@dataclass(frozen=True, slots=True)
class VitalFace:
    """What a vital card shows; `lines` names the series behind it."""

    key: str
    text: str
    unit: str
    flag: Flag | None
    values: tuple[float, ...]
    lines: tuple[str, ...]
    at: datetime
    method: str


def cards(chart: Chart) -> tuple[VitalFace, ...]:
    """The vitals this person has readings of, in a fixed order."""
    found = (_face(chart, key) for key in CARDS)
    return tuple(face for face in found if face is not None)


def _face(chart: Chart, key: str) -> VitalFace | None:
    if key == "blood_pressure":
        return _pressure(chart)
    readings = chart.readings.get(key, ())
    if not readings:
        return None
    last = readings[-1]
    return VitalFace(
        key,
        vital_text(key, last.value),
        unit_text(key),
        flag_of(key, last.value),
        _values(readings),
        (key,),
        last.at,
        str(last.method),
    )


def _pressure(chart: Chart) -> VitalFace | None:
    high, low = chart.readings.get("systolic", ()), chart.readings.get("diastolic", ())
    if not high or not low:
        return None
    flag = flag_of("systolic", high[-1].value) or flag_of("diastolic", low[-1].value)
    text = f"{_plain(high[-1].value)}/{_plain(low[-1].value)}"
    return VitalFace(
        "blood_pressure",
        f"\u2066{text}\u2069",
        unit_text("systolic"),
        flag,
        _values(high),
        ("systolic", "diastolic"),
        high[-1].at,
        str(high[-1].method),
    )


def _plain(value: Decimal) -> str:
    return str(round(value))


def _values(readings: tuple[Reading, ...]) -> tuple[float, ...]:
    return tuple(float(reading.value) for reading in readings[-24:])


def active_problems(chart: Chart) -> tuple[object, ...]:
    return tuple(one for one in chart.conditions if one.status == ClinicalStatus.ACTIVE)
