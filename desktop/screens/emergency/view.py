# SPDX-License-Identifier: GPL-3.0-or-later
"""Other teams' patients on the left, with the reviews that are due; on the right what may be opened, and what is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget, QWidget

from clinic.domain.ids import FactId, PatientId
from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Field, LineField, NoteField
from desktop.kit.navigation import SearchField
from desktop.kit.surfaces import Card, EmptyState, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, fmt_span, fmt_time, plural
from desktop.screens.emergency.logic import (
    AskWhole,
    ChartCame,
    Chosen,
    CloseReview,
    Done,
    Effect,
    Event,
    Failed,
    Find,
    Found,
    Look,
    Looked,
    Part,
    Read,
    ReadPressed,
    ReasonTyped,
    ReviewChosen,
    ReviewClosed,
    Stands,
    State,
    Summarize,
    SummaryCame,
    SummaryPressed,
    Ticked,
    WholePressed,
    left_of,
    update,
)
from desktop.screens.emergency.rows import person_line, review_line, summary_parts
from desktop.screens.layouts import Page, across, down, holding, scrolling
from desktop.screens.lines import LineList
from desktop.screens.room import Room

KINDS = frozenset({"EmergencySummary", "Task", "Trust"})
TICK_MS = 15_000


class EmergencyView(Page):
    def __init__(self, room: Room, state: State | None = None) -> None:
        super().__init__("emergency", _("Emergency"))
        self._room, self._help = room, room.helper(self)
        self._build()
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(now=room.clock.now()), update, self._perform, self.render_state
        )
        tick = QTimer(self, interval=TICK_MS)
        tick.timeout.connect(lambda: self.loop.send(Ticked(room.clock.now())))
        tick.start()
        self.loop.show()

    def refresh(self) -> None:
        """Read again."""
        self.loop.send(Looked(self.loop.state.text, self._room.clock.now()))

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed."""
        if kinds & KINDS and self.isVisible():
            self.refresh()

    def open(self, text: str) -> None:
        """Look for this among other teams' patients."""
        self.search.setText(text)
        self.loop.send(Looked(text, self._room.clock.now()))

    # widgets

    def _build(self) -> None:
        self.search = SearchField(_("Name or DNI of another team's patient"), name="emergency.search")
        self.search.asked.connect(lambda text: self.loop.send(Looked(text, self._room.clock.now())))
        self.people = LineList(name="emergency.people", spoken=_("Patients of other teams"))
        self.people.chosen.connect(lambda key: self.loop.send(Chosen(PatientId(key))))
        self.empty = EmptyState(
            "search",
            _("Nobody found in other teams"),
            _("Try the family name or the DNI."),
            name="emergency.empty",
        )
        finder = Card(_("Patients of other teams"), name="emergency.finder")
        finder.add(self.search)
        finder.add(self.people, 1)
        finder.add(self.empty, 1)
        left = down((finder, 3), (self._reviews(), 2), gap=14)
        self.notice = Notice(name="emergency.notice")
        self.band = Notice(name="emergency.band", tone="warn")
        self.band.acted.connect(lambda: self.loop.send(ReadPressed()))
        self.side = QStackedWidget()
        self.ask, self.read = self._ask(), self._read()
        for face in (self.ask, self.read):
            self.side.addWidget(face)
        right = Card(name="emergency.side")
        right.add(self.side, 1)
        body = across((holding(left), 4), (right, 5), gap=14)
        head = across(Text(_("Emergency"), "title"), None)
        self.setLayout(down(head, self.notice, self.band, (body, 1), gap=12, margins=(20, 16, 20, 18)))

    def _reviews(self) -> Card:
        self.reviews = LineList(name="emergency.reviews", spoken=_("Reviews due"))
        self.reviews.chosen.connect(lambda key: self.loop.send(ReviewChosen(FactId(key))))
        self.found = NoteField(
            _("What you found: whom you asked, and whether it was right"), name="emergency.finding", lines=2
        )
        self.close_it = PrimaryButton(_("Close the review"), name="emergency.close_review", icon="check")
        self.close_it.clicked.connect(lambda: self.loop.send(ReviewClosed(self.found.toPlainText())))
        card = Card(_("Reviews due"), name="emergency.reviews.card")
        card.add(self.reviews, 1)
        card.add(self.found)
        card.add(across(None, self.close_it))
        self.reviews_card = card
        return card

    def _ask(self) -> QWidget:
        self.name = Text("", "title", name="emergency.name", wrap=True)
        self.team = Text("", "muted", wrap=True)
        told = Text(
            _(
                "This is a patient of another team. Whatever you open is written down with your name and your reason "
                "before it is shown."
            ),
            "body",
            wrap=True,
        )
        self.reason = NoteField(
            _("Why you need it now, in at least 20 characters"), name="emergency.reason", lines=3
        )
        self.reason.setMaximumHeight(96)
        self.reason.textChanged.connect(
            lambda: self.loop.send(ReasonTyped(self.reason.toPlainText())) if not self._quiet else None
        )
        self._quiet = False
        self.lacks = Text("", "muted", name="emergency.lacks")
        self.brief = SecondaryButton(_("Emergency summary"), name="emergency.summary", icon="alert-triangle")
        self.brief.clicked.connect(lambda: self.loop.send(SummaryPressed()))
        brief_told = Text(
            _("Allergies, medication, problems and what the patient wants. Works without a connection."),
            "muted",
            wrap=True,
        )
        self.password = LineField(name="emergency.password", spoken=_("Your password"), secret=True)
        self.whole = PrimaryButton(_("Ask for the whole chart"), name="emergency.whole", icon="lock")
        self.whole.clicked.connect(self._ask_whole)
        self.password.returnPressed.connect(self._ask_whole)
        whole_told = Text(
            _(
                "A custodian station of the organisation is asked, the patient's team is told at once, and within 72 hours "
                "somebody else looks into it. The chart is shown here for 4 hours, then it is forgotten."
            ),
            "muted",
            wrap=True,
        )
        return holding(
            down(
                self.name,
                self.team,
                told,
                Field(_("Reason"), self.reason),
                self.lacks,
                across(self.brief, (brief_told, 1), gap=12),
                8,
                Field(_("Your password"), self.password),
                across(self.whole, (whole_told, 1), gap=12),
                None,
                gap=10,
            )
        )

    def _read(self) -> QWidget:
        self.title = Text("", "title", name="emergency.title", wrap=True)
        self.text = Text("", "body", name="emergency.text", wrap=True)
        self.closed = Text("", "muted", wrap=True)
        back = QuietButton(_("Back"), name="emergency.back")
        back.clicked.connect(self._leave)
        inside = holding(down(self.text, self.closed, None, gap=10))
        return holding(
            down(across((self.title, 1), back), (scrolling(inside, name="emergency.scroll"), 1), gap=10)
        )

    def _leave(self) -> None:
        chosen = self.loop.state.chosen
        self.loop.send(Chosen(PatientId("")))
        self.loop.send(Chosen(chosen))

    def _ask_whole(self) -> None:
        """A password stays in no field."""
        password = self.password.text()
        self.password.clear()
        self.loop.send(WholePressed(password))

    # rendering

    def render_state(self, state: State) -> None:
        team = self._room.clinic.emergency.team
        self.people.show_lines([person_line(one, team(one)) for one in state.people])
        self.people.choose(state.chosen)
        self.people.setVisible(bool(state.people))
        self.empty.setVisible(not state.people)
        self.notice.say("warn", state.sentence)
        self._render_band(state)
        self._render_reviews(state)
        shown = state.reading is not None or state.summary is not None
        self.side.setCurrentWidget(self.read if shown else self.ask)
        self._render_ask(state, team)
        self._render_read(state)

    def _render_band(self, state: State) -> None:
        left = left_of(state)
        if left is None or state.open_until is None:
            self.band.say("warn", "")
            return
        said = _("This chart is open for %(left)s more, until %(time)s. It is of another team: read only.")
        words = said % {"left": fmt_span(left), "time": fmt_time(state.open_until)}
        self.band.say("warn", words, "", "" if state.reading else _("Show the chart"), aloud=False)

    def _render_reviews(self, state: State) -> None:
        self.reviews_card.setVisible(bool(state.reviews))
        self.reviews.show_lines([review_line(one) for one in state.reviews])
        self.reviews.choose(state.review)
        mine = state.judged is not None and not state.judged.mine
        self.found.setVisible(mine)
        self.close_it.setVisible(mine)
        self.close_it.setEnabled(not state.busy)
        if not state.review:
            self.found.show_text("")

    def _render_ask(self, state: State, team: Callable[..., str]) -> None:
        person = state.person
        self.name.setText(person.name.full if person else _("Choose somebody in the list"))
        self.team.setText(team(person) if person else "")
        if self.reason.toPlainText() != state.reason:
            self._quiet = True
            self.reason.setPlainText(state.reason)
            self._quiet = False
        lacks = plural("%(n)d character more", "%(n)d characters more", state.missing)
        self.lacks.setText(lacks if state.reason and state.missing else "")
        ready = person is not None and not state.missing and not state.busy
        self.brief.setEnabled(ready)
        self.whole.setEnabled(ready)
        self.whole.setText(_("Asking…") if state.busy else _("Ask for the whole chart"))

    def _render_read(self, state: State) -> None:
        if state.reading is not None:
            self.title.setText(state.reading.name)
            self.text.setText(_text(state.reading.parts))
            closed = state.reading.closed
            told = plural(
                "%(n)d part of this chart only its own team can open.",
                "%(n)d parts of this chart only its own team can open.",
                closed,
            )
            self.closed.setText(told if closed else "")
        elif state.summary is not None:
            self.title.setText(state.summary.name.full)
            self.text.setText(_text(summary_parts(state.summary)))
            self.closed.setText("")
        else:
            self.text.setText("")

    # doing

    def _perform(self, effect: Effect) -> None:
        emergency = self._room.clinic.emergency
        send, read = self.loop.send, self._help.read
        match effect:
            case Find(text):
                read(emergency.find, text, then=lambda people: send(Found(text, people)), failed=self._failed)
            case Summarize(patient, reason):
                self._help.write(
                    emergency.summary,
                    patient,
                    reason,
                    then=lambda came: send(SummaryCame(came)),
                    failed=self._failed,
                )
            case AskWhole(patient, reason, password, with_key):
                self._help.by_hand(
                    emergency.ask, patient, reason, password, with_key,
                    then=lambda came: send(ChartCame(came)), failed=self._failed,
                )  # fmt: skip
            case Read(patient):
                self._help.write(
                    emergency.read, patient, then=lambda came: send(ChartCame(came)), failed=self._failed
                )
            case Look():
                self._help.write(emergency.state, then=lambda came: send(Stands(*came)), failed=self._failed)
            case CloseReview(task, patient, note):
                self._help.write(
                    emergency.close_review,
                    task,
                    patient,
                    note,
                    then=lambda _none: send(Done()),
                    failed=self._failed,
                )

    def _failed(self, sentence: str) -> None:
        self.loop.send(Failed(sentence))


def _text(parts: Sequence[Part]) -> str:
    """Headings and lines as plain text."""
    none = _("none on record")
    return "\n\n".join(
        "\n".join([part.title.upper(), *(f"• {line}" for line in part.lines or (none,))]) for part in parts
    )
