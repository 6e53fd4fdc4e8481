# SPDX-License-Identifier: GPL-3.0-or-later
"""Readings typed beside the note: one line each, Enter writes down all that stands there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QGridLayout, QWidget

from desktop.kit.buttons import PrimaryButton
from desktop.kit.fields import Field, LineField
from desktop.kit.text import Text, named
from desktop.kit.words import _, fmt_moment
from desktop.screens.chart.logic import VitalFace, cards
from desktop.screens.layouts import across, down
from desktop.screens.lines import Line, LineList
from desktop.screens.phrases import SHORT_NAMES, VITAL_NAMES, unit_text
from desktop.screens.phrases import named as word_of
from desktop.screens.visit import happenings as h
from desktop.screens.visit import logic as v
from desktop.screens.visit.vitals import TYPED

COLUMNS = 4


class VitalsTool(QWidget):
    """What the clinician, or whoever is with her, measures now."""

    def __init__(self, send: Callable[[h.Event], None]) -> None:
        super().__init__()
        named(self, "visit.vitals", _("Vitals"))
        self._send = send
        self.fields: dict[str, LineField] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        for place, key in enumerate(TYPED):
            grid.addWidget(self._field(key), place // COLUMNS, place % COLUMNS)
        for column in range(COLUMNS):
            grid.setColumnStretch(column, 1)
        self.take = PrimaryButton(_("Write down"), name="visit.vitals.take", icon="check")
        self.take.clicked.connect(lambda: self._press())
        self.known = LineList(name="visit.vitals.known", spoken=_("Last readings"))
        self.head = Text(_("Last readings"), "caption")
        self.setLayout(down(grid, across(None, self.take), self.head, (self.known, 1), gap=6))

    def _field(self, key: str) -> QWidget:
        unit = unit_text("systolic" if key == "blood_pressure" else key)
        shown = "130/85" if key == "blood_pressure" else unit
        spoken = f"{word_of(VITAL_NAMES, key)} ({unit})"
        field = LineField(shown, name=f"visit.vitals.{key}", spoken=spoken)
        field.setToolTip(spoken)
        field.setMinimumWidth(40)
        field.returnPressed.connect(self._press)
        self.fields[key] = field
        return Field(word_of(SHORT_NAMES, key), field)

    def _press(self) -> None:
        self._send(h.VitalsPressed({key: field.text() for key, field in self.fields.items()}))

    def take_hands(self) -> None:
        """The keyboard goes to the first field."""
        self.fields[TYPED[0]].setFocus()

    def clear(self) -> None:
        """Written down: the fields are free."""
        for field in self.fields.values():
            field.clear()

    def render_state(self, state: v.State) -> None:
        over = state.signed is not None
        self.take.setEnabled(not over and not state.measuring)
        for field in self.fields.values():
            field.setEnabled(not over)
        lines = [_known(face) for face in cards(state.chart)] if state.chart is not None else []
        self.known.show_lines(lines)
        for part in (self.head, self.known):
            part.setVisible(bool(lines))


def _known(face: VitalFace) -> Line:
    tone = face.flag.tone if face.flag else "neutral"
    said = f"{face.text} {face.unit}" + (f" · {face.flag.text}" if face.flag else "")
    return Line(
        face.key, word_of(VITAL_NAMES, face.key), said, fmt_moment(face.at), icon="heart-pulse", tone=tone
    )
