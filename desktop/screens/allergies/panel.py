# SPDX-License-Identifier: GPL-3.0-or-later
"""On the left problems and allergies as they stand; on the right what is written down, or why one is taken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStackedWidget, QWidget

from clinic.domain.ids import FactId, PatientId
from clinic.keys.rights import Action
from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Choice, Field, LineField
from desktop.kit.navigation import SearchField
from desktop.kit.surfaces import Card, Notice
from desktop.kit.text import Text
from desktop.kit.words import N_, _
from desktop.screens.allergies import logic as a
from desktop.screens.layouts import across, down, holding
from desktop.screens.lines import Line, LineList
from desktop.screens.phrases import coded
from desktop.screens.room import Room

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clinic.domain.facts import AllergyIntolerance

CATEGORIES = {
    "medication": N_("A medicine"),
    "food": N_("Food"),
    "environment": N_("Surroundings: pollen, animals, stings, latex"),
    "biologic": N_("A vaccine or blood product"),
}
SEVERE = {"": N_("Mild, or not known"), "severe": N_("Severe: breathing, collapse, hospital")}
ASIDE = 380


class AllergyPanel(QWidget):
    """For whoever may write a note; others see the list alone."""

    def __init__(self, room: Room, state: a.State | None = None) -> None:
        super().__init__()
        self._room, self._help = room, room.helper(self)
        self._build()
        self.loop: Loop[a.State, a.Event, a.Effect] = Loop(
            state or a.State(), a.update, self._perform, self.render_state
        )
        self.loop.show()

    def open(
        self, patient: PatientId, name: str, allergies: tuple[AllergyIntolerance, ...], lines: Sequence[Line]
    ) -> None:
        """Show this chart; `lines` are its allergies and problems. Also after something changed."""
        if patient != self.loop.state.patient:
            self._clear()
            self.why.clear()
        self.list.show_lines(lines)
        self.list.setVisible(bool(lines))
        self.nothing.setVisible(not lines)
        self.loop.send(a.Opened(patient, name, allergies))

    # widgets

    def _build(self) -> None:
        self.list = LineList(name="chart.problems.list", spoken=_("Problems and allergies"), wrap=True)
        self.list.chosen.connect(lambda key: self.loop.send(a.Chosen(FactId(key))))
        self.nothing = Text(_("No problems or allergies on record."), "muted")
        left = Card(name="chart.problems.card")
        left.body.setContentsMargins(6, 6, 6, 6)
        left.add(self.list, 1)
        left.add(self.nothing)
        self.side = Card(_("Write down an allergy"), name="chart.allergies")
        self.side.setFixedWidth(ASIDE)
        self.face = QStackedWidget()
        self.writing, self.taking = self._writing(), self._taking_off()
        for face in (self.writing, self.taking):
            self.face.addWidget(face)
        self.side.add(self.face, 1)
        self.side.setVisible(self._room.clinic.allowed(Action.WRITE_NOTE))
        self.setLayout(across((left, 1), self.side, gap=12))

    def _writing(self) -> QWidget:
        self.category = Choice(
            [(key, _(text)) for key, text in CATEGORIES.items()], name="chart.allergy.category"
        )
        self.category.chosen.connect(lambda key: self.loop.send(a.CategoryChosen(key)))
        self.substance = SearchField(_("To what? A name, as it is said"), name="chart.allergy.substance")
        self.substance.asked.connect(lambda text: self.loop.send(a.Typed(text)))
        self.found = LineList(name="chart.allergy.found", spoken=_("Medicines found"), inside=False)
        self.found.chosen.connect(lambda key: self._choose(int(key)))
        self.reaction = LineField(
            _("Rash, swelling, vomiting …"), name="chart.allergy.reaction", spoken=_("What happened")
        )
        self.severe = Choice([(key, _(text)) for key, text in SEVERE.items()], name="chart.allergy.severe")
        self.notice = Notice(name="chart.allergy.notice", tone="danger")
        self.write = PrimaryButton(_("Write down"), name="chart.allergy.write", icon="check")
        self.write.clicked.connect(lambda: self._press())
        self.reaction.returnPressed.connect(self._press)
        return holding(
            down(
                Field(_("What kind"), self.category),
                self.substance,
                (self.found, 1),
                Field(_("What happened"), self.reaction),
                Field(_("How bad"), self.severe),
                self.notice,
                across(None, self.write),
                None,
                gap=8,
            )
        )

    def _taking_off(self) -> QWidget:
        self.refused = Notice(name="chart.allergy.refused", tone="danger")
        self.what = Text("", "body", name="chart.allergy.chosen", wrap=True)
        self.why = LineField(
            _("Why: tested and tolerated, entered by mistake …"),
            name="chart.allergy.why",
            spoken=_("Why this allergy is taken off"),
        )
        self.off = SecondaryButton(_("Take it off"), name="chart.allergy.take_off", icon="x")
        self.off.clicked.connect(lambda: self.loop.send(a.TakeOffPressed(self.why.text())))
        leave = QuietButton(_("Not now"), name="chart.allergy.leave")
        leave.clicked.connect(lambda: self.loop.send(a.Chosen(FactId(""))))
        return holding(down(self.what, self.why, across(None, leave, self.off), self.refused, None, gap=8))

    def _choose(self, place: int) -> None:
        self.loop.send(a.SubstanceChosen(place))
        self.substance.setText(self.loop.state.text)

    def _press(self) -> None:
        """What stands in the field counts, also when the search has not been told of it yet."""
        if self.substance.text() != self.loop.state.text:
            self.loop.send(a.Typed(self.substance.text()))
        self.loop.send(a.WritePressed(self.reaction.text(), self.severe.key() == "severe"))

    def _clear(self) -> None:
        self.substance.clear()
        self.reaction.clear()
        self.severe.choose("")
        self.category.choose("medication")

    # rendering

    def render_state(self, state: a.State) -> None:
        self.found.show_lines(
            [Line(str(place), one.display, one.code) for place, one in enumerate(state.found)]
        )
        self.found.setVisible(bool(state.found))
        for notice in (self.notice, self.refused):
            notice.say("danger", state.sentence)
        self.write.setEnabled(not state.writing)
        marked = state.marked
        self.face.setCurrentWidget(self.writing if marked is None else self.taking)
        self.side.set_title(_("Write down an allergy") if marked is None else _("Take an allergy off"))
        self.off.setEnabled(not state.writing)
        if marked is not None:
            self.what.setText(_("%(what)s is no allergy of hers or his?") % {"what": coded(marked.substance)})

    # doing

    def _perform(self, effect: a.Effect) -> None:
        match effect:
            case a.FindSubstances(text):
                self._help.read(
                    self._room.clinic.find_medication,
                    text,
                    then=lambda codes: self.loop.send(a.Found(text, codes)),
                    failed=self._failed(self.loop.state.patient, self.loop.state.name),
                )
            case a.WriteDown():
                self._write(effect)
            case a.TakeOff():
                self._take_off(effect)

    def _write(self, order: a.WriteDown) -> None:
        def done(fact: AllergyIntolerance) -> None:
            if self.loop.state.patient == order.patient:
                self._clear()
            self.loop.send(a.Written(order.patient))
            self._help.undoable(
                _("Allergy on the chart of %(name)s: %(what)s.") % _said(order.name, fact),
                self._room.clinic.take_off_allergy,
                fact.id,
                _("Entered by mistake"),
                order.patient,
            )

        self._help.write(
            self._room.clinic.write_allergy,
            order.patient,
            order.substance,
            order.category,
            order.reaction,
            order.severe,
            then=done,
            failed=self._failed(order.patient, order.name),
        )

    def _take_off(self, order: a.TakeOff) -> None:
        def done(_written: object) -> None:
            self.loop.send(a.TakenOff(order.patient))
            if self.loop.state.patient == order.patient:
                self.why.clear()
            fact = order.allergy
            self._help.undoable(
                _("Taken off the chart of %(name)s: %(what)s.") % _said(order.name, fact),
                self._room.clinic.write_allergy,
                order.patient,
                fact.substance,
                fact.category,
                fact.reaction,
                fact.severe,
            )

        self._help.write(
            self._room.clinic.take_off_allergy,
            order.allergy.id,
            order.why,
            order.patient,
            then=done,
            failed=self._failed(order.patient, order.name),
        )

    def _failed(self, patient: PatientId, name: str) -> Callable[[str], None]:
        return self._help.failing(
            patient,
            name,
            lambda: self.loop.state.patient,
            lambda sentence: self.loop.send(a.Failed(patient, sentence)),
        )


def _said(name: str, fact: AllergyIntolerance) -> dict[str, str]:
    return {"name": name, "what": coded(fact.substance)}
