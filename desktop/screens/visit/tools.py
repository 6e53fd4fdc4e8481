# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands beside the note, one at a time: intake, diagnoses, prescription, chat, next appointment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

from PySide6.QtCore import QDate, Qt, QTimer
from PySide6.QtGui import QIntValidator, QKeyEvent
from PySide6.QtWidgets import QLayout, QWidget

from clinic.domain.facts import Communication, MedicationRequest
from clinic.domain.ids import FactId
from clinic.domain.medication import ROUTES
from clinic.domain.values import Coding
from clinic.services.charts import Asked
from desktop.kit.bodymap import BodyMap
from desktop.kit.buttons import IconButton, PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Choice, DayField, Field, LineField, MessageField
from desktop.kit.navigation import SearchField
from desktop.kit.people import Mark
from desktop.kit.surfaces import Notice
from desktop.kit.text import Text, named
from desktop.kit.words import _, fmt_ago, fmt_moment
from desktop.screens.bubbles import BubbleList, message_bubble
from desktop.screens.chart.logic import VitalFace, cards
from desktop.screens.layouts import across, down, holding, scrolling
from desktop.screens.lines import Line, LineList
from desktop.screens.marks import Marks
from desktop.screens.photos import PhotoView
from desktop.screens.phrases import ROUTES as ROUTE_WORDS
from desktop.screens.phrases import (
    SHORT_NAMES,
    Flag,
    coded,
    missing_inputs,
    points,
    red_flags,
    urgency,
)
from desktop.screens.phrases import (
    named as word_of,
)
from desktop.screens.receipts import marked
from desktop.screens.schedule.words import met_words
from desktop.screens.told import by_patient, marked_places, told_words
from desktop.screens.visit import happenings as h
from desktop.screens.visit import logic as v
from desktop.screens.visit import rung_happenings as r
from desktop.screens.visit.prescribing import asks_pregnancy
from desktop.screens.visit.words import (
    cautions_words,
    directions_words,
    looked_words,
    needs_reason,
    order_words,
    quoted_words,
)

Send = Callable[[h.Event], None]
REST_MS = 300
"""So long the fields of a dose rest before it is checked."""
SLOT_MINUTES = 20


class IntakeTool(QWidget):
    """Why the patient came: reason, symptoms in words, vitals with NEWS2, what else was asked, the photo, where it hurts."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "visit.intake", _("Intake"))
        self.reason = Text("", "heading", name="visit.intake.reason", wrap=True)
        self.symptoms = Text("", "body", name="visit.intake.symptoms", wrap=True)
        self.flagged = Text("", "strong", name="visit.intake.flagged", wrap=True)
        self.score = Text("", "strong", name="visit.intake.news2", wrap=True)
        self.vitals = Marks()
        self.photo = PhotoView(name="visit.intake.photo", spoken=_("Photo of this visit"))
        self.photo.setFixedSize(148, 118)
        self.told = Text("", "body", name="visit.intake.told", wrap=True)
        self.body = BodyMap({}, name="visit.intake.body", spoken=_("Where it hurts"), shows=True)
        self.body.setFixedSize(190, 152)
        words = down(
            self.flagged, self.reason, self.symptoms, self.score, self.vitals, self.told, None, gap=6
        )
        area = scrolling(holding(words), name="visit.intake.words")
        self.setLayout(across((area, 1), down(self.photo, self.body, None), gap=10))

    def render_state(self, state: v.State) -> None:
        visit, chart = state.visit, state.chart
        if visit is None or chart is None:
            return
        self.flagged.say(red_flags(visit), "danger")
        self.flagged.setVisible(bool(visit.red_flags))
        self.reason.setText(coded(visit.reason) or _("No reason given"))
        self.symptoms.setText(", ".join(coded(one) for one in visit.symptoms) or _("No symptoms marked"))
        flag = urgency(chart.news2)
        self.score.say(f"NEWS2 {points(chart.news2)} · {flag.text}", flag.tone)
        if chart.news2.missing:
            self.score.say(missing_inputs(chart.news2), "neutral")
        self.vitals.show_marks([_vital_mark(face, visit.arrived_at, state.now) for face in cards(chart)])
        self._render_told(
            [one for one in chart.answers if one.response.encounter == visit.id and by_patient(one)]
        )
        photo = state.photo
        self.photo.setVisible(photo is not None)
        if photo is not None:
            self.photo.show_photo(photo.thumbnail, photo.title)

    def _render_told(self, answers: Sequence[Asked]) -> None:
        """What the questionnaires asked, in the reader's words, and the places on the drawing."""
        lines = [line for one in reversed(answers) for line in told_words(one)]
        self.told.setText("\n".join(lines))
        self.told.setVisible(bool(lines))
        marked = {code: words for one in answers for code, words in marked_places(one).items()}
        self.body.setVisible(bool(marked))
        self.body.show_names(marked)
        self.body.mark(marked)


