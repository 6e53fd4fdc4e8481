# SPDX-License-Identifier: GPL-3.0-or-later
"""The words, the page and the drawn terminal of the story; and a check that does not hold is seen everywhere."""

import argparse
import json
import string
from pathlib import Path

import pytest
from PIL import Image

from clinic.showcase.findings import Check, Findings
from clinic.showcase.network import Relay
from clinic.showcase.report import Row
from clinic.showcase.scene import Scene
from clinic.showcase.stage import LANGUAGES, Stage
from clinic.showcase.trust.page import page, picture_name
from clinic.showcase.trust.story import STEPS, tell
from clinic.showcase.trust.terminal import draw, shortened, typed
from clinic.showcase.trust.words import words

NAMES = [name for name, _step in STEPS]


def row(number: int, held: bool) -> Row:
    checks = (Check("three sheets of the root key", True), Check("<b>", held))
    pictures = ("01-terminal-centre.png", "02-station-no-words-for-this.png")
    return Row(number, "title", held, 1.0, "expected <b>", {}, checks, pictures)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_says_every_step_and_picture(language: str) -> None:
    said, english = words(language), words("en")
    assert set(said.steps) == set(NAMES)
    assert set(said.pictures) == set(english.pictures)
    assert all(said.pictures.values()) and all(all(pair) for pair in said.steps.values())
    fields = [
        {field for _, field, _, _ in string.Formatter().parse(text) if field}
        for text in (said.held, said.broken)
    ]
    assert fields == [{"count", "page"}, {"held", "count", "page"}]


def test_both_translations_know_the_same_checks() -> None:
    assert set(words("es").checks) == set(words("pt").checks)
    assert "three sheets of the root key" in words("es").checks


def test_the_page_says_what_held_and_what_did_not() -> None:
    text = page([row(1, True), row(2, False)], NAMES, words("es"), "es")
    assert "Se funda una organización" in text and "tres hojas de la clave raíz" in text
    assert "Se prepara el centro" in text, "what stands under a picture"
    assert "02-station-no-words-for-this.png" in text, "a picture without words is shown by its name"
    assert "<b>" not in text.replace("<b>✓</b>", "").replace("<b>✗</b>", ""), (
        "nothing gets into the page as markup"
    )
    assert text.count("✗") == 2, "the step and its check"
    assert f"<span class=bad>1/{len(STEPS)}</span>" in text
    assert "<span class=ok>1/1</span>" in page([row(1, True)], NAMES[:1], words("es"), "es")


def test_a_pictures_name() -> None:
    assert picture_name("03-desktop-team-is-told.png") == "team-is-told"


def test_what_was_typed_is_shown_as_a_person_types_it(tmp_path: Path) -> None:
    work = tmp_path / "work"
    said = typed(
        "station", ("found", "--home", f"{work}/machines/station", "--name", "Red Villa Algarrobal"), work
    )
    assert said == "$ posta station found --home station --name 'Red Villa Algarrobal'"
    assert (
        typed("", ("verify", "audit", f"{tmp_path}/audit.proof"), work) == "$ posta verify audit audit.proof"
    )
    assert shortened(f"--code {'A' * 120}", work) == f"--code {'A' * 20}…"


def test_a_terminal_is_as_tall_as_its_lines(tmp_path: Path) -> None:
    draw([("$ posta", "#ffffff")], tmp_path / "one.png")
    draw([("$ posta", "#ffffff"), ("word " * 60, "#ffffff")], tmp_path / "more.png")
    with Image.open(tmp_path / "one.png") as one, Image.open(tmp_path / "more.png") as more:
        assert one.width == more.width and more.height > one.height


def test_a_check_that_does_not_hold_fails_the_story(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = Relay()
    scene = Scene(
        tmp_path, Stage(tmp_path / "work", network, "en", visible=False), network, {}, language="en"
    )

    def good(_scene: Scene, seen: Findings) -> None:
        seen.expect(True, "three sheets of the root key")

    def bad(_scene: Scene, seen: Findings) -> None:
        seen.expect(False, "no key of a team", ["Red Villa Algarrobal 1"])

    chosen = argparse.Namespace(auto=True)
    assert tell(scene, chosen, (("founding", good),)) == 0
    assert tell(scene, chosen, (("founding", good), ("lost", bad), ("audit", good))) == 1
    assert "NOT all promises held: 2 of 3" in capsys.readouterr().out
    rows = json.loads((tmp_path / "report.json").read_text())
    assert [one["ok"] for one in rows] == [True, False, True]
    assert rows[1]["checks"] == [{"expected": "no key of a team", "held": False}]
    assert "Red Villa Algarrobal 1" in (tmp_path / "index.html").read_text()
