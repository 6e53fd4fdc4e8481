# SPDX-License-Identifier: GPL-3.0-or-later
"""A document shown from one call desk to another: pages, pens and pointers over a data channel that can be cut."""

import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice, QPoint, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPdfWriter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.calls.sharing import MOST_BYTES, Stage
from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal
from clinic.domain.record import Record
from clinic.protocol import engine as wire
from clinic.protocol.codec import decode, encode
from clinic.protocol.sharing import PageGot, PageShown, ShareOver
from desktop.kit import theme
from desktop.kit.papers import Paper, page_of, read_paper, shown_image
from desktop.kit.shared import Over
from desktop.kit.sharedpage import SharedPage
from desktop.kit.sharing import Sharing
from tests.desktop.kit.test_call_desk import Side, described

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def pdf(pages: int) -> bytes:
    out = QBuffer()
    out.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(out)
    painter = QPainter(writer)
    for page in range(pages):
        if page:
            writer.newPage()
        for row in range(12):
            painter.drawText(
                QRectF(400, 400 + row * 300, 8000, 300), f"Hoja {page + 1}: hemoglobina 13,{row} g/dl"
            )
    painter.end()
    return bytes(out.data().data())


def picture(width: int, height: int, kind: str = "PNG", **how: object) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, kind, **how)
    return out.getvalue()


# papers ------------------------------------------------------------------------------------------------------


def test_a_page_of_a_pdf_is_sharp_and_small(qapp: QApplication) -> None:
    paper = read_paper(pdf(3), "Laboratorio")
    assert (paper.pages, paper.content_type) == (3, "application/pdf")
    one, two = page_of(paper, 0, 30_000), page_of(paper, 1, 30_000)
    assert one != two
    assert len(one) < 30_000
    image = shown_image(one)
    assert image.height() == 1800
    assert image.pixelColor(5, 5).lightness() == 255, "on white"
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    assert min(bytes(grey.constBits())) < 180, "and written on"


def test_a_picture_leaves_without_what_it_carries_besides(qapp: QApplication) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Cámara de Rosa", 6
    paper = read_paper(picture(400, 200, "JPEG", exif=exif), "foto.jpg")
    data = page_of(paper, 0, 40_000)
    assert b"Rosa" not in data
    assert shown_image(data).width() < shown_image(data).height(), "upright, as the camera was held"


@pytest.mark.parametrize(
    "data", [b"", b"MZ" + bytes(500), b"%PDF-1.7 and nothing", b"<html>", picture(40, 40)[:90]]
)
def test_what_is_no_document_is_refused_in_a_sentence(qapp: QApplication, data: bytes) -> None:
    with pytest.raises(Refusal, match=r"\. "):
        page_of(read_paper(data, "x"), 0, 40_000)


@pytest.mark.parametrize("data", [b"", b"RIFF0000WEBPVP8 ", picture(40, 40), picture(16, 5000, "WEBP")])
def test_what_is_no_page_is_not_drawn(qapp: QApplication, data: bytes) -> None:
    assert shown_image(data).isNull()


# two desks ---------------------------------------------------------------------------------------------------


