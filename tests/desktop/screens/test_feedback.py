# SPDX-License-Identifier: GPL-3.0-or-later
"""The page that shows how it was: counted by week and site, no name beside an answer, over a real desk."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic.domain.ids import PatientId
from clinic.domain.questionnaires import FEEDBACK
from clinic.domain.values import HumanName
from clinic.exchange.shipped_questionnaires import shipped
from clinic.services import intake
from clinic.services.feedback import Opinion
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.screens.feedback import logic as m
from desktop.screens.feedback.chart import told
from desktop.screens.feedback.doing import Hearing
from desktop.screens.feedback.view import FeedbackView
from desktop.screens.room import Room
from tests.clinic.services.local import Local, clinic
from tests.desktop.screens.standin import AtOnce

TODAY = date(2026, 11, 28)
(FORM,) = (one for one in shipped() if one.url == FEEDBACK)


def opinion(face: str, days_ago: int, site: str = "Quebracho", *reasons: str, wishes: str = "") -> Opinion:
    at = datetime(2026, 11, 28, 15, tzinfo=UTC) - timedelta(days_ago)
    return Opinion(f"{face}{days_ago}{site}", at, site, face, reasons, PatientId(wishes), wishes)


def state(*opinions: Opinion) -> m.State:
    return m.update(m.State(today=TODAY), m.Came(opinions))[0]


def test_answers_are_counted_in_their_week_and_weeks_without_one_are_there() -> None:
    weeks = state(opinion("good", 0), opinion("good", 1), opinion("bad", 7)).weeks
    assert len(weeks) == 12 and weeks[-1].monday == date(2026, 11, 23)
    assert [week.counts for week in weeks[-3:]] == [(0, 0, 0), (0, 0, 1), (2, 0, 0)]
    assert told(weeks[-1]).endswith("Good 2, So-so 0, Bad 0")


def test_exactly_the_weeks_that_are_drawn_are_read() -> None:
    shown, (look,) = m.update(m.State(today=date(2026, 11, 1)), m.Opened(TODAY))
    assert look == m.Look(state().weeks[0].monday) and shown.today == TODAY


def test_a_site_narrows_the_counts_the_reasons_and_the_answers() -> None:
    both = state(opinion("good", 0, "Quebracho", "quick"), opinion("bad", 0, "Algarrobo", "waited", "other"))
    assert both.sites == ("Algarrobo", "Quebracho")
    one = m.update(both, m.SiteChosen("Algarrobo"))[0]
    assert one.weeks[-1].counts == (0, 0, 1)
    assert one.reasons == (("other", 1), ("waited", 1)) and len(one.shown) == 1
    gone = m.update(one, m.Came(both.opinions[:1] if both.opinions else ()))[0]
    assert gone.site == "", "a site that nobody speaks of any more is not left chosen"


def test_only_the_chart_of_somebody_who_wishes_it_is_opened() -> None:
    here = state(opinion("bad", 0, wishes="rosa"), opinion("bad", 1))
    assert m.update(here, m.OneOpened("bad0Quebracho"))[1] == (m.OpenChart("rosa"),)
    assert m.update(here, m.OneOpened("bad1Quebracho"))[1] == ()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path / "homes") as both:
        yield both


def page_of(qtbot: QtBot, local: Local, qapp: QApplication, look: str = "light") -> FeedbackView:
    theme.apply(qapp, look, "desktop")
    have = SimpleNamespace(hearing=Hearing(local.ben), me=local.ben.someone)
    view = FeedbackView(Room(have, local.clock, AtOnce(), AtOnce(), AtOnce()))  # type: ignore[arg-type]
    qtbot.addWidget(view)
    view.resize(1180, 700)
    view.show()
    qtbot.waitUntil(lambda: view.loop.state.opinions is not None)
    return view


def say(local: Local, family: str, number: str, **given: tuple[str, ...]) -> None:
    known = intake.claim(local.ben, number, date(1961, 3, 5), HumanName(family=family))
    visit = intake.arrive(local.ben, known, "es")
    intake.tell_feedback(local.ben, visit, FORM, given, "es", True)


def test_an_empty_page_says_how_answers_come(qtbot: QtBot, qapp: QApplication, local: Local) -> None:
    page = page_of(qtbot, local, qapp)
    assert page.empty.isVisible() and not page.body.isVisible() and not audit(page)


@pytest.mark.parametrize("look", ["light", "dark"])
def test_the_page_shows_the_answers_and_one_name(
    qtbot: QtBot, qapp: QApplication, local: Local, look: str
) -> None:
    say(local, "Quispe", "14233456", visit=("good",), good=("listened",))
    say(local, "Rojas", "20111222", visit=("bad",), bad=("waited",), contact=("true",))
    page = page_of(qtbot, local, qapp, look)
    qtbot.waitUntil(lambda: audit(page) == [])  # once the words that came have their room
    lines = page.list.model().lines()
    said = " ".join(line.spoken() for line in lines)
    assert len(lines) == 2 and "Rojas" in said and "Quispe" not in said
    assert "I waited long" in said and "I was listened to" in said
    asked: list[str] = []
    page._room.ways.chart.connect(lambda patient, _tab: asked.append(patient))
    for line in lines:
        page.list.opened.emit(line.key)
    assert len(asked) == 1
    theme.apply(qapp, "light", "desktop")