def _vital_mark(face: VitalFace, since: datetime, now: datetime) -> Mark:
    """A reading of this visit with its flag; an older one says how old it is, and warns of nothing."""
    said = f"{word_of(SHORT_NAMES, face.key)} {face.text} {face.unit}"
    if face.at < since:
        return Mark(f"{said} · {fmt_ago(face.at, now)}")
    flag = face.flag or Flag("")
    return Mark(said, flag.tone, flag.icon)


class CodesTool(QWidget):
    """ICD-10 as you type; what was chosen stays below."""

    def __init__(self, send: Send) -> None:
        super().__init__()
        self.search = SearchField(_("Search a diagnosis: words or code"), name="visit.icd.search")
        self.search.asked.connect(lambda text: send(h.CodeSearched(text)))
        self.results = LineList(name="visit.icd.results", spoken=_("Diagnoses found"), inside=False)
        self.results.chosen.connect(lambda key: send(h.CodeChosen(key)))
        self.chosen = LineList(name="visit.icd.chosen", spoken=_("Diagnoses of this visit"))
        remove = QuietButton(_("Take off the marked one"), name="visit.icd.remove", icon="x")
        remove.clicked.connect(
            lambda: send(h.ConditionRemoved(FactId(self.chosen.key()))) if self.chosen.key() else None
        )
        self.remove = remove
        self.none = Text(_("Nothing found. Try another word, or the first letters."), "muted", wrap=True)
        self.head = Text(_("In this visit"), "caption")
        self.setLayout(
            down(
                self.search,
                self.none,
                (holding(down((self.results, 1))), 3),
                self.head,
                (self.chosen, 2),
                across(None, remove),
                gap=6,
            )
        )

    def take_hands(self) -> None:
        """The keyboard goes to the search."""
        self.search.setFocus()

    def render_state(self, state: v.State) -> None:
        if not state.searched and self.search.text() and not self.search.hasFocus():
            self.search.clear()
        self.results.show_lines([Line(one.code, one.display, one.code) for one in state.codes])
        self.results.setVisible(bool(state.codes))
        self.none.setVisible(bool(state.searched.strip()) and not state.codes)
        lines = [Line(one.id, one.code.display, one.code.code) for one in state.conditions]
        self.chosen.show_lines(lines)
        for widget in (self.head, self.chosen, self.remove):
            widget.setVisible(bool(lines))
        self.search.setEnabled(state.signed is None)
        self.remove.setEnabled(state.signed is None)


