# SPDX-License-Identifier: GPL-3.0-or-later
"""The video view shows the newest picture whole, and words when there is none or when it stands still."""

import pytest
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from desktop.kit.engine import CallEngine
from desktop.kit.video import VideoView, fitted


def plain(colour: str, width: int = 640, height: int = 480) -> QImage:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    return image


@pytest.fixture
def engine(qapp: object) -> CallEngine:
    return CallEngine(camera="none", microphone="none", speaker="null")


@pytest.fixture
def view(qtbot: QtBot, engine: CallEngine) -> VideoView:
    made = VideoView(name="visit.call.video", spoken="The patient")
    qtbot.addWidget(made)
    made.resize(480, 300)
    made.watch(engine, "remote", inset="local")
    made.show()
    return made


def test_the_newest_picture_is_painted_with_its_aspect(view: VideoView, engine: CallEngine) -> None:
    assert not view.has_picture
    engine.frame.emit("remote", plain("#ff0000"))
    engine.frame.emit("remote", plain("#00ff00"))
    assert view.has_picture
    assert view.picture.width() == 640
    shot = view.grab().toImage()
    assert shot.pixelColor(240, 150) == QColor("#00ff00")
    assert shot.pixelColor(20, 150).green() < 60


def test_the_small_self_view_lies_in_the_corner(view: VideoView, engine: CallEngine) -> None:
    engine.frame.emit("remote", plain("#0000ff"))
    engine.frame.emit("local", plain("#ff0000"))
    engine.frame.emit("other", plain("#ffffff"))
    assert view.grab().toImage().pixelColor(410, 255).red() > 200


def test_words_over_the_picture_and_in_its_place(view: VideoView, engine: CallEngine) -> None:
    view.set_placeholder("The camera is off")
    engine.frame.emit("remote", plain("#ffffff"))
    bright = view.grab().toImage().pixelColor(240, 60).lightness()
    view.set_message("Reconnecting")
    assert view.grab().toImage().pixelColor(240, 60).lightness() < bright
    assert view.accessibleDescription() == "Reconnecting"
    view.clear()
    assert not view.has_picture
    view.grab()


def test_watching_another_engine_forgets_the_first(view: VideoView, engine: CallEngine) -> None:
    other = CallEngine(camera="none", microphone="none", speaker="null")
    engine.frame.emit("remote", plain("#ff0000"))
    view.watch(other)
    assert not view.has_picture
    engine.frame.emit("remote", plain("#ff0000"))
    assert not view.has_picture
    assert view.sizeHint().isValid()
    assert view.minimumSizeHint().isValid()


def test_fitting_keeps_the_aspect() -> None:
    assert fitted(QSize(640, 480), QRectF(0, 0, 480, 300)) == QRectF(40, 0, 400, 300)
    assert fitted(QSize(0, 0), QRectF(0, 0, 480, 300)).isNull()
