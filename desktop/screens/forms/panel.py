# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms of one person: the list at the left; beside it the one that is filled in, or a completed one to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedWidget, QWidget

from clinic.domain import questionnaires as q
from clinic.domain.filled_forms import amendments, course
from clinic.domain.forms import NUMBERS
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.keys.rights import Action
from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.charts import Reading, Series, VitalsChart
from desktop.kit.fields import Field, LineField
from desktop.kit.people import Mark
from desktop.kit.surfaces import Card, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, fmt_moment, language
from desktop.screens.forms import logic as f
from desktop.screens.forms.fields import Fields
from desktop.screens.forms.words import lines, title, unit_words
from desktop.screens.layouts import across, down, holding, scrolling
from desktop.screens.lines import Line, LineList
from desktop.screens.room import Room

if TYPE_CHECKING:
    from clinic.services.charts import Asked

LIST = 320
REST_MS, LONGEST_MS = 600, 4000
"""A draft is saved when nothing was typed for so long; while typing goes on, at the latest after the second."""


class FormsPanel(QWidget):
    """For whoever may write a note; others read what is completed."""

    turned = Signal()
    """another form, or another part of it, is shown"""

    def __init__(self, room: Room, state: f.State | None = None) -> None:
        super().__init__()
        self._room, self._help = room, room.helper(self)
        self._may_write = room.clinic.allowed(Action.WRITE_NOTE)
        self._fields: Fields | None = None
        self._laid = FactId("")
        """The form whose fields stand there."""
        self._listing = False
        self._rest = QTimer(self, interval=REST_MS, singleShot=True)
        self._longest = QTimer(self, interval=LONGEST_MS, singleShot=True)
        for timer in (self._rest, self._longest):
            timer.timeout.connect(self.save)
        self._build()
        self.loop: Loop[f.State, f.Event, f.Effect] = Loop(
            state or f.State(), f.update, self._perform, self.render_state
        )
        self.loop.show()

    def open(self, patient: PatientId, name: str, encounter: EncounterId, answers: tuple[Asked, ...]) -> None:
        """Show this person's forms. Also after something changed."""
        if patient != self.loop.state.patient:
            self.list.setCurrentIndex(QModelIndex())  # what was marked for one person is not for the next
        self.loop.send(f.Opened(patient, name, encounter, answers))

    def take_hands(self) -> None:
        """The keyboard goes to the form that is filled in, or to the list."""
        if self._fields is not None and self.loop.state.sheet is not None:
            self._fields.take_hands()
            return
        if not self.list.key():
            first = next((line.key for line in self.list.lines() if not line.heading), "")
            self._listing = True
            self.list.choose(first)
            self._listing = False
        self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def save(self) -> None:
        """What is filled in goes to the disk."""
        self._rest.stop()
        self._longest.stop()
        self.loop.send(f.Rested())

    def flush(self) -> None:
        """The program ends, or the screen is covered: whatever is not on the disk goes to the writer, also behind a save that
        is on its way."""
        self._rest.stop()
        self._longest.stop()
        state = self.loop.state
        for sheet in (*((state.sheet,) if state.sheet is not None else ()), *state.left.values()):
            if sheet.dirty and not sheet.completing:
                self._write(sheet)

    @property
    def unsaved(self) -> bool:
        """Whether something filled in is not on the disk yet."""
        return self.loop.state.unsaved

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        super().hideEvent(event)
        self.save()

    # widgets

    def _build(self) -> None:
        self.list = LineList(name="chart.form.list", spoken=_("Forms"))
        self.list.chosen.connect(self._choose)
        left = Card(name="chart.form.card")
        left.body.setContentsMargins(6, 6, 6, 6)
        left.setFixedWidth(LIST)
        left.add(self.list, 1)
        self.stack = QStackedWidget()
        self.empty, self.filling, self.reading = self._empty(), self._filling(), self._reading()
        for face in (self.empty, self.filling, self.reading):
            self.stack.addWidget(face)
        right = Card(name="chart.form")
        self.notice = Notice(name="chart.form.notice", tone="danger")
        right.add(self.notice)
        right.add(self.stack, 1)
        self.setLayout(across(left, (right, 1), gap=12))
        inside = Qt.ShortcutContext.WidgetWithChildrenShortcut
        QShortcut(QKeySequence("Esc"), self.filling, self._back).setContext(inside)
        keys = QShortcut(QKeySequence("Ctrl+Return"), self.filling, self._press)
        keys.setContext(inside)
        keys.setAutoRepeat(False)

    def _empty(self) -> QWidget:
        self.nothing = Text("", "muted", wrap=True)
        return holding(down(self.nothing, None))

    def _filling(self) -> QWidget:
        self.heading = Text("", "title", name="chart.form.title", wrap=True)
        self.state = Text("", "caption", name="chart.form.state")
        self.place = scrolling(QWidget(), name="chart.form.place")
        self.why = LineField(name="chart.form.reason", spoken=_("Why it is amended"))
        self.why.textChanged.connect(self._reason)
        self.why.editingFinished.connect(self.save)
        self.amending = Field(_("Why it is amended *"), self.why)
        throw = self.throw = SecondaryButton(_("Throw the draft away"), name="chart.form.throw", icon="x")
        throw.clicked.connect(lambda: self.loop.send(f.ThrowPressed()))
        back = QuietButton(_("Put aside"), name="chart.form.leave")
        back.clicked.connect(self._back)
        back.setToolTip(_("What is filled in stays (Esc)"))
        self.done = PrimaryButton(_("Complete"), name="chart.form.complete", icon="check")
        self.done.clicked.connect(self._press)
        self.done.setToolTip(f"{_('Complete')} (Ctrl+Return)")
        head = across((self.heading, 1), self.state)
        said = Text(
            _("* has to be answered. A completed form cannot be changed, only amended."), "caption", wrap=True
        )
        foot = across(throw, None, back, self.done)
        return holding(down(head, self.amending, (self.place, 1), said, foot, gap=8))

    def _reading(self) -> QWidget:
        self.name = Text("", "title", name="chart.form.read.title", wrap=True)
        self.by = Text("", "muted", name="chart.form.read.by", wrap=True)
        self.because = Text("", "body", name="chart.form.read.because", wrap=True)
        self.said = LineList(name="chart.form.read", spoken=_("Questions and answers"), wrap=True)
        self.said.selectionModel().currentChanged.connect(self._item)
        self.curve = VitalsChart(name="chart.form.curve", spoken=_("Course of this answer"))
        self.curve.setFixedHeight(190)
        self.hint = Text(_("Choose a number to see how it went over time."), "caption", wrap=True)
        self.amend = SecondaryButton(_("Amend"), name="chart.form.amend", icon="pen")
        self.amend.clicked.connect(lambda: self.loop.send(f.AmendPressed()))
        return holding(
            down(
                across((self.name, 1), self.amend),
                self.by,
                self.because,
                (self.said, 1),
                self.hint,
                self.curve,
                gap=8,
            )
        )

    # what people do

    def _choose(self, key: str) -> None:
        if self._listing or (key.startswith(f.BEGIN) and not self._may_write):
            return
        self.loop.send(f.Chosen(key))

    def _item(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid():
            self.loop.send(f.ItemChosen(self.said.lines()[now.row()].key))

    def _press(self) -> None:
        self.loop.send(f.CompletePressed())
        sheet = self.loop.state.sheet
        if sheet is None or not self.loop.state.tried or self._fields is None:
            return
        if sheet.lacking:
            self._fields.take_hands(sheet.lacking[0].key)
        elif not self.amending.isHidden():
            self.why.setFocus()

    def _back(self) -> None:
        self.loop.send(f.SheetLeft())
        self.list.setFocus()

    def _answered(self, response: FactId, key: str, answer: tuple[str, ...], settled: bool) -> None:
        self.loop.send(f.Answered(response, key, answer))
        self.save() if settled else self._typing()

    def _reason(self, text: str) -> None:
        if self._laid:
            self.loop.send(f.ReasonTyped(self._laid, text))
            self._typing()

    def _typing(self) -> None:
        self._rest.start()
        if not self._longest.isActive():
            self._longest.start()

    # rendering

    def render_state(self, state: f.State) -> None:
        self.notice.say("danger", state.sentence)
        self._render_list(state)
        if state.sheet is not None:
            self._render_sheet(state, state.sheet)
            self.stack.setCurrentWidget(self.filling)
            return
        self._clear()
        found = state.read
        if found is not None:
            self._render_read(state, found)
            self.stack.setCurrentWidget(self.reading)
            return
        none = _("No form was filled in for this person.")
        self.nothing.setText(_("Choose a form at the left.") if self.list.lines() else none)
        self.stack.setCurrentWidget(self.empty)

    def _render_list(self, state: f.State) -> None:
        shown = []
        if self._may_write and state.forms:
            shown.append(Line("", _("Begin a form"), heading=True))
            shown += [Line(f"{f.BEGIN}{one.url}", q.title(one, language())) for one in state.forms]
        if self._may_write and state.drafts:
            shown.append(Line("", _("Not completed yet"), heading=True))
            shown += [self._line(one, Mark(_("Draft"), "warn", "pen")) for one in state.drafts]
        if state.completed:
            amended = amendments(one.response for one in state.answers)
            shown.append(Line("", _("Completed"), heading=True))
            for one in state.completed:
                former = Mark(_("Amended"), "neutral") if one.response.id in amended else None
                newer = Mark(_("Amendment"), "info") if one.response.amends else None
                shown.append(self._line(one, former or newer))
        self._listing = True
        self.list.show_lines(shown)
        sheet = state.sheet
        begun = f"{f.BEGIN}{sheet.form.url}" if sheet is not None else ""
        for key in (begun, sheet.key if sheet is not None else state.reading):
            self.list.choose(key)  # the draft itself once it is in the list
        self._listing = False

    def _line(self, one: Asked, mark: Mark | None) -> Line:
        about = f"{fmt_moment(one.response.authored_at)} · {self._who(one)}"
        return Line(one.response.id, title(one), about, marks=(mark,) if mark else (), icon="clipboard")

    def _who(self, one: Asked) -> str:
        return self._room.clinic.planning.name_of(one.response.author) or _("at the kiosk")

    def _clear(self) -> None:
        """No field of one form stands there for the next."""
        if self._fields is not None:
            self._laid, self._fields = FactId(""), None
            self.place.setWidget(QWidget())

    def _render_sheet(self, state: f.State, sheet: f.Sheet) -> None:
        came = self._laid != sheet.key
        if came:
            self._lay(sheet)
        assert self._fields is not None
        self._fields.show_standing(sheet.given)
        wrong = {item.key for item in sheet.lacking if state.tried or sheet.given.get(item.key)}
        held = self._fields.focusWidget()
        typing = {key for key, one in self._fields.inputs.items() if one is held and not state.tried}
        self._fields.show_troubles(wrong - typing, sheet.given)
        self._fields.lock(sheet.completing)
        self.done.setEnabled(not sheet.completing)
        self.throw.setEnabled(not sheet.completing)
        self.state.say(*_saved(sheet))
        if came:
            self.stack.setCurrentWidget(self.filling)
            self._fields.take_hands() if not sheet.response.amends else self.why.setFocus()

    def _lay(self, sheet: f.Sheet) -> None:
        """Fields of this form alone, each bound to its response."""
        self._laid = FactId("")  # what is laid out now is typed by nobody
        response = sheet.key
        made = Fields(sheet.form, sheet.given)
        made.answered.connect(lambda key, answer, settled: self._answered(response, key, answer, settled))
        made.left.connect(self.save)
        self.place.setWidget(made)
        self._fields = made
        version = _("version %(n)d") % {"n": sheet.form.version}
        self.heading.setText(f"{q.title(sheet.form, language())} · {sheet.name} · {version}")
        self.why.setText(sheet.reason)
        self.amending.setVisible(bool(sheet.response.amends))
        self._laid = response

    def _render_read(self, state: f.State, found: Asked) -> None:
        response = found.response
        newer = amendments(one.response for one in state.answers).get(str(response.id))
        version = _("version %(n)d") % {"n": response.version}
        self.name.setText(title(found))
        self.by.setText(f"{fmt_moment(response.authored_at)} · {self._who(found)} · {version}")
        told = []
        if response.amends:
            told.append(_("Amends an earlier one: %(why)s") % {"why": response.reason})
        if newer is not None:
            said = _("Amended on %(when)s: %(why)s")
            told.append(said % {"when": fmt_moment(newer.authored_at), "why": newer.reason})
        self.because.setText("\n".join(told))
        self.because.setVisible(bool(told))
        clinical = found.form is not None and found.form.purpose == q.CLINICIAN
        self.amend.setVisible(self._may_write and clinical and newer is None)
        self.amend.setEnabled(not state.busy)
        self.said.show_lines(lines(found))
        self._render_course(state, found)

    def _render_course(self, state: f.State, found: Asked) -> None:
        form = found.form
        numbers = [item for item in form.items if item.kind in NUMBERS] if form is not None else []
        item = next((one for one in numbers if one.key == state.item), None)
        points = course((one.response for one in state.answers), form, item.key) if form and item else ()
        self.curve.setVisible(bool(points))
        self.hint.setVisible(bool(numbers) and not points)
        if item is not None and points:
            readings = tuple(Reading(at, float(value), "manual") for at, value in points)
            digits = max(max(0, -int(value.as_tuple().exponent)) for _at, value in points)
            name, unit = q.question(item, language()), unit_words(item.unit)
            self.curve.show_series(Series(name, unit, readings, digits=min(digits, 2)))

    # doing

    def _perform(self, effect: f.Effect) -> None:
        filling = self._room.clinic.filling
        match effect:
            case f.ReadForms():
                if self._may_write:
                    self._help.read(
                        filling.to_fill_in,
                        then=lambda found: self.loop.send(f.FormsCame(found)),
                        failed=lambda said: self.loop.send(f.Failed(self.loop.state.patient, said)),
                    )
            case f.Begin(patient, url, version, encounter):
                self._fetch(patient, False, filling.begin, url, version, patient, encounter)
            case f.OpenDraft(patient, response):
                self._fetch(patient, True, filling.draft, response, patient)
            case f.Amend(patient, response):
                self._fetch(patient, False, filling.amend, response, patient)
            case f.Save(sheet):
                self._write(sheet)
            case f.Complete(sheet):
                self._complete(sheet)
            case f.Throw(sheet):
                self._throw(sheet)
            case f.Say(tone, sentence, name):
                said = _("%(name)s: %(said)s") % {"name": name, "said": sentence}
                self._room.ways.said.emit(tone, said)

    def _write(self, sheet: f.Sheet) -> None:
        self._help.write(
            self._room.clinic.filling.keep, sheet.response, sheet.given, sheet.window, sheet.reason,
            then=lambda _kept: self.loop.send(f.Saved(sheet.key, sheet.given, sheet.reason)),
            failed=lambda said: self.loop.send(f.SaveFailed(sheet.key, said)),
        )  # fmt: skip

    def _fetch(self, patient: PatientId, filed: bool, verb: Callable[..., Asked], *asked: object) -> None:
        """After every save that is on its way: they run one after the other."""
        self._help.write(
            verb,
            *asked,
            then=lambda found: self.loop.send(f.SheetCame(patient, found, filed)),
            failed=lambda said: self.loop.send(f.Failed(patient, said)),
        )

    def _complete(self, sheet: f.Sheet) -> None:
        def done(_response: object) -> None:
            self.loop.send(f.Completed(sheet.key))
            said = _("Completed for %(name)s: %(what)s.")
            what = q.title(sheet.form, language())
            self._room.ways.said.emit("ok", said % {"name": sheet.name, "what": what})
            if self.isVisible():
                self.list.setFocus()

        self._help.write(
            self._room.clinic.filling.complete, sheet.response, sheet.given, sheet.window, sheet.reason,
            then=done, failed=lambda said: self.loop.send(f.SaveFailed(sheet.key, said)),
        )  # fmt: skip

    def _throw(self, sheet: f.Sheet) -> None:
        filling = self._room.clinic.filling

        def done(_response: object) -> None:
            self.loop.send(f.Thrown(sheet.key))
            said = _("Draft of %(name)s thrown away: %(what)s.")
            what = q.title(sheet.form, language())
            self._help.undoable(
                said % {"name": sheet.name, "what": what}, filling.take_up, sheet.key, sheet.window
            )

        self._help.write(
            filling.throw_away, sheet.key, sheet.window,
            then=done, failed=lambda said: self.loop.send(f.SaveFailed(sheet.key, said)),
        )  # fmt: skip


def _saved(sheet: f.Sheet) -> tuple[str, str]:
    """Words and tone of how it stands with the disk."""
    if sheet.failed:
        return _("Not saved: the text is still here"), "danger"
    if sheet.dirty or sheet.saving:
        return _("Saving …"), "muted"
    return (_("Saved as a draft"), "ok") if sheet.filed else (_("Saved here as you fill it in"), "muted")
