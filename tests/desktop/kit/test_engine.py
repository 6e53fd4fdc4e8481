# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine child is watched: killed or frozen, it is replaced; its pictures arrive; nothing of it stays."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from clinic.media.mark import read_mark
from clinic.media.ring import Ring
from clinic.protocol import engine as wire
from desktop.kit.engine import CallEngine

pytestmark = pytest.mark.slow
WAIT_MS = 60_000


def alive(pid: int) -> bool:
    """A process that ended and was looked after is none."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def engine(qtbot: QtBot, tmp_path: Path) -> Iterator[CallEngine]:
    made = CallEngine(
        camera="clip:B", microphone="clip:B", speaker="null", cache=tmp_path, log=tmp_path / "log"
    )
    with qtbot.waitSignal(made.ready, timeout=WAIT_MS):
        made.start()
    yield made
    made.stop()


def test_pictures_of_the_camera_arrive_whole(engine: CallEngine, qtbot: QtBot) -> None:
    with qtbot.waitSignal(engine.frame, timeout=WAIT_MS) as seen:
        engine.open_camera("photo")
    which, image = seen.args
    assert which == "local"
    assert (image.width(), image.height()) == (640, 480)
    assert engine.grab("local") is not None
    assert engine.grab("remote") is None
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(480, 640, 4)
    mark = read_mark(pixels)
    assert mark is not None
    assert mark.side == "B"
    engine.close_camera()


def test_a_killed_engine_is_replaced(engine: CallEngine, qtbot: QtBot) -> None:
    before = engine.pid
    with qtbot.waitSignals([engine.lost, engine.ready], timeout=WAIT_MS, order="strict"):
        os.kill(before, signal.SIGKILL)
    assert engine.pid not in (0, before)
    assert engine.is_ready


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP")
def test_a_frozen_engine_is_replaced(engine: CallEngine, qtbot: QtBot) -> None:
    before = engine.pid
    with qtbot.waitSignals([engine.lost, engine.ready], timeout=WAIT_MS, order="strict"):
        os.kill(before, signal.SIGSTOP)
    assert engine.pid != before


def test_while_there_is_a_call_another_engine_waits_and_takes_the_place_of_a_dead_one(
    engine: CallEngine, qtbot: QtBot
) -> None:
    engine.stand_by(True)
    engine._begin_spare()
    qtbot.waitUntil(lambda: engine._spare is not None and engine._spare.is_ready, timeout=WAIT_MS)
    spare = int(engine._spare._child.processId())
    with qtbot.waitSignals([engine.lost, engine.ready], timeout=WAIT_MS, order="strict"):
        os.kill(engine.pid, signal.SIGKILL)
    assert engine.pid == spare and engine._spare is None
    with qtbot.waitSignal(engine.frame, timeout=WAIT_MS):
        engine.open_camera("photo")
    engine._begin_spare()
    qtbot.waitUntil(lambda: engine._spare is not None and engine._spare.is_ready, timeout=WAIT_MS)
    spare = int(engine._spare._child.processId())
    engine.stand_by(False)
    assert engine._spare is None and engine.is_ready
    qtbot.waitUntil(lambda: not alive(spare))


def test_what_is_missing_and_refused_is_told(qtbot: QtBot, tmp_path: Path) -> None:
    engine = CallEngine(camera="none", microphone="none", speaker="null", cache=tmp_path)
    with qtbot.waitSignal(engine.ready, timeout=WAIT_MS):
        engine.start()
    with qtbot.waitSignal(engine.missing, timeout=WAIT_MS) as missing:
        engine.open_camera("scan")
    assert missing.args[0] == "camera"
    assert "Plug one in" in missing.args[1]
    with qtbot.waitSignal(
        engine.told, timeout=WAIT_MS, check_params_cb=lambda event: isinstance(event, wire.CommandRefused)
    ):
        engine.send(wire.KeepReceived(path=str(tmp_path / "x.mkv"), consent_id=""))
    engine.stop()


def test_stopping_takes_everything_away(engine: CallEngine) -> None:
    names = [engine.ring_name("local"), engine.ring_name("remote")]
    engine.stop()
    assert engine.pid == 0
    assert not engine.is_ready
    for name in names:
        with pytest.raises(FileNotFoundError):
            Ring.attach(name)
    engine.send(wire.Quit())
    assert engine.grab() is None


def test_an_engine_that_cannot_start_is_tried_again(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = CallEngine(camera="none", microphone="none", speaker="null")
    whole = engine._command
    engine._command = ["/no/such/program"]
    engine.start()
    qtbot.waitUntil(lambda: engine._deaths >= 2, timeout=WAIT_MS)
    engine._command = whole
    with qtbot.waitSignal(engine.ready, timeout=WAIT_MS):
        pass
    engine.stop()
