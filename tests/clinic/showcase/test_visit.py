# SPDX-License-Identifier: GPL-3.0-or-later
"""A step that fails becomes a red row, and the visit goes on."""

import errno
import json
import os
from pathlib import Path

import pytest

from clinic.domain.errors import Refusal, Unavailable
from clinic.showcase import by_hand, cast
from clinic.showcase.demo import main, make_room, parse, programs
from clinic.showcase.findings import Findings
from clinic.showcase.network import Relay
from clinic.showcase.report import Report
from clinic.showcase.scene import Scene
from clinic.showcase.stage import LANGUAGES, Stage
from clinic.showcase.steps.arrival import CONSENT
from clinic.showcase.supervise import INNER
from clinic.showcase.visit import STEPS, take


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    network = Relay()
    return Scene(tmp_path, Stage(tmp_path / "work", network, "es", visible=False), network, {})


@pytest.mark.expects_log(r"clinic\.showcase\.visit: step")
def test_each_outcome_is_a_row(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    def fine(_: Scene, seen: Findings) -> None:
        seen.note("all well", rows=2)

    def wrong(_: Scene, seen: Findings) -> None:
        seen.expect(False, "three rows", 2)

    def gone(_: Scene, seen: Findings) -> None:
        raise Unavailable("the kiosk has ended")

    def mistaken(_: Scene, seen: Findings) -> None:
        raise KeyError("row")

    report = Report(scene.out)
    for number, step in enumerate((fine, wrong, gone, mistaken), start=1):
        take(scene, report, number, "A step", step)
    told = json.loads((scene.out / "report.json").read_text())
    assert [row["ok"] for row in told] == [True, False, False, False]
    assert [row["detail"] for row in told][:3] == [
        "all well",
        "expected three rows, saw 2",
        "the kiosk has ended",
    ]
    assert "KeyError" in told[3]["detail"]
    assert told[0]["measured"] == {"rows": 2}
    assert "1. A step" in capsys.readouterr().out


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_of_the_demo_has_its_words(language: str) -> None:
    assert parse(["--lang", language]).lang == language
    assert language in by_hand.WORDS
    assert language in cast.SEARCHED
    assert language in CONSENT


def test_there_are_the_eight_steps() -> None:
    assert len(STEPS) == 8


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "thesis.odt").write_text("years of work")
    with pytest.raises(Refusal, match="Choose another folder"):
        make_room(tmp_path)
    monkeypatch.delenv(INNER, raising=False)
    monkeypatch.setattr("clinic.showcase.demo.has_display", lambda: False)
    assert main(["--out", str(tmp_path), "--auto"]) == 3
    assert main(["--out", str(tmp_path / "thesis.odt"), "--auto"]) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.odt"]


def test_pictures_of_somebody_whose_own_folder_is_called_work_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "work" / "logs").mkdir(parents=True)
    (tmp_path / "family.png").touch()
    (tmp_path / "report.json").touch()
    with pytest.raises(Refusal, match="Choose another folder"):
        make_room(tmp_path)
    assert (tmp_path / "family.png").exists()


def test_two_demos_do_not_work_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make_room(tmp_path / "out")
    (tmp_path / "out" / "work" / "machines").mkdir()
    monkeypatch.delenv(INNER, raising=False)
    monkeypatch.setattr("clinic.showcase.demo.has_display", lambda: False)
    assert main(["--out", str(tmp_path / "out"), "--auto"]) == 3
    assert (tmp_path / "out" / "work" / "machines").exists(), "the second tidied up what the first works on"
    first.release()
    make_room(tmp_path / "out").release()


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "is full. Free 1 GB"), (errno.EACCES, "cannot be used")]
)
def test_what_the_disk_says_is_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
    words: str,
) -> None:
    def broken(_out: Path) -> None:
        raise OSError(number, os.strerror(number), str(tmp_path / "out"))

    monkeypatch.delenv(INNER, raising=False)
    monkeypatch.setattr("clinic.showcase.demo.has_display", lambda: False)
    monkeypatch.setattr("clinic.showcase.demo.make_room", broken)
    assert main(["--out", str(tmp_path / "out")]) == 4
    said = capsys.readouterr().err
    assert words in said and "--out" in said and len(said.splitlines()) == 1


def test_what_an_earlier_demo_left_is_cleared(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    for _ in range(2):
        make_room(out).release()
        assert sorted(path.name for path in out.iterdir()) == ["work"]
        (out / "01-kiosk-language.png").touch()
        (out / "report.json").touch()
        (out / "work" / "machines").mkdir()


@pytest.mark.parametrize("wrong", [["--people", "1"], ["--people", "many"], ["--lang", "fr"]])
def test_wrong_use_is_code_2(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as told:
        parse(wrong)
    assert told.value.code == 2


def test_a_driven_call_is_made_of_clips(tmp_path: Path) -> None:
    driven = programs(tmp_path, "es", driven=True, visible=True)
    assert "clip:A" in driven["desktop"] and "clip:B" in driven["kiosk"]


@pytest.mark.parametrize("there_is_one", [True, False])
def test_by_hand_the_clinician_has_the_devices_there_are_and_else_a_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there_is_one: bool
) -> None:
    monkeypatch.setattr("clinic.showcase.demo.has_device", lambda _pattern: there_is_one)
    by_hand = programs(tmp_path, "es", driven=False, visible=True)
    assert ("clip:A" in by_hand["desktop"]) is not there_is_one
    assert "clip:B" in by_hand["kiosk"]
