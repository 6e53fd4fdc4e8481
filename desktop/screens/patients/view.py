# SPDX-License-Identifier: GPL-3.0-or-later
"""The finder on the left; on the right the person, the form for a new one, or the card."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget, QWidget

from clinic.domain.facts import Gender
from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Choice, Field, LineField
from desktop.kit.navigation import SearchField
from desktop.kit.people import Avatar
from desktop.kit.surfaces import Card, EmptyState, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, fmt_ago
from desktop.screens.faces import person_row
from desktop.screens.ident.view import CardsPanel
from desktop.screens.layouts import Page, across, down, holding
from desktop.screens.lines import OpeningList
from desktop.screens.patients.logic import (
    AlikeFound,
    CardClosed,
    CardPressed,
    Effect,
    Event,
    FactsChanged,
    Failed,
    Find,
    FindAlike,
    FormLeft,
    FormTyped,
    Found,
    NewPerson,
    NewPressed,
    OpenChart,
    PersonChosen,
    PersonOpened,
    Register,
    Registered,
    SavePressed,
    Shown,
    State,
    TextTyped,
    update,
)
from desktop.screens.phrases import SEXES, named, person_detail
from desktop.screens.room import Room

KINDS = frozenset({"Patient", "Link", "Encounter"})


class PatientsView(Page):
    def __init__(self, room: Room, state: State | None = None) -> None:
        super().__init__("patients", _("Patients"))
        self._room, self._help = room, room.helper(self)
        self._build()
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(now=room.clock.now()),
            update,
            self._perform,
            self.render_state,
        )
        self.search.setText(self.loop.state.text)
        self.loop.show()

    def refresh(self) -> None:
        """Read again."""
        self.loop.send(Shown(self._room.clock.now()))
        self.search.setFocus()

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed."""
        if kinds & KINDS and self.isVisible():
            self.loop.send(FactsChanged())
        self.card.told(kinds)

    # widgets

    def _build(self) -> None:
        self.search = SearchField(_("Name, DNI or birth date"), name="patients.search")
        self.search.asked.connect(lambda text: self.loop.send(TextTyped(text)))
        self.people = OpeningList(name="patients.list", spoken=_("People found"))
        self.people.setProperty("kind", "inside")
        self.people.picked.connect(lambda key: self.loop.send(PersonChosen(key)))
        self.people.opened.connect(lambda key: self.loop.send(PersonOpened(key)))
        self.empty = EmptyState(
            "search",
            _("Nobody found"),
            _("Try the family name, the DNI, the birth date or the telephone."),
            name="patients.empty",
        )
        new = SecondaryButton(_("New patient"), name="patients.new", icon="plus", shortcut="Ctrl+N")
        new.clicked.connect(lambda: self.loop.send(NewPressed()))
        self.elsewhere = QuietButton(_("Another team's patient?"), name="patients.elsewhere", icon="search")
        self.elsewhere.clicked.connect(lambda: self._room.ways.elsewhere.emit(self.search.text()))
        self.notice = Notice(name="patients.notice")
        left = Card(name="patients.finder")
        left.body.setContentsMargins(10, 10, 10, 6)
        left.add(self.search)
        left.add(self.people, 1)
        left.add(self.empty, 1)
        left.add(across(self.elsewhere, None))
        self.side = QStackedWidget()
        self.about, self.form, self.card = self._about(), self._form(), CardsPanel(self._room, "patients")
        self.card.closed.connect(lambda: self.loop.send(CardClosed()))
        for face in (self.about, self.form, self.card):
            self.side.addWidget(face)
        right = Card(name="patients.side")
        right.setFixedWidth(440)
        right.body.setContentsMargins(20, 18, 20, 18)
        right.add(self.side, 1)
        head = across(Text(_("Patients"), "title"), None, new)
        body = across((left, 1), right, gap=14)
        self.setLayout(down(head, self.notice, (body, 1), gap=12, margins=(20, 16, 20, 18)))

    def _about(self) -> QWidget:
        self.face = Avatar(96, name="patients.face")
        self.name = Text("", "title", name="patients.name", wrap=True)
        self.line = Text("", "body", wrap=True)
        self.seen = Text("", "muted", wrap=True)
        self.open = PrimaryButton(_("Open the chart"), name="patients.open", icon="clipboard")
        self.open.clicked.connect(lambda: self.loop.send(PersonOpened(self.loop.state.chosen)))
        self.give = SecondaryButton(_("Cards and codes"), name="patients.card", icon="card")
        self.give.clicked.connect(lambda: self.loop.send(CardPressed()))
        self.doings = holding(across((self.open, 1), (self.give, 1)))
        return holding(
            down(across(self.face, None), 4, self.name, self.line, self.seen, None, self.doings, gap=8)
        )

    def _form(self) -> QWidget:
        self.family = LineField(name="patients.new.family")
        self.given = LineField(name="patients.new.given")
        self.birth = LineField("3/3/1974", name="patients.new.birth", spoken=_("Birth date"))
        self.dni = LineField("12.345.678", name="patients.new.dni", spoken="DNI")
        options = [("unknown", _("not said")), *((sex, named(SEXES, sex)) for sex in SEXES)]
        self.gender = Choice(options, name="patients.new.gender")
        self.phone = LineField(name="patients.new.phone", spoken=_("Telephone"))
        for field in self._fields():
            field.textEdited.connect(lambda _text: self.loop.send(FormTyped(self.typed())))
            field.returnPressed.connect(self._save)
        self.gender.chosen.connect(lambda _key: self.loop.send(FormTyped(self.typed())))
        self.warning = Notice(name="patients.new.warning", tone="warn")
        self.alike = OpeningList(name="patients.new.alike", spoken=_("People it may be"))
        self.alike.opened.connect(lambda key: self.loop.send(PersonOpened(key)))
        self.save = PrimaryButton(_("Register"), name="patients.new.save", icon="check")
        self.save.clicked.connect(self._save)
        leave = QuietButton(_("Cancel"), name="patients.new.leave")
        leave.clicked.connect(lambda: self.loop.send(FormLeft()))
        return holding(
            down(
                Text(_("New patient"), "title"),
                Field(_("Family name"), self.family),
                Field(_("Given names"), self.given),
                across((Field(_("Birth date"), self.birth), 1), (Field("DNI", self.dni), 1)),
                across((Field(_("Sex"), self.gender), 1), (Field(_("Telephone"), self.phone), 1)),
                self.warning,
                (self.alike, 1),
                None,
                across(leave, None, self.save),
                gap=10,
            )
        )

    def typed(self) -> NewPerson:
        """What stands in the form."""
        return NewPerson(
            self.family.text(),
            self.given.text(),
            self.birth.text(),
            self.dni.text(),
            self.gender.key(),
            self.phone.text(),
        )

    def _fields(self) -> tuple[LineField, ...]:
        return self.family, self.given, self.birth, self.dni, self.phone

    def _save(self) -> None:
        self.loop.send(SavePressed(self.typed()))

    # rendering

    def render_state(self, state: State) -> None:
        self.people.show_rows([person_row(person, state.now) for person in state.people])
        self.people.pick(state.chosen)
        self.people.setVisible(bool(state.people))
        self.empty.setVisible(not state.people)
        self.notice.say("warn", state.sentence)
        face = self.card if state.carded is not None else self.form if state.form is not None else self.about
        if self.side.currentWidget() is not face:
            self.side.setCurrentWidget(face)
            if face is self.form:
                self.family.setFocus()
        self._render_about(state)
        self._render_form(state)
        if state.carded is not None and state.carded.patient != self.card.patient:
            self.card.open(state.carded.patient, state.carded.name.full)

    def _render_about(self, state: State) -> None:
        person = state.selected
        self.doings.setVisible(person is not None)
        self.face.setVisible(person is not None)
        if person is None:
            self.name.setText(_("Choose somebody in the list"))
            self.line.setText("")
            self.seen.setText("")
            return
        self.face.show_person(person.name.full, person.photo)
        self.name.setText(person.name.full)
        sex = named(SEXES, person.gender) if str(person.gender) in SEXES else ""
        self.line.setText(" · ".join(part for part in (sex, person_detail(person, state.now.date())) if part))
        seen = person.last_seen_at
        self.seen.setText(
            _("Last visit %(ago)s") % {"ago": fmt_ago(seen, state.now)} if seen else _("No visit yet")
        )

    def _render_form(self, state: State) -> None:
        if state.form is None:
            for field in self._fields():
                field.clear()
            return
        for field, text in (
            (self.family, state.form.family),
            (self.given, state.form.given),
            (self.birth, state.form.birth),
            (self.dni, state.form.dni),
            (self.phone, state.form.phone),
        ):
            if field.text() != text:
                field.setText(text)
        self.alike.show_rows([person_row(person, state.now) for person in state.alike])
        self.alike.setVisible(bool(state.alike))
        told = _(
            "These people are much alike. Is it one of them? "
            "Open with a double click, or register a new person."
        )
        self.warning.say("warn", told if state.alike else "")
        self.save.setText(_("It is somebody else: register") if state.alike else _("Register"))
        self.save.setEnabled(not state.busy)

    # doing

    def _perform(self, effect: Effect) -> None:
        clinic = self._room.clinic
        match effect:
            case Find(text):
                self._help.read(
                    clinic.find,
                    text,
                    then=lambda people: self.loop.send(Found(text, people)),
                    failed=self._failed,
                )
            case OpenChart(patient):
                self._room.ways.chart.emit(patient, "summary")
            case FindAlike(form, birth):
                self._help.read(
                    clinic.alike,
                    form.name,
                    birth,
                    form.number,
                    failed=self._failed,
                    then=lambda people: self.loop.send(AlikeFound(form, people)),
                )
            case Register(form, birth):
                self._help.write(
                    clinic.register,
                    form.name,
                    birth,
                    Gender(form.gender),
                    form.number,
                    form.phone,
                    failed=self._failed,
                    then=lambda patient: self.loop.send(Registered(patient)),
                )

    def _failed(self, sentence: str) -> None:
        self.loop.send(Failed(sentence))
