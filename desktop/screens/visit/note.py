# SPDX-License-Identifier: GPL-3.0-or-later
"""The SOAP note: four sections that save themselves; after the signature what was signed, and addenda."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from clinic.domain.facts import NoteTemplate, Section
from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Field, LineField, NoteField
from desktop.kit.people import Mark
from desktop.kit.surfaces import Card, Chip, Notice
from desktop.kit.text import Text, styled
from desktop.kit.words import _, fmt_moment
from desktop.screens.layouts import across, down, holding
from desktop.screens.lines import Line, LineList
from desktop.screens.marks import Marks
from desktop.screens.phrases import SECTIONS as NAMES
from desktop.screens.phrases import named
from desktop.screens.room import Room
from desktop.screens.templates.panel import TemplatesPanel
from desktop.screens.visit import happenings as h
from desktop.screens.visit import logic as v
from desktop.screens.visit.expanding import Expander
from desktop.screens.visit.known import known
from desktop.screens.visit.words import open_words, request_words, saved_words

Send = Callable[[h.Event], None]


class NoteCard(Card):
    """`send` takes events of the visit; `state()` is the visit as it is shown now."""

    def __init__(self, send: Send, room: Room, state: Callable[[], v.State]) -> None:
        super().__init__(name="visit.note")
        self._send, self._room, self._state = send, room, state
        self._signing = False
        self._monotonic = room.clock.monotonic
        self._encounter, self._choosing = "", False
        self._section = v.SECTIONS[0]
        self.body.setContentsMargins(16, 12, 16, 12)
        self.fields: dict[Section, NoteField] = {}
        self.states: dict[Section, Text] = {}
        self.others: dict[Section, Notice] = {}
        self.codes, self.orders = Marks(), Marks()
        self.codes.setObjectName("visit.note.codes")
        self.orders.setObjectName("visit.note.prescriptions")
        self.writing = self._writing()
        self.signed = self._signed()
        self.templates = TemplatesPanel(room)
        self.templates.used.connect(self._use)
        self.templates.left.connect(self._back_to_writing)
        self.expander = Expander(self.fields, lambda: self.templates.templates, self._known, self)
        self.expander.left.connect(self._say_left)
        for part in (self.writing, self.signed, self.templates):
            self.add(part, 1)

    # writing

    def _writing(self) -> QWidget:
        column = down(gap=5)
        below = {Section.ASSESSMENT: self.codes, Section.PLAN: self.orders}
        for section in v.SECTIONS:
            column.addWidget(self._part(section), 1)
            if section in below:
                column.addWidget(below[section])
        column.addWidget(self._foot())
        return holding(column)

    def _part(self, section: Section) -> QWidget:
        field = NoteField(_hint(section), name=f"visit.note.{section}", spoken=named(NAMES, section), lines=2)
        field.textChanged.connect(lambda: self._typed(section))
        field.settled.connect(lambda: self._send(h.TypingRested(section)))
        state = Text("", "caption", name=f"visit.note.{section}.state")
        other = Notice(name=f"visit.note.{section}.other", tone="warn")
        other.acted.connect(lambda: self._send(h.OtherTextTaken(section)))
        self.fields[section], self.states[section], self.others[section] = field, state, other
        head = across(Text(named(NAMES, section), "strong"), None, state)
        return holding(down(head, other, (field, 1), gap=3))

    def _foot(self) -> QWidget:
        self.sign = PrimaryButton(_("Sign and finish"), name="visit.sign", icon="pen", shortcut="Ctrl+Return")
        self.sign.clicked.connect(lambda: self._send(h.SignPressed()))
        self.promise = Text(_("Each word is saved on this computer as you write."), "caption", wrap=True)
        self.choose = SecondaryButton(
            _("Templates"), name="visit.templates.open", icon="file", shortcut="Ctrl+T"
        )
        self.choose.clicked.connect(self._choose_template)
        self.foot = holding(across((self.promise, 1), self.choose, self.sign, margins=(0, 4, 0, 0)))
        self.question = Text("", "strong", name="visit.sign.question", wrap=True)
        final = Text(_("A signed note cannot be changed; later you can add an addendum."), "body", wrap=True)
        self.undone = Text("", "strong", name="visit.sign.undone", wrap=True, tone="danger")
        confirm = PrimaryButton(_("Sign now"), name="visit.sign.confirm", icon="check")
        confirm.clicked.connect(self._confirm)
        self.password = LineField(name="visit.sign.password", spoken=_("Your password"), secret=True)
        self.password.returnPressed.connect(self._confirm)
        self.again = Field(_("Your password, to sign"), self.password)
        keys = QShortcut(QKeySequence("Ctrl+Return"), confirm, confirm.click)
        keys.setAutoRepeat(False)  # who holds the keys down has not read the question
        confirm.setToolTip(f"{_('Sign now')} ({keys.key().toString(QKeySequence.SequenceFormat.NativeText)})")
        leave = QuietButton(_("Go on writing"), name="visit.sign.leave")
        leave.clicked.connect(lambda: self._send(h.SignLeft()))
        asking = Card(name="visit.sign.asking")
        asking.body.setContentsMargins(12, 8, 12, 8)
        asking.body.setSpacing(4)
        styled(asking, kind="notice", tone="primary")
        asking.add(self.question)
        asking.add(final)
        asking.add(self.undone)
        asking.add(self.again)
        asking.add(across(None, leave, confirm, gap=8))
        self.asking, self.confirm = asking, confirm
        return holding(down(self.foot, asking, gap=0))

    def _confirm(self) -> None:
        """With the password, where it is asked for; it does not stay in the field."""
        typed = self.password.text()
        if not self.again.isHidden() and not typed:
            self.password.setFocus()
            return
        self.password.clear()
        self._send(h.SignConfirmed(typed))

    def _typed(self, section: Section) -> None:
        self._send(h.Typed(section, self.fields[section].toPlainText(), self._monotonic()))

    # templates

    def _known(self) -> Mapping[str, str]:
        """What this patient's chart fills in, asked at the moment a template is used."""
        state = self._state()
        return known(state.chart, state.patient, self._room.clock.now())

    def _choose_template(self) -> None:
        held = [section for section, field in self.fields.items() if field.hasFocus()]
        self._section = held[0] if held else self._section
        if self._state().loaded and not self._state().asking:
            self._choosing = True
            self.render_state(self._state())
            self.templates.open()

    def _use(self, template: NoteTemplate) -> None:
        self._back_to_writing()
        self.expander.put(template, self._section)

    def _back_to_writing(self) -> None:
        self._choosing = False
        self.render_state(self._state())
        self.fields[self._section].setFocus()

    def _say_left(self, sections: tuple[Section, ...]) -> None:
        said = _("Something is written already and was left as it is: %(sections)s.")
        self._room.ways.said.emit("info", said % {"sections": ", ".join(named(NAMES, s) for s in sections)})

    # signed

    def _signed(self) -> QWidget:
        self.seal = Chip(_("Signed"), "ok", "check", name="visit.signed")
        self.by = Text("", "muted", wrap=True)
        self.read = LineList(name="visit.signed.text", spoken=_("The signed note"), wrap=True)
        self.summary = SecondaryButton(_("Save the summary as PDF"), name="visit.summary.save", icon="file")
        self.summary.clicked.connect(lambda: self._send(h.SummaryPressed()))
        self.more = NoteField(
            _("Write what should be added"), name="visit.addendum.text", spoken=_("Addendum"), lines=2
        )
        self.more.setMaximumHeight(84)
        add = self.add_more = SecondaryButton(_("Sign the addendum"), name="visit.addendum.sign", icon="pen")
        add.clicked.connect(lambda: self._send(h.AddendumPressed(self.more.toPlainText())))
        head = across(self.seal, (self.by, 1), self.summary, gap=10)
        return holding(
            down(head, (self.read, 1), Text(_("Addendum"), "caption"), self.more, across(None, add), gap=8)
        )

    # rendering

    def render_state(self, state: v.State) -> None:
        if state.encounter != self._encounter:
            self._encounter, self._choosing, self._section = state.encounter, False, v.SECTIONS[0]
            self.expander.forget()
        choosing = self._choosing and state.signed is None
        front = self.signed if state.signed is not None else self.templates if choosing else self.writing
        for part in (self.writing, self.signed, self.templates):
            if part is not front:
                part.hide()  # first: two at once would make the window grow
        front.show()
        if state.signed is not None:
            self._render_signed(state)
            return
        for section, part in state.parts.items():
            self._render_part(section, part, state.loaded and not state.signing)
        self.codes.show_marks([Mark(f"{c.code.code} {c.code.display}", "primary") for c in state.conditions])
        self.orders.show_marks([Mark(request_words(one), "primary", "pill") for one in state.prescriptions])
        self.foot.setVisible(not state.asking)
        again = state.asking and self._room.clinic.signs_again()
        came = again and self.asking.isHidden()
        self.again.setVisible(again)
        self.asking.setVisible(state.asking)
        if not state.asking:
            self.password.clear()
        if came or (again and self._signing and not state.signing):  # asked, or asked again
            self.password.setFocus()
        self._signing = state.signing
        self.confirm.setEnabled(not state.signing)
        self.confirm.setText(_("Signing …") if state.signing else _("Sign now"))
        drug = state.rx.drug.display if state.rx.drug else ""
        undone = _("The prescription of %(drug)s is not signed: it will not be part of this visit.")
        lacks = (open_words(state), undone % {"drug": drug} if drug else "")
        self.undone.setText("\n".join(one for one in lacks if one))
        self.undone.setVisible(any(lacks))
        self.choose.setEnabled(state.loaded and not state.signing)
        self.question.setText(_("Sign the note of %(name)s?") % {"name": state.name})

    def _render_part(self, section: Section, part: v.Part, writable: bool) -> None:
        field = self.fields[section]
        field.show_text(part.text)
        field.lock(not writable)
        said = saved_words(part)
        self.states[section].say(said.text, said.tone)
        other = self.others[section]
        if part.others:
            told = _("Another computer wrote here at the same time: %(text)s") % {
                "text": " / ".join(part.others)
            }
            other.say("warn", told, action=_("Put it below mine"))
        else:
            other.hush()

    def _render_signed(self, state: v.State) -> None:
        note = state.signed
        assert note is not None
        self.add_more.setEnabled(not state.adding)
        self.by.setText(f"{note.author_name} · {fmt_moment(note.signed_at)}")
        lines = [
            Line(str(s), named(NAMES, s), str(getattr(note, str(s))))
            for s in v.SECTIONS
            if getattr(note, str(s))
        ]
        if note.conditions:
            lines.append(
                Line("codes", _("Diagnoses"), "\n".join(f"{c.code} {c.display}" for c in note.conditions))
            )
        orders = "\n".join(request_words(one) for one in state.prescriptions)
        if orders:
            lines.append(Line("rx", _("Prescriptions"), orders))
        added = [one for one in (state.chart.notes if state.chart else ()) if one.addendum_to == note.id]
        lines += [
            Line(one.id, _("Addendum"), one.subjective, fmt_moment(one.signed_at)) for one in reversed(added)
        ]
        self.read.show_lines(lines)


def _hint(section: Section) -> str:
    return {
        Section.SUBJECTIVE: _("What the patient tells, in their words"),
        Section.OBJECTIVE: _("What you see, hear and measure"),
        Section.ASSESSMENT: _("What you think it is"),
        Section.PLAN: _("What will be done, and when to come back"),
    }[section]
