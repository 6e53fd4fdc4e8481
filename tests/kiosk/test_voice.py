# SPDX-License-Identifier: GPL-3.0-or-later
"""The kiosk's voice: made once for prompts, never kept for what is private, silent where it cannot speak."""

import shutil
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from kiosk.voice import Voice, kept_sound, sound_of

speaks = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not on this machine")


@speaks
@pytest.mark.parametrize("language", ["es", "en", "pt"])
def test_a_sentence_becomes_sound_in_every_language(language: str) -> None:
    assert len(sound_of("123", language)) > 10_000


@speaks
def test_a_prompt_is_made_once_and_its_file_does_not_tell_the_text(tmp_path: Path) -> None:
    made = kept_sound(tmp_path, "Take a seat", "en")
    (file,) = tmp_path.iterdir()
    assert "seat" not in file.name.lower()
    file.write_bytes(b"from the cache")
    assert kept_sound(tmp_path, "Take a seat", "en") == b"from the cache" != made


def test_without_the_program_there_is_silence_and_no_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, qtbot: QtBot
) -> None:
    monkeypatch.setattr("shutil.which", lambda _program: None)
    assert sound_of("hello", "en") == b""
    voice = Voice(tmp_path)
    voice.say("hello", "en")
    QTest.qWait(20)
    assert not voice.speaking
    assert voice.seconds_spoken == 0.0


def test_what_is_private_leaves_no_file(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = Voice(tmp_path / "voice")
    monkeypatch.setattr(voice, "_able", lambda: True)
    heard: list[bytes] = []
    monkeypatch.setattr(voice, "_play", lambda _turn, sound: heard.append(sound))
    voice.say("Rosa, born in 1961", "en", private=True)
    qtbot.waitUntil(lambda: bool(heard))
    assert not (tmp_path / "voice").exists()
    voice.say("Take a seat", "en")
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert len(list((tmp_path / "voice").iterdir())) == 1
