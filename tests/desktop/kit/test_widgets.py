# SPDX-License-Identifier: GPL-3.0-or-later
"""What the widgets tell, how they are used by keyboard, mouse and finger, and that everybody can use them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, Qt
from PySide6.QtGui import QAccessible, QImage, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop.kit import gallery, icons, theme, words
from desktop.kit.audit import audit
from desktop.kit.buttons import IconButton, PrimaryButton, YesNo
from desktop.kit.charts import Reading, Series, VitalCard, VitalsChart
from desktop.kit.fields import Choice, LineField, NoteField, put_hands, seen_only, where_hands_are
from desktop.kit.navigation import Clock, RailItem, SearchField, SideRail, StepDots, TabBar
from desktop.kit.people import Identity, Mark, PatientBanner, PersonList, PersonRow, initials
from desktop.kit.signature import SignaturePad
from desktop.kit.surfaces import Chip, EmptyState, Notice, StatusLine, Toast, toast
from desktop.kit.text import Text
from desktop.kit.touch import Keypad, Tile

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def dressed(qapp):
    words.set_language("es")
    theme.apply(qapp, "light", "desktop")
    return qapp


@pytest.fixture
def shown(qtbot):
    def show(widget):
        qtbot.addWidget(widget)
        widget.show()
        qtbot.waitExposed(widget)
        return widget

    return show


@pytest.mark.parametrize("look", ["light", "dark", "contrast"])
@pytest.mark.parametrize("scale", ["desktop", "kiosk"])
def test_the_whole_gallery_passes_the_audit(qapp, shown, look, scale):
    theme.apply(qapp, look, scale)
    page = gallery.page(scale == "kiosk")
    page.resize(page.sizeHint().expandedTo(page.minimumSizeHint()))
    assert audit(shown(page)) == []
    picture = page.grab().toImage()
    assert picture.pixelColor(2, page.height() - 2).name().upper() != "#000000"


def test_the_audit_finds_what_is_planted(qapp, shown):
    theme.apply(qapp, "light", "kiosk")
    page = QWidget()
    column = QVBoxLayout(page)
    tiny = QPushButton("x")
    tiny.setStyleSheet("min-height: 20px; max-height: 20px; max-width: 20px; padding: 0")
    tiny.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    pale = QLabel("pale")
    pale.setStyleSheet("color: #CCCCCC")
    cut = QLabel("much too long for its place")
    cut.setFixedWidth(30)
    nameless = IconButton("mic", "", name="page.mic")
    for thing in (tiny, pale, cut, nameless):
        column.addWidget(thing)
    found = "\n".join(audit(shown(page)))
    for words_ in (
        "no name=",
        "smallest target",
        "contrast",
        "cut off",
        "page.mic has no accessible name",
        "by keyboard",
    ):
        assert words_ in found


def test_tabular_numerals_have_one_width(qapp):
    from PySide6.QtGui import QFontMetrics

    metrics = QFontMetrics(theme.font(20))
    assert metrics.horizontalAdvance("1111") == metrics.horizontalAdvance("8888")
    assert "Inter" in theme.font(20).families()


def test_style_sheet_keeps_tabular_numerals(shown):
    label = shown(Text("", "value"))
    metrics = label.fontMetrics()
    assert metrics.horizontalAdvance("1111") == metrics.horizontalAdvance("8888")


@pytest.mark.parametrize("name", [*icons.names(), *icons.pictograms()])
def test_every_drawing_draws(name):
    picture = icons.pixmap(name, 48, "text").toImage().convertToFormat(QImage.Format.Format_ARGB32)
    inked = sum(picture.pixelColor(x, y).alpha() > 40 for x in range(0, 48, 2) for y in range(0, 48, 2))
    assert inked > 10
    assert b"var(" not in icons.tinted(name, "text", theme.current().tokens)


def test_icons_follow_the_look(qapp, shown):
    button = shown(PrimaryButton("Call", name="b.call", icon="video"))
    before = button.icon().pixmap(18).toImage()
    theme.apply(qapp, "dark", "desktop")
    assert button.icon().pixmap(18).toImage() != before


def test_shortcut_is_told_and_works(shown, qtbot):
    button = shown(PrimaryButton("Sign", name="b.sign", shortcut="Ctrl+Return"))
    assert "Ctrl" in button.toolTip()
    with qtbot.waitActive(button):
        button.activateWindow()
    with qtbot.waitSignal(button.clicked):
        QTest.keyClick(button.windowHandle(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def test_yes_no(shown, qtbot):
    question = shown(YesNo(name="q"))
    with qtbot.waitSignal(question.answered) as said:
        qtbot.mouseClick(question.yes, Qt.MouseButton.LeftButton)
    assert said.args == [True]
    question.ask("Firmar", "Volver")
    assert question.no.text() == question.no.accessibleName() == "Volver"


def test_notice_hides_when_it_has_nothing_to_say(shown, qtbot):
    notice = shown(Notice(name="n", tone="warn", text="No link.", next_step="Go on.", action="Why"))
    assert notice.accessibleName() == "No link. Go on."
    with qtbot.waitSignal(notice.acted):
        qtbot.mouseClick(notice.findChild(QPushButton, "n.action"), Qt.MouseButton.LeftButton)
    notice.hush()
    assert not notice.isVisible()


def test_status_is_a_sentence(shown):
    line = shown(StatusLine(name="s"))
    line.say("ok", "All 4 changes are at the centre")
    assert line.text() == line.accessibleName() == "All 4 changes are at the centre"


def test_one_toast_at_a_time_and_undo(shown, qtbot):
    window, undone = shown(QWidget()), []
    window.resize(500, 300)
    toast(window, "First")
    second = toast(window, "Second", "ok", "Undo", lambda: undone.append(1))
    QApplication.sendPostedEvents(None, 0)
    assert [t.accessibleName() for t in window.findChildren(Toast) if t.isVisible()] == ["Second"]
    window.resize(700, 400)
    assert window.rect().contains(second.geometry())
    qtbot.mouseClick(second.undo, Qt.MouseButton.LeftButton)
    assert undone == [1]


def test_a_long_toast_stays_inside_beside_the_rail_and_shows_all_its_words(shown):
    window = shown(QWidget())
    window.resize(520, 300)
    rail = QWidget(window)
    rail.setGeometry(0, 0, 190, 300)
    made = toast(window, "Not saved: the text is still here. " * 4, "warn", "Close anyway", beside=rail)
    assert window.rect().contains(made.geometry())
    label = made.findChild(Text, "toast.text")
    assert label.height() >= label.heightForWidth(label.width())


def test_rail_and_tabs(shown, qtbot):
    rail = shown(SideRail([RailItem("a", "home", "Today"), RailItem("b", "users", "Patients")], name="rail"))
    rail.set_badge("b", 6)
    rail.choose("a")
    button = rail.findChild(QPushButton, "rail.b")
    assert button.accessibleName() == "Patients, 6"
    with qtbot.waitSignal(rail.chosen) as chosen:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert chosen.args == ["b"]
    tabs = shown(TabBar([("x", "One"), ("y", "Two")], name="tabs"))
    with qtbot.waitSignal(tabs.chosen) as chosen:
        qtbot.keyClick(tabs.findChild(QPushButton, "tabs.y"), Qt.Key.Key_Space)
    assert chosen.args == ["y"]


def test_search_asks_once_after_the_typing(shown, qtbot):
    field, asked = shown(SearchField("Find", name="f", delay_ms=1)), []
    field.asked.connect(asked.append)
    with qtbot.waitSignal(field.asked):
        qtbot.keyClicks(field, "rosa")
    assert asked == ["rosa"]
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert asked == ["rosa", "rosa"]


def test_steps_and_clock(shown):
    steps = shown(StepDots(name="steps"))
    steps.show_step(1, 5, "Vitals")
    assert steps.accessibleName() == "Vitals"
    clock = shown(Clock(lambda: NOW, name="clock"))
    assert clock.text() == words.fmt_time(NOW)


def test_note_settles_when_left(shown, qtbot):
    holder = QWidget()
    column = QVBoxLayout(holder)
    note, other = NoteField("…", name="n"), NoteField(name="o")
    column.addWidget(note)
    column.addWidget(other)
    shown(holder).activateWindow()
    note.setFocus()
    qtbot.keyClicks(note, "hola")
    with qtbot.waitSignal(note.settled):
        other.setFocus()


def test_note_shown_from_outside_keeps_the_cursor(shown, qtbot):
    note, heard = shown(NoteField(name="n")), []
    note.textChanged.connect(lambda: heard.append(1))
    note.show_text("abcdef")
    cursor = note.textCursor()
    cursor.setPosition(3)
    note.setTextCursor(cursor)
    note.show_text("abcdefgh")
    assert note.textCursor().position() == 3
    assert heard == []


def test_choice_keeps_its_key(shown):
    choice = shown(Choice([("a", "One"), ("b", "Two")], name="c"))
    choice.choose("b")
    choice.show_options([("b", "Zwei"), ("c", "Drei")])
    assert choice.key() == "b"


@pytest.mark.parametrize(
    ("name", "letters"), [("Quispe, Rosa Elena", "QR"), ("Rosa", "R"), ("", ""), ("4 x", "X")]
)
def test_initials(name, letters):
    assert initials(name) == letters


def test_a_notice_that_stands_there_is_read_aloud_once(shown, monkeypatch):
    """Screens draw themselves at each key; what they said already is no news."""
    alerts = []
    reader = SimpleNamespace(Event=QAccessible.Event, updateAccessibility=alerts.append)
    monkeypatch.setattr("desktop.kit.surfaces.QAccessible", reader)
    notice = shown(Notice(name="n", tone="warn", text="The disk is full."))
    notice.say("warn", "The disk is full.")
    assert len(alerts) == 1
    notice.say("warn", "")
    notice.say("warn", "The disk is full.")
    assert len(alerts) == 2 and notice.isVisible()
    notice.hush()
    notice.say("warn", "The disk is full.")
    notice.say("warn", "999 texts wait.", aloud=False)
    assert len(alerts) == 3 and notice.accessibleName() == "999 texts wait."


def test_banner_tells_who(shown):
    banner = shown(PatientBanner(name="banner"))
    assert banner.person() is None
    who = Identity(
        "p1",
        "Quispe, Rosa",
        "3 mar 1974",
        "52 años",
        "DNI 21",
        chips=(Mark("Penicilina", "danger"),),
        unverified=True,
    )
    banner.show_person(who)
    assert banner.person() is who
    assert "Quispe, Rosa" in banner.accessibleName()
    assert banner.findChild(Chip, "banner.chip.0").accessibleName() == "Penicilina"
    assert banner.findChild(Chip, "banner.unverified").isVisible()
    banner.show_nobody()
    assert banner.person() is None
    assert not banner.findChild(Chip, "banner.unverified").isVisible()


def test_banner_has_room_for_its_words_at_once(shown):
    """Nothing waits for the next turn of Qt's loop: a chip is there, and the age of the data is whole or not there."""
    banner = shown(PatientBanner(name="banner"))
    banner.resize(900, 80)
    who = Identity("p1", "Quispe, Rosa", "3 mar 1974", "52", "DNI 21", as_of="datos de recién")
    banner.show_person(who)
    allergy = Mark("Penicilina", "danger")
    banner.show_person(replace(who, as_of="datos de hace 12 minutos", chips=(allergy,)))
    as_of = banner.findChild(Text, "banner.as_of")
    assert banner.findChild(Chip, "banner.chip.0").isVisible()
    assert as_of.isVisible() and as_of.width() >= as_of.sizeHint().width()
    long = "Sulfametoxazol con trimetoprima y todas las demás sulfas"
    banner.show_person(replace(who, chips=tuple(Mark(long, "danger") for _ in range(2))))
    assert not as_of.isVisible()


