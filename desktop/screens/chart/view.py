# SPDX-License-Identifier: GPL-3.0-or-later
"""The chart: who, the vitals, then one tab at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QStackedWidget, QWidget

from clinic.domain.facts.notes import RECORDED
from clinic.domain.ids import EncounterId, PatientId
from clinic.keys.rights import Action
from desktop.kit.bridge import Loop
from desktop.kit.buttons import IconButton, PrimaryButton, SecondaryButton
from desktop.kit.charts import Reading as Point
from desktop.kit.charts import Series, VitalCard, VitalsChart
from desktop.kit.clips import Whose
from desktop.kit.engine import CallEngine
from desktop.kit.navigation import TabBar
from desktop.kit.people import PatientBanner
from desktop.kit.surfaces import Card, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, fmt_ago, fmt_date
from desktop.screens.alerts.band import AlertBand
from desktop.screens.alerts.logic import State as Alerts
from desktop.screens.allergies.panel import AllergyPanel
from desktop.screens.chart import rows
from desktop.screens.chart.logic import (
    CARDS,
    TABS,
    AlonePressed,
    BeginVisit,
    CardClosed,
    CardPressed,
    ChartLoaded,
    DocumentChosen,
    Effect,
    Event,
    FactsChanged,
    Failed,
    LoadMoments,
    LoadPicture,
    MomentsLoaded,
    OpenChart,
    OpenVisit,
    PatientOpened,
    PictureCame,
    PictureMissing,
    PlayVisit,
    Redraw,
    ReplayLeft,
    ReplayPressed,
    State,
    TabChosen,
    VisitBegun,
    VisitPressed,
    VitalChosen,
    VitalFace,
    cards,
    update,
)
from desktop.screens.chart.player import PlayerPanel
from desktop.screens.consents.logic import State as Consenting
from desktop.screens.consents.panel import ConsentPanel
from desktop.screens.documents.panel import DocumentPanel
from desktop.screens.faces import charted_identity, show_identity
from desktop.screens.forms.logic import State as Filled
from desktop.screens.forms.panel import FormsPanel
from desktop.screens.ident.view import CardsPanel
from desktop.screens.layouts import Page, across, down, holding, scrolling
from desktop.screens.lines import Line, LineList
from desktop.screens.messages.panel import Player, ThreadPanel
from desktop.screens.orders.panel import ResultsPanel
from desktop.screens.phrases import (
    METHODS,
    SHORT_NAMES,
    VITAL_NAMES,
    Flag,
    band,
    coded,
    named,
    unit_text,
)
from desktop.screens.receipts import marked
from desktop.screens.replay.logic import State as Replaying
from desktop.screens.replay.view import ReplayPanel
from desktop.screens.room import Room
from desktop.screens.tasks.panel import TaskPanel
from desktop.screens.visit.happenings import VisitOpened
from desktop.screens.visit.words import directions_words

if TYPE_CHECKING:
    from clinic.domain.facts import Consent, Encounter
    from clinic.services.charts import Chart

DIGITS = {"temperature": 1, "weight": 1}
POINTS = 60
WIDER = 5
"""Share of the room for the card with two numbers; the others have 4."""
TIGHT, SMALL = 190, 143
"""Below these widths of a card, it shows arrows instead of words, and smaller numbers."""

RECEIPTED = frozenset({"notes", "medication"})
"""Tabs whose rows say how far they have come."""


class ChartView(Page):
    """`save_to`: a folder for files somebody asks for (None asks with the system's dialog)."""

    def __init__(
        self,
        room: Room,
        state: State | None = None,
        band: Alerts | None = None,
        replay: Replaying | None = None,
        consents: Consenting | None = None,
        save_to: Path | None = None,
        engine: CallEngine | None = None,
        player: Player | None = None,
        filling: Filled | None = None,
    ) -> None:
        super().__init__("chart", _("Chart"))
        self._room, self._help = room, room.helper(self)
        self.band, self.replay = AlertBand(room, band), ReplayPanel(room, replay)
        self.consents = ConsentPanel(room, save_to, consents)
        self.paper = DocumentPanel(room, "chart.document", save_to)
        self.player, self.allergies = PlayerPanel(room, engine), AllergyPanel(room)
        self.talk, self.talking = ThreadPanel(room, "chart.thread", player), Card(name="chart.messages")
        self.talking.add(self.talk, 1)
        self.tasks, self.results = TaskPanel(room, "chart"), ResultsPanel(room)
        self.forms = FormsPanel(room, filling)
        self._consented: tuple[PatientId, tuple[Consent, ...]] | None = None
        self._told: tuple[str, ...] = ()
        self._may_begin = room.clinic.allowed(Action.WRITE_NOTE)
        self._build()
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(now=room.clock.now()),
            update,
            self._perform,
            self.render_state,
        )
        self.loop.show()

    def open(self, patient: PatientId, tab: str = "summary") -> None:
        """Show this person; the opening is written down."""
        self.loop.send(PatientOpened(patient, self._room.clock.now(), tab))
        self.band.open(patient)

    def shows(self, patient: PatientId) -> bool:
        """Whether it is about her, under this record or one that turned out to be hers."""
        return patient == self.loop.state.patient or patient in self.loop.state.about

    def turn(self, tab: str) -> None:
        """Show that part of the same chart."""
        self.loop.send(TabChosen(tab))

    def stand_apart(self) -> None:
        """It has a window of its own."""
        self.apart.hide()

    def unfinished(self) -> str:
        """What would be lost with this page; "" when nothing."""
        if self.band.loop.state.drafts:
            return _("What you wrote about an alert has not been sent.")
        if self.forms.unsaved:
            return _("Something filled in on a form is not saved yet.")
        if self.consents.loop.state.unfinished:
            return _("What the patient answered has not been signed.")
        return ""

    def whose(self) -> Whose:
        """The person this page is about, for what is copied and pasted here."""
        state = self.loop.state
        return Whose(frozenset(state.about), state.chart.person.name.spoken if state.chart else "")

    def told(self, kinds: frozenset[str], patients: frozenset[Any]) -> None:
        """Something in the book changed."""
        if kinds - {"NoteSection", "AuditHead", "Receipt", "Sync", "DocumentMark"}:
            self.loop.send(FactsChanged(patients))
        elif kinds & {"Receipt", "Sync"} and self.isVisible() and self.loop.state.tab in RECEIPTED:
            self.loop.send(FactsChanged(frozenset(self.loop.state.about)))
        if patients & (self.loop.state.about | {self.loop.state.patient}):
            self.band.told(kinds)
            self.paper.told(kinds)
        if patients & (self.loop.state.about | {self.loop.state.patient}) or "Sync" in kinds:
            self.talk.told(kinds)
        self.card.told(kinds)

    # widgets

    def _build(self) -> None:
        self.banner = PatientBanner(name="chart.banner")
        self.give = SecondaryButton(_("Cards and codes"), name="chart.card_issue", icon="card")
        self.give.clicked.connect(lambda: self.loop.send(CardPressed()))
        self.visit = PrimaryButton(
            _("Open the visit"), name="chart.visit", icon="stethoscope", shortcut="Ctrl+N"
        )
        self.visit.clicked.connect(lambda: self.loop.send(VisitPressed()))
        self.apart = IconButton(
            "expand", _("In a window of its own"), name="chart.apart", bare=True, shortcut="Ctrl+Shift+N"
        )
        self.apart.clicked.connect(
            lambda: self._room.ways.apart.emit(self.loop.state.patient, self.loop.state.tab)
        )
        self.banner.buttons.addWidget(self.apart)
        self.banner.buttons.addWidget(self.give)
        self.banner.buttons.addWidget(self.visit)
        self.notice = Notice(name="chart.notice")
        self.vitals = self._vitals()
        self.tabs = TabBar(_tabs(), name="chart.tab")
        self.tabs.chosen.connect(lambda key: self.loop.send(TabChosen(key)))
        for number, key in enumerate(TABS[:9], 1):
            QShortcut(QKeySequence(f"Ctrl+{number}"), self, lambda chosen=key: self._by_key(chosen))
        QShortcut(QKeySequence("Ctrl+Shift+F"), self, lambda: self._by_key("forms"))
        self.stack = QStackedWidget()
        self.summary, self.listing, self.viewer = self._summary(), self._listing(), self._viewer()
        for face in (
            self.summary,
            self.listing,
            self.viewer,
            self.consents,
            self.allergies,
            self.tasks,
            self.results,
            self.talking,
            self.forms,
        ):
            self.stack.addWidget(face)
        self.card = CardsPanel(self._room, "chart")
        self.card.setFixedWidth(520)
        self.card.closed.connect(lambda: self.loop.send(CardClosed()))
        self.carded = Card(name="chart.card")
        self.carded.add(across(None, self.card, None), 1)
        below = down((self.stack, 1), (self.carded, 1), gap=0)
        inside = down(
            self.notice, self.band, self.vitals, self.tabs, (below, 1), gap=10, margins=(16, 12, 16, 14)
        )
        self.inside = holding(inside)
        self.replay.left.connect(lambda: self.loop.send(ReplayLeft()))
        self.setLayout(down(self.banner, (self.inside, 1), (self.replay, 1), gap=0))

    def _by_key(self, tab: str) -> None:
        """Chosen by keys, what is written there first takes the keyboard too."""
        state = self.loop.state
        if state.chart is None or state.carding or state.replaying:
            return
        self.loop.send(TabChosen(tab))
        if tab == "tasks":
            self.tasks.take_hands()
        elif tab == "results":
            self.results.take_hands()
        elif tab == "forms":
            self.forms.take_hands()
        elif tab == "documents" and self.beside.currentWidget() is self.paper:
            self.paper.take_hands()

    def _vitals(self) -> QWidget:
        self.faces: dict[str, VitalCard] = {}
        self._shown: dict[str, tuple[VitalFace, str]] = {}
        self._fit = (False, False)
        row = across(gap=10)
        for key in CARDS:
            card = VitalCard(named(SHORT_NAMES, key), name=f"chart.vital.{key}")
            card.setAccessibleName(named(VITAL_NAMES, key))
            card.clicked.connect(lambda chosen=key: self._vital(chosen))
            self.faces[key] = card
            row.addWidget(card, WIDER if key == "blood_pressure" else 4)
        return holding(row)

    def _vital(self, key: str) -> None:
        self.loop.send(VitalChosen(key))
        self.loop.send(TabChosen("summary"))

    def _summary(self) -> QWidget:
        self.curve = VitalsChart(name="chart.curve", spoken=_("Course of the vital sign"))
        self.curve_card = Card(_("Course"), name="chart.curve.card")
        self.curve_card.add(self.curve, 1)
        self.problems = LineList(name="chart.problems", spoken=_("Problems and allergies"))
        self.medicines = LineList(name="chart.medicines", spoken=_("Medication"))
        self.last = Text("", "body", name="chart.last_note", wrap=True)
        self.last.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        words = scrolling(self.last)
        words.setMinimumHeight(24)
        column = down(
            (_titled(_("Problems"), self.problems), 3),
            (_titled(_("Medication"), self.medicines), 3),
            (_titled(_("Last note"), words), 2),
            gap=10,
        )
        side = scrolling(holding(column))
        side.setFixedWidth(360)
        return holding(across((self.curve_card, 1), side, gap=12))

    def _listing(self) -> QWidget:
        self.rows = LineList(name="chart.rows", spoken=_("Entries"), wrap=True)
        self.rows.opened.connect(self._play)
        self.nothing = Text("", "muted")
        self.play = SecondaryButton(_("How this visit came about"), name="chart.replay", icon="clock")
        self.play.clicked.connect(lambda: self._play(self.rows.key()))
        card = Card(name="chart.listing")
        card.body.setContentsMargins(6, 6, 6, 6)
        card.add(self.rows, 1)
        card.add(self.nothing)
        card.add(across(None, self.play))
        return card

    def _play(self, note: str) -> None:
        if self.loop.state.tab == "notes":
            self.loop.send(ReplayPressed(note))

    def _viewer(self) -> QWidget:
        self.documents = LineList(name="chart.document.list", spoken=_("Photos and documents"))
        self.documents.chosen.connect(lambda key: self.loop.send(DocumentChosen(key)))
        self.paper.alone.connect(lambda: self.loop.send(AlonePressed()))
        self.pile = left = Card(name="chart.documents")
        left.body.setContentsMargins(6, 6, 6, 6)
        left.setFixedWidth(300)
        left.add(self.documents, 1)
        self.beside = QStackedWidget()
        self.beside.addWidget(self.paper)
        self.beside.addWidget(self.player)
        return holding(across(left, (self.beside, 1), gap=12))

    # rendering

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self.loop.show()

    def render_state(self, state: State) -> None:
        chart = state.chart
        self.notice.say("danger", state.sentence)
        self.tabs.choose(state.tab)
        self.carded.setVisible(state.carding and self.carded.isVisible())  # first, as below
        for part in (self.tabs, self.stack):
            part.setVisible(chart is not None and not state.carding)
        self.vitals.setVisible(self.vitals.isVisible() and chart is not None and not state.carding)
        self.banner.setVisible(chart is not None)
        gone, shown = (self.inside, self.replay) if state.replaying else (self.replay, self.inside)
        gone.hide()  # first: the window must not grow for a moment
        shown.show()
        if chart is None:
            self.carded.hide()
            return
        show_identity(self.banner, charted_identity(chart, state.now))
        self.visit.setVisible(state.visit is not None or self._may_begin)
        self.visit.setEnabled(not state.beginning)
        self.visit.setText(_("Open the visit") if state.visit is not None else _("Begin a visit"))
        self.carded.setVisible(state.carding)
        if state.carding and self.card.patient != state.patient:
            self.card.open(state.patient, chart.person.name.full)
        self._render_vitals(chart, state)
        self._render_tab(chart, state)

    def _render_vitals(self, chart: Chart, state: State) -> None:
        shown = state.shown
        faces = {face.key: face for face in cards(chart)}
        alone = state.tab == "forms" or (state.alone and state.tab == "documents")
        self.vitals.setVisible(bool(faces) and not state.carding and not alone)
        share = self.width() / max(1, len(faces))
        tight = share < TIGHT
        fit = (tight, share < SMALL)
        if fit != self._fit:
            self._fit = fit
            for card in self.faces.values():
                card.set_tight(*fit)
            self._shown.clear()
        for key, card in self.faces.items():
            card.setVisible(key in faces)
            card.choose(key == shown and state.tab == "summary")
            if key in faces:
                now = (faces[key], fmt_ago(faces[key].at, state.now, short=tight))
                if self._shown.get(key) != now:
                    self._shown[key] = now
                    _show_face(card, *now, tight)
        if shown in faces:
            self.curve_card.set_title(named(VITAL_NAMES, shown))
            self.curve.show_series(*_series(chart, faces[shown]))

    def _render_tab(self, chart: Chart, state: State) -> None:
        if state.tab == "summary":
            self._render_summary(chart)
        elif state.tab == "documents":
            self._render_documents(chart, state)
        elif state.tab == "consents":
            self._render_consents(chart)
        elif state.tab == "problems":
            name = chart.person.name.spoken
            self.allergies.open(chart.person.patient, name, chart.allergies, rows.problems(chart))
            self.stack.setCurrentWidget(self.allergies)
        elif state.tab == "messages":
            self.talk.open(chart.person.patient, written_down=False)
            self.stack.setCurrentWidget(self.talking)
        elif state.tab == "forms":
            visit = EncounterId(state.visit.id if state.visit is not None else "")
            self.forms.open(state.patient, chart.person.name.spoken, visit, chart.answers)
            self.stack.setCurrentWidget(self.forms)
        elif state.tab == "tasks":
            self.tasks.open(chart.person.patient, chart.person.name.spoken, chart.tasks)
            self.stack.setCurrentWidget(self.tasks)
        elif state.tab == "results":
            name = chart.person.name.spoken
            self.results.open(chart.person.patient, name, chart.orders, chart.reports, chart.results)
            self.stack.setCurrentWidget(self.results)
        else:
            self._render_rows(chart, state)

    def _render_summary(self, chart: Chart) -> None:
        self.problems.show_lines(rows.problems(chart) or [Line("", _(rows.EMPTY["problems"]))])
        said = [Line(one.id, coded(one.medication), directions_words(one)) for one in chart.medication]
        self.medicines.show_lines(said or [Line("", _(rows.EMPTY["medication"]))])
        note = next((one for one in chart.notes if not one.addendum_to), None)
        self.last.setText(
            f"{note.author_name} · {fmt_date(note.signed_at)}\n{note.assessment or note.subjective}"
            if note
            else _(rows.EMPTY["notes"])
        )
        self.stack.setCurrentWidget(self.summary)

    def _render_rows(self, chart: Chart, state: State) -> None:
        match state.tab:
            case "timeline":
                lines = rows.moments(state.moments)
            case "opened":
                lines = rows.opened(chart, state)
            case tab:
                lines = marked(rows.TABS[tab](chart), chart.reached)
        self.rows.show_lines(lines)
        self.rows.setVisible(bool(lines))
        self.play.setVisible(bool(lines) and state.tab == "notes")
        if lines and state.tab == "notes" and not self.rows.key():
            self.rows.choose(lines[0].key)
        self.nothing.setText("" if lines else _(rows.EMPTY[state.tab]))
        self.nothing.setVisible(not lines)
        self.stack.setCurrentWidget(self.listing)
        self._tell_shown(chart, state)

    def _tell_shown(self, chart: Chart, state: State) -> None:
        """Who wrote what stands here hears that it was opened."""
        theirs = tuple(
            line.key
            for line in self.rows.lines()
            if line.key in chart.reached and not chart.reached[line.key].mine
        )
        told = (chart.person.patient, *theirs)
        if theirs and self.isVisible() and told != self._told and state.tab in RECEIPTED:
            self._told = told
            self._help.write(
                self._room.clinic.shown, chart.person.patient, theirs, failed=lambda _sentence: None
            )

    def _render_consents(self, chart: Chart) -> None:
        now = (chart.person.patient, chart.consents)
        if now != self._consented:
            self._consented = now
            self.consents.open(*now, chart.patient.language)
        self.stack.setCurrentWidget(self.consents)

    def _render_documents(self, chart: Chart, state: State) -> None:
        self.documents.show_lines(rows.documents(chart))
        self.documents.choose(state.document)
        document = next((one for one in chart.documents if one.id == state.document), None)
        recorded = document if document is not None and document.attachment.content_type == RECORDED else None
        self.beside.setCurrentWidget(self.paper if recorded is None else self.player)
        self.player.show_document(chart.person.patient, recorded)
        none = _("Choose a picture in the list") if chart.documents else _(rows.EMPTY["documents"])
        shown = document if recorded is None else None
        words = shown.attachment.title if shown is not None else none
        name = chart.person.name.spoken
        self.pile.setVisible(not state.alone or shown is None)
        self.paper.show_alone(state.alone)
        paper = shown.attachment if shown is not None else None
        self.paper.show_document(chart.person.patient, name, paper, state.picture, state.picture_note, words)
        self.stack.setCurrentWidget(self.viewer)

    # doing

    def _perform(self, effect: Effect) -> None:
        clinic = self._room.clinic
        match effect:
            case OpenChart(patient):
                self._read_chart(clinic.open_chart, patient)
            case Redraw(patient):
                self._read_chart(clinic.chart, patient)
            case LoadMoments(patient):
                self._help.read(
                    clinic.timeline,
                    patient,
                    then=lambda found: self.loop.send(MomentsLoaded(patient, found)),
                    failed=self._failed,
                )
            case LoadPicture(patient, document, attachment):
                self._help.read(
                    clinic.open_document,
                    patient,
                    attachment,
                    then=lambda data: self.loop.send(PictureCame(document, data)),
                    failed=lambda sentence: self.loop.send(PictureMissing(document, sentence)),
                )
            case OpenVisit(encounter):
                opened = VisitOpened(
                    EncounterId(encounter.id),
                    self.loop.state.patient,
                    encounter.kiosk,
                    self._room.clock.now(),
                )
                self._room.ways.visit.emit(opened)
            case BeginVisit(patient):
                self._help.write(
                    clinic.begin_here,
                    patient,
                    then=lambda one: self._begun(one, patient),
                    failed=self._failed,
                )
            case PlayVisit(encounter):
                self.replay.open(encounter)

    def _begun(self, encounter: Encounter, patient: PatientId) -> None:
        self.loop.send(VisitBegun(encounter))
        name = self.loop.state.chart.person.name.spoken if self.loop.state.chart else ""

        def undo() -> None:
            self._help.write(
                self._room.clinic.give_up,
                EncounterId(encounter.id),
                patient,
                then=lambda _done: self._room.ways.chart.emit(patient, "summary"),
                failed=lambda sentence: self._room.ways.said.emit("warn", sentence),
            )

        said = _("A visit of %(name)s was begun.") % {"name": name}
        self._room.ways.undoable.emit("info", said, undo)

    def _read_chart(self, verb: Any, patient: PatientId) -> None:
        self._help.read(
            verb,
            patient,
            then=lambda chart: self.loop.send(ChartLoaded(chart, self._room.clock.now())),
            failed=self._failed,
        )

    def _failed(self, sentence: str) -> None:
        self.loop.send(Failed(sentence))


