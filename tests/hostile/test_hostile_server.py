# SPDX-License-Identifier: GPL-3.0-or-later
"""Each script of the table against the real client over real HTTP: refused or told, nothing leaked, nothing lost."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.keys.trust import verify_all
from clinic.services import messages
from tests.hostile.house import honest
from tests.hostile.people import BENS, CANARY, EVAS, LURES, Scene, scene
from tests.hostile.script import RESTORED, Script
from tests.hostile.table import ALL
from tests.scenarios.canaries import spellings

AFTER = f"{CANARY}, cuando todo pasó"
pytestmark = pytest.mark.slow


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_passwords: None) -> Iterator[Scene]:
    monkeypatch.setattr("clinic.transport.http.IDLE_S", 1.0)
    monkeypatch.setattr("clinic.transport.http.ALLOWED_S", 4.0)
    with scene(tmp_path) as made:
        yield made


@pytest.mark.expects_log("waits on|a letter was refused|an exchange was refused|the copy here is shown")
@pytest.mark.parametrize("script", ALL, ids=[script.name for script in ALL])
def test_a_script_of_the_hostile_centre(
    script: Script, play: Scene, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    believed = play.ben.trust
    script.act(play)
    play.sync()
    seen = " | ".join([*play.told, play.shown()])
    assert script.sees in seen, f"the person sees: {seen}"
    _its_words_reach_nobody(play, seen, caplog.text)
    if not script.sees:
        assert not play.told, "what came to nothing is not told"
    _nothing_is_believed(play, believed.position)
    assert BENS in play.texts(play.ben)
    play.house.play = honest
    play.ahead_s = 0
    play.write_by_eva(AFTER)
    messages.send_message(play.ben, play.patient, f"{AFTER}, de Ben")
    _go_on(play)
    if script.well == RESTORED:
        assert not _is_well(play), "the table says that this takes a word from whoever put it right"
        play.house.say_restored()
        _go_on(play)
    _nothing_is_lost(play)
    _nothing_leaks(play, tmp_path, caplog.text)


def _its_words_reach_nobody(play: Scene, seen: str, log: str) -> None:
    """What it wrote into its answers is on no screen, in no log, and in nothing that is kept to be shown."""
    refused = "SELECT sentence FROM outbox WHERE refused IS NOT NULL"
    kept = play.ben.book.read(lambda page: [str(row[0]) for row in page._all(refused)])
    for text in (seen, log, *kept):
        assert not any(lure in text for lure in LURES)


def _nothing_is_believed(play: Scene, position: int) -> None:
    mine = play.ben.trust.statements
    assert len(mine) > position and mine == play.log.statements[: len(mine)], "a run of what was really said"
    assert play.ben.trust.device(play.town.mallory.device) is None
    stored = play.ben.book.read(lambda page: page.trust())
    assert verify_all(stored, play.log.fingerprint, play.ben.home.read_height()).statements == mine


def _go_on(play: Scene) -> None:
    for desk in (play.ben, play.ben, play.eva, play.ben):
        play.sync(desk)


def _is_well(play: Scene) -> bool:
    return {BENS, EVAS, AFTER} <= play.texts(play.ben) == play.texts(play.eva)


def _nothing_is_lost(play: Scene) -> None:
    assert {BENS, EVAS, AFTER} <= play.texts(play.ben), "what was meant for us has come"
    assert play.texts(play.ben) == play.texts(play.eva), "what was written is everywhere"
    assert play.ben.trust.statements == play.eva.trust.statements == play.log.statements


def _nothing_leaks(play: Scene, folder: Path, log: str) -> None:
    needles = tuple(spellings(CANARY))
    kept = (path.read_bytes() for path in (folder / "centre").rglob("*") if path.is_file())
    for data in (*play.house.seen, *kept, log.encode()):
        assert not any(needle in data for needle in needles), "a word of the record left the clinic"
