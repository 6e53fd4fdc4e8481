# SPDX-License-Identifier: GPL-3.0-or-later
"""People and computers: the page over a real desk and a real centre."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import wait
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal
from clinic.domain.ids import ADMINISTRATORS, AUDITORS, TeamId
from clinic.domain.policies import IDLE_LOCK
from clinic.keys.invites import read_invitation
from clinic.protocol.trust import DeviceKind, Role
from clinic.services.enrolment import invite, join
from clinic.services.link import exchange_now
from clinic.services.locking import most_minutes
from clinic.services.organising import create_team, organisation
from desktop.kit import theme
from desktop.kit.audit import audit
from desktop.screens.organisation import logic as m
from desktop.screens.organisation.doing import Governing
from desktop.screens.organisation.view import OrganisationView
from desktop.screens.room import Room
from tests.clinic.services import conftest
from tests.clinic.services.conftest import PASSWORD, Town
from tests.desktop.screens.standin import AtOnce

pytestmark = pytest.mark.slow
town = conftest.town


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication, town: Town) -> Iterator[OrganisationView]:
    theme.apply(qapp, "light", "desktop")
    desk = town.station
    clinic = SimpleNamespace(governing=Governing(desk), me=desk.someone)
    view = OrganisationView(Room(clinic, SystemClock(), AtOnce(), AtOnce(), AtOnce()))  # type: ignore[arg-type]
    qtbot.addWidget(view)
    view.resize(1180, 680)
    view.show()
    qtbot.waitUntil(lambda: view.loop.state.found is not None)
    yield view
    ends = clinic.governing.ends
    clinic.governing.stop()
    if ends is not None:
        wait([ends], timeout=10)
        assert ends.done(), "whoever waits for a newcomer is told to wait no more"


def press(page: OrganisationView, name: str) -> None:
    (button,) = [
        one for one in page.findChildren(QPushButton, f"organisation.{name}") if one.isVisibleTo(page)
    ]
    button.click()


def settle(qtbot: QtBot, page: OrganisationView, tone: str) -> None:
    qtbot.waitUntil(lambda: bool(page.loop.state.sentence) and not page.loop.state.busy)
    assert page.loop.state.tone == tone, page.loop.state.sentence


def show(qtbot: QtBot, page: OrganisationView, tab: str, key: str) -> None:
    page.refresh()
    page.loop.send(m.TabChosen(tab))
    page.loop.send(m.RowChosen(key))
    qtbot.waitUntil(lambda: bool(page.name.text()))


def test_the_session_of_a_computer_is_ended(qtbot: QtBot, page: OrganisationView, town: Town) -> None:
    exchange_now(town.desk)
    show(qtbot, page, "computers", town.desk.device)
    qtbot.waitUntil(lambda: page.end_session.isVisibleTo(page))
    assert "Logged in at the centre" in page.text.text()
    press(page, "end_session")
    settle(qtbot, page, "ok")
    qtbot.waitUntil(lambda: not page.end_session.isVisibleTo(page))
    assert audit(page) == []


def test_a_computer_is_revoked_after_its_name_was_read(
    qtbot: QtBot, page: OrganisationView, town: Town
) -> None:
    lost = town.enrol("Perdida Dos")
    page.refresh()
    show(qtbot, page, "computers", lost.device)
    press(page, "revoke")
    assert page.loop.state.tone == "warn" and not page.loop.state.sure, "first why"
    page.why.setText("robada")
    press(page, "revoke")
    assert "Perdida Dos" in m.warning(page.loop.state) and not town.station.trust.is_revoked(lost.device)
    press(page, "unsure")
    press(page, "revoke")
    press(page, "revoke")
    settle(qtbot, page, "ok")
    assert town.station.trust.is_revoked(lost.device) and not page.why.text()
    qtbot.waitUntil(
        lambda: page.loop.state.computer is not None and page.loop.state.computer.revoked == "robada"
    )


def test_a_newcomer_is_compared_and_let_in(qtbot: QtBot, page: OrganisationView, town: Town) -> None:
    page.loop.send(m.InvitePressed("nurse", "desktop"))
    qtbot.waitUntil(lambda: page.loop.state.out is not None)
    home = town.folder / "por-pantalla"
    short, where = page.code.text(), page.where.text()
    joining = join(home, short, "Nora Vidal", PASSWORD, "Posta 3", SystemClock(), os.urandom, server=where)
    waiter = threading.Thread(target=joining.wait, args=(30,))
    waiter.start()
    qtbot.waitUntil(lambda: page.loop.state.knocking is not None)
    assert page.digits.text().replace(" ", "") == joining.digits and "Nora Vidal" in page.who.text()
    press(page, "knock.admit")
    settle(qtbot, page, "ok")
    waiter.join()
    nora = next(one for one in organisation(town.station).people if one.name == "Nora Vidal")
    assert nora.roles == (Role.NURSE,)
    show(qtbot, page, "people", nora.user)
    page.which.choose("receptionist")
    press(page, "role")
    settle(qtbot, page, "ok")
    qtbot.waitUntil(
        lambda: bool(page.loop.state.person) and Role.RECEPTIONIST in page.loop.state.person.roles
    )


def test_a_team_is_made_and_filled(qtbot: QtBot, page: OrganisationView, town: Town) -> None:
    page.loop.send(m.TabChosen("teams"))
    page.new_team.setText("Guardia")
    press(page, "team")
    settle(qtbot, page, "ok")
    team = next(one for one in organisation(town.station).teams if one.name == "Guardia")
    show(qtbot, page, "teams", team.team)
    page.which.choose(town.desk.someone.user)
    press(page, "add_member")
    settle(qtbot, page, "ok")
    exchange_now(town.desk)
    assert town.desk.someone.user in town.desk.trust.members(team.team)
    assert not audit(page)


def test_a_newcomer_is_invited_into_the_team_that_was_chosen(
    qtbot: QtBot, page: OrganisationView, town: Town
) -> None:
    """Where there is one team, nobody is asked."""
    team = create_team(town.station, "Hospital Sur")
    page.refresh()
    qtbot.waitUntil(lambda: page.as_team.findData(team) >= 0)
    assert page.of_team.isVisible()
    page.as_team.choose(team)
    press(page, "invite")
    qtbot.waitUntil(lambda: page.loop.state.out is not None)
    out = page.loop.state.out
    assert out is not None and read_invitation(out.code, SystemClock().now()).team == team
    assert not audit(page)
    with pytest.raises(Refusal, match="no such team"):
        invite(town.station, Role.NURSE, DeviceKind.DESKTOP, team=TeamId("nowhere"))


@pytest.mark.parametrize(("role", "team"), [("compliance", AUDITORS), ("administrator", ADMINISTRATORS)])
def test_who_treats_nobody_is_invited_to_read_no_chart_unless_said(
    qtbot: QtBot, page: OrganisationView, town: Town, role: str, team: TeamId
) -> None:
    page.refresh()
    qtbot.waitUntil(lambda: page.loop.state.found is not None)
    page.as_role.choose(role)
    page.as_role.chosen.emit(role)
    assert page.of_team.isVisible() and page.as_team.key() == team
    press(page, "invite")
    qtbot.waitUntil(lambda: page.loop.state.out is not None)
    out = page.loop.state.out
    assert out is not None and read_invitation(out.code, SystemClock().now()).team == team
    assert not audit(page)


def test_a_rule_is_explained_and_signed_and_nonsense_is_sent_back(
    qtbot: QtBot, page: OrganisationView, town: Town
) -> None:
    show(qtbot, page, "rules", IDLE_LOCK)
    assert "5 minutes" in page.text.text() and "“idle lock minutes”" in page.text.text()
    assert page.ruling.isVisible() and not page.pick.isVisible()
    assert not audit(page)
    page.value.setText("9")
    press(page, "rule")
    settle(qtbot, page, "danger")
    assert "from 1 to 5" in page.loop.state.sentence and page.value.text() == "9", "what was typed stays"
    page.value.setText("2")
    press(page, "rule")
    settle(qtbot, page, "ok")
    assert most_minutes(town.station) == 2
    qtbot.waitUntil(lambda: page.loop.state.setting is not None and page.loop.state.setting.said == "2")
    assert "2 minutes" in page.text.text() and "Signed by" in page.text.text()


def test_a_questionnaire_is_brought_in_retired_and_put_back(
    qtbot: QtBot, page: OrganisationView, town: Town
) -> None:
    url = "urn:posta:questionnaire:wound"
    file = town.folder / "wound.json"
    show(qtbot, page, "questionnaires", f"{url}|1")
    page.loop.send(m.Ordered(m.Order.SAVE_FILE, str(file)))
    settle(qtbot, page, "ok")
    page.loop.send(m.Ordered(m.Order.BRING_IN, str(file)))
    settle(qtbot, page, "danger")
    assert "higher number" in page.loop.state.sentence
    file.write_bytes(file.read_bytes().replace(b'"version":"1"', b'"version":"2"'))
    page.loop.send(m.Ordered(m.Order.BRING_IN, str(file)))
    settle(qtbot, page, "ok")
    show(qtbot, page, "questionnaires", f"{url}|2")
    qtbot.waitUntil(lambda: page.retire.isVisibleTo(page))
    assert "venomous bite" in page.text.text() and "How did it happen?" in page.text.text()
    press(page, "retire")
    settle(qtbot, page, "ok")
    qtbot.waitUntil(lambda: page.put_back.isVisibleTo(page))
    press(page, "put_back")
    settle(qtbot, page, "ok")
    qtbot.waitUntil(lambda: page.retire.isVisibleTo(page))
    assert audit(page) == []