def people_from(first, count):
    return [PersonRow(str(n), f"Person {n}") for n in range(first, first + count)]


def test_people_load_as_they_are_scrolled(shown):
    asked = []

    def more(offset, limit):
        asked.append(offset)
        return people_from(offset, limit) if offset < 150 else []

    view = PersonList(name="people")
    view.resize(300, 400)
    view.show_rows(people_from(0, 50), more)
    shown(view)
    view.model().fetchMore(view.rootIndex())
    assert view.model().rowCount() >= 100
    while view.model().canFetchMore(view.rootIndex()):
        view.model().fetchMore(view.rootIndex())
    assert asked == sorted(set(asked))
    assert view.model().rowCount() == 150


def test_people_are_chosen_by_key_and_enter(shown, qtbot):
    view = PersonList(name="people")
    view.resize(300, 300)
    view.show_rows(people_from(0, 3))
    shown(view)
    view.setCurrentIndex(view.model().index(1, 0))
    with qtbot.waitSignal(view.chosen) as chosen:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert chosen.args == ["1"]
    view.show_rows(list(reversed(people_from(0, 3))))
    assert view.key() == "1"


def test_tile_is_pressed_or_heard(shown, qtbot):
    tile = Tile("fever", "Fiebre", "más de 38", name="t", checkable=True)
    tile.resize(300, 280)
    shown(tile)
    with qtbot.waitSignal(tile.heard) as heard:
        qtbot.mouseClick(tile.speaker, Qt.MouseButton.LeftButton)
    assert heard.args == ["Fiebre. más de 38"]
    assert not tile.isChecked()
    qtbot.keyClick(tile, Qt.Key.Key_Space)
    assert tile.isChecked()
    assert not tile.grab().isNull()


