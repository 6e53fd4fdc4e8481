# SPDX-License-Identifier: GPL-3.0-or-later
"""The templates in the place of the note: searched by a key and chosen by arrows and Enter, written and changed in a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QStackedWidget, QWidget

from clinic.domain.facts import NoteTemplate
from clinic.domain.ids import FactId
from clinic.domain.templates import PLACES, SECTIONS, place_in, words_of
from clinic.keys.rights import Action
from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Choice, Field, LineField, NoteField
from desktop.kit.navigation import SearchField
from desktop.kit.surfaces import Notice
from desktop.kit.text import Text, named
from desktop.kit.words import N_, _, language
from desktop.screens.layouts import across, down, holding, scrolling
from desktop.screens.lines import Line, LineList
from desktop.screens.phrases import SECTIONS as NAMES
from desktop.screens.phrases import named as word_of
from desktop.screens.room import Room
from desktop.screens.templates import logic as t

if TYPE_CHECKING:
    from desktop.screens.templates.doing import Templating

PLACE_WORDS = {
    "name": N_("Name"),
    "age": N_("Age"),
    "sex": N_("Sex"),
    "today": N_("Today's date"),
    "vitals": N_("Vital signs of the last day"),
    "blood_pressure": N_("Blood pressure"),
    "heart_rate": N_("Heart rate"),
    "respiratory_rate": N_("Breathing rate"),
    "temperature": N_("Temperature"),
    "spo2": N_("Oxygen saturation"),
    "weight": N_("Weight"),
    "height": N_("Height"),
    "glucose": N_("Glucose"),
    "allergies": N_("Allergies"),
    "medication": N_("Medicines"),
    "problems": N_("Problems"),
}
assert PLACE_WORDS.keys() == PLACES.keys()


class TemplatesPanel(QWidget):
    """`used` and `left` tell the note around it; it shows no patient and keeps nothing of one."""

    used = Signal(object)
    """the template (NoteTemplate) that goes into the note"""
    left = Signal()

    def __init__(self, room: Room) -> None:
        super().__init__()
        named(self, "visit.templates", _("Templates"))
        self._room, self._help = room, room.helper(self)
        self._into: NoteField | None = None
        self._laid: tuple[str, object] = ("", None)
        """The form as it was opened."""
        self.stack = QStackedWidget()
        for face in (self._choosing(), self._form()):
            self.stack.addWidget(face)
        self.notice = Notice(name="visit.templates.notice", tone="danger")
        self.setLayout(down(self.notice, (self.stack, 1), gap=8))
        inside = Qt.ShortcutContext.WidgetWithChildrenShortcut
        QShortcut(QKeySequence("Esc"), self, self._escaped).setContext(inside)
        may = room.clinic.allowed(Action.WRITE_NOTE)
        me = room.clinic.me.user if may else t.UserId("")
        self.loop: Loop[t.State, t.Event, t.Effect] = Loop(
            t.State(me=me, clinician=room.clinic.allowed(Action.SIGN_NOTE)),
            t.update,
            self._perform,
            self.render_state,
        )
        self.loop.show()
        if may:
            self.read()

    # what the note around it uses

    @property
    def templates(self) -> tuple[NoteTemplate, ...]:
        """Those that are there now, of a code the first counts."""
        return self.loop.state.templates

    def read(self) -> None:
        """The templates as they are now."""
        self._help.read(
            self._doing.all,
            then=lambda found: self.loop.send(t.Came(found)),
            failed=lambda said: self.loop.send(t.Failed(said)),
        )

    def open(self) -> None:
        """The list takes the keyboard; a form that is open stays open."""
        if self.loop.state.editing:
            self.code.setFocus()
            return
        self.search.clear()
        self.loop.send(t.Typed(""))
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def unsent(self) -> bool:
        """Whether something typed in the form is kept nowhere yet."""
        return self.loop.state.editing and self._laid != self._now()

    @property
    def _doing(self) -> Templating:
        return self._room.clinic.templating

    # choosing

    def _choosing(self) -> QWidget:
        self.search = SearchField(_("Code or words of a template"), name="visit.templates.search", delay_ms=0)
        self.search.asked.connect(lambda text: self.loop.send(t.Typed(text)))
        self.search.installEventFilter(self)
        self.list = LineList(name="visit.templates.list", spoken=_("Templates"))
        self.list.opened.connect(lambda _key: self._use())
        self.list.selectionModel().currentChanged.connect(self._moved)
        self.none = Text(_("No template has these words."), "muted", wrap=True)
        self.look = Text("", "body", name="visit.templates.words", wrap=True)
        self.look.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.look.setMargin(8)
        self.use = PrimaryButton(_("Put into the note"), name="visit.templates.use", icon="check")
        self.use.clicked.connect(self._use)
        self.use.setToolTip(_("Enter puts it in, Esc goes back to the note"))
        new = SecondaryButton(_("New template"), name="visit.templates.new", icon="plus")
        new.clicked.connect(lambda: self._open_form(t.NewPressed()))
        self.change = SecondaryButton(_("Change"), name="visit.templates.change", icon="pen")
        self.change.clicked.connect(lambda: self._open_form(t.ChangePressed()))
        self.drop = SecondaryButton(_("Remove"), name="visit.templates.remove", icon="x")
        self.drop.clicked.connect(lambda: self.loop.send(t.RemovePressed()))
        back = QuietButton(_("Back to the note"), name="visit.templates.leave", icon="chevron-right")
        back.clicked.connect(self.left)
        head = across(Text(_("Templates"), "title"), None, back)
        how = Text(
            _(
                "In the note: a dot, the code and Tab or Space put it in, Tab goes to the next ___, Ctrl+Z takes it back."
            ),
            "caption",
            wrap=True,
        )
        return holding(
            down(
                head,
                how,
                self.search,
                (self.list, 3),
                self.none,
                (scrolling(self.look, name="visit.templates.look"), 2),
                across(new, self.change, self.drop, None, self.use),
                gap=8,
            )
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """The arrows move the mark while the words are typed; Enter takes what is marked."""
        if watched is not self.search or not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
            event.accept()  # it leads back to the note, and does not only empty the field
            return True
        if event.type() != QEvent.Type.KeyPress:
            return False
        match event.key():
            case Qt.Key.Key_Escape:
                self.left.emit()
                return True
            case Qt.Key.Key_Down | Qt.Key.Key_Up | Qt.Key.Key_PageDown | Qt.Key.Key_PageUp:
                self.list.keyPressEvent(event)
                return True
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                if not event.isAutoRepeat():
                    self.loop.send(t.Typed(self.search.text())) if self._typed_since() else None
                    self._use()
                return True
        return False

    def _typed_since(self) -> bool:
        return self.search.text() != self.loop.state.typed

    def _escaped(self) -> None:
        """From the list to the note; from the form only by its button, so that no words are lost."""
        if not self.loop.state.editing:
            self.left.emit()

    def _moved(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid():
            self.loop.send(t.Marked(FactId(self.list.key())))

    def _use(self) -> None:
        chosen = self.loop.state.chosen
        if chosen is not None:
            self.used.emit(chosen)

    # the form

    def _form(self) -> QWidget:
        self.title = Text("", "title")
        self.code = LineField("hta", name="visit.templates.code", spoken=_("Code, without the dot"))
        self.called = LineField(
            _("Hypertension follow-up"), name="visit.templates.title", spoken=_("Title of the template")
        )
        self.kind = Choice(
            [("whole", _("Sections of the note")), ("text", _("One text, where the cursor stands"))],
            name="visit.templates.kind",
            spoken=_("What it fills"),
        )
        self.kind.chosen.connect(lambda _key: self._show_kind())
        self.texts = {
            section: NoteField("", name=f"visit.templates.{section}", spoken=word_of(NAMES, section), lines=2)
            for section in SECTIONS
        }
        self.text = NoteField("", name="visit.templates.text", spoken=_("Text"), lines=4)
        self.place = Choice([], name="visit.templates.place", spoken=_("What the chart fills in"))
        put = SecondaryButton(_("Put in"), name="visit.templates.put", icon="plus")
        put.clicked.connect(self._put_place)
        put.setToolTip(_("Puts the place where the cursor stands"))
        for one in (*self.texts.values(), self.text):
            one.installEventFilter(self._remembering())
        self.share = QCheckBox(_("The whole team has it"))
        named(self.share, "visit.templates.share", _("The whole team has it"))
        self.keep = PrimaryButton(_("Keep the template"), name="visit.templates.keep", icon="check")
        self.keep.clicked.connect(lambda: self.loop.send(t.KeepPressed(self._draft())))
        leave = QuietButton(_("Do not keep"), name="visit.templates.cancel")
        leave.clicked.connect(self._leave_form)
        about = Text(
            _("Write what is alike for many people, and nothing of a single one. ___ is filled in by hand."),
            "caption",
            wrap=True,
        )
        self.sections = holding(
            down(*((Field(word_of(NAMES, section), one), 1) for section, one in self.texts.items()), gap=6)
        )
        self.single = holding(down((Field(_("Text"), self.text), 1)))
        inside = down(
            across((Field(_("Code"), self.code), 1), (Field(_("Title"), self.called), 3)),
            Field(_("What it fills"), self.kind),
            (self.sections, 1),
            (self.single, 1),
            Field(_("What the chart fills in"), holding(across((self.place, 1), put))),
            self.share,
            gap=8,
        )
        return holding(
            down(
                self.title,
                about,
                (scrolling(holding(inside), name="visit.templates.form"), 1),
                across(None, leave, self.keep),
                gap=8,
            )
        )

    def _remembering(self) -> QObject:
        """Which text had the keyboard last: a place goes there."""
        panel = self

        class Remembering(QObject):
            def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
                if event.type() == QEvent.Type.FocusIn and isinstance(watched, NoteField):
                    panel._into = watched
                return False

        return Remembering(self)

    def _put_place(self) -> None:
        fields = [self.text] if self.kind.key() == "text" else list(self.texts.values())
        into = self._into if self._into in fields else fields[0]
        assert into is not None
        into.put(place_in(self.place.key(), language()))
        into.setFocus()

    def _show_kind(self) -> None:
        self.sections.setVisible(self.kind.key() == "whole")
        self.single.setVisible(self.kind.key() == "text")

    def _open_form(self, event: t.Event) -> None:
        self.loop.send(event)
        state = self.loop.state
        if not state.editing:
            return
        self.place.show_options([(key, _(text)) for key, text in PLACE_WORDS.items()])
        self.place.setCurrentIndex(0)
        before = state.changes
        self.code.setText(before.code if before else "")
        self.called.setText(before.title if before else "")
        self.kind.choose("text" if before is not None and before.text else "whole")
        self.text.setPlainText(before.text if before else "")
        words = words_of(before) if before else {}
        for section, one in self.texts.items():
            one.setPlainText(words.get(section, ""))
        others = before is not None and bool(state.replacing) and before.author != state.me
        self.share.setChecked(before is not None and bool(state.replacing) and before.shared)
        self.share.setEnabled(not others)
        self._show_kind()
        self._laid = self._now()
        self.code.setFocus()

    def _leave_form(self) -> None:
        self.loop.send(t.FormLeft())
        self.search.setFocus()

    def _draft(self) -> t.Draft:
        return t.Draft(
            self.code.text().strip().removeprefix("."),
            self.called.text().strip(),
            self.kind.key() == "whole",
            self.text.toPlainText(),
            {section: one.toPlainText() for section, one in self.texts.items()},
            self.share.isChecked(),
        )

    def _now(self) -> tuple[str, object]:
        """What stands in the form."""
        return self.code.text(), self._draft()

    # rendering

    def render_state(self, state: t.State) -> None:
        self.stack.setCurrentIndex(1 if state.editing else 0)
        self.notice.say("danger", state.sentence)
        self.list.show_lines([_line(one, state) for one in state.shown])
        chosen = state.chosen
        if chosen is not None:
            self.list.choose(str(chosen.id))
        self.list.setVisible(bool(state.shown))
        self.none.setVisible(not state.shown)
        self.look.setText(_words(chosen) if chosen is not None else "")
        mine = chosen is not None and state.mine(chosen)
        self.use.setEnabled(chosen is not None)
        self.change.setEnabled(chosen is not None)
        self.change.setText(_("Change") if mine or chosen is None else _("Make one of my own of it"))
        self.drop.setEnabled(mine and not state.writing)
        self.keep.setEnabled(not state.writing)
        self.title.setText(_("Change a template") if state.replacing else _("A new template"))

    # doing

    def _perform(self, effect: t.Effect) -> None:
        match effect:
            case t.Read():
                self.read()
            case t.Keep(draft, before):
                self._keep(draft, before)
            case t.Remove(template):
                self._remove(template)

    def _keep(self, draft: t.Draft, before: NoteTemplate | None) -> None:
        doing = self._doing

        def done(kept: NoteTemplate) -> None:
            self.loop.send(t.Kept(kept))
            self.search.clear()
            self.search.setFocus()
            said = _("Kept: “%(title)s”, code .%(code)s.") % {"title": kept.title, "code": kept.code}
            if before is None:
                self._help.undoable(said, doing.remove, FactId(kept.id))
            else:
                self._help.undoable(said, doing.put_back, before)

        replacing = FactId(before.id) if before is not None else FactId("")
        self._help.write(doing.keep, draft, replacing, then=done, failed=self._failed)

    def _remove(self, template: NoteTemplate) -> None:
        doing = self._doing

        def done(before: NoteTemplate) -> None:
            self.loop.send(t.Removed(before))
            said = _("Removed: “%(title)s”.") % {"title": before.title}
            self._help.undoable(said, doing.put_back, before)

        self._help.write(doing.remove, FactId(template.id), then=done, failed=self._failed)

    def _failed(self, sentence: str) -> None:
        self.loop.send(t.Failed(sentence))


def _line(one: NoteTemplate, state: t.State) -> Line:
    if not one.author:
        whose = _("comes with Posta")
    elif not one.shared:
        whose = _("mine")
    else:
        whose = _("the team's, mine") if one.author == state.me else _("the team's")
    return Line(str(one.id), one.title, f".{one.code} · {whose}", icon="file")


def _words(one: NoteTemplate) -> str:
    """Its words, as they were written."""
    if one.text:
        return one.text
    return "\n\n".join(f"{word_of(NAMES, section)}\n{text}" for section, text in words_of(one).items())
