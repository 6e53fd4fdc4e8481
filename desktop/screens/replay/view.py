# SPDX-License-Identifier: GPL-3.0-or-later
"""A visit played again: the steps on the left, the note as it was on the right, a slider with big buttons below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QSlider, QWidget

from clinic.domain.ids import EncounterId
from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, SecondaryButton
from desktop.kit.surfaces import Card, Notice, Sign
from desktop.kit.text import Text, named, styled
from desktop.kit.words import _, fmt_moment
from desktop.screens.layouts import across, down, holding
from desktop.screens.lines import LineList
from desktop.screens.replay import words
from desktop.screens.replay.logic import (
    Closed,
    Effect,
    Event,
    Failed,
    Load,
    Loaded,
    Moved,
    State,
    StepChosen,
    VisitOpened,
    note_at,
    update,
)
from desktop.screens.room import Room

if TYPE_CHECKING:
    from clinic.services.replay import Replay

TALL = 52
"""Height of the slider, in pixels: a thumb finds it."""


class ReplayPanel(QWidget):
    left = Signal()

    def __init__(self, room: Room, state: State | None = None) -> None:
        super().__init__()
        named(self, "replay", _("How this visit came about"))
        self._room, self._help = room, room.helper(self)
        self._listed: Replay | None = None
        self._build()
        self._shortcuts()
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(), update, self._perform, self.render_state
        )
        self.loop.show()

    def open(self, encounter: EncounterId) -> None:
        """Play this visit from its first step; looking is written down."""
        self.loop.send(VisitOpened(encounter))

    # widgets

    def _build(self) -> None:
        back = SecondaryButton(_("Back to the chart"), name="replay.back", icon="arrow-left")
        back.clicked.connect(self._leave)
        head = across(back, (Text(_("How this visit came about"), "title"), 1), gap=14)
        self.notice = Notice(name="replay.notice", tone="danger")
        body = across((self._steps(), 5), (self._note(), 6), gap=12)
        self.body = holding(down((holding(body), 1), self._scrubber(), gap=12))
        self.setLayout(down(head, self.notice, (self.body, 1), gap=10, margins=(16, 12, 16, 14)))

    def _steps(self) -> Card:
        self.steps = LineList(name="replay.steps", spoken=_("Steps of the visit"))
        self.steps.selectionModel().currentChanged.connect(self._picked)
        card = Card(name="replay.steps.card")
        card.body.setContentsMargins(6, 6, 6, 6)
        card.add(self.steps, 1)
        return card

    def _note(self) -> Card:
        self.sign = Sign("pen", "neutral")
        self.status = Text("", "strong", name="replay.status", wrap=True)
        self.rows = LineList(name="replay.note", spoken=_("The note at this moment"), wrap=True)
        self.nothing = Text(_("Nothing was in the note yet."), "muted", wrap=True)
        self.rows.setSelectionMode(LineList.SelectionMode.NoSelection)
        card = Card(_("The note at this moment"), name="replay.note.card")
        card.body.setContentsMargins(14, 12, 8, 8)
        card.add(across(self.sign, (self.status, 1), gap=8))
        card.add(self.rows, 1)
        card.add(self.nothing)
        card.body.addStretch(0)
        return card

    def _scrubber(self) -> Card:
        self.before = SecondaryButton(_("Step back"), name="replay.before", icon="arrow-left")
        self.after = PrimaryButton(_("Next step"), name="replay.after", icon="arrow-right")
        for button, by in ((self.before, -1), (self.after, 1)):
            styled(button, big="true").setMinimumWidth(160)
            button.clicked.connect(lambda _on=False, steps=by: self.loop.send(Moved(steps)))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        named(self.slider, "replay.slider", _("Step"))
        self.slider.setMinimumHeight(TALL)
        self.slider.valueChanged.connect(lambda step: self.loop.send(StepChosen(step)))
        self.position = Text("", "strong", name="replay.position")
        self.said = Text("", "body", name="replay.said", wrap=True)
        card = Card(name="replay.scrubber")
        card.add(across(self.position, (self.said, 1), gap=14))
        card.add(across(self.before, (self.slider, 1), self.after, gap=16))
        return card

    def _shortcuts(self) -> None:
        keys = {"Left": Moved(-1), "Right": Moved(1), "Home": StepChosen(1), "End": StepChosen(1_000_000)}
        for key, event in keys.items():
            made = QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            made.activated.connect(lambda sent=event: self.loop.send(sent))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
            return
        super().keyPressEvent(event)

    def _picked(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid() and now.row() + 1 != self.loop.state.step:
            self.loop.send(StepChosen(now.row() + 1))

    def _leave(self) -> None:
        self.loop.send(Closed())
        self.left.emit()

    # rendering

    def render_state(self, state: State) -> None:
        self.notice.say("danger", state.sentence)
        played = state.played
        self.body.setVisible(played is not None)
        if played is None:
            return
        if state.replay is not self._listed:  # not again for each place of the slider
            self._listed = state.replay
            self.steps.show_lines(words.lines(state))
        self.steps.choose(f"{state.step}")
        self._render_scrubber(state)
        self._render_note(state)

    def _render_scrubber(self, state: State) -> None:
        self.slider.blockSignals(True)
        self.slider.setRange(1, state.steps)
        self.slider.setPageStep(max(1, state.steps // 10))
        self.slider.setValue(state.step)
        self.slider.blockSignals(False)
        self.slider.setAccessibleDescription(f"{words.position(state)}: {words.headline(state)}")
        self.before.setEnabled(state.step > 1)
        self.after.setEnabled(state.step < state.steps)
        self.position.setText(words.position(state))
        self.said.setText(words.headline(state))

    def _render_note(self, state: State) -> None:
        note = note_at(state)
        if note.signed is None:
            self.status.say(_("Draft: not signed yet"), "neutral")
        else:
            by = {"name": note.signed.author_name, "time": fmt_moment(note.signed.signed_at)}
            self.status.say(_("Signed by %(name)s, %(time)s") % by, "ok")
        self.sign.show_icon("check" if note.signed else "pen", "ok" if note.signed else "neutral")
        self.rows.show_lines(words.note_lines(note))
        self.rows.setVisible(not note.empty)
        self.nothing.setVisible(note.empty)
        if note.changed is not None:
            self.rows.choose(str(note.changed))

    # doing

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Load(encounter):
                self._help.read(
                    self._room.clinic.replay,
                    encounter,
                    then=self._came,
                    failed=lambda sentence: self.loop.send(Failed(encounter, sentence)),
                )

    def _came(self, found: Replay) -> None:
        self.loop.send(Loaded(found))
        self.slider.setFocus()
