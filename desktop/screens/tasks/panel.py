# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks of one person, and beside them a new one or what becomes of the one that is marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from clinic.domain.ids import EncounterId, FactId, PatientId, UserId
from clinic.keys.rights import Action
from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Choice, DayField, Field, LineField
from desktop.kit.surfaces import Card, Notice
from desktop.kit.text import Text
from desktop.kit.words import N_, _
from desktop.screens.layouts import across, down, holding
from desktop.screens.lines import LineList
from desktop.screens.room import Room
from desktop.screens.tasks import logic as t
from desktop.screens.tasks.rows import due_marks, task_lines, whose

if TYPE_CHECKING:
    from clinic.domain.facts import Task

ASIDE = 380
SAID: dict[str, str] = {
    "take": N_("You have taken a task for %(name)s: %(what)s."),
    "done": N_("Done for %(name)s: %(what)s."),
    "cancel": N_("Task for %(name)s cancelled: %(what)s."),
    "reopen": N_("Task for %(name)s opened again: %(what)s."),
}


class TaskPanel(QWidget):
    """For whoever may write a note; others see the list alone. `name`: where it stands, chart or visit; `beside`: list and
    form lie side by side, not one above the other."""

    sent = Signal(str)
    """a task was written down for this visit, which is not shown any more"""

    def __init__(self, room: Room, name: str, *, beside: bool = True) -> None:
        super().__init__()
        self._room, self._help, self._name = room, room.helper(self), name
        self._beside = beside
        self._may_write = room.clinic.allowed(Action.WRITE_NOTE)
        self._shown: tuple[object, ...] = ()
        self._build(beside)
        self.loop: Loop[t.State, t.Event, t.Effect] = Loop(
            t.State(), t.update, self._perform, self.render_state
        )
        self.loop.show()

    def open(
        self, patient: PatientId, name: str, tasks: tuple[Task, ...], encounter: EncounterId = EncounterId("")
    ) -> None:
        """Show this person's tasks. Also after something changed."""
        now = (patient, name, tasks, encounter, self._room.today())
        if now == self._shown:
            return
        if (patient, encounter) != (self.loop.state.patient, self.loop.state.encounter):
            self._clear()
        self._shown = now
        self.loop.send(t.Opened(patient, name, encounter, tasks))

    def take_hands(self) -> None:
        """The keyboard goes where the next task is written."""
        self.loop.send(t.Chosen(FactId("")))
        self.what.setFocus()

    def begin_anew(self) -> None:
        """The form as it is for the next task."""
        self.what.clear()
        self._choose_anew()

    def _clear(self) -> None:
        """Nothing of one person stands there for the next; in the visit, what was typed is put aside with the rest."""
        self.note.clear()
        self.begin_anew() if self._beside else self._choose_anew()

    def _choose_anew(self) -> None:
        self.when.choose("7")
        self.owner.choose("")
        self._show_day()

    # widgets

    def _build(self, beside: bool) -> None:
        self.list = LineList(name=f"{self._name}.task.list", spoken=_("Tasks"), wrap=beside)
        self.list.chosen.connect(self._mark)
        self.nothing = Text(_("Nothing has to be done for this person."), "muted", wrap=True)
        self.face = QStackedWidget()
        self.adding, self.changing = self._adding(), self._changing()
        for face in (self.adding, self.changing):
            self.face.addWidget(face)
        self.title = Text("", "strong", wrap=True)
        self.notice = Notice(name=f"{self._name}.task.notice", tone="danger")
        if beside:
            left = Card(name=f"{self._name}.tasks.card")
            left.body.setContentsMargins(6, 6, 6, 6)
            left.add(self.list, 1)
            left.add(self.nothing)
            side = Card(name=f"{self._name}.task")
            side.setFixedWidth(ASIDE)
            side.add(self.title)
            side.add(self.face)
            side.add(self.notice)
            side.body.addStretch(1)
            self.side: QWidget = side
            self.setLayout(across((left, 1), self.side, gap=12))
        else:
            self.side = holding(down(self.title, self.face, self.notice, gap=4))
            self.setLayout(down((self.list, 1), self.nothing, self.side, gap=6))
        self.side.setVisible(self._may_write)

    def _adding(self) -> QWidget:
        self.what = LineField(
            _("Call with the result, check the wound …"),
            name=f"{self._name}.task.what",
            spoken=_("What has to be done"),
        )
        self.when = Choice(
            [(key, _(text)) for key, text in t.WHEN.items()],
            name=f"{self._name}.task.when",
            spoken=_("Until when"),
        )
        self.when.choose("7")
        self.when.chosen.connect(lambda _key: self._show_day())
        self.day = DayField(name=f"{self._name}.task.day", spoken=_("Day"))
        self.day.allow(first=self._room.today())
        self.owner = Choice(self._owners(), name=f"{self._name}.task.owner", spoken=_("By whom"))
        self.add = PrimaryButton(_("Add the task"), name=f"{self._name}.task.add", icon="plus")
        self.add.clicked.connect(lambda: self._press())
        self.what.returnPressed.connect(self._press)
        self.dated: QWidget = Field(_("Day"), self.day) if self._beside else self.day
        self._show_day()
        if not self._beside:
            return holding(
                down(
                    self.what,
                    across((self.when, 1), (self.owner, 1), gap=6),
                    across((self.dated, 1), None, self.add, gap=6),
                    gap=6,
                )
            )
        return holding(
            down(
                Field(_("What has to be done"), self.what),
                across(
                    (Field(_("Until when"), self.when), 1),
                    (self.dated, 1),
                    (Field(_("By whom"), self.owner), 1),
                ),
                across(None, self.add),
                gap=6,
            )
        )

    def _owners(self) -> list[tuple[str, str]]:
        if not self._may_write:
            return [("", _("Anybody of the team"))]
        planning, me = self._room.clinic.planning, self._room.clinic.me
        others = [(str(user), name) for user, name in planning.colleagues()]
        return [("", _("Anybody of the team")), (str(me.user), _("Myself")), *others]

    def _changing(self) -> QWidget:
        self.about = Text("", "body", name=f"{self._name}.task.chosen", wrap=True)
        self.note = LineField(
            _("What came of it; or why it is not done"),
            name=f"{self._name}.task.note",
            spoken=_("What came of it, or why it is not done"),
        )
        self.finish = PrimaryButton(_("Done"), name=f"{self._name}.task.done", icon="check")
        self.again = PrimaryButton(_("Open again"), name=f"{self._name}.task.reopen", icon="refresh")
        self.take = SecondaryButton(_("I take it"), name=f"{self._name}.task.take", icon="hand")
        self.drop = SecondaryButton(_("Cancel the task"), name=f"{self._name}.task.cancel", icon="x")
        for button, what in (
            (self.finish, "done"),
            (self.again, "reopen"),
            (self.take, "take"),
            (self.drop, "cancel"),
        ):
            button.clicked.connect(lambda _on=False, one=what: self._change(one))
        self.note.returnPressed.connect(self.finish.click)
        leave = QuietButton(_("Not now"), name=f"{self._name}.task.leave")
        leave.clicked.connect(self.take_hands)
        return holding(
            down(
                self.about,
                self.note,
                across(self.take, self.drop, None, gap=6),
                across(leave, None, self.finish, self.again, gap=6),
                gap=6,
            )
        )

    def _mark(self, key: str) -> None:
        """Marked by keys or touch, the keyboard goes to what came of it."""
        if not self._may_write:
            return
        self.loop.send(t.Chosen(FactId(key)))
        (self.note if self.note.isVisible() else self.again).setFocus()

    def _show_day(self) -> None:
        self.dated.setVisible(self.when.key() == "day")

    def _press(self) -> None:
        due = t.day_of(self.when.key(), self._room.today(), self.day.day())
        self.loop.send(t.AddPressed(self.what.text(), due, UserId(self.owner.key())))

    def _change(self, what: t.What) -> None:
        self.loop.send(t.ChangePressed(what, self.note.text()))

    # rendering

    def render_state(self, state: t.State) -> None:
        named = self._room.clinic.planning.name_of
        self.list.show_lines(task_lines(state.tasks, named, self._room.today()))
        self.list.setVisible(bool(state.tasks))
        self.nothing.setVisible(not state.tasks)
        self.notice.say("danger", state.sentence)
        for button in (self.add, self.finish, self.again, self.take, self.drop):
            button.setEnabled(bool(state.patient) and not state.writing)
        marked = state.marked
        self.face.setCurrentWidget(self.adding if marked is None else self.changing)
        self.title.setVisible(self._beside or marked is not None)
        self.title.setText(
            _("A task for %(name)s") % {"name": state.name} if marked is None else marked.title
        )
        if marked is None:
            return
        stands = t.is_open(marked)
        days = ", ".join(mark.text for mark in due_marks(marked, self._room.today()))
        self.about.setText(
            f"{state.name} · {days} · {whose(marked, named)}"
            if stands
            else " · ".join(part for part in (state.name, marked.note) if part)
        )
        for part in (self.note, self.finish, self.drop):
            part.setVisible(stands)
        self.take.setVisible(stands and marked.owner != self._room.clinic.me.user)
        self.again.setVisible(not stands)

    # doing

    def _perform(self, effect: t.Effect) -> None:
        match effect:
            case t.Plan():
                self._plan(effect)
            case t.Change():
                self._changed(effect)

    def _plan(self, order: t.Plan) -> None:
        planning = self._room.clinic.planning

        def done(task: Task) -> None:
            here = (self.loop.state.patient, self.loop.state.encounter) == (order.patient, order.encounter)
            self.begin_anew() if here else self.sent.emit(order.encounter)
            self.loop.send(t.Written(order.patient))
            self._help.undoable(
                _("Task for %(name)s: %(what)s.") % {"name": order.name, "what": task.title},
                planning.cancel,
                FactId(task.id),
                _("Entered by mistake"),
                order.patient,
            )

        self._help.write(
            planning.plan,
            order.patient,
            order.title,
            order.due,
            order.owner,
            order.encounter,
            then=done,
            failed=self._failed(order),
        )

    def _changed(self, order: t.Change) -> None:
        planning, task = self._room.clinic.planning, FactId(order.task.id)
        verbs: dict[t.What, tuple[Callable[..., object], tuple[object, ...]]] = {
            "take": (planning.take, (task, order.patient)),
            "done": (planning.done, (task, order.patient, order.note)),
            "cancel": (planning.cancel, (task, order.note, order.patient)),
            "reopen": (planning.reopen, (task, order.patient)),
        }
        said = _(SAID[order.what]) % {"name": order.name, "what": order.task.title}

        def done(_written: object) -> None:
            if self.loop.state.patient == order.patient:
                self.note.clear()
            self.loop.send(t.Written(order.patient))
            if order.what in ("done", "cancel"):
                self._help.undoable(said, planning.reopen, task, order.patient)
            else:
                self._room.ways.said.emit("ok", said)

        verb, asked = verbs[order.what]
        self._help.write(verb, *asked, then=done, failed=self._failed(order))

    def _failed(self, order: t.Plan | t.Change) -> Callable[[str], None]:
        return self._help.failing(
            order.patient,
            order.name,
            lambda: self.loop.state.patient,
            lambda sentence: self.loop.send(t.Failed(order.patient, sentence)),
        )
