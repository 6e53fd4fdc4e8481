# SPDX-License-Identifier: GPL-3.0-or-later
"""Restarts, presence, questionnaire, options, volume: the small deciders of the kiosk."""

import subprocess
import sys
from pathlib import Path

import pytest

from clinic.devices.port import Instrument
from clinic.domain.instruments.kinds import Kind
from desktop.kit import icons
from kiosk import echo, options, presence, questionnaire, volume
from kiosk.presence import Here, Presence
from kiosk.restarts import STOP, WAITS_S, End, Restarts, StartAfter, after
from kiosk.screens.consent.view import PICTURES
from kiosk.screens.vitals.logic import WORDINGS


def test_after_a_visit_the_next_session_starts_at_once() -> None:
    assert after(Restarts(3), 0, 5.0) == (Restarts(), StartAfter(0.0))


def test_the_first_crash_also_restarts_at_once_and_more_in_a_row_wait_longer_and_longer() -> None:
    restarts, waits = Restarts(), []
    for _crash in range(9):
        restarts, step = after(restarts, -11, 1.0)
        assert isinstance(step, StartAfter)
        waits.append(step.seconds)
    assert waits[0] == 0.0
    assert waits == sorted(waits)
    assert waits[-1] == WAITS_S[-1]


def test_a_crash_after_a_long_life_counts_as_the_first() -> None:
    assert after(Restarts(5), 70, 600.0)[0] == Restarts(1)


def test_a_session_that_says_it_cannot_begin_ends_the_supervisor_with_the_same_code() -> None:
    assert after(Restarts(), 4, 0.5)[1] == End(4)
    assert isinstance(after(Restarts(), 4, 31.0)[1], StartAfter)


def test_stop_ends_the_supervisor_well() -> None:
    assert after(Restarts(), STOP, 100.0)[1] == End(0)


def test_a_silent_minute_is_asked_about_and_after_twenty_more_seconds_nobody_is_there() -> None:
    here = presence.waits(Presence(), 60.0, 100.0)
    assert presence.tick(here, 159.0).here is Here.YES
    assert presence.tick(here, 160.0).here is Here.ASKED
    assert presence.seconds_left(here, 165.0) == 15
    assert presence.tick(here, 180.0).here is Here.GONE


def test_a_touch_answers_and_the_minute_starts_anew() -> None:
    asked = presence.tick(presence.waits(Presence(), 60.0, 0.0), 70.0)
    back = presence.touched(asked, 70.0)
    assert back.here is Here.YES
    assert presence.tick(back, 129.0).here is Here.YES


def test_where_there_is_no_patience_nobody_is_ever_sent_away() -> None:
    assert presence.tick(presence.waits(Presence(), None, 0.0), 1e6).here is Here.YES


def test_gone_is_final() -> None:
    gone = presence.tick(presence.waits(Presence(), 1.0, 0.0), 100.0)
    assert presence.tick(gone, 0.5) is gone


def test_every_reason_shows_at_most_six_symptoms() -> None:
    questions = questionnaire.load()
    assert 0 < len(questions.reasons) <= 6
    for reason in questions.reasons:
        assert 0 < len(questions.symptoms_of(reason.id)) <= 6


def test_every_drawing_the_kiosk_asks_for_is_there() -> None:
    questions = questionnaire.load()
    items = [item for form in questions.forms.values() for item in form.items]
    asked = {choice.picture for item in items for choice in questionnaire.choices(item)}
    asked |= {wording.picture for wording in WORDINGS.values()} | set(PICTURES.values())
    assert asked <= set(icons.pictograms()) | set(icons.names())


def test_a_code_keeps_the_word_that_was_on_the_tile() -> None:
    fever = questionnaire.load().symptoms_of("unwell")[0]
    assert fever.coding("en").display == "Fever"
    assert fever.coding("xx").display == "Fiebre"


def test_a_size_is_two_numbers() -> None:
    assert options.size("1080x1920") == (1080, 1920)
    with pytest.raises(SystemExit):
        options.parse(["--home", "x", "--size", "big"])


def test_the_mixer_is_told_up_and_down() -> None:
    assert volume.command("amixer", 10) == ["amixer", "-q", "set", "Master", "10%+"]
    assert volume.command("pactl", -10)[-1] == "-10%"


def test_what_decides_and_what_supervises_loads_neither_qt_nor_the_store() -> None:
    screens = Path(questionnaire.__file__).parent / "screens"
    logics = [f"kiosk.screens.{file.parent.name}.logic" for file in screens.glob("*/logic.py")]
    modules = ["kiosk.app", "kiosk.flow", "kiosk.presence", "kiosk.relay", "kiosk.questionnaire", *logics]
    heavy = "sum(m in sys.modules for m in ('PySide6', 'sqlalchemy'))"
    asked = f"import sys, {', '.join(modules)}; sys.exit({heavy})"
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", asked], cwd=root, check=False).returncode == 0
    assert len(logics) >= 12


def test_the_second_tap_of_one_wish_does_not_answer_the_next_question() -> None:
    asked_anew = echo.turned(echo.tapped(1000, 300.0, 400.0))
    assert echo.is_echo(asked_anew, 1120, 304.0, 398.0)
    assert not echo.is_echo(asked_anew, 1000 + echo.ECHO_MS, 300.0, 400.0), "a tap of its own"
    assert not echo.is_echo(asked_anew, 1120, 300.0 + echo.NEAR + 1, 400.0), "another target"


def test_two_quick_taps_on_the_same_question_both_count() -> None:
    assert not echo.is_echo(echo.tapped(1000, 300.0, 400.0), 1120, 300.0, 400.0)
    assert not echo.is_echo(echo.Echo(), 0, 0.0, 0.0)


def test_an_instrument_is_named_by_its_kind_and_its_address() -> None:
    assert options.instrument("cuff=c0:ff:ee:01:02:03") == Instrument(Kind.CUFF, "C0:FF:EE:01:02:03")
    mac = "scale=12345678-9ABC-DEF0-1234-56789ABCDEF0"
    assert options.instrument(mac).kind is Kind.SCALE


@pytest.mark.parametrize(
    "wrong", ["cuff", "cuff=", "sphygmograph=C0:FF:EE:01:02:03", "cuff=here", "=C0:FF:EE:01:02:03"]
)
def test_what_is_no_instrument_ends_with_an_example_of_one(
    wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        options.parse(["--home", "x", "--instrument", wrong])
    assert ended.value.code == 2
    assert "cuff=C0:FF:EE:01:02:03" in capsys.readouterr().err
