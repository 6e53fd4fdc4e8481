# SPDX-License-Identifier: GPL-3.0-or-later
"""Ordering tests beside the note: found or written, several at once, signed in one go."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from clinic.domain.ids import EncounterId, FactId, PatientId
from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, QuietButton
from desktop.kit.fields import Choice, LineField
from desktop.kit.navigation import SearchField
from desktop.kit.surfaces import Notice
from desktop.kit.text import Text
from desktop.kit.words import _, language
from desktop.screens.layouts import across, down
from desktop.screens.lines import Line, LineList
from desktop.screens.orders import asking as a
from desktop.screens.phrases import coded
from desktop.screens.room import Room

if TYPE_CHECKING:
    from clinic.domain.facts import Condition, ServiceRequest


class AskingPanel(QWidget):
    """For whoever may prescribe."""

    sent = Signal(str)
    """the orders of this visit, which is not shown any more, were signed"""

    def __init__(self, room: Room) -> None:
        super().__init__()
        self._room, self._help = room, room.helper(self)
        self._reasons: tuple[Condition, ...] = ()
        self._build()
        self.loop: Loop[a.State, a.Event, a.Effect] = Loop(
            a.State(), a.update, self._perform, self.render_state
        )
        self.loop.show()

    def open(
        self, patient: PatientId, name: str, encounter: EncounterId, conditions: tuple[Condition, ...]
    ) -> None:
        """Order for this person; `conditions`: what it may be for."""
        state = self.loop.state
        if (patient, encounter) != (state.patient, state.encounter):
            self.search.clear()
            self.priority.choose("routine")
            self.reason.choose("")
        if conditions != self._reasons or not self.reason.count():
            self._reasons = conditions
            known = [(str(one.id), coded(one.code)) for one in conditions]
            self.reason.show_options([("", _("Reason: none")), *known])
        if (patient, name, encounter) != (state.patient, state.name, state.encounter):
            self.loop.send(a.Opened(patient, name, encounter))

    def take_hands(self) -> None:
        """The keyboard goes to the search."""
        self.search.setFocus()

    def _build(self) -> None:
        self.search = SearchField(_("A test: Enter takes it as it is written"), name="visit.orders.search")
        self.search.asked.connect(lambda text: self.loop.send(a.Typed(text)))
        self.search.returnPressed.connect(self._take_words)
        self.found = LineList(name="visit.orders.found", spoken=_("Tests found"), inside=False)
        self.found.chosen.connect(lambda key: self._choose(int(key)))
        self.chosen = LineList(name="visit.orders.chosen", spoken=_("Tests to be ordered"))
        self.drop = QuietButton(_("Take off the marked one"), name="visit.orders.drop", icon="x")
        self.drop.clicked.connect(self._drop)
        self.none = Text(_("Several tests can go out together."), "muted", wrap=True)
        self.priority = Choice(
            [(key, _(text)) for key, text in a.PRIORITIES.items()],
            name="visit.orders.priority",
            spoken=_("How urgent"),
        )
        self.reason = Choice([], name="visit.orders.reason", spoken=_("What it is for"))
        self.note = LineField(
            _("For the laboratory: fasting, takes …"),
            name="visit.orders.note",
            spoken=_("Words for the laboratory"),
        )
        self.note.returnPressed.connect(self._press)
        self.order = PrimaryButton(
            _("Order them"), name="visit.orders.order", icon="pen", spoken=_("Sign the orders")
        )
        self.order.clicked.connect(lambda: self._press())
        self.notice = Notice(name="visit.orders.notice", tone="danger")
        self.setLayout(
            down(
                self.search,
                (self.found, 1),
                self.none,
                (self.chosen, 1),
                across((self.priority, 2), (self.reason, 3), gap=6),
                self.note,
                self.notice,
                across(self.drop, None, self.order),
                gap=6,
            )
        )

    def _take_words(self) -> None:
        """Enter: the words as they stand, whether or not a list knows them."""
        if self.search.text() != self.loop.state.text:
            self.loop.send(a.Typed(self.search.text()))
        self._choose(None)

    def _choose(self, place: int | None) -> None:
        self.loop.send(a.TestChosen(place))
        self.search.blockSignals(True)
        self.search.clear()
        self.search.blockSignals(False)
        self.search.setFocus()

    def _drop(self) -> None:
        if self.chosen.key():
            self.loop.send(a.TestDropped(int(self.chosen.key())))

    def _press(self) -> None:
        if self.search.text() != self.loop.state.text:
            self.loop.send(a.Typed(self.search.text()))
        reason = next((one.code for one in self._reasons if str(one.id) == self.reason.key()), None)
        self.loop.send(a.OrderPressed(self.priority.key(), reason, self.note.text()))

    def render_state(self, state: a.State) -> None:
        self.found.show_lines([Line(str(n), one.display, one.code) for n, one in enumerate(state.found)])
        self.found.setVisible(bool(state.found))
        self.chosen.show_lines(
            [Line(str(n), coded(one), one.code, icon="droplet") for n, one in enumerate(state.chosen)]
        )
        self.chosen.setVisible(bool(state.chosen))
        self.none.setVisible(not state.chosen and not state.found)
        self.drop.setVisible(bool(state.chosen))
        self.notice.say("danger", state.sentence)
        self.order.setEnabled(bool(state.patient) and not state.writing)

    def _perform(self, effect: a.Effect) -> None:
        match effect:
            case a.FindTests(text):
                self._help.read(
                    self._room.clinic.ordering.find,
                    text,
                    language(),
                    then=lambda codes: self.loop.send(a.Found(text, codes)),
                    failed=self._failed(self.loop.state.patient, self.loop.state.name),
                )
            case a.Order():
                self._order(effect)

    def _failed(self, patient: PatientId, name: str) -> Callable[[str], None]:
        return self._help.failing(
            patient,
            name,
            lambda: self.loop.state.patient,
            lambda sentence: self.loop.send(a.Failed(patient, sentence)),
        )

    def _order(self, order: a.Order) -> None:
        ordering = self._room.clinic.ordering

        def done(made: tuple[ServiceRequest, ...]) -> None:
            here = (self.loop.state.patient, self.loop.state.encounter) == (order.patient, order.encounter)
            if here:
                for field in (self.search, self.note):
                    field.clear()
                self.priority.choose("routine")
            else:
                self.sent.emit(order.encounter)
            self.loop.send(a.Ordered(order.patient, order.encounter))
            what = ", ".join(coded(one.code) for one in made)
            said = _("Ordered for %(name)s: %(what)s.") % {"name": order.name, "what": what}
            ids = tuple(FactId(one.id) for one in made)

            self._help.undoable(said, ordering.cancel, ids, order.patient)

        self._help.write(
            ordering.order,
            order.patient,
            order.codes,
            order.priority,
            order.reason,
            order.note,
            order.encounter,
            then=done,
            failed=self._failed(order.patient, order.name),
        )
