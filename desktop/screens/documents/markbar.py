# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools for drawing over a document: pen, arrow, note, eraser, inks, undo, and whose marks are shown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRect, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QKeySequence, QPainter, QPixmap, QShortcut
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from clinic.domain.facts import DocumentMark
from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import Attachment
from clinic.keys.rights import Action
from desktop.kit import theme
from desktop.kit.bridge import Loop
from desktop.kit.buttons import IconButton, SecondaryButton
from desktop.kit.fields import LineField
from desktop.kit.text import Text, named
from desktop.kit.words import N_, _, plural
from desktop.screens.documents import marking as m
from desktop.screens.documents.ink import pen_of
from desktop.screens.layouts import across, down, holding
from desktop.screens.room import Room

TOOLS = {
    m.PEN: ("pen", N_("Draw with a pen")),
    m.ARROW: ("arrow-up-right", N_("Draw an arrow")),
    m.NOTE: ("message", N_("Write a note on the page")),
    m.ERASER: ("eraser", N_("Rub out a mark of mine")),
}
INKS = {
    "red": N_("Red ink, a whole line"),
    "blue": N_("Blue ink, a broken line"),
    "green": N_("Green ink, a dotted line"),
}
LONGEST = 500


class MarkBar(QWidget):
    """`changed`: something is drawn otherwise now. Failing is told by `troubled`."""

    changed = Signal()
    troubled = Signal(str)

    def __init__(self, room: Room, name: str) -> None:
        super().__init__()
        named(self, f"{name}.marks", _("Marks on the document"))
        self._room, self._help, self._name, self._said = room, room.helper(self), "", ""
        self._build(f"{name}.marks")
        self.loop: Loop[m.State, m.Event, m.Effect] = Loop(
            m.State(), m.update, self._perform, self.render_state
        )
        self.loop.show()

    def show_document(self, patient: PatientId, name: str, attachment: Attachment | None) -> None:
        """`name`: whose document it is, for what fails after it was left."""
        self._name = name
        if not self._room.clinic.allowed(Action.OPEN_CHART):
            attachment = None
        if (patient, attachment) != (self.loop.state.patient, self.loop.state.attachment):
            self.loop.send(m.Shown(patient, attachment, self._room.clinic.marking.me))

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed."""
        if kinds & {"DocumentMark"}:
            self.loop.send(m.Changed())

    def on_page(self, page: int) -> tuple[DocumentMark, ...]:
        return tuple(one for one in self.loop.state.seen if one.page == page)

    # widgets

    def _build(self, name: str) -> None:
        self.tools = {
            key: IconButton(icon, _(spoken), name=f"{name}.{key}", checkable=True)
            for key, (icon, spoken) in TOOLS.items()
        }
        for key, button in self.tools.items():
            button.clicked.connect(lambda _on=False, key=key: self.loop.send(m.ToolChosen(key)))
        self.inks = {key: InkButton(key, _(spoken), name=f"{name}.{key}") for key, spoken in INKS.items()}
        for key, ink in self.inks.items():
            ink.clicked.connect(lambda _on=False, key=key: self.loop.send(m.InkChosen(key)))
        self.undo = IconButton("undo", _("Undo the last mark"), name=f"{name}.undo")
        self.redo = IconButton("redo", _("Draw it again"), name=f"{name}.redo")
        for button, event, keys in (
            (self.undo, m.UndoPressed(), "Ctrl+Z"),
            (self.redo, m.RedoPressed(), "Ctrl+Shift+Z"),
        ):
            button.clicked.connect(lambda _on=False, event=event: self.loop.send(event))
            button.setToolTip(f"{button.accessibleName()} ({keys})")
        self.layers = SecondaryButton("", name=f"{name}.layers", icon="eye")
        self.layers.clicked.connect(self._choose_layers)
        self.hint = Text("", "caption", name=f"{name}.hint")
        self.words = LineField(
            _("Write the note, Enter puts it there"), name=f"{name}.words", spoken=_("Note on the page")
        )
        self.words.setMaxLength(LONGEST)
        self.words.textEdited.connect(lambda words: self.loop.send(m.NoteTyped(words)))
        self.words.returnPressed.connect(lambda: self.loop.send(m.NotePut()))
        self.put = SecondaryButton(_("Put it there"), name=f"{name}.put")
        self.put.clicked.connect(lambda: self.loop.send(m.NotePut()))
        self.drop = SecondaryButton(_("No note"), name=f"{name}.drop")
        self.drop.clicked.connect(lambda: self.loop.send(m.LetGo()))
        escape = QShortcut(QKeySequence("Esc"), self.words)
        escape.setContext(Qt.ShortcutContext.WidgetShortcut)
        escape.activated.connect(lambda: self.loop.send(m.LetGo()))
        self.drawing = holding(
            across(*self.tools.values(), 8, *self.inks.values(), 8, self.undo, self.redo, gap=6)
        )
        self.noting = holding(across((self.words, 1), self.put, self.drop, gap=6))
        self.setLayout(
            down(across(self.drawing, (self.hint, 1), None, self.layers, gap=8), self.noting, gap=4)
        )

    def listen(self, owner: QWidget) -> None:
        """Undo and redo by keys anywhere in the owner, but where something is typed."""
        for keys, event in (("Ctrl+Z", m.UndoPressed()), ("Ctrl+Shift+Z", m.RedoPressed())):
            shortcut = QShortcut(QKeySequence(keys), owner)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda event=event: self.loop.send(event))

    # rendering

    def render_state(self, state: m.State) -> None:
        here = state.attachment is not None
        draws = here and self._room.clinic.allowed(Action.WRITE_NOTE)
        authors = state.authors
        self.drawing.setVisible(draws)
        self.layers.setVisible(bool(authors))
        self.setVisible(draws or bool(authors))
        for key, button in self.tools.items():
            button.setChecked(key == state.tool)
        for key, ink in self.inks.items():
            ink.setChecked(key == state.ink)
        self.undo.setEnabled(bool(state.done) and not state.coming)
        self.redo.setEnabled(bool(state.undone) and not state.coming)
        count = len(state.marks)
        said = plural("%(n)d mark", "%(n)d marks", count)
        hidden = count - len(state.seen)
        if hidden:
            said += " · " + _("%(count)d hidden") % {"count": hidden}
        self.layers.setText(said)
        self.layers.setAccessibleName(_("Whose marks are shown: %(said)s") % {"said": said})
        noting = state.note is not None
        self.noting.setVisible(noting)
        if noting and not self.words.isVisible():
            self.noting.show()
        if self.words.text() != state.words:
            self.words.setText(state.words)
        if noting and not self.words.hasFocus():
            self.words.setFocus(Qt.FocusReason.OtherFocusReason)
        self.hint.setText("" if noting else _(HINTS.get(state.tool, "")) if state.tool else "")
        told = _("This is a mark of %(name)s. Only whoever drew it rubs it out; the eye hides it.")
        self._tell(told % {"name": state.whose} if state.whose else state.sentence)
        self.changed.emit()

    def _tell(self, sentence: str) -> None:
        if sentence != self._said:
            self._said = sentence
            self.troubled.emit(sentence)

    def _choose_layers(self) -> None:
        self.menu().exec(self.layers.mapToGlobal(self.layers.rect().bottomLeft()))

    def menu(self) -> QMenu:
        """Whose marks lie here, each with a tick while they are shown."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for author, name, count in self.loop.state.authors:
            line = QAction(_("%(name)s: %(count)d") % {"name": name, "count": count}, menu)
            line.setCheckable(True)
            line.setChecked(author not in self.loop.state.hidden)
            line.toggled.connect(lambda on, author=author: self.loop.send(m.LayerShown(author, on)))
            menu.addAction(line)
        return menu

    # doing

    def _perform(self, effect: m.Effect) -> None:
        marking = self._room.clinic.marking
        match effect:
            case m.Look(patient, attachment):
                self._help.read(
                    marking.marks, patient, attachment,
                    then=lambda found: self.loop.send(m.MarksCame(attachment.id, found)),
                    failed=self.troubled.emit,
                )  # fmt: skip
            case m.Put(patient, attachment, draft):
                self._help.write(
                    marking.put, patient, attachment, draft,
                    then=lambda mark: self.loop.send(m.Written(attachment.id, draft.number, mark)),
                    failed=self._failing(patient, draft.number),
                )  # fmt: skip
            case m.RubOut(patient, mark):
                self._turn(marking.rub_out, patient, mark)
            case m.PutBack(patient, mark):
                self._turn(marking.put_back, patient, mark)

    def _turn(self, verb: Callable[..., object], patient: PatientId, mark: FactId) -> None:
        self._help.write(
            verb, patient, mark, then=lambda _done: self.loop.send(m.Turned()), failed=self._failing(patient, 0)
        )  # fmt: skip

    def _failing(self, patient: PatientId, number: int) -> Callable[[str], None]:
        """What was not written is said where it was drawn, or by name once somebody else is shown."""
        shown = self._help.failing(
            patient, self._name, lambda: self.loop.state.patient, lambda sentence: None
        )

        def failed(sentence: str) -> None:
            mine = self.loop.state.patient == patient
            self.loop.send(m.NotWritten(number, sentence if mine else ""))
            shown(sentence)

        return failed


HINTS = {
    m.PEN: N_("Draw on the page"),
    m.ARROW: N_("From its end to its point"),
    m.NOTE: N_("Touch where the note is to stand"),
    m.ERASER: N_("Touch a mark of yours"),
}


class InkButton(QToolButton):
    """Shows the line it draws."""

    def __init__(self, ink: str, spoken: str, *, name: str) -> None:
        super().__init__()
        named(self, name, spoken)
        self.setProperty("kind", "icon")
        self.setProperty("bare", "false")
        self.setCheckable(True)
        self.setToolTip(spoken)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        size = theme.current().scale.icon
        ratio = self.devicePixelRatioF()
        drawn = QPixmap(round(size * ratio), round(size * ratio))
        drawn.setDevicePixelRatio(ratio)
        drawn.fill(Qt.GlobalColor.white)
        painter = QPainter(drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen_of(ink, 2.4))
        painter.drawLine(QPointF(2, size - 4), QPointF(size - 2, 4))
        painter.end()
        self.setIcon(QIcon(drawn))
        self.setIconSize(QRect(0, 0, size, size).size())