class RxTool(QWidget):
    """A prescription as a plain sentence, checked while it is written."""

    def __init__(self, send: Send) -> None:
        super().__init__()
        self._send = send
        self.drug = SearchField(_("Search a medicine by generic name"), name="visit.rx.drug")
        self.drug.asked.connect(self._asked)
        self.results = LineList(name="visit.rx.results", spoken=_("Medicines found"), inside=False)
        self.results.chosen.connect(lambda key: send(h.DrugChosen(key)))
        self.dose = LineField(_("500 mg"), name="visit.rx.dose", spoken=_("Dose"))
        self.route = Choice(
            [(key, word_of(ROUTE_WORDS, key)) for key in ROUTES], name="visit.rx.route", spoken=_("Route")
        )
        self.every = _number("visit.rx.every", _("Every how many hours"), 8, 168)
        self.days = _number("visit.rx.days", _("For how many days"), 7, 730)
        self.notes = LineField(
            _("Instructions: with food, before sleeping …"),
            name="visit.rx.instructions",
            spoken=_("Instructions"),
        )
        self.reason = LineField(
            _("Why you prescribe it in spite of this"), name="visit.rx.reason", spoken=_("Reason")
        )
        self.sentence = Text("", "strong", name="visit.rx.sentence", wrap=True)
        self.cautions = Notice(name="visit.rx.cautions")
        self.not_pregnant = SecondaryButton(_("She is not pregnant"), name="visit.rx.not_pregnant")
        self.pregnant = SecondaryButton(_("She is pregnant"), name="visit.rx.pregnant")
        for button, answer in ((self.not_pregnant, False), (self.pregnant, True)):
            button.clicked.connect(lambda _on=False, answer=answer: send(h.PregnancyAnswered(answer)))
        self.asked = holding(across(self.not_pregnant, self.pregnant, None, gap=6))
        self.add = PrimaryButton(
            _("Prescribe"), name="visit.rx.add", icon="pill", spoken=_("Sign the prescription")
        )
        self.add.clicked.connect(lambda: send(self.order()))
        self.rx = v.Rx()
        self._resting = QTimer(self, interval=REST_MS, singleShot=True)
        self._resting.timeout.connect(self._ask_about_dose)
        self.takes = LineList(name="visit.rx.takes", spoken=_("Prescribed before: repeat"), inside=False)
        self.takes.opened.connect(lambda key: self._repeat(key))
        self.takes_head = Text(_("Prescribed before: Enter repeats it"), "caption")
        self._listen()
        self.scroll = scrolling(holding(self._arranged()), name="visit.rx.scroll")
        self.setLayout(down((self.scroll, 1)))

    def _repeat(self, key: str) -> None:
        self._send(h.RepeatChosen(FactId(key)))

    def take_hands(self) -> None:
        """The keyboard goes where the next prescription begins: what she takes already, or the search."""
        first = self.takes.model().index(0, 0)
        if self.rx.drug is not None:
            self.dose.setFocus()
        elif first.isValid():
            self.takes.setFocus()
            self.takes.setCurrentIndex(first)
        else:
            self.drug.setFocus()

    def _arranged(self) -> QLayout:
        self.every.setToolTip(_("0: once only"))
        self.days.setToolTip(_("0: until further notice"))
        numbers = across(
            (Field(_("Dose"), self.dose), 3),
            (Field(_("Route"), self.route), 4),
            (Field(_("Every (h)"), self.every), 2),
            (Field(_("Days"), self.days), 2),
            gap=6,
        )
        self.form = holding(
            down(numbers, self.notes, self.reason, across((self.sentence, 1), self.add), gap=6)
        )
        before = down(self.takes_head, (self.takes, 1), gap=2)
        self.before = holding(before)
        return down(
            self.drug, (self.results, 1), (self.before, 1), self.cautions, self.asked, self.form, None, gap=6
        )

    def _listen(self) -> None:
        for field in (self.dose, self.notes, self.every, self.days):
            field.textChanged.connect(lambda _text: self._say())
            field.returnPressed.connect(lambda: self._send(self.order()))
        self.route.chosen.connect(lambda _key: self._say())

    def order(self) -> h.PrescribePressed:
        """What stands in the form."""
        return h.PrescribePressed(
            self.dose.text(),
            self.route.key(),
            _whole(self.every),
            _whole(self.days),
            self.notes.text().strip(),
            self.reason.text().strip() if needs_reason(self.rx) else "",
        )

    def _asked(self, text: str) -> None:
        if self.rx.drug is None or text != self.rx.drug.display:
            self._send(h.DrugSearched(text))

    def _say(self) -> None:
        self.sentence.setText(order_words(self.rx, self.order()))
        self._resting.start()

    def _ask_about_dose(self) -> None:
        """The dose is checked once its fields rest."""
        if self.rx.drug is not None:
            self._send(h.DoseTyped(self.dose.text().strip(), self.route.key(), _whole(self.every)))

    def render_state(self, state: v.State) -> None:
        before, self.rx = self.rx, state.rx
        if before.drug != state.rx.drug:
            self.reason.clear()
        self.reason.setVisible(needs_reason(state.rx))
        if state.rx.repeats is not None and before.repeats != state.rx.repeats:
            self._show_repeated(state.rx.repeats)
        elif state.rx.drug is not None and before.drug != state.rx.drug:
            self._show_drug(state.rx.drug)
        self._render_takes(state)
        searching = state.rx.drug is None and bool(state.rx.found)
        self.results.show_lines(
            [Line(one.code, one.display, one.code, icon="pill") for one in state.rx.found]
        )
        self.results.setVisible(searching)
        self.form.setVisible(not searching)
        said = cautions_words(state.rx)
        self.cautions.say(said.tone, said.text, looked_words(state.rx))
        self.cautions.setToolTip(quoted_words(state.rx))
        self.asked.setVisible(asks_pregnancy(state.rx) and state.signed is None)
        self.add.setEnabled(state.rx.drug is not None and not state.rx.busy and state.signed is None)
        if before.drug != state.rx.drug:
            self._resting.start()
        self.sentence.setText(order_words(self.rx, self.order()))
        if before.against != state.rx.against:
            QTimer.singleShot(0, self, self._keep_hands_in_sight)

    def _keep_hands_in_sight(self) -> None:
        """What is said above the form moves it down: the field that is typed in stays in view."""
        held = self.focusWidget()
        if held is not None and held.hasFocus() and self.form.isAncestorOf(held):
            self.scroll.ensureWidgetVisible(held)

    def _render_takes(self, state: v.State) -> None:
        """What can be repeated, as long as no medicine is chosen or looked for."""
        free = state.rx.drug is None and not state.rx.searched.strip() and state.signed is None
        lines = [
            Line(one.id, coded(one.medication), directions_words(one), icon="pill") for one in state.takes
        ]
        self.takes.show_lines(lines)
        self.before.setVisible(free and bool(lines))

    def _show_repeated(self, request: MedicationRequest) -> None:
        """The same directions, to be signed as they are or changed."""
        held = self.takes.hasFocus()
        self.drug.setText(request.medication.display)
        self.dose.setText(request.dose)
        self.route.choose(request.route)
        self.every.setText(str(max(0, request.every_hours)))
        self.days.setText(str(request.days))
        self.notes.setText(request.instructions)
        if held:
            self.dose.setFocus()

    def _show_drug(self, drug: Coding) -> None:
        self.drug.setText(drug.display)
        if self.drug.hasFocus() or self.results.hasFocus():
            self.dose.setFocus()

    def begin_anew(self) -> None:
        """Signed: the form is free for the next medicine."""
        for field in (self.drug, self.dose, self.notes):
            field.clear()
        self.every.setText("8")
        self.days.setText("7")


