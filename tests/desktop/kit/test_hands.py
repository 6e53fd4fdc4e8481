# SPDX-License-Identifier: GPL-3.0-or-later
"""A driver acts on a real program as a person would, and is told when a person could not."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from clinic.showcase.hands import Hands, Stuck

ROOT = Path(__file__).resolve().parents[3]
STAGE = Path(__file__).with_name("stage.py")


def environment(**more):
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return {**kept, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen", **more}


def begin(*options):
    return subprocess.Popen(
        [sys.executable, str(STAGE), "--hands", "--lang", "en", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        cwd=ROOT,
    )


def finish(process):
    if process.poll() is None:
        process.kill()
    process.wait(10)
    for pipe in (process.stdin, process.stdout, process.stderr):
        with contextlib.suppress(BrokenPipeError):
            pipe.close()


@pytest.fixture(scope="module")
def hands():
    process = begin()
    yield Hands(process, "the stage")
    finish(process)


def test_click_and_read(hands):
    hands.click("stage.press")
    assert hands.wait("stage.said", text="^pressed$")["visible"]
    assert hands.text("stage.press") == "Press"


def test_shortcut(hands):
    hands.click("stage.people", row=0)
    hands.wait("stage.said", text="^0$")
    hands.key("Ctrl+P")
    hands.wait("stage.said", text="pressed")


def test_typing_in_any_alphabet(hands):
    hands.type("stage.line", "Ñandú 36,8 — Größe", clear=True)
    assert hands.text("stage.line") == "Ñandú 36,8 — Größe"
    hands.type("stage.line", "new", clear=True)
    assert hands.text("stage.line") == "new"
    hands.type("stage.note", "one\ntwo", clear=True, pace_ms=1)
    assert hands.text("stage.note") == "one\ntwo"


def test_rows_and_choices(hands):
    hands.click("stage.people", text="Person 33")
    hands.wait("stage.said", text="^33$")
    hands.tap("stage.people", row=3)
    hands.wait("stage.said", text="^3$")
    hands.choose("stage.choice", "Two")
    assert hands.text("stage.choice") == "Two"
    assert hands.read("stage.choice")["items"] == ["One", "Two"]


@pytest.mark.parametrize("by", ["mouse", "touch"])
def test_strokes(hands, by):
    before = int(hands.text("stage.pad").split()[0])
    hands.stroke("stage.pad", [[[0.1, 0.5, 0], [0.4, 0.2, 10], [0.8, 0.6, 20]]], by=by)
    hands.wait("stage.pad", text=f"^{before + 1} strokes")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("stage.off", "not enabled"),
        ("stage.hidden", "not visible"),
        ("stage.nowhere", "nothing called"),
        ("stage.covered", "covered by stage.cover"),
    ],
)
def test_what_a_person_could_not_touch_is_refused(hands, name, reason):
    with pytest.raises(Stuck, match=reason) as stuck:
        hands.click(name)
    assert any(thing["name"] == "stage.press" for thing in stuck.value.tree)


def test_a_dialog_in_front_is_in_the_way(hands):
    hands.click("stage.ask")
    hands.wait("stage.dialog.sure")
    with pytest.raises(Stuck, match=r"behind the dialog stage\.dialog"):
        hands.click("stage.press")
    hands.click("stage.dialog.sure")
    hands.wait("stage.said", text="was sure")
    assert not hands.exists("stage.dialog.sure")


def test_waiting(hands):
    with pytest.raises(Stuck, match="did not become so"):
        hands.wait("stage.said", text="never said", timeout_s=0.1)
    hands.wait("stage.hidden", hidden=True)
    with pytest.raises(Stuck, match="no row"):
        hands.click("stage.people", text="Nobody")


def test_wrong_commands_are_answered(hands):
    with pytest.raises(Stuck, match="incomplete"):
        hands.do("click")
    with pytest.raises(Stuck, match="not a command"):
        hands.do("dance")
    with pytest.raises(Stuck, match="no key"):
        hands.key("Nonsense+Plus")


def test_picture_and_pulse(hands, tmp_path):
    with Image.open(hands.shot(tmp_path / "a" / "window.png")) as picture:
        assert picture.size == (700, 600)
    told = hands.stalls()
    assert told["p99_ms"] <= told["max_ms"]
    assert told["beats"] > 0


def test_enabling_is_waited_for(hands):
    hands.click("stage.late")
    hands.wait("stage.later", enabled=True)


def test_quitting_politely():
    process = begin()
    hands = Hands(process)
    hands.wait("stage.said")
    assert hands.quit() == 0
    with pytest.raises(Stuck, match="has ended"):
        hands.click("stage.press")
    finish(process)


def test_closing_the_line_ends_the_program():
    process = begin()
    Hands(process).wait("stage.said")
    process.stdin.close()
    assert process.wait(10) == 0
    finish(process)


def test_terminate_ends_it_politely():
    process = begin()
    Hands(process).wait("stage.said")
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert "quit politely" in process.stderr.read()
    finish(process)


def test_a_bug_is_calm_counted_and_logged_without_data(tmp_path):
    process = begin("--log", str(tmp_path / "log" / "stage.log"))
    hands = Hands(process)
    hands.click("stage.bug")
    hands.wait("program.bug")
    hands.click("program.bug.go_on")
    hands.wait("program.bug", hidden=True)
    hands.click("stage.press")
    assert hands.quit() == 70
    log = (tmp_path / "log" / "stage.log").read_text()
    assert "bug KeyError" in log
    assert "stage.py" in log
    assert "Rosa" not in log
    finish(process)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "no screen here"),
        ({"DISPLAY": ":97531"}, "does not answer"),
        ({"DISPLAY": "x"}, "does not answer"),
        ({"DISPLAY": "127.0.0.1:3999"}, "does not answer"),
        ({"WAYLAND_DISPLAY": "wayland-nobody"}, "does not answer"),
    ],
)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a screen")
def test_no_display_is_one_sentence(given, words):
    done = subprocess.run(
        [sys.executable, str(STAGE), "--lang", "en"],
        env=environment(**{"QT_QPA_PLATFORM": "", **given}),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 4
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
