# SPDX-License-Identifier: GPL-3.0-or-later
"""On the left what was said and its evidence; on the right what counts now, or the form that is being read aloud."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QGridLayout, QStackedWidget, QWidget

from clinic.domain.ids import FactId, PatientId
from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Choice, Field
from desktop.kit.surfaces import Card, Notice
from desktop.kit.text import Text
from desktop.kit.words import N_, _
from desktop.screens.consents import logic as c
from desktop.screens.consents.rows import consent_line
from desktop.screens.layouts import across, down, holding, scrolling
from desktop.screens.lines import LineList
from desktop.screens.phrases import LANGUAGES, SCOPES, named
from desktop.screens.room import Room

if TYPE_CHECKING:
    from clinic.domain.facts import Consent

FORM_LANGUAGES = ("es", "en", "pt")
HOWS = {
    "voice": N_("Said aloud, here with me"),
    "phone": N_("Said by phone"),
    "video": N_("Said in the video visit"),
}
UNTILS = {"": N_("Until she or he takes it back"), "day": N_("For today only"), "year": N_("For one year")}
ANSWERS = {"": N_("Not asked"), "permit": N_("Yes"), "deny": N_("No")}


class ConsentPanel(QWidget):
    """`save_to`: a folder for evidence (None asks with the system's dialog)."""

    def __init__(self, room: Room, save_to: Path | None = None, state: c.State | None = None) -> None:
        super().__init__()
        self._room, self._help, self._save_to = room, room.helper(self), save_to
        self._form: c.Form | None = None
        self.answers: dict[str, Choice] = {}
        self._build()
        self.loop: Loop[c.State, c.Event, c.Effect] = Loop(
            state or c.State(), c.update, self._perform, self.render_state
        )
        self.loop.show()

    def open(self, patient: PatientId, statements: tuple[Consent, ...], language: str) -> None:
        """Show the consents of this chart; also after something changed."""
        self.loop.send(c.Opened(patient, statements, language if language in FORM_LANGUAGES else "es"))

    # widgets

    def _build(self) -> None:
        self.notice = Notice(name="chart.consents.notice", tone="danger")
        self.list = LineList(name="chart.consents", spoken=_("What was said and signed"), wrap=True)
        self.list.chosen.connect(lambda key: self.loop.send(c.StatementChosen(key)))
        self.nothing = Text(
            _("No consent on record: the kiosk asks for it, or record here what the person says."),
            "muted",
            wrap=True,
        )
        self.saved = Notice(name="chart.consents.saved", tone="ok")
        self.prove = SecondaryButton(
            _("Save the evidence of this one"), name="chart.consents.evidence", icon="file"
        )
        self.prove.clicked.connect(lambda: self.loop.send(c.EvidencePressed()))
        self.left = left = Card(name="chart.consents.card")
        for thing, share in ((self.list, 1), (self.nothing, 0), (self.saved, 0)):
            left.add(thing, share)
        left.add(across(None, self.prove))
        self.side = QStackedWidget()
        self.now, self.asked = self._now(), self._asked()
        for face in (self.now, self.asked):
            self.side.addWidget(face)
        right = Card(name="chart.consents.side")
        right.add(self.side, 1)
        self.setLayout(down(self.notice, (holding(across((left, 6), (right, 5), gap=12)), 1), gap=10))

    def _now(self) -> QWidget:
        """A line for each scope, with what takes it back."""
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(0, 1)
        self.standing: dict[str, Text] = {}
        self.takings: dict[str, SecondaryButton] = {}
        for line, scope in enumerate(SCOPES):
            self.standing[scope] = Text("", "body", name=f"chart.consent.{scope}", wrap=True)
            self.takings[scope] = self._taking(scope)
            grid.addWidget(self.standing[scope], line, 0)
            grid.addWidget(self.takings[scope], line, 1)
        told = Text(
            _("Taking back counts at once and needs no reason. Only what the person says anew lifts it."),
            "muted",
            wrap=True,
        )
        self.ask = PrimaryButton(_("Record what she or he says"), name="chart.consents.ask", icon="mic")
        self.ask.clicked.connect(lambda: self.loop.send(c.AskPressed()))
        head = Text(_("What counts now"), "heading")
        return holding(down(head, holding(grid), told, None, across(None, self.ask), gap=12))

    def _taking(self, scope: str) -> SecondaryButton:
        button = SecondaryButton(
            _("Take back"),
            name=f"chart.consent.{scope}.take_back",
            spoken=_("Take back: %(what)s") % {"what": named(SCOPES, scope)},
        )
        button.clicked.connect(lambda: self.loop.send(c.TakeBackPressed(scope)))
        button.hide()
        return button

    def _asked(self) -> QWidget:
        self.language = self._choice("language", _("Language"), {k: LANGUAGES[k] for k in FORM_LANGUAGES})
        self.language.chosen.connect(lambda key: self.loop.send(c.LanguageChosen(key)))
        self.how = self._choice("how", _("How it was said"), HOWS)
        self.how.chosen.connect(lambda key: self.loop.send(c.HowChosen(key)))
        self.until = self._choice("until", _("Until when a yes counts"), UNTILS)
        self.until.chosen.connect(lambda key: self.loop.send(c.UntilChosen(key)))
        self.title = Text("", "heading", wrap=True)
        self.intro = Text("", "body", name="chart.consents.intro", wrap=True)
        self.closing = Text("", "body", wrap=True)
        self.items = QWidget()
        self.items.setLayout(down(gap=10))
        inside = scrolling(holding(down(self.title, self.intro, self.items, self.closing, None, gap=12)))
        self.save = PrimaryButton(_("Sign as witness"), name="chart.consents.save", icon="check")
        self.save.clicked.connect(lambda: self.loop.send(c.SavePressed()))
        self.leave = QuietButton(_("Not now"), name="chart.consents.leave")
        self.leave.clicked.connect(lambda: self.loop.send(c.AskLeft()))
        self.witness = Text("", "muted", name="chart.consents.witness", wrap=True)
        fields = across(
            (Field(_("Language"), self.language), 2), (Field(_("How it was said"), self.how), 3),
            (Field(_("Until when a yes counts"), self.until), 3), gap=8,
        )  # fmt: skip
        foot = across((self.witness, 1), self.leave, self.save)
        return holding(down(fields, (inside, 1), foot, gap=10))

    def _choice(self, name: str, spoken: str, words: dict[str, str]) -> Choice:
        return Choice([(k, _(w)) for k, w in words.items()], name=f"chart.consents.{name}", spoken=spoken)

    # rendering

    def render_state(self, state: c.State) -> None:
        consenting = self._room.clinic.consenting
        self.notice.say("danger", state.sentence)
        self.list.show_lines([consent_line(one, consenting.name_of(one.witness)) for one in state.statements])
        self.list.choose(state.chosen)
        self.list.setVisible(bool(state.statements))
        self.nothing.setVisible(not state.statements)
        self.prove.setVisible(bool(state.chosen) and consenting.may_export)
        self.prove.setEnabled(not state.busy)
        how = _("Whoever gets it checks it with: posta verify consent FILE")
        self.saved.say("ok", _("Saved: %(path)s") % {"path": state.saved} if state.saved else "", how)
        self._render_now(state)
        self.ask.setVisible(consenting.may_take)
        self.left.setVisible(not state.asking)  # what is read aloud needs the room
        self.side.setCurrentWidget(self.asked if state.asking else self.now)
        self._render_form(state)

    def _render_now(self, state: c.State) -> None:
        for scope, button in self.takings.items():
            answer = _ANSWERED.get(str(state.standing.get(scope, "")), N_("not asked"))
            self.standing[scope].say(f"{named(SCOPES, scope)}: {_(answer)}")
            button.setText(_("Press again: take back") if state.taking == scope else _("Take back"))
            may = scope in state.permitted and self._room.clinic.consenting.may_take
            button.setVisible(may)
            button.setEnabled(not state.busy)

    def _render_form(self, state: c.State) -> None:
        if state.form is not None and state.form != self._form:
            self._lay_out(state.form)
        self.language.choose(state.language)
        self.how.choose(state.how)
        self.until.choose(state.until)
        for scope, choice in self.answers.items():
            choice.choose(str(state.answers.get(scope, "")))
        self.save.setEnabled(bool(state.answers) and not state.busy)
        me = self._room.clinic.me.name
        self.witness.say(_("%(name)s signs as witness of what was said.") % {"name": me})

    def _lay_out(self, form: c.Form) -> None:
        """The questions of this form, as they are read aloud."""
        self._form = form
        self.title.say(form.title)
        self.intro.say(form.intro)
        self.closing.say(form.closing)
        old = self.items
        self.answers = {scope: self._answer(scope, question) for scope, question in form.items}
        lines = [
            across((Text(question, "strong", wrap=True), 1), self.answers[scope], gap=10)
            for scope, question in form.items
        ]
        self.items = holding(down(*lines, gap=10))
        parent = old.parentWidget()
        box = parent.layout() if parent is not None else None
        if box is not None:
            box.replaceWidget(old, self.items)
        old.deleteLater()

    def _answer(self, scope: str, question: str) -> Choice:
        words = [(k, _(w)) for k, w in ANSWERS.items()]
        choice = Choice(words, name=f"chart.consents.answer.{scope}", spoken=question)
        choice.chosen.connect(lambda key: self.loop.send(c.Answered(scope, key)))
        return choice

    # doing

    def _perform(self, effect: c.Effect) -> None:
        consenting, send = self._room.clinic.consenting, self.loop.send
        match effect:
            case c.LoadStanding(patient):
                self._help.read(
                    consenting.standing,
                    patient,
                    then=lambda found: send(c.StandingCame(patient, found)),
                    failed=self._failed,
                )
            case c.LoadForm(language):
                self._help.read(
                    consenting.form, language, then=lambda form: send(c.FormCame(form)), failed=self._failed
                )
            case c.TakeBack(patient, scopes):
                self._take_back(patient, scopes)
            case c.Say():
                self._say(effect)
            case c.KeepEvidence(patient, statement):
                self._keep(patient, statement)

    def _take_back(self, patient: PatientId, scopes: tuple[str, ...]) -> None:
        words = _("Taken back: %(what)s") % {"what": ", ".join(named(SCOPES, scope) for scope in scopes)}

        def done(_written: object) -> None:
            self.loop.send(c.TakenBack())
            self._room.ways.said.emit("ok", words)

        self._help.write(
            self._room.clinic.consenting.take_back, patient, scopes, then=done, failed=self._failed
        )

    def _say(self, effect: c.Say) -> None:
        def done(_statement: object) -> None:
            self.loop.send(c.Said())
            text = _("Recorded and signed by you as witness.")
            if effect.undo:
                self._room.ways.undoable.emit(
                    "ok", text, lambda: self._take_back(effect.patient, effect.undo)
                )
            else:
                self._room.ways.said.emit("ok", text)

        self._help.write(
            self._room.clinic.consenting.say,
            effect.patient,
            effect.answers,
            effect.language,
            effect.how,
            effect.until,
            then=done,
            failed=self._failed,
        )

    def _keep(self, patient: PatientId, statement: FactId) -> None:
        path = self._path(statement)
        if path is None:
            self.loop.send(c.EvidenceKept(""))
            return
        self._help.write(
            self._room.clinic.consenting.keep_evidence,
            patient,
            statement,
            path,
            then=lambda kept: self.loop.send(c.EvidenceKept(kept)),
            failed=self._failed,
        )

    def _path(self, statement: FactId) -> Path | None:
        """Where it is to lie; the name says nobody's."""
        suggested = f"posta-{_('consent')}-{statement}.txt"
        if self._save_to is not None:
            return self._save_to / suggested
        title, kind = _("Save the evidence"), _("Text") + " (*.txt)"
        chosen, _kind = QFileDialog.getSaveFileName(self, title, suggested, kind)
        return Path(chosen) if chosen else None

    def _failed(self, sentence: str) -> None:
        self.loop.send(c.Failed(sentence))


_ANSWERED = {"permit": N_("permitted"), "deny": N_("not permitted")}