class ChatTool(QWidget):
    """Messages in the record; during the call they also stand on the kiosk's screen."""

    def __init__(self, send: Send) -> None:
        super().__init__()
        self._send = send
        self.lines = BubbleList(name="visit.chat.lines", spoken=_("Messages"))
        self.text = MessageField(
            _("Write to the patient"), name="visit.chat.text", spoken=_("Message"), lines=2
        )
        self.text.setFixedHeight(58)
        self.photo = IconButton(
            "paperclip", _("Attach the photo of this visit"), name="visit.chat.photo", checkable=True
        )
        self.photo.toggled.connect(lambda on: send(h.PhotoToggled(on)))
        self.post = PrimaryButton(_("Send"), name="visit.chat.send", icon="send")
        self.post.clicked.connect(lambda: send(h.SendPressed(self.text.toPlainText())))
        self.text.entered.connect(self.post.click)
        self.post.setToolTip(_("Enter sends, Shift+Enter begins a line"))
        self.attached = Text("", "caption")
        self._spoken: dict[str, Communication] = {}
        self._playing = ""
        self.listen = SecondaryButton(_("Listen"), name="visit.chat.listen", icon="volume")
        self.listen.clicked.connect(self._listen)
        foot = across(self.photo, (self.attached, 1), self.listen, self.post)
        self.setLayout(down((self.lines, 1), self.text, foot, gap=6))
        self._count = -1

    def take_hands(self) -> None:
        """The keyboard goes to the text."""
        self.text.setFocus()

    def render_state(self, state: v.State) -> None:
        lines = [message_bubble(one) for one in state.chat]
        spoken = {one.id for one in state.chat if one.spoken}
        reached = state.chart.reached if state.chart is not None else {}
        self.lines.show_lines(marked(lines, reached, spoken))
        self._listen_to(state)
        if len(lines) != self._count:
            self._count = len(lines)
            self.lines.show_end()
        self.photo.setEnabled(state.photo is not None)
        self.photo.setChecked(state.attach)
        self.attached.setText(_("The photo goes along") if state.attach else "")
        self.post.setEnabled(not state.sending)

    def _listen_to(self, state: v.State) -> None:
        """The button plays the marked voice note, or the newest one from the patient."""
        self._spoken = {one.id: one for one in state.chat if one.spoken}
        playing = state.note.playing
        self.listen.setVisible(bool(self._spoken))
        self.listen.setText(_("Stop") if playing else _("Listen"))
        self.listen.set_icon("x" if playing else "volume")
        self._playing = playing

    def _listen(self) -> None:
        chosen = self._playing or self.lines.key()
        theirs = [key for key, one in self._spoken.items() if one.sender == "patient"]
        message = chosen if chosen in self._spoken else (theirs or list(self._spoken))[-1]
        self._send(r.ListenPressed(message))

    def sent(self, text: str) -> None:
        """The message is in the record; what was typed after it stays."""
        written = self.text.toPlainText().lstrip()
        self.text.setPlainText(written.removeprefix(text).lstrip())