def _tabs() -> list[tuple[str, str]]:
    return [
        ("summary", _("Summary")),
        ("results", _("Results")),
        ("notes", _("Notes")),
        ("medication", _("Medication")),
        ("problems", _("Problems, allergies")),
        ("tasks", _("Tasks")),
        ("messages", _("Messages")),
        ("documents", _("Documents")),
        ("consents", _("Consents")),
        ("forms", _("Forms")),
        ("timeline", _("Timeline")),
        ("opened", _("Opened by")),
    ]


def _titled(title: str, inside: QWidget) -> Card:
    card = Card(title)
    card.body.setContentsMargins(14, 10, 8, 8)
    card.add(inside, 1)
    return card


def _show_face(card: VitalCard, face: VitalFace, ago: str, tight: bool) -> None:
    low, high = band(face.lines[0]) or (None, None)
    flag = face.flag or Flag("")
    when = ago if tight else f"{ago} · {named(METHODS, face.method)}"
    card.show_value(
        face.text,
        face.unit,
        flag.tone if face.flag else "",
        flag.text,
        face.values,
        low,
        high,
        when,
        flag.icon,
    )
    words = f"{named(VITAL_NAMES, face.key)}: {face.text} {face.unit} {flag.text}"
    card.setAccessibleName(words.strip())


def _series(chart: Chart, face: VitalFace) -> list[Series]:
    made = []
    for key in face.lines:
        points = tuple(
            Point(one.at, float(one.value), str(one.method)) for one in chart.readings[key][-POINTS:]
        )
        low, high = band(key) or (None, None)
        made.append(Series(named(VITAL_NAMES, key), unit_text(key), points, low, high, DIGITS.get(key, 0)))
    return made