def test_keypad_makes_numbers(shown, qtbot):
    keypad = shown(Keypad(name="k", longest=4))
    keys = {b.objectName(): b for b in keypad.findChildren(QPushButton)}
    for key in ("comma", "3", "6", "comma", "comma", "8", "9"):
        qtbot.mouseClick(keys[f"k.{key}"], Qt.MouseButton.LeftButton)
    assert keypad.text() == "36,8"
    qtbot.mouseClick(keys["k.erase"], Qt.MouseButton.LeftButton)
    qtbot.keyClicks(keypad, "7")
    with qtbot.waitSignal(keypad.entered) as entered:
        qtbot.mouseClick(keys["k.enter"], Qt.MouseButton.LeftButton)
    assert entered.args == ["36,7"]
    assert all(b.height() >= 72 for b in keys.values())


def test_signature_by_mouse_and_by_finger(shown, qtbot):
    pad = SignaturePad(name="pad")
    pad.resize(400, 150)
    shown(pad)
    assert pad.empty()
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(40, 60))
    QTest.mouseMove(pad, QPoint(200, 90))
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(360, 60))
    finger = QTest.createTouchDevice()
    QTest.touchEvent(pad, finger).press(0, QPoint(50, 50)).commit()
    QTest.touchEvent(pad, finger).move(0, QPoint(90, 70)).commit()
    QTest.touchEvent(pad, finger).release(0, QPoint(120, 50)).commit()
    first, second = pad.strokes()
    assert first[0].x == pytest.approx(40 / 399, abs=0.01)
    assert len(first) >= 2
    assert len(second) >= 2
    assert [p.t_ms for p in first] == sorted(p.t_ms for p in first)
    dark = pad.image(300)
    assert any(
        dark.pixelColor(x, y).lightness() < 100 for x in range(300) for y in range(0, dark.height(), 2)
    )
    pad.clear()
    assert pad.empty()