class NextTool(QWidget):
    """When the patient comes again."""

    def __init__(self, send: Send, now: datetime) -> None:
        super().__init__()
        self.day = DayField(name="visit.next.day", spoken=_("Day"))
        slots = [
            f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in range(7 * 60, 20 * 60, SLOT_MINUTES)
        ]
        self.time = Choice([(slot, slot) for slot in slots], name="visit.next.time", spoken=_("Time"))
        self.time.choose("09:00")
        soon = now.astimezone() + timedelta(days=7)
        self.day.show_day(soon.date())
        self.reason = LineField(_("Check-up"), name="visit.next.reason", spoken=_("Reason"))
        book = self.book = SecondaryButton(_("Book"), name="visit.next.book", icon="calendar")
        book.clicked.connect(lambda: send(h.NextPressed(self.start(), self.reason.text().strip())))
        self.reason.returnPressed.connect(book.click)
        weeks = across(*(self._in_weeks(count) for count in (1, 2, 4, 12)), gap=6)
        self.booked = LineList(name="visit.next.booked", spoken=_("Appointments of this patient"))
        self.conflict = Notice(name="visit.next.conflict", tone="warn")
        self.beside = SecondaryButton(_("Book it beside"), name="visit.next.beside", icon="alert-triangle")
        self.beside.clicked.connect(lambda: send(h.NextAnyway()))
        self.other = SecondaryButton(_("Choose another time"), name="visit.next.other")
        self.other.clicked.connect(lambda: (send(h.NextLeft()), self.time.setFocus()))
        self.taken = holding(down(self.conflict, across(self.other, self.beside, None), gap=6))
        self.setLayout(
            down(
                weeks,
                across((Field(_("Day"), self.day), 1), (Field(_("Time"), self.time), 1)),
                Field(_("Reason"), self.reason),
                across(None, book),
                self.taken,
                (self.booked, 1),
                None,
                gap=8,
            )
        )

    def take_hands(self) -> None:
        """The keyboard goes to the weeks: Space chooses them, Enter books."""
        self.findChild(QWidget, "visit.next.weeks.1").setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            asks = self.taken.isVisible()
            (self.beside if asks and self.beside.hasFocus() else self.other if asks else self.book).click()
            return
        super().keyPressEvent(event)

    def _in_weeks(self, count: int) -> QWidget:
        text = _("%(n)d wk") % {"n": count}
        button = SecondaryButton(
            text, name=f"visit.next.weeks.{count}", spoken=_("In %(n)d weeks") % {"n": count}
        )
        button.clicked.connect(lambda: self.day.setDate(QDate.currentDate().addDays(7 * count)))
        return button

    def start(self) -> datetime:
        """The moment chosen, local."""
        hour, minute = self.time.key().split(":")
        return datetime.combine(self.day.day(), time(int(hour), int(minute))).astimezone()

    def render_state(self, state: v.State) -> None:
        self.book.setEnabled(not state.booking)
        taken = state.taken
        came = taken is not None and self.taken.isHidden()
        self.taken.setVisible(taken is not None)
        if taken is not None:
            never = any(one.shared.forbidden for one in taken.collisions)
            self.conflict.say(
                "warn", f"{fmt_moment(taken.asked.start)}: {met_words(taken.collisions, taken.outside)}"
            )
            self.beside.setVisible(not never)
            self.beside.setText(_("Book it beside") if taken.collisions else _("Book it anyway"))
            if came:
                self.other.setFocus()
        booked = (one for one in (state.chart.appointments if state.chart else ()) if one.status == "booked")
        coming = [one for one in booked if one.start >= state.now]
        self.booked.show_lines(
            [Line(one.id, fmt_moment(one.start), one.reason or _("Visit"), icon="calendar") for one in coming]
        )
        self.booked.setVisible(bool(coming))


def _number(name: str, spoken: str, value: int, most: int) -> LineField:
    field = LineField(name=name, spoken=spoken)
    field.setValidator(QIntValidator(0, most, field))
    field.setText(str(value))
    return field


def _whole(field: LineField) -> int:
    """The number typed; -1 when there is none."""
    return int(field.text()) if field.text().isdecimal() else -1
