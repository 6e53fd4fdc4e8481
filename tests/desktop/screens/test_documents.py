# SPDX-License-Identifier: GPL-3.0-or-later
"""A document of the chart is looked at: near and far, page by page, turned, saved and printed, with mouse, fingers and keys."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QPageSize, QPainter, QPdfWriter, QPointingDevice, QWheelEvent
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clinic.domain.errors import Refusal
from clinic.domain.facts import DocumentReference
from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import Attachment
from clinic.keys.rights import Action
from clinic.services.consents import NotPermitted
from desktop.kit import leaves, theme
from desktop.kit.audit import audit
from desktop.screens.chart.logic import TabChosen
from desktop.screens.chart.view import ChartView
from desktop.screens.documents import logic as d
from desktop.screens.documents.panel import DocumentPanel
from desktop.screens.room import Room
from tests.desktop.screens.standin import JUAN, NOW, ROSA, Clinic

WIDE, HIGH = 3000, 2000
COLOURS = ("#C62828", "#1565C0", "#2E7D32", "#6A1B9A", "#EF6C00")


def picture(wide: int = WIDE, high: int = HIGH, kind: str = "PNG") -> bytes:
    """Red at the left above, blue elsewhere."""
    image = Image.new("RGB", (wide, high), COLOURS[1])
    image.paste(COLOURS[0], (0, 0, wide // 2, high // 2))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def pdf(pages: int = 5) -> bytes:
    """A colour a page, with white at its edge."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    painter = QPainter(writer)
    for number in range(pages):
        if number:
            writer.newPage()
        room = painter.viewport()
        side = room.width() // 2
        painter.fillRect(side // 2, room.height() // 3, side, side, QColor(COLOURS[number]))
    painter.end()
    return bytes(data.data())


def document(id: str = "d1", kind: str = "image/png", title: str = "Foto") -> DocumentReference:
    kept = Attachment(id=f"a{id}00000000", key=b"", content_type=kind, size=1, title=title)
    return DocumentReference(id=FactId(id), patient=ROSA, attachment=kept, made_at=NOW)


def opened(*sizes: d.Size, room: d.Size = (600.0, 400.0)) -> d.State:
    state = d.update(d.State(), d.RoomChanged(room, 1.0))[0]
    state, _ = d.update(state, d.Chosen("d1"))
    state, effects = d.update(state, d.BytesCame("d1"))
    assert effects == (d.Open("d1"),)
    return d.update(state, d.Opened("d1", sizes or ((3000.0, 2000.0),)))[0]


# how it lies


def test_a_page_is_fitted_first_and_what_lies_under_the_hand_stays_there() -> None:
    state = opened()
    assert (state.scale, state.box) == (0.2, (0, 0, 600, 400))
    state, _ = d.update(state, d.Zoomed(2.0, (150.0, 100.0)))
    left, top, wide, high = state.box
    assert state.zoom == pytest.approx(0.4) and ((150 - left) / wide, (100 - top) / high) == (0.25, 0.25)
    state, _ = d.update(state, d.Zoomed(0.5, (150.0, 100.0)))
    assert state.zoom is None and state.box == pytest.approx((0, 0, 600, 400))


def test_it_is_never_larger_or_smaller_than_can_be_used_nor_pulled_off_the_screen() -> None:
    state = opened()
    for _ in range(40):
        state, _ = d.update(state, d.Zoomed(d.STEP))
    assert state.zoom == d.LARGEST
    state, _ = d.update(state, d.Dragged(1e6, 1e6))
    assert state.box[:2] == pytest.approx((0, 0), abs=1e-6)
    state, _ = d.update(state, d.Dragged(-1e6, -1e6))
    left, top, wide, high = state.box
    assert (left + wide, top + high) == pytest.approx((600, 400))
    for _ in range(60):
        state, _ = d.update(state, d.Zoomed(1 / d.STEP))
    assert state.zoom == d.SMALLEST and state.middle == (0.5, 0.5)


def test_a_double_click_goes_to_a_hundred_per_cent_and_back() -> None:
    state, _ = d.update(opened(), d.Toggled((0.0, 0.0)))
    assert state.zoom == 1.0 and state.box[:2] == (0, 0)
    assert d.update(state, d.Toggled((9.0, 9.0)))[0].zoom is None


def test_turned_it_shows_the_same_place_and_four_turns_are_none() -> None:
    state, _ = d.update(opened(), d.Zoomed(4.0, (200.0, 150.0)))
    turned, _ = d.update(state, d.Turned(1))
    assert turned.size == (2000, 3000) and turned.middle[0] > 0.5 > turned.middle[1]
    for _ in range(3):
        turned, _ = d.update(turned, d.Turned(1))
    assert (turned.turned, turned.middle) == (0, pytest.approx(state.middle))
    assert d.update(state, d.Turned(-1))[0].turned == 3


def test_pages_begin_above_keep_their_size_and_end_with_the_last() -> None:
    state = opened((600.0, 800.0), (600.0, 800.0))
    state, _ = d.update(state, d.RealPressed())
    state, _ = d.update(state, d.PageTurned(1))
    assert (state.page, state.zoom, state.box[1]) == (1, 1.0, 0)
    assert d.seen_below(state) == (False, True)
    assert d.update(state, d.PageTurned(1)) == (state, ())
    assert d.update(state, d.PageTurned(-7))[0].page == 0


def test_one_drawing_at_a_time_as_sharp_as_it_is_shown() -> None:
    state = opened()
    assert state.drawing == pytest.approx(0.2) and state.waits
    state, effects = d.update(state, d.Zoomed(4.0))
    assert effects == ()
    state, effects = d.update(state, d.Drawn("d1", 0, 0.2))
    assert effects == (d.Draw("d1", 0, pytest.approx(0.8)),) and not state.waits
    state, effects = d.update(state, d.Drawn("d1", 0, 0.8))
    assert effects == () and state.drawing == 0
    state, effects = d.update(state, d.Zoomed(10.0))
    assert isinstance(effects[0], d.Draw) and effects[0].scale ** 2 * 6e6 == pytest.approx(d.MOST_DOTS)


def test_what_comes_late_of_another_document_or_page_is_not_taken_for_this_one() -> None:
    state = opened((600.0, 800.0), (600.0, 800.0))
    state, _ = d.update(state, d.PageTurned(1))
    state, effects = d.update(state, d.Drawn("d1", 0, state.drawing))
    assert state.drawn == 0 and isinstance(effects[0], d.Draw) and effects[0].page == 1
    other, _ = d.update(state, d.Chosen("d2"))
    for late in (
        d.Opened("d1", ((1.0, 1.0),)),
        d.NotShown("d1", "no"),
        d.Drawn("d1", 0, 1.0),
        d.BytesCame("d1"),
    ):
        assert d.update(other, late) == (other, ())


def test_the_same_document_again_changes_nothing() -> None:
    state, _ = d.update(opened(), d.Zoomed(3.0))
    assert d.update(state, d.Chosen("d1")) == (state, ())
    assert d.update(state, d.BytesCame("d1")) == (state, ())


def test_saving_and_printing_wait_for_each_other_and_say_how_it_ended() -> None:
    state, effects = d.update(opened(), d.SavePressed())
    assert effects == (d.Save(marked=False),)
    assert d.update(state, d.PrintPressed()) == (state, ())
    failed, _ = d.update(state, d.NotDone("The disk is full."))
    assert (failed.busy, failed.tone, failed.sentence) == ("", "danger", "The disk is full.")
    assert d.update(failed, d.PrintPressed())[1] == (d.Print(marked=False),)
    assert d.update(d.State(), d.SavePressed())[1] == ()


# what is drawn


def test_the_pages_of_a_pdf_are_drawn_on_white_at_the_size_asked_for() -> None:
    data = pdf(3)
    sizes = leaves.sizes(data)
    assert len(sizes) == 3 and sizes[0] == pytest.approx((794, 1123), abs=2)
    page = leaves.drawn(data, 1, 0.5)
    assert (page.width(), page.height()) == pytest.approx((397, 561), abs=2)
    assert page.pixelColor(2, 2) == QColor("white")
    assert page.pixelColor(198, 240).name().upper() == COLOURS[1]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF"])
def test_a_picture_is_drawn_smaller_but_never_larger_than_it_is(kind: str) -> None:
    data = picture(300, 200, kind)
    assert leaves.sizes(data) == ((300.0, 200.0),)
    assert leaves.drawn(data, 0, 0.5).width() == 150
    assert leaves.drawn(data, 0, 4.0).width() == 300


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<ClinicalDocument/>", "kind of document"),
        (b"", "kind of document"),
        (b"%PDF-1.7 informe", "damaged"),
        (b"\x89PNG\r\n\x1a\n nothing", "damaged"),
    ],
)
def test_what_cannot_be_shown_says_what_to_do(data: bytes, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        leaves.sizes(data)


def test_half_a_picture_is_told_as_damaged() -> None:
    whole = picture(300, 200)
    with pytest.raises(Refusal, match="damaged"):
        leaves.drawn(whole[: len(whole) // 2], 0, 1.0)


def test_wide_pages_stand_on_paper() -> None:
    (sheet,) = leaves.for_paper(picture(300, 200))
    assert (sheet.width(), sheet.height()) == (200, 300)


# with hands


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication, room: Room, tmp_path: Path) -> DocumentPanel:
    theme.apply(qapp, "light", "desktop")
    panel = DocumentPanel(room, "doc", tmp_path)
    qtbot.addWidget(panel)
    panel.resize(820, 600)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def lay(qtbot: QtBot, panel: DocumentPanel, data: bytes, one: DocumentReference | None = None) -> None:
    panel.show_document(ROSA, "Rosa Quispe", (one or document()).attachment, data, "", "Foto")
    qtbot.waitUntil(lambda: panel.loop.state.drawn > 0)


def seen(panel: DocumentPanel, x: float, y: float) -> str:
    """The colour at that share of the page's widget."""
    shot = panel.page.grab().toImage()
    return shot.pixelColor(round(shot.width() * x), round(shot.height() * y)).name().upper()


def wheel(widget: QWidget, at: QPoint, notches: int, keys: Qt.KeyboardModifier) -> None:
    place = QPointF(at)
    QApplication.sendEvent(
        widget,
        QWheelEvent(
            place, QPointF(widget.mapToGlobal(at)), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
            keys, Qt.ScrollPhase.NoScrollPhase, False,
        ),
    )  # fmt: skip


NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


def test_the_wheel_with_ctrl_the_double_click_and_the_drag(qtbot: QtBot, panel: DocumentPanel) -> None:
    lay(qtbot, panel, picture())
    assert (seen(panel, 0.3, 0.3), seen(panel, 0.7, 0.7)) == (COLOURS[0], COLOURS[1])
    fitted = panel.loop.state.scale
    wheel(panel.page, QPoint(200, 150), 2, CTRL)
    assert panel.loop.state.scale == pytest.approx(fitted * d.STEP**2)
    QTest.mouseDClick(panel.page, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    assert panel.loop.state.zoom is None
    QTest.mouseDClick(panel.page, Qt.MouseButton.LeftButton, pos=QPoint(700, 400))
    assert panel.loop.state.zoom == 1.0 and panel.real.text() == "100 %"
    qtbot.waitUntil(lambda: panel.loop.state.drawn == pytest.approx(1.0))
    before = panel.loop.state.box
    QTest.mousePress(panel.page, Qt.MouseButton.LeftButton, pos=QPoint(300, 300))
    QTest.mouseMove(panel.page, QPoint(340, 330))
    QTest.mouseRelease(panel.page, Qt.MouseButton.LeftButton, pos=QPoint(340, 330))
    assert panel.loop.state.box[:2] == pytest.approx((before[0] + 40, before[1] + 30))


def test_the_keys_make_it_larger_turn_it_and_fit_it(qtbot: QtBot, panel: DocumentPanel) -> None:
    lay(qtbot, panel, picture())
    panel.take_hands()
    fitted = panel.loop.state.scale
    qtbot.keyClick(panel.page, Qt.Key.Key_Plus, CTRL)
    assert panel.loop.state.scale == pytest.approx(fitted * d.STEP)
    qtbot.keyClick(panel.page, Qt.Key.Key_Minus, CTRL)
    qtbot.keyClick(panel.page, Qt.Key.Key_Equal, CTRL)
    assert panel.loop.state.scale == pytest.approx(fitted * d.STEP)
    middle = panel.loop.state.middle
    qtbot.keyClick(panel.page, Qt.Key.Key_Right)
    assert panel.loop.state.middle[0] > middle[0]
    qtbot.keyClick(panel.page, Qt.Key.Key_0, CTRL)
    assert panel.loop.state.zoom is None and not panel.fit.isEnabled()
    qtbot.keyClick(panel.page, Qt.Key.Key_R, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert panel.loop.state.turned == 1
    assert (seen(panel, 0.6, 0.3), seen(panel, 0.4, 0.3)) == (COLOURS[0], COLOURS[1])
    qtbot.keyClick(panel.page, Qt.Key.Key_Return)
    assert panel.loop.state.zoom == 1.0


def test_fingers_move_it_and_make_it_larger(qtbot: QtBot, panel: DocumentPanel) -> None:
    lay(qtbot, panel, picture())
    fitted = panel.loop.state.scale
    touch: QPointingDevice = QTest.createTouchDevice()
    QTest.touchEvent(panel.page, touch).press(0, QPoint(350, 250)).press(1, QPoint(450, 250)).commit()
    QTest.touchEvent(panel.page, touch).move(0, QPoint(300, 250)).move(1, QPoint(500, 250)).commit()
    assert panel.loop.state.scale == pytest.approx(2 * fitted)
    QTest.touchEvent(panel.page, touch).release(0, QPoint(300, 250)).release(1, QPoint(500, 250)).commit()
    before = panel.loop.state.box
    QTest.touchEvent(panel.page, touch).press(0, QPoint(300, 300)).commit()
    QTest.touchEvent(panel.page, touch).move(0, QPoint(320, 310)).commit()
    QTest.touchEvent(panel.page, touch).release(0, QPoint(320, 310)).commit()
    assert panel.loop.state.box[:2] == pytest.approx((before[0] + 20, before[1] + 10))
    for _ in range(2):
        QTest.touchEvent(panel.page, touch).press(0, QPoint(300, 300)).commit()
        QTest.touchEvent(panel.page, touch).release(0, QPoint(300, 300)).commit()
    assert panel.loop.state.zoom is None


def test_a_pdf_is_read_page_by_page(qtbot: QtBot, panel: DocumentPanel) -> None:
    lay(qtbot, panel, pdf(), document(kind="application/pdf"))
    assert panel.leaf.text() == "Page 1 of 5" and not panel.before.isEnabled()
    panel.take_hands()
    qtbot.keyClick(panel.page, Qt.Key.Key_PageDown)
    assert panel.leaf.text() == "Page 2 of 5" and "Page 2 of 5" in panel.page.accessibleDescription()
    qtbot.waitUntil(lambda: panel.loop.state.drawn > 0)
    assert COLOURS[1] in {seen(panel, 0.5, y / 20) for y in range(20)}
    wheel(panel.page, QPoint(300, 200), -1, NONE)
    assert panel.loop.state.page == 2
    QTest.mouseClick(panel.after, Qt.MouseButton.LeftButton)
    QTest.mouseClick(panel.after, Qt.MouseButton.LeftButton)
    assert panel.loop.state.page == 4 and not panel.after.isEnabled()
    qtbot.keyClick(panel.page, Qt.Key.Key_PageUp)
    assert panel.loop.state.page == 3


def test_nothing_of_one_document_stands_under_the_next(qtbot: QtBot, panel: DocumentPanel) -> None:
    lay(qtbot, panel, picture())
    panel.show_document(JUAN, "Juan", document("d2").attachment, b"", "It has not arrived yet.", "Otra")
    colours = {seen(panel, x / 10, 0.5) for x in range(10)}
    assert not colours & set(COLOURS)
    assert panel.notice.isVisible() and "not arrived" in panel.notice.accessibleName()


@pytest.mark.parametrize("data", [b"<ClinicalDocument/>", b"%PDF-1.7 x", b"\xff\xd8\xff\xe0 nothing"])
def test_what_cannot_be_shown_can_still_be_saved(
    qtbot: QtBot, panel: DocumentPanel, clinic: Clinic, tmp_path: Path, data: bytes
) -> None:
    clinic.photo = data
    panel.show_document(ROSA, "Rosa Quispe", document(kind="text/xml").attachment, data, "", "CDA")
    qtbot.waitUntil(lambda: bool(panel.loop.state.trouble))
    assert "Save it" in panel.notice.accessibleName() and not panel.waiting.isVisible()
    assert not panel.print.isEnabled()
    said: list[tuple[str, str]] = []
    panel._room.ways.said.connect(lambda tone, sentence: said.append((tone, sentence)))
    QTest.mouseClick(panel.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(said))
    (kept,) = [one for one in tmp_path.iterdir() if one.is_file()]
    assert kept.read_bytes() == data and str(kept) in said[0][1]
    assert ("save", ROSA, "ad100000000") in clinic.calls
    assert "Rosa" not in kept.name and "Quispe" not in kept.name


def test_without_the_right_nothing_is_saved_and_without_the_permission_it_is_said(
    qtbot: QtBot, panel: DocumentPanel, clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_patient: PatientId, _one: Attachment) -> bytes:
        raise NotPermitted("This person has not permitted it.")

    lay(qtbot, panel, picture())
    monkeypatch.setattr(clinic, "document_to_save", refuse)
    QTest.mouseClick(panel.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "not permitted" in panel.notice.accessibleName())
    assert list(tmp_path.iterdir()) == [] and panel.save.isEnabled()
    clinic.may_not = frozenset({Action.EXPORT})
    panel.loop.show()
    assert not panel.save.isVisible()


def test_all_pages_go_on_paper(qtbot: QtBot, panel: DocumentPanel, clinic: Clinic, tmp_path: Path) -> None:
    paper = tmp_path / "paper.pdf"

    def into_a_file(printer: QPrinter, _owner: QWidget) -> bool:
        printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        printer.setOutputFileName(str(paper))
        return True

    clinic.photo = pdf(3)
    lay(qtbot, panel, clinic.photo)
    panel.choose = lambda _printer, _owner: False
    QTest.mouseClick(panel.print, Qt.MouseButton.LeftButton)
    assert not panel.loop.state.busy and ("print", ROSA, "ad100000000") not in clinic.calls
    panel.choose = into_a_file
    QTest.mouseClick(panel.print, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: ("print", ROSA, "ad100000000") in clinic.calls and not panel.loop.state.busy)
    assert len(leaves.sizes(paper.read_bytes())) == 3


def test_what_takes_long_says_so(qtbot: QtBot, panel: DocumentPanel) -> None:
    panel.loop.send(d.Chosen("d1"))
    panel.loop.state = replace(panel.loop.state, opening=True)
    panel.loop.show()
    assert not panel.waiting.isVisible()
    qtbot.waitUntil(panel.waiting.isVisible)
    panel.loop.send(d.NotShown("d1", "no"))
    assert not panel.waiting.isVisible()


@pytest.mark.parametrize("look", ["light", "dark"])
def test_everybody_can_use_it(qtbot: QtBot, qapp: QApplication, panel: DocumentPanel, look: str) -> None:
    theme.apply(qapp, look, "desktop")
    lay(qtbot, panel, pdf(), document(kind="application/pdf"))
    assert audit(panel) == []


def test_on_the_chart_the_keys_reach_it_and_a_redrawn_chart_leaves_it_as_it_lies(
    qtbot: QtBot, qapp: QApplication, room: Room, clinic: Clinic, tmp_path: Path
) -> None:
    theme.apply(qapp, "light", "desktop")
    clinic.photo = picture()
    page = ChartView(room, save_to=tmp_path)
    qtbot.addWidget(page)
    page.resize(1366, 768)
    page.show()
    page.open(ROSA)
    qtbot.waitUntil(lambda: page.loop.state.chart is not None)
    qtbot.keyClick(page, Qt.Key.Key_8, CTRL)
    qtbot.waitUntil(lambda: page.paper.loop.state.drawn > 0)
    assert page.paper.page.hasFocus()
    qtbot.keyClick(page.paper.page, Qt.Key.Key_Plus, CTRL)
    lies = page.paper.loop.state.zoom
    assert lies is not None
    page.told(frozenset({"Observation"}), frozenset({ROSA}))
    page.loop.send(TabChosen("summary"))
    page.loop.send(TabChosen("documents"))
    qtbot.waitUntil(lambda: page.paper.loop.state.drawing == 0)
    assert page.paper.loop.state.zoom == lies and page.loop.state.tab == "documents"
    high = page.paper.page.height()
    qtbot.keyClick(page.paper.page, Qt.Key.Key_F11)
    QApplication.processEvents()
    assert page.paper.page.height() > high + 100 and not page.pile.isVisible() and page.paper.wide.isChecked()
    page.loop.send(TabChosen("summary"))
    assert page.vitals.isVisible()
    page.loop.send(TabChosen("documents"))
    QTest.mouseClick(page.paper.wide, Qt.MouseButton.LeftButton)
    assert page.pile.isVisible() and page.vitals.isVisible()
    page.open(JUAN, "documents")
    qtbot.waitUntil(lambda: page.loop.state.chart is not None)
    assert page.paper.loop.state.zoom is None