def course(count):
    return tuple(
        Reading(NOW + timedelta(minutes=n), 80 + n % 40, ("device", "manual", "kiosk")[n % 3])
        for n in range(count)
    )


@pytest.mark.parametrize("count", [0, 1, 20, 10_000])
def test_chart_paints_any_number_of_readings(shown, count):
    chart = VitalsChart(name="c")
    chart.resize(600, 260)
    chart.show_series(Series("Pulse", "bpm", course(count), 60, 100))
    assert not shown(chart).grab().isNull()
    assert "Pulse" in chart.accessibleDescription()


def test_chart_reads_by_keyboard_and_pointer(shown, qtbot):
    chart = VitalsChart(name="c")
    chart.resize(600, 260)
    chart.show_series(Series("Sys", "mmHg", course(9)), Series("Dia", "mmHg", course(9)))
    shown(chart)
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.text().startswith("\u206688 / 88")
    qtbot.mouseMove(chart, QPoint(60, 100))
    qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=QPoint(60, 100))
    assert chart.text().startswith("\u206680 / 80")


def test_vital_card(shown, qtbot):
    card = shown(VitalCard("Pressure", name="v"))
    card.show_value("148 / 92", "mmHg", "warn", "High", (1, 2, 3), 0, 2)
    assert card.accessibleName() == "Pressure: 148 / 92 mmHg High"
    card.show_value("120 / 80", "mmHg")
    assert card.findChild(Text, "v.value").text() == "\u2066120 / 80\u2069"
    with qtbot.waitSignal(card.clicked):
        qtbot.mouseClick(card, Qt.MouseButton.LeftButton)


