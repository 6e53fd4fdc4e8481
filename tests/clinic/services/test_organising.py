# SPDX-License-Identifier: GPL-3.0-or-later
"""An administrator's orders against a real centre: said, waiting, signed anew; a wipe obeyed, a forged one not."""

import os
from collections.abc import Callable, Iterator

import pytest

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import Gender
from clinic.domain.policies import IDLE_LOCK
from clinic.domain.record import Record
from clinic.domain.values import HumanName
from clinic.keys.identity import DeviceKeys
from clinic.keys.receipts import sign_receipt
from clinic.keys.trust import Signer, TrustLog, make_statement
from clinic.protocol.organisation import WipeReceipt
from clinic.protocol.trust import DeviceKind, Role, Wipe
from clinic.services import enrolment
from clinic.services import organising as o
from clinic.services.acted import HOURS, hours_here
from clinic.services.desks import Desk
from clinic.services.link import exchange_now, with_remote
from clinic.services.people import register
from clinic.services.sitting import open_desk
from clinic.services.tending import tend
from clinic.services.wiping import bring_receipt, wipe
from clinic.store.home import Home
from clinic.transport.http import Remote
from tests.clinic.services.conftest import PASSWORD, Town

Make = Callable[[TrustLog], list[Record]]
pytestmark = pytest.mark.slow


def named(town: Town, name: str) -> o.Computer:
    return next(one for one in o.organisation(town.station).computers if one.name == name)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    async def cut(remote: Remote, *said: object, **more: object) -> object:
        raise Unavailable("cut")

    with monkeypatch.context() as patch:
        for verb in ("sync", "computers"):
            patch.setattr(Remote, verb, cut)
        yield patch


def test_who_is_who(town: Town) -> None:
    town.sync()
    found = o.organisation(town.station)
    assert found.asked and {one.kind for one in found.computers} >= {DeviceKind.DESKTOP, DeviceKind.KIOSK}
    lucia = next(one for one in found.people if one.name == "Dra. Lucía Paz")
    assert Role.CLINICIAN in lucia.roles and lucia.teams and lucia.computers == (town.desk.device,)
    desk = named(town, "Dra. Lucía Paz")
    assert desk.seen_at is not None and desk.revoked is None and not desk.here
    assert found.teams[0].epoch >= 1
    with pytest.raises(Refusal, match="role"):
        o.organisation(town.desk)


def test_a_live_session_is_seen_and_ended_by_an_administrator_and_by_who_works_there(town: Town) -> None:
    town.sync()
    live = named(town, "Dra. Lucía Paz")
    assert live.session_since is not None and live.came_from == "here"
    (own,) = o.my_computers(town.desk)
    assert own.here and own.session_since is not None
    o.end_session(town.station, town.desk.device)
    assert named(town, "Dra. Lucía Paz").session_since is None
    exchange_now(town.desk)
    assert named(town, "Dra. Lucía Paz").session_since is not None, "its program has proved its key anew"
    o.end_my_session(town.desk, town.desk.device)
    assert named(town, "Dra. Lucía Paz").session_since is None
    with pytest.raises(Refusal, match="do not work"):
        o.end_my_session(town.desk, town.station.device)
    with pytest.raises(Refusal, match="role"):
        o.end_session(town.desk, town.station.device)


def test_a_revoked_computer_is_out_and_the_teams_key_is_another(town: Town) -> None:
    lost = town.enrol("Perdida")
    epoch = town.station.trust.epoch(town.station.team)
    assert epoch is not None
    with pytest.raises(Refusal, match="Say why"):
        o.revoke(town.station, lost.device, "  ")
    with pytest.raises(Refusal, match="you sit at"):
        o.revoke(town.station, town.station.device, "x")
    assert o.revoke(town.station, lost.device, "robada en el colectivo")
    now = town.station.trust.epoch(town.station.team)
    assert now is not None and now.epoch == epoch.epoch + 1
    assert named(town, "Perdida").revoked == "robada en el colectivo"
    with pytest.raises(Refusal, match="so already"):
        o.revoke(town.station, lost.device, "otra vez")
    exchange_now(town.desk)
    assert (town.desk.team, now.epoch) in town.desk.team_keys, "her colleagues read on"


def test_an_order_waits_offline_and_is_signed_anew_after_a_lost_race(
    town: Town, offline: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="clinic.services.tending")
    team = o.create_team(town.station, "Guardia")
    assert [wish.refused for wish in o.organisation(town.station, False).wishes] == [""]
    offline.undo()
    assert tend(town.station)
    assert o.organisation(town.station).wishes == (), caplog.text
    assert any(one.team == team for one in o.organisation(town.station).teams)
    assert o.add_member(town.station, team, town.desk.someone.user)
    assert tend(town.station), "the team's first key"
    exchange_now(town.desk)
    assert (team, 1) in town.desk.team_keys
    assert o.remove_member(town.station, team, town.desk.someone.user)
    with pytest.raises(Refusal, match="so already"):
        o.remove_member(town.station, team, town.desk.someone.user)


