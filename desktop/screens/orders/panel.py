# SPDX-License-Identifier: GPL-3.0-or-later
"""On the left what waits and what came; on the right a result from paper, or what becomes of the one that is marked."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStackedWidget, QWidget

from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import Coding
from clinic.keys.rights import Action
from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.charts import Reading, Series, VitalsChart
from desktop.kit.fields import DayField, Field, LineField
from desktop.kit.surfaces import Card, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, fmt_date, language
from desktop.screens.layouts import across, down, holding, scrolling
from desktop.screens.lines import Line, LineList
from desktop.screens.orders import logic as o
from desktop.screens.orders.paper import Typed
from desktop.screens.orders.rows import decimals, lines, range_text, typed_text, value_text
from desktop.screens.phrases import UNITS, coded
from desktop.screens.room import Room

if TYPE_CHECKING:
    from clinic.domain.facts import DiagnosticReport, Observation, ServiceRequest

ASIDE = 420
COURSE = 170
"""Height of the curve of one test."""


class ResultsPanel(QWidget):
    """Whoever may write a note types what came; whoever may prescribe takes an order back; others see the list alone."""

    def __init__(self, room: Room) -> None:
        super().__init__()
        self._room, self._help = room, room.helper(self)
        self._may_write = room.clinic.allowed(Action.WRITE_NOTE)
        self._may_order = room.clinic.allowed(Action.PRESCRIBE)
        self._about = FactId("")
        self._test: Coding | None = None
        self._build()
        self.loop: Loop[o.State, o.Event, o.Effect] = Loop(
            o.State(), o.update, self._perform, self.render_state
        )
        self.loop.show()

    def open(
        self,
        patient: PatientId,
        name: str,
        orders: tuple[ServiceRequest, ...],
        reports: tuple[DiagnosticReport, ...],
        results: tuple[Observation, ...],
    ) -> None:
        """Show this person's orders and results. Also after something changed."""
        before = self.loop.state
        if patient != before.patient:
            self._clear()
        now = (patient, name, orders, reports, results)
        if now != (before.patient, before.name, before.orders, before.reports, before.results):
            self.loop.send(o.Opened(*now))

    def take_hands(self) -> None:
        """The keyboard goes to the list, or to a result from paper where there is none."""
        first = next((line.key for line in self.list.lines() if line.key), "")
        if first:
            self.list.setFocus()
            self.list.choose(first)
        else:
            self.test.setFocus()

    # widgets

    def _build(self) -> None:
        self.list = LineList(name="chart.results.list", spoken=_("Orders and results"), wrap=True)
        self.list.chosen.connect(self._mark)
        self.nothing = Text(_("Nothing is ordered, and no result has come yet."), "muted", wrap=True)
        left = Card(name="chart.results.card")
        left.body.setContentsMargins(6, 6, 6, 6)
        left.add(self.list, 1)
        left.add(self.nothing)
        self.side = Card(_("A result from paper"), name="chart.results.side")
        self.side.setFixedWidth(ASIDE)
        self.face = QStackedWidget()
        self.typing, self.looking = self._typing(), self._looking()
        for face in (self.typing, self.looking):
            self.face.addWidget(face)
        self.notice = Notice(name="chart.results.notice", tone="danger")
        self.side.add(self.notice)
        self.side.add(scrolling(self.face), 1)
        self.setLayout(across((left, 1), self.side, gap=12))

    def _typing(self) -> QWidget:
        self.asked = Text("", "body", name="chart.results.order", wrap=True)
        self.drop = SecondaryButton(_("Cancel the order"), name="chart.results.cancel", icon="x")
        self.drop.clicked.connect(lambda: self.loop.send(o.CancelPressed()))
        self.test = LineField(_("Haemoglobin, glucose …"), name="chart.results.test", spoken=_("Test"))
        self.value = LineField(_("a number, or words"), name="chart.results.value", spoken=_("Result"))
        self.unit = LineField("mg/dL", name="chart.results.unit", spoken=_("Unit"))
        self.low = LineField(name="chart.results.low", spoken=_("Normal from"))
        self.high = LineField(name="chart.results.high", spoken=_("Normal up to"))
        self.day = DayField(name="chart.results.day", spoken=_("Day of the sample"))
        self.conclusion = LineField(
            _("In words, if the paper says so"), name="chart.results.conclusion", spoken=_("Conclusion")
        )
        self.read = LineList(name="chart.results.lines", spoken=_("Results of this report"), inside=False)
        self.more = QuietButton(_("One more test"), name="chart.results.more", icon="plus")
        self.more.clicked.connect(self._more)
        self.write = PrimaryButton(_("Write down"), name="chart.results.write", icon="check")
        self.write.clicked.connect(lambda: self._press())
        self.leave = QuietButton(_("Not now"), name="chart.results.leave")
        self.leave.clicked.connect(lambda: self.loop.send(o.Chosen(FactId(""))))
        for field in (self.value, self.unit, self.low, self.high, self.conclusion):
            field.returnPressed.connect(self._press)
        for field in (self.test, self.value, self.unit, self.low, self.high, self.conclusion):
            field.setMinimumWidth(40)
        self.test.editingFinished.connect(self._as_last_time)
        numbers = across(
            (Field(_("Result"), self.value), 3),
            (Field(_("Unit"), self.unit), 2),
            (Field(_("From"), self.low), 2),
            (Field(_("To"), self.high), 2),
            gap=6,
        )
        return holding(
            down(
                self.asked,
                across(self.drop, None, self.leave),
                self.read,
                Field(_("Test"), self.test),
                numbers,
                across(
                    (Field(_("Day of the sample"), self.day), 2),
                    (Field(_("Conclusion"), self.conclusion), 3),
                    gap=6,
                ),
                across(self.more, None, self.write, gap=4),
                None,
                gap=6,
            )
        )

    def _looking(self) -> QWidget:
        self.what = Text("", "body", name="chart.results.chosen", wrap=True)
        self.curve = VitalsChart(name="chart.results.course", spoken=_("Course of this test"))
        self.curve.setFixedHeight(COURSE)
        self.corrected = LineField(
            _("The conclusion as it should read"), name="chart.results.corrected", spoken=_("Conclusion")
        )
        self.why = LineField(
            _("Why: typed wrongly, of another sample …"),
            name="chart.results.why",
            spoken=_("Why it is corrected"),
        )
        self.amend = PrimaryButton(_("Correct"), name="chart.results.amend", icon="pen")
        self.amend.clicked.connect(
            lambda: self.loop.send(o.AmendPressed(self.corrected.text(), self.why.text()))
        )
        self.back = SecondaryButton(_("It does not count"), name="chart.results.take_back", icon="x")
        self.back.clicked.connect(lambda: self.loop.send(o.TakeBackPressed(self.why.text())))
        away = QuietButton(_("Not now"), name="chart.results.away")
        away.clicked.connect(lambda: self.loop.send(o.Chosen(FactId(""))))
        return holding(
            down(
                self.what,
                self.curve,
                self.corrected,
                self.why,
                across(None, away, self.back, self.amend, gap=6),
                None,
                gap=8,
            )
        )

    def _mark(self, key: str) -> None:
        self.loop.send(o.Chosen(FactId(key)))
        if self.loop.state.order is not None and self._may_write:
            self.value.setFocus()

    def _typed(self) -> Typed:
        fields = (self.test, self.value, self.unit, self.low, self.high)
        return Typed(*(field.text() for field in fields), self._test)

    def _more(self) -> None:
        """The fields are free for the next one when this one could be read."""
        before = len(self.loop.state.lines)
        self.loop.send(o.LinePressed(self._typed()))
        if len(self.loop.state.lines) > before:
            self._free_line()
            self.test.setFocus()

    def _press(self) -> None:
        self.loop.send(o.ReportPressed(self._typed(), self.day.day(), self.conclusion.text()))

    def _as_last_time(self) -> None:
        """Unit and range as they were, where they are not written yet."""
        name = self.test.text().strip()
        if not name or self.unit.text() or self.low.text() or self.high.text():
            return
        code = self._test if self._test is not None and self._test.display == name else None
        last = self.loop.state.last_of(code or Coding(system="", code="", display=name))
        if last is None or last.value is None:
            return
        self._test = last.code if last.code.display == name else self._test
        self.unit.setText(last.value.unit)
        for field, edge in ((self.low, last.low), (self.high, last.high)):
            field.setText("" if edge is None else _as_written(edge))

    def _free_line(self) -> None:
        self._test = None
        for field in (self.test, self.value, self.unit, self.low, self.high):
            field.clear()

    def _clear(self) -> None:
        self._free_line()
        for field in (self.conclusion, self.corrected, self.why):
            field.clear()
        self.day.allow(last=self._room.today())
        self.day.show_day(self._room.today())

    # rendering

    def render_state(self, state: o.State) -> None:
        shown = lines(state)
        self.list.show_lines(shown)
        self.list.setVisible(bool(shown))
        self.nothing.setVisible(not shown)
        self.notice.say("danger", state.sentence)
        looking = state.report is not None or state.result is not None
        self.side.setVisible(looking or self._may_write)
        self.face.setCurrentWidget(self.looking if looking else self.typing)
        for button in (self.drop, self.more, self.write, self.amend, self.back):
            button.setEnabled(bool(state.patient) and not state.writing)
        if state.chosen != self._about:
            self._about = state.chosen
            self._turn(state)
        self.read.show_lines([Line(str(n), typed_text(one)) for n, one in enumerate(state.lines)])
        self.read.setVisible(bool(state.lines))
        self.read.setFixedHeight(min(4, len(state.lines)) * 36)
        self._render_order(state)
        if looking:
            self._render_marked(state)
        elif state.order is None:
            self.side.set_title(_("A result from paper"))

    def _turn(self, state: o.State) -> None:
        """Something else is marked: the fields begin anew, with the test that was ordered."""
        self._clear()
        if state.order is not None:
            code, name = state.order.code, coded(state.order.code)
            self.test.setText(name)
            self._test = code if code.display == name else None
            self._as_last_time()
        if state.report is not None:
            self.corrected.setText(state.report.conclusion)

    def _render_order(self, state: o.State) -> None:
        order = state.order
        self.asked.setVisible(order is not None)
        self.drop.setVisible(order is not None and self._may_order)
        self.leave.setVisible(order is not None)
        if order is not None:
            self.side.set_title(_("What came back: %(what)s") % {"what": coded(order.code)})
            told = {"name": state.name, "day": fmt_date(order.authored_at)}
            self.asked.setText(_("%(name)s · ordered on %(day)s") % told)

    def _render_marked(self, state: o.State) -> None:
        report, result = state.report, state.result
        code = report.code if report is not None else result.code if result is not None else None
        assert code is not None
        self.side.set_title(coded(code))
        course = (
            state.course(result.code, result.value.unit)
            if result is not None and result.value is not None
            else ()
        )
        self.curve.setVisible(len(course) > 1)
        if len(course) > 1:
            self.curve.show_series(_series(course))
        said = [state.name]
        if result is not None:
            said += [value_text(result), range_text(result.low, result.high), fmt_date(result.effective_at)]
        elif report is not None:
            said += [fmt_date(report.effective_at), report.conclusion]
        self.what.setText(" · ".join(part for part in said if part))
        self.corrected.setVisible(report is not None and self._may_write)
        self.amend.setVisible(report is not None and self._may_write)
        self.back.setVisible(result is not None and self._may_write)
        self.why.setVisible(self._may_write)

    # doing

    def _perform(self, effect: o.Effect) -> None:
        ordering = self._room.clinic.ordering
        match effect:
            case o.Report(patient, name, code, found, day, based_on, conclusion):
                said = _("Result on the chart of %(name)s: %(what)s.") % {"name": name, "what": coded(code)}
                self._write(
                    patient, name, said, ordering.report, patient, code, found, day, based_on, conclusion
                )
            case o.CancelOrder(patient, name, order):
                self._cancel(patient, name, order)
            case o.Amend(patient, name, report, conclusion):
                said = _("Corrected for %(name)s: %(what)s.") % {"name": name, "what": coded(report.code)}
                self._write(patient, name, said, ordering.amend, FactId(report.id), conclusion, patient)
            case o.TakeBack(patient, name, result, why):
                what = f"{coded(result.code)} {value_text(result)}"
                said = _("Does not count for %(name)s any more: %(what)s.") % {"name": name, "what": what}
                self._write(patient, name, said, ordering.take_back, FactId(result.id), why, patient)

    def _write(
        self, patient: PatientId, name: str, said: str, verb: Callable[..., object], *args: object
    ) -> None:
        def done(_written: object) -> None:
            self._written(patient)
            self._room.ways.said.emit("ok", said)

        self._help.write(verb, *args, then=done, failed=self._failed(patient, name))

    def _cancel(self, patient: PatientId, name: str, order: ServiceRequest) -> None:
        ordering = self._room.clinic.ordering

        def done(_written: object) -> None:
            self._written(patient)
            said = _("Order for %(name)s cancelled: %(what)s.") % {"name": name, "what": coded(order.code)}

            self._help.undoable(
                said,
                ordering.order,
                patient,
                (order.code,),
                order.priority,
                order.reason,
                order.note,
                order.encounter,
            )

        self._help.write(
            ordering.cancel, (FactId(order.id),), patient, then=done, failed=self._failed(patient, name)
        )

    def _written(self, patient: PatientId) -> None:
        if self.loop.state.patient == patient:
            self._clear()
        self.loop.send(o.Written(patient))

    def _failed(self, patient: PatientId, name: str) -> Callable[[str], None]:
        return self._help.failing(
            patient,
            name,
            lambda: self.loop.state.patient,
            lambda sentence: self.loop.send(o.Failed(patient, sentence)),
        )


def _as_written(edge: Decimal) -> str:
    """With the decimal mark of the language, without one for thousands."""
    return f"{edge:f}" if language() == "en" else f"{edge:f}".replace(".", ",")


def _series(course: tuple[Observation, ...]) -> Series:
    last = course[-1]
    assert last.value is not None
    points = tuple(
        Reading(one.effective_at, float(one.value.value), str(one.method))
        for one in course
        if one.value is not None
    )
    unit = UNITS.get(last.value.unit, last.value.unit)
    low, high = (None if edge is None else float(edge) for edge in (last.low, last.high))
    return Series(coded(last.code), unit, points, low, high, decimals(last.value.value))
