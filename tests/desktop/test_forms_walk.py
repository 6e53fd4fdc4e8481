# SPDX-License-Identifier: GPL-3.0-or-later
"""A form on the chart in the real window, by keys over a real book: begun, kept over a lock, completed, amended, read again."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from clinic.domain.facts import Observation, QuestionnaireResponse
from clinic.domain.forms import read_answers
from clinic.domain.ids import PatientId
from clinic.services.desks import Desk
from desktop.app import Window
from desktop.kit.words import set_language
from desktop.screens.forms import logic as f
from desktop.screens.forms.panel import FormsPanel
from desktop.seat import Seat
from tests.desktop.at_work import hands, in_front, pressed, registered, typed, until
from tests.desktop.at_work import seat as seat
from tests.desktop.at_work import window as window

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def held(desk: Desk, patient: PatientId) -> list[QuestionnaireResponse]:
    return list(desk.book.read(lambda page: page.facts(QuestionnaireResponse, patient)))


def weights(desk: Desk, patient: PatientId) -> list[str]:
    """The weights that count."""
    found = desk.book.read(lambda page: page.facts(Observation, patient))
    return [str(o.value.value) for o in found if o.code.code == "29463-7" and o.value and not o.retracted]


def on_chart(seat: Seat, patient: PatientId) -> FormsPanel:
    """Her chart is in front."""
    seat.room.ways.chart.emit(patient, "summary")
    until(lambda: seat.chart.loop.state.patient == patient and seat.chart.loop.state.chart is not None)
    in_front(seat.shell.window())
    seat.chart.setFocus()
    return seat.chart.forms


def uncovered(seat: Seat) -> None:
    window = seat.parent()
    assert isinstance(window, Window)
    until(lambda: window.stack.currentWidget() is window._login)
    window._uncover(seat)
    in_front(window)


def begun(seat: Seat, panel: FormsPanel, form: str) -> None:
    """Two keystrokes to the first form, arrows to the others."""
    pressed(Qt.Key.Key_F, CTRL, SHIFT)
    until(lambda: panel.isVisible() and bool(panel.loop.state.forms))
    pressed(Qt.Key.Key_F, CTRL, SHIFT)
    assert hands() is panel.list
    for _step in range(12):
        if panel.list.key().endswith(form):
            break
        pressed(Qt.Key.Key_Down)
    pressed(Qt.Key.Key_Return)
    until(lambda: panel.loop.state.sheet is not None)


def at(name: str) -> None:
    """By Tab to that field."""
    for _step in range(30):
        if hands().objectName() == f"chart.form.{name}":
            return
        pressed(Qt.Key.Key_Tab)
    raise AssertionError(f"no way to {name}")


def test_it_is_filled_in_by_keys_kept_over_a_lock_completed_and_amended(seat: Seat) -> None:
    desk, patient = seat.desk, registered(seat.desk, "Formosa")
    panel = on_chart(seat, patient)
    begun(seat, panel, "child-growth")
    assert hands().objectName() == "chart.form.age_months"
    typed("10")
    at("weight")
    typed("9,4")
    seat.save_all()
    uncovered(seat)
    (draft,) = held(desk, patient)
    assert draft.status == "in-progress" and read_answers(draft) == {"age_months": 10, "weight": "9.4"}
    at("height")
    typed("720")
    at("feeding")
    typed("b")
    at("development")
    pressed(Qt.Key.Key_Down)
    pressed(Qt.Key.Key_Down)
    assert "milestones" in panel.loop.state.sheet.form.items[8].key  # type: ignore[union-attr]
    at("milestones")
    typed("No se sienta")
    at("vaccines")
    typed("y")
    pressed(Qt.Key.Key_Return, CTRL)
    assert hands().objectName() == "chart.form.height", "what cannot be is where the keyboard goes"
    pressed(Qt.Key.Key_A, CTRL)
    typed("72")
    pressed(Qt.Key.Key_Return, CTRL)
    until(lambda: [one.status for one in held(desk, patient)] == ["completed"])
    until(lambda: panel.loop.state.read is not None and panel.reading.isVisible())
    (done,) = held(desk, patient)
    assert read_answers(done)["milestones"] == "No se sienta" and weights(desk, patient) == ["9.4"]
    assert any(line.detail.startswith("\u20669.4") for line in panel.said.lines())

    panel.amend.setFocus()
    pressed(Qt.Key.Key_Space)
    until(lambda: panel.loop.state.sheet is not None and hands() is panel.why)
    at("weight")
    pressed(Qt.Key.Key_A, CTRL)
    typed("8.4")
    pressed(Qt.Key.Key_Return, CTRL)
    assert hands() is panel.why, "it does not go without a reason"
    typed("Balanza mal")
    pressed(Qt.Key.Key_Return, CTRL)
    until(lambda: weights(desk, patient) == ["8.4"])
    by_status = {one.status: one for one in held(desk, patient)}
    assert by_status["completed"] == done and by_status["amended"].amends == done.id


def test_another_language_keeps_what_is_typed_and_the_program_s_end_writes_it(
    seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seat._program, "speak", set_language, raising=False)
    desk, patient = seat.desk, registered(seat.desk, "Lugones")
    panel = on_chart(seat, patient)
    begun(seat, panel, "prenatal")
    typed("24")
    seat._speak("es")
    until(lambda: seat.chart.forms is not panel and seat.chart.loop.state.chart is not None)
    sheet = seat.chart.forms.loop.state.sheet
    assert sheet is not None and sheet.given == {"weeks": ("24",)}
    seat._speak("en")
    panel = seat.chart.forms
    panel.loop.send(f.Answered(panel.loop.state.sheet.key, "plan", ("Vuelve",)))  # type: ignore[union-attr]
    panel.flush()
    until(lambda: [read_answers(one) for one in held(desk, patient)] == [{"weeks": 24, "plan": "Vuelve"}])


def test_two_charts_never_mix_what_is_filled_in(seat: Seat) -> None:
    desk = seat.desk
    ana, berta = registered(desk, "Alvear"), registered(desk, "Belgrano", "Berta")
    panel = on_chart(seat, ana)
    begun(seat, panel, "diabetic-foot")
    typed("7.1")
    seat.room.ways.apart.emit(berta, "summary")
    until(lambda: bool(seat.apart.windows))
    other = seat.apart.windows[-1].chart
    until(lambda: other.loop.state.chart is not None)
    in_front(seat.apart.windows[-1])
    begun(seat, other.forms, "diabetic-foot")
    typed("9.9")
    other.forms.save()
    on_chart(seat, berta) if not seat.apart.forward(berta) else None
    on_chart(seat, ana)
    until(lambda: len(held(desk, ana)) == 1 and len(held(desk, berta)) == 1)
    assert read_answers(held(desk, ana)[0]) == {"hba1c": "7.1"}
    assert read_answers(held(desk, berta)[0]) == {"hba1c": "9.9"}
    seat.apart.close()
    charles = registered(desk, "Castelli", "Carlos")
    panel = on_chart(seat, charles)
    seat.chart.turn("forms")
    until(lambda: panel.loop.state.patient == charles)
    assert panel.loop.state.sheet is None and panel._fields is None, "nothing of Ana's stands there"


def test_a_draft_that_was_left_for_another_chart_is_on_the_disk_and_there_again(seat: Seat) -> None:
    desk = seat.desk
    ana, berta = registered(desk, "Anchorena"), registered(desk, "Bouchard", "Berta")
    panel = on_chart(seat, ana)
    begun(seat, panel, "prenatal")
    typed("2")
    QTest.keyClicks(hands(), "4")
    on_chart(seat, berta)
    until(lambda: [read_answers(one) for one in held(desk, ana)] == [{"weeks": 24}])
    assert held(desk, berta) == []
    panel = on_chart(seat, ana)
    pressed(Qt.Key.Key_F, CTRL, SHIFT)
    until(lambda: bool(panel.loop.state.drafts))
    panel.list.chosen.emit(panel.loop.state.drafts[0].response.id)
    until(lambda: panel.loop.state.sheet is not None)
    assert hands().objectName() == "chart.form.weeks" and hands().text() == "24"  # type: ignore[attr-defined]