def test_what_the_background_signed_just_before_is_at_the_centre_before_it_counts_as_said(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, raced = enrolment._stated, []

    def between(desk: Desk, make: Make) -> TrustLog:
        """The background comes first: signed here, not yet sent."""
        if not raced:
            raced.append(real(desk, make))
        return real(desk, make)

    monkeypatch.setattr(enrolment, "_stated", between)
    assert o.set_rule(town.station, IDLE_LOCK, "3") and raced
    exchange_now(town.desk)
    assert town.desk.trust.policies[IDLE_LOCK] == "3"


def test_two_administrators_at_once_both_have_their_way(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    second = town.enrol("Segunda", Role.NURSE)
    assert o.give_role(town.station, second.someone.user, Role.ADMINISTRATOR)
    for keyless in (Role.KIOSK, Role.GATEWAY):
        with pytest.raises(Refusal, match="no second role"):
            o.give_role(town.station, second.someone.user, keyless)
    exchange_now(second)
    real, raced = enrolment._stated, []

    def between(desk: Desk, make: Make) -> TrustLog:
        """While the second one signs, the first one's statement reaches the centre."""
        log = real(desk, make)
        if desk is second and not raced:
            raced.append(o.create_team(town.station, "Enfermería"))
        return log

    monkeypatch.setattr(enrolment, "_stated", between)
    assert o.create_team(second, "Vacunas") and raced
    exchange_now(town.station)
    names = {team.name for team in o.organisation(town.station).teams}
    assert {"Vacunas", "Enfermería"} <= names


def test_a_person_who_left_does_not_come_in_any_more(town: Town) -> None:
    gone = town.enrol("Se Fue", Role.NURSE)
    user = gone.someone.user
    assert o.remove_person(town.station, user, "terminó la residencia")
    exchange_now(gone)
    assert gone.team_keys == {}
    with pytest.raises(Refusal, match="no more"):
        open_desk(gone.home.path, PASSWORD, SystemClock(), os.urandom)
    with pytest.raises(Refusal, match="removes herself"):
        o.remove_person(town.station, town.station.someone.user, "x")


def test_a_wipe_hands_in_what_waits_destroys_the_store_and_leaves_a_receipt(town: Town) -> None:
    lost = town.enrol("A Borrar")
    patient = register(lost, HumanName(family="Canario", given=("Nadia",)), None, Gender.FEMALE, "")
    with pytest.raises(Refusal, match="No administrator"):
        wipe(lost)
    assert o.order_wipe(town.station, lost.device, "se reemplaza")
    exchange_now(lost)
    home = lost.home
    town.opened.remove(lost)
    receipt = wipe(lost)
    assert receipt.waiting == 0
    assert not home.enrolled and {p.name for p in home.path.iterdir()} <= {"lock", "log"}
    with pytest.raises(Unavailable):
        open_desk(home.path, PASSWORD, SystemClock(), os.urandom)
    seen = named(town, "A Borrar")
    assert seen.receipt == receipt and seen.wipe_ordered
    exchange_now(town.desk)
    assert town.desk.book.read(lambda page: page.ops(patient)), "what waited is with her colleagues"


def test_a_forged_wipe_does_nothing(town: Town) -> None:
    """Signed by a clinician, and handed out by a centre that would let it pass."""
    me = town.desk
    with pytest.raises(Refusal):
        make_statement(
            me.trust,
            Wipe(device=town.kiosk.device),
            Signer(me.someone.user, me.device, me.user_keys),
            SystemClock().now(),
        )
    lie = sign_receipt(
        WipeReceipt(device=me.device, position=1, at=SystemClock().now(), waiting=0),
        DeviceKeys.make(os.urandom),
    )
    with pytest.raises(Refusal, match="Nobody ordered"):
        with_remote(Remote(town.url), lambda remote: remote.bring_receipt(lie))
    assert named(town, "Dra. Lucía Paz").receipt is None


def test_a_receipt_that_could_not_be_brought_waits(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = town.enrol("Lejos")
    assert o.order_wipe(town.station, lost.device, "lejos")
    exchange_now(lost)

    async def cut(remote: Remote, receipt: WipeReceipt) -> None:
        raise Unavailable("cut")

    town.opened.remove(lost)
    with monkeypatch.context() as patch:
        patch.setattr(Remote, "bring_receipt", cut)
        receipt = wipe(lost)
    assert named(town, "Lejos").receipt is None
    assert bring_receipt(Home(lost.home.path)) and named(town, "Lejos").receipt == receipt


def test_a_rule_of_the_organisation_is_signed_read_and_taken_back(town: Town) -> None:
    def hours() -> o.Setting:
        return next(one for one in o.organisation(town.station).settings if one.key == HOURS)

    assert (hours().said, hours().holds, hours().by) == ("", "", "")
    with pytest.raises(Refusal, match="Mo-Fr 07:00"):
        o.set_rule(town.station, HOURS, "from 7 to 8")
    assert o.set_rule(town.station, HOURS, "Mo-Fr 07:00-20:00")
    assert hours().holds == "Mo-Fr 07:00-20:00" and hours().by == town.station.someone.name and hours().at
    with pytest.raises(Refusal, match="so already"):
        o.set_rule(town.station, HOURS, "Mo-Fr 07:00-20:00")
    exchange_now(town.desk)
    assert hours_here(town.desk) is not None, "every computer goes by it"
    with pytest.raises(Refusal, match="role"):
        o.set_rule(town.desk, HOURS, "Mo-Su 00:00-24:00")
    assert o.set_rule(town.station, HOURS, "")
    exchange_now(town.desk)
    assert hours_here(town.desk) is None and hours().holds == ""