class Call:
    """Two desks in a call; what one says over the data channel the other hears, unless it is cut."""

    def __init__(self, qtbot: QtBot) -> None:
        sides: dict[str, Side] = {}

        def post(me: str) -> Callable[..., None]:
            return lambda peer, message: sides[peer].desk.deliver(me, message)

        sides.update(a=Side("a", post("a")), b=Side("b", post("b")))
        self.a, self.b = sides["a"], sides["b"]
        self.is_cut = False
        self.said: list[Record] = []
        for side in sides.values():
            side.desk.sharing._clock = SystemClock()
        self.call_id = self.a.desk.ring("b", "enc", "Dra. Ruiz")
        self.b.desk.answer()
        described(self.a, "offer")
        described(self.b, "answer")
        for side, other in ((self.a, self.b), (self.b, self.a)):
            side.engine.told.emit(wire.MediaBack(call_id=self.call_id, attempt=1))
            side.engine.send = self._over(side.engine.send, other)  # type: ignore[method-assign]
            self.figures(side)
        self.shows, self.watches = self.a.desk.sharing, self.b.desk.sharing
        self.qtbot = qtbot

    def _over(self, send: Callable[[Record], None], other: Side) -> Callable[[Record], None]:
        def say(command: Record) -> None:
            send(command)
            if isinstance(command, wire.SayToPeer) and not self.is_cut:
                content = decode(encode(command.content))
                self.said.append(content)
                other.engine.told.emit(wire.PeerSaid(call_id=command.call_id, content=content))

        return say

    def figures(self, side: Side, attempt: int = 1) -> None:
        side.engine.told.emit(
            wire.CallStats(call_id=self.call_id, attempt=attempt, channel=True, estimate_up_bps=9_000_000)
        )

    def until(self, done: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(done)

    def seen(self, page: int = 0) -> bool:
        shared = self.shows.shared
        seen = shared.stage is Stage.SEEN and shared.here
        return seen and shared.page == self.watches.shared.page == page


@pytest.fixture
def call(qapp: QApplication, qtbot: QtBot) -> Call:
    theme.apply(qapp, "light", "desktop")
    return Call(qtbot)


@pytest.fixture(scope="module")
def paper(qapp: QApplication) -> Paper:
    return read_paper(pdf(3), "Laboratorio de Rosa")


def test_a_document_is_seen_page_by_page_and_nothing_stays(call: Call, paper: Paper) -> None:
    ends: list[Over] = []
    call.shows.over.connect(ends.append)
    assert call.shows.show_paper(paper)
    call.until(call.seen)
    assert call.watches.image == call.shows.image
    assert call.watches.shared.title == "", "no name travels"
    assert b"Rosa" not in b"".join(encode(word) for word in call.said)
    call.shows.turn(2)
    call.until(lambda: call.seen(2))
    call.shows.turn(0)
    call.until(lambda: call.seen(0))
    call.shows.turn(7)
    assert call.shows.shared.page == 0
    call.shows.stop()
    assert call.watches.shared.role == call.shows.shared.role == ""
    assert call.watches.image.isNull()
    assert not call.watches._in._kept  # type: ignore[union-attr]
    assert ends == [Over("enc", call.call_id, "b", "Laboratorio de Rosa", 2, 3)]
    call.until(lambda: not call.shows._pump.isActive() and not call.watches._pump.isActive())


def test_the_end_of_the_call_is_the_end_of_all_of_it(call: Call, paper: Paper) -> None:
    ends: list[Over] = []
    call.shows.over.connect(ends.append)
    call.shows.show_paper(paper)
    call.until(call.seen)
    call.watches.pen_down(0.1, 0.1)
    call.b.desk.hang()
    for side in (call.shows, call.watches):
        assert side.image.isNull() and side.strokes == [] and side.shared.role == ""
        assert side._in is None and side._out is None and not side._made
    assert [one.seen for one in ends] == [1]
    assert not call.shows.show_paper(paper), "nobody is there to see it"


def test_both_draw_and_point_on_the_page_that_both_see(call: Call, paper: Paper, qtbot: QtBot) -> None:
    call.shows.show_paper(paper)
    call.until(call.seen)
    pages = [SharedPage(side, name="page") for side in (call.shows, call.watches)]
    for page, size in zip(pages, ((700, 500), (400, 900)), strict=True):
        qtbot.addWidget(page)
        page.resize(*size)
        page.show()
        page.set_tool("pen")
    box = pages[0].page_box()
    at = [
        QPoint(round(box.left() + box.width() * x), round(box.top() + box.height() / 2))
        for x in (0.2, 0.5, 0.8)
    ]
    QTest.mousePress(pages[0], Qt.MouseButton.LeftButton, pos=at[0])
    for place in at[1:]:
        QTest.mouseMove(pages[0], place)
    QTest.mouseRelease(pages[0], Qt.MouseButton.LeftButton, pos=at[-1])
    call.until(lambda: call.watches.strokes == call.shows.strokes and len(call.shows.strokes) == 1)
    ((_, line),) = call.watches.strokes
    assert line[0] == pytest.approx((0.2, 0.5), abs=0.01)
    assert line[-1] == pytest.approx((0.8, 0.5), abs=0.01)
    seen = pages[1].grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    there = pages[1].page_box()
    ink = seen.pixelColor(round(there.left() + there.width() / 2), round(there.center().y()))
    assert ink.red() > 150 and ink.green() < 80, "at the same place of a page of another size"
    call.watches.pen_down(0.3, 0.3)
    call.watches.pen_up()
    assert len(call.shows.strokes) == 2
    call.watches.point(0.25, 0.75)
    call.until(lambda: call.shows.pointers[1] is not None)
    assert call.shows.pointers[1] == pytest.approx((0.25, 0.75), abs=1e-3)
    call.watches.lift_pointer()
    assert call.shows.pointers[1] is None
    call.shows.clear()
    assert call.watches.strokes == call.shows.strokes == []
    call.shows.pen_down(0.5, 0.5)
    call.shows.pen_up()
    call.shows.undo()
    assert call.watches.strokes == []


def test_after_a_cut_page_and_strokes_go_on(call: Call, paper: Paper) -> None:
    call.is_cut = True
    call.shows.show_paper(paper)
    call.until(lambda: not call.shows.image.isNull())
    call.shows.pen_down(0.1, 0.1)
    call.shows.pen_up()
    assert call.watches.shared.role == ""
    call.is_cut = False
    call.figures(call.a, attempt=2)
    call.until(call.seen)
    assert call.watches.strokes == []
    call.figures(call.a, attempt=3)
    assert call.watches.strokes == call.shows.strokes
    assert call.shows.strokes
    call.b.engine.ready.emit()
    assert call.shows.shared.stage is Stage.SEEN


def test_one_side_at_a_time(call: Call, paper: Paper) -> None:
    call.shows.show_paper(paper)
    call.until(call.seen)
    assert not call.watches.show_paper(paper)
    call.b.engine.send(
        wire.SayToPeer(
            call_id=call.call_id,
            content=PageShown(call_id=call.call_id, share=9, page=0, pages=1, size=10, digest=bytes(16)),
        )
    )
    busy = [word for word in call.said if isinstance(word, PageGot) and word.trouble == "busy"]
    assert [word.share for word in busy] == [9]
    assert call.shows.shared.role == "showing"


def test_a_page_that_is_no_picture_is_refused_over_there(call: Call) -> None:
    from clinic.calls.sharing import Outgoing

    call.shows._out = Outgoing(call.call_id, 1, 1)
    call.shows._paper = Paper(b"", "image/webp", "", 1)
    call.shows._out.turn(0, b"no picture at all" * 50, call.shows._now())
    call.shows._pump.start()
    call.until(lambda: call.shows.shared.stage is Stage.DAMAGED)
    assert call.watches.image.isNull()


def test_words_that_make_no_sense_change_nothing(call: Call) -> None:
    watches: Sharing = call.watches
    for word in (
        PageShown(call_id=call.call_id, share=1, page=0, pages=1, size=MOST_BYTES + 1, digest=bytes(16)),
        ShareOver(call_id=call.call_id, share=-3),
        PageGot(call_id=call.call_id, share=1, page=0, at=10**9),
    ):
        call.b.engine.told.emit(wire.PeerSaid(call_id=call.call_id, content=word))
    assert watches.shared.role == ""