def test_what_is_pasted_comes_without_signs_that_nobody_sees(shown):
    field = shown(NoteField(name="note"))
    pasted = QMimeData()
    pasted.setText("TA \u202e148/92\u202c\x07\x1b\r\nTos\t\U0001f600 \u05e9\u05dc\u05d5\u05dd")
    field.insertFromMimeData(pasted)
    assert field.toPlainText() == "TA 148/92\nTos\t\U0001f600 \u05e9\u05dc\u05d5\u05dd"
    assert seen_only("family \U0001f468\u200d\U0001f469") == "family \U0001f468\u200d\U0001f469"


def test_the_keyboard_goes_back_to_where_it_was_in_a_face_made_anew(shown, qtbot):
    def face():
        outer = QWidget()
        column = QVBoxLayout(outer)
        for name in ("first", "second"):
            column.addWidget(NoteField(name=name))
        return outer

    before, after = shown(face()), shown(face())
    typed = before.findChild(NoteField, "second")
    typed.setFocus()
    qtbot.keyClicks(typed, "Tos seca")
    typed.moveCursor(QTextCursor.MoveOperation.PreviousWord)
    after.findChild(NoteField, "second").setPlainText("Tos seca")
    put_hands(after, *where_hands_are(before))
    held = after.focusWidget()
    assert held is not None
    assert (held.objectName(), held.textCursor().position()) == ("second", 4)
    put_hands(after, "gone", 3)
    assert where_hands_are(QWidget()) == ("", 0)


def test_a_line_takes_no_signs_that_nobody_sees(shown):
    field = shown(LineField(name="dose"))
    QApplication.clipboard().setText("148\u202e/92 mg")
    field.paste()
    assert field.text() == "148/92 mg"


def test_a_vital_card_is_chosen_by_key_too(shown, qtbot):
    card = shown(VitalCard("Pulse", name="card"))
    card.show_value("108", "/min", "warn", "High", (80, 108), 60, 100, "3 months ago", "arrow-up")
    card.setFocus()
    with qtbot.waitSignal(card.clicked):
        qtbot.keyClick(card, Qt.Key.Key_Space)
    assert card.findChild(Text, "card.when").text() == "3 months ago"


def test_two_series_are_read_together_only_where_they_were_measured_together(shown):
    def at(hours, value):
        return Reading(NOW + timedelta(hours=hours), value)

    chart = shown(VitalsChart(name="chart"))
    chart.show_series(
        Series("Systolic", "mmHg", (at(0, 140), at(1, 150), at(2, 160))),
        Series("Diastolic", "mmHg", (at(0, 80), at(2, 100))),
    )
    chart._near = 1
    assert "150" in chart.text() and "/" not in chart.text().split("·")[0]
    chart._near = 2
    assert "160 / 100" in chart.text()


def test_tabs_in_little_room_stand_closer_and_none_is_cut(shown):
    words_ = ("Summary", "Medication", "Documents", "Consents", "Opened by")
    bar = shown(TabBar([(text, text) for text in words_], name="tabs"))
    need = sum(button.fontMetrics().horizontalAdvance(button.text()) for button in bar._buttons.values())
    bar.resize(need + len(words_) * 16, 40)
    QApplication.sendPostedEvents(None, 0)
    QApplication.processEvents()
    for button in bar._buttons.values():
        assert button.width() >= button.fontMetrics().horizontalAdvance(button.text())


class Opened(QObject):
    """Every window that opens, however shortly."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.windows.append(type(watched).__name__)
        return False


def test_no_part_opens_as_a_window_that_takes_the_keyboard(qtbot, qapp):
    room = QWidget()
    qtbot.addWidget(room)
    room.show()
    opened = Opened()
    qapp.installEventFilter(opened)
    try:
        Chip("allergy", "danger", "alert-triangle")
        EmptyState("users", "Nobody", "Whoever comes appears here")
        toast(room, "Done", undo="Undo", on_undo=lambda: None)
    finally:
        qapp.removeEventFilter(opened)
    assert opened.windows == []


def test_a_button_that_says_something_else_keeps_its_keys():
    button = PrimaryButton("Open the visit", name="visit", shortcut="Ctrl+N")
    button.setText("Begin a visit")
    assert button.shortcut().toString() == "Ctrl+N"
