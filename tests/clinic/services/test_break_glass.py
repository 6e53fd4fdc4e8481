# SPDX-License-Identifier: GPL-3.0-or-later
"""Break-glass from end to end: a real server, a custodian's process, desks of two teams."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal
from clinic.domain.facts import AccessReview, AuditEvent, EmergencySummary, Finding, Gender, Location
from clinic.domain.ids import DeviceId, FactId, PatientId, TeamId, patient_scope
from clinic.domain.record import Record
from clinic.domain.values import ICD10, Coding, HumanName
from clinic.keys.epochs import new_epoch
from clinic.keys.glass import custodians, everybody, signed_request
from clinic.protocol.glass import GlassAnswer, ScopePull, SignedGlass
from clinic.protocol.letters import Letter
from clinic.protocol.trust import DeviceKind, Revoke, Role, TeamCreate
from clinic.services import background, break_glass, emergency, notices, plans, reviews
from clinic.services.desks import Desk
from clinic.services.enrolment import admit, invite, join, state
from clinic.services.everybody import prepare
from clinic.services.gate import Denied
from clinic.services.link import Link, exchange_now, remote_of, with_remote
from clinic.services.people import register
from clinic.services.sitting import open_desk
from clinic.transport.http import RefusedByServer
from tests.clinic.services.conftest import PASSWORD, ROOT, Town

pytestmark = pytest.mark.slow
REASON = "Unconscious in the emergency room, no relatives here"
NOBODYS = PatientId("")


@dataclass
class House:
    """`town.desk` is Lucía of the first team; `omar` is of the second and does not hold her charts; `nora` judges reviews."""

    town: Town
    omar: Desk
    nora: Desk
    custodian_home: Path
    custodian: DeviceId
    letters: list[Record] = field(default_factory=list)
    process: "subprocess.Popen[str] | None" = None

    def start(self) -> None:
        secret = self.town.folder / "custodian.txt"
        secret.write_text(PASSWORD, encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "clinic", "custodian", "--home", str(self.custodian_home), "--password-file", str(secret)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert self.process.stdout is not None
        assert '"ready": true' in self.process.stdout.readline()

    def stop(self) -> int:
        process, self.process = self.process, None
        assert process is not None
        process.terminate()
        code = process.wait(20)
        assert process.stdout is not None
        process.stdout.close()
        return code


def enrolled(
    station: Desk, home: Path, name: str, role: Role, kind: DeviceKind, team: TeamId | None = None
) -> Desk:
    """As an invitation of that team."""
    code = invite(station, role, kind, team=team)
    joining = join(home, code, name, PASSWORD, name, SystemClock(), os.urandom)
    waiter = threading.Thread(target=joining.wait, args=(30,))
    waiter.start()
    admit(station, lambda newcomer: newcomer.digits == joining.digits, 30)
    waiter.join()
    return open_desk(home, PASSWORD, SystemClock(), os.urandom)


@pytest.fixture(scope="module")
def house(town: Town) -> Iterator[House]:
    second = TeamId("second")
    state(town.station, lambda log: [TeamCreate(team=second, name="Hospital Sur")])
    omar = enrolled(
        town.station, town.folder / "omar", "Dr. Omar Sosa", Role.CLINICIAN, DeviceKind.DESKTOP, second
    )
    nora = enrolled(
        town.station, town.folder / "nora", "Nora Gil", Role.COMPLIANCE, DeviceKind.DESKTOP, second
    )
    state(town.station, lambda log: [new_epoch(log, second, {}, os.urandom)])
    home = town.folder / "custodian"
    keeper = enrolled(town.station, home, "Custodia", Role.CUSTODIAN, DeviceKind.STATION, town.station.team)
    keeper.close()
    assert prepare(town.station) > 0
    town.opened += [omar, nora]
    for _ in range(2):
        exchange_now(omar)
        exchange_now(nora)
        town.sync()
    house = House(town, omar, nora, home, keeper.device)
    yield house
    if house.process is not None:
        house.stop()


@pytest.fixture
def ana(house: House) -> PatientId:
    """A patient of the first team, with something to tell, known at the centre."""
    desk = house.town.desk
    patient = register(
        desk, HumanName(family="Quispe", given=("Ana",)), date(1958, 3, 7), Gender.FEMALE, "12345678"
    )
    background.record_allergy(
        desk, Coding(system=ICD10, code="Z88.0", display="Penicilina"), patient, reaction="edema"
    )
    emergency.refresh(desk, [patient])
    exchange_now(desk)
    exchange_now(house.omar)
    return patient


@dataclass
class Phone:
    """A desk's link with what its letters brought."""

    link: Link
    asking: break_glass.Asking
    letters: list[Letter]


@pytest.fixture
def phone(house: House) -> Iterator[Callable[[Desk], Phone]]:
    links: list[Link] = []

    def make(desk: Desk) -> Phone:
        here, letters = threading.Event(), []
        found: list[break_glass.Asking] = []

        def heard(letter: Letter) -> None:
            letters.append(letter)
            found[0].hear(letter)

        def came(device: DeviceId, online: bool) -> None:
            if device == house.custodian and online:
                here.set()

        link = Link(desk, on_letter=heard, on_presence=came)
        found.append(break_glass.Asking(desk, link.post, link.is_present, link.clock.now))
        link.start()
        links.append(link)
        if house.process is not None:
            assert here.wait(15)
        return Phone(link, found[0], letters)

    yield make
    for link in links:
        link.stop()


def entries(desk: Desk, patient: PatientId, action: str) -> tuple[AuditEvent, ...]:
    found = desk.book.read(lambda page: page.facts(AuditEvent, patient))
    return tuple(one for one in found if one.action == action)


def test_a_summary_is_there_for_another_team_and_opening_it_is_in_the_audit(
    house: House, ana: PatientId
) -> None:
    lines = {one.subject: one for one in emergency.find_elsewhere(house.omar, "quis ana", limit=99)}
    assert lines[ana].allergies == ()
    assert emergency.find_elsewhere(house.town.desk, "quispe") == ()  # her own team has the chart itself
    with pytest.raises(Refusal, match="at least 20"):
        emergency.open_summary(house.omar, ana, "urgent")
    opened = emergency.open_summary(house.omar, ana, REASON)
    assert opened.allergies == ("Penicilina: edema",)
    assert REASON in entries(house.omar, NOBODYS, "break-glass")[-1].entity


def words_to(desk: Desk, patient: PatientId) -> list[reviews.Review]:
    return [one for one in reviews.broken_glass(desk) if one.review.about == patient]


def test_the_team_and_compliance_hear_at_once_that_a_summary_was_opened(house: House, ana: PatientId) -> None:
    emergency.open_summary(house.omar, ana, REASON)
    for desk in (house.omar, house.town.desk, house.nora):
        exchange_now(desk)
    (word,) = words_to(house.nora, ana)
    assert (word.review.concerns_name, word.review.reason) == ("Dr. Omar Sosa", REASON)
    assert word.person is not None and word.person.name.family == "Quispe", "known by the summary alone"
    assert house.nora.book.read(lambda page: page.person(ana)) is None, "she holds no chart of hers"
    (heard,) = [one for one in notices.notices(house.town.desk) if one.person.patient == ana]
    assert (heard.action, heard.name, heard.reason) == ("glass-summary", "Dr. Omar Sosa", REASON)
    assert [one for one in notices.notices(house.omar) if one.action == "glass-summary"] == []
    with pytest.raises(Denied):
        reviews.broken_glass(house.omar)
    notices.dismiss(house.town.desk, heard.key)
    assert [one for one in notices.notices(house.town.desk) if one.person.patient == ana] == []

    # judged by somebody else, and everybody who judges hears that too
    reviews.close(house.nora, word.review.id, Finding.JUSTIFIED, "Asked the ward.")
    exchange_now(house.nora)
    exchange_now(house.town.station)
    assert words_to(house.nora, ana) == []
    done = house.town.station.book.read(lambda page: page.fact(AccessReview, word.review.id))
    assert done is not None and done.finding == Finding.JUSTIFIED


def test_a_summary_follows_its_chart_and_is_written_once(house: House, ana: PatientId) -> None:
    desk = house.town.desk
    assert emergency.refresh(desk, [ana]) == ()
    stop = emergency.watch(desk)
    background.record_allergy(desk, Coding(system=ICD10, code="Z91.0", display="Maní"), ana)
    stop()
    exchange_now(desk)
    exchange_now(house.omar)
    found = house.omar.book.read(lambda page: page.fact(EmergencySummary, f"emergency.{ana}"))
    assert found is not None and found.allergies == ("Maní", "Penicilina: edema")


def test_the_whole_chart_for_four_hours_and_then_no_more(
    house: House, ana: PatientId, phone: Callable[[Desk], Phone]
) -> None:
    other = register(
        house.town.desk, HumanName(family="Vecina", given=("Eva",)), date(1960, 1, 1), Gender.FEMALE, ""
    )
    exchange_now(house.town.desk)
    house.start()
    at = phone(house.omar)
    glass = at.asking.ask(ana, REASON, PASSWORD)
    now = at.link.clock.now()
    shown = break_glass.whole_chart(house.omar, ana, now)
    assert shown.chart.person.name.family == "Quispe"
    assert [a.substance.display for a in shown.chart.allergies] == ["Penicilina"]
    assert timedelta(hours=3, minutes=59) < shown.left <= timedelta(hours=4)

    # nothing of it is in the own book, and of the neighbour nothing came at all
    own = house.omar.book
    assert own.read(lambda page: (page.person(ana), page.scope_keys(patient_scope(ana)))) == (None, {})
    given = [one.content for one in at.letters if isinstance(one.content, GlassAnswer)]
    keys = house.town.desk.book.read(lambda page: page.scope_keys(patient_scope(ana)))
    theirs = house.town.desk.book.read(lambda page: page.scope_keys(patient_scope(other)))
    opened = break_glass.opened_keys(given[0].keys, house.omar.user_keys)
    assert set(opened) == set(keys.values()) and not set(opened) & set(theirs.values())
    pull = ScopePull(scope=patient_scope(other), permit=given[0].permit, signature=given[0].signature)
    with pytest.raises(RefusedByServer):  # the permit opens no neighbour's scope either
        with_remote(remote_of(house.omar), lambda remote: remote.scope_part(pull))
    with pytest.raises(RefusedByServer):
        with_remote(
            remote_of(house.omar), lambda remote: remote.scope_part(ScopePull(scope=patient_scope(ana)))
        )

    # the patient's team knows at once, and somebody else has a review to close
    team = house.town.desk
    exchange_now(team)
    (told,) = entries(team, ana, "break-glass")
    assert told.agent == "Dr. Omar Sosa" and REASON in told.entity
    (due,) = [d.task for d in plans.due_tasks(team) if d.task.patient == ana]
    assert due.code == "glass-review" and due.author == house.omar.someone.user
    assert due.due == (datetime.now(UTC) + timedelta(hours=72)).date()
    with pytest.raises(Refusal, match="Write what you found"):
        plans.done(team, due.id, ana)
    with pytest.raises(Refusal, match="not cancelled"):
        plans.cancel(team, due.id, "no", ana)
    plans.done(team, due.id, ana, "Asked the ward: right.")

    exchange_now(house.nora)
    (word,) = words_to(house.nora, ana)
    assert (word.review.rule, word.review.reason) == ("glass-chart/1", REASON)
    assert "glass-chart" in {one.action for one in notices.notices(team) if one.person.patient == ana}

    # it survives a restart, and its end does too
    omar, folder = house.omar, house.omar.home.path / "glass"
    assert any(folder.iterdir())
    again = open_desk(omar.home.path, PASSWORD, SystemClock(), os.urandom)
    try:
        (still,) = break_glass.open_charts(again, now)
        assert still.request == glass.request
        assert break_glass.whole_chart(again, ana, now).chart.person.name.family == "Quispe"
        assert break_glass.close_due(again, now + timedelta(hours=4, seconds=1)) == (ana,)
    finally:
        again.close()
    assert not any(folder.iterdir()) and omar.book.read(lambda page: page.metas("glass ")) == {}
    with pytest.raises(Refusal, match="not open here any more"):  # a clock set back brings nothing back
        break_glass.whole_chart(omar, ana, now)
    assert entries(omar, NOBODYS, "break-glass closed")
    assert house.stop() == 0


def test_who_is_refused(house: House, ana: PatientId, phone: Callable[[Desk], Phone]) -> None:
    house.start()
    at, omar = phone(house.omar), house.omar
    before = len(entries(omar, NOBODYS, "break-glass"))
    with pytest.raises(Refusal, match="at least 20"):
        at.asking.ask(ana, "urgent!", PASSWORD)
    with pytest.raises(Refusal):
        at.asking.ask(ana, REASON, "not the password at all")
    assert len(entries(omar, NOBODYS, "break-glass")) == before  # nothing was asked for

    # somebody whose role may not: her own program says no, and so does the custodian to a program that was changed
    front = enrolled(
        house.town.station,
        house.town.folder / "front",
        "Rita Mesa",
        Role.RECEPTIONIST,
        DeviceKind.DESKTOP,
        omar.team,
    )
    house.town.opened.append(front)
    desk_phone = phone(front)
    with pytest.raises(Refusal, match="role"):
        desk_phone.asking.ask(ana, REASON, PASSWORD)
    assert entries(front, NOBODYS, "attempt")[-1].outcome == "denied"
    assert "role" in _asked(house, desk_phone, front, ana, "a" * 32).sentence

    # a request that was met once is met no second time, also in a new letter
    assert _asked(house, at, omar, ana, "b" * 32).given
    assert "before" in _asked(house, at, omar, ana, "b" * 32).sentence
    # a reason that is none, from a changed program; somebody else's signature
    signed = signed_request(
        omar.trust,
        front.user_keys,
        omar.someone.user,
        omar.device,
        ana,
        REASON,
        "c" * 32,
        at.link.clock.now(),
    )
    assert "not signed" in _answered(house, at, signed).sentence
    old = signed_request(
        omar.trust, omar.user_keys, omar.someone.user, omar.device, ana, REASON, "d" * 32,
        at.link.clock.now() - timedelta(minutes=5),
    )  # fmt: skip
    assert "too old" in _answered(house, at, old).sentence

    # a computer that was revoked
    station = house.town.station
    state(station, lambda log: [Revoke(device=front.device, incarnation=1, last_env_no=0, reason="lost")])
    exchange_now(front)
    with pytest.raises(Refusal):
        desk_phone.asking.ask(ana, REASON, PASSWORD)
    house.stop()


def _asked(house: House, at: Phone, desk: Desk, patient: PatientId, request: str) -> GlassAnswer:
    """What the custodian answers to a program that does not ask its own rules."""
    signed = signed_request(
        desk.trust,
        desk.user_keys,
        desk.someone.user,
        desk.device,
        patient,
        REASON,
        request,
        at.link.clock.now(),
    )
    return _answered(house, at, signed)


def _answered(house: House, at: Phone, signed: SignedGlass) -> GlassAnswer:
    have = len(at.letters)
    at.link.post(house.custodian, signed)
    arrived = threading.Event()
    for _ in range(200):
        if len(at.letters) > have:
            answer = at.letters[-1].content
            assert isinstance(answer, GlassAnswer)
            return answer
        arrived.wait(0.05)
    raise AssertionError("the custodian did not answer")


def test_no_custodian_says_whom_to_phone(
    house: House, ana: PatientId, phone: Callable[[Desk], Phone]
) -> None:
    place = Location(
        id=FactId(house.omar.new_id()), name="Hospital Norte", phone="+54 388 555", kind="hospital"
    )
    house.omar.write(place)
    at = phone(house.omar)
    before = len(entries(house.omar, NOBODYS, "break-glass"))
    with pytest.raises(break_glass.NoCustodian, match=r"Hospital Norte \+54 388 555"):
        at.asking.ask(ana, REASON, PASSWORD)
    assert len(entries(house.omar, NOBODYS, "break-glass")) == before + 1  # the try is in the audit


def test_the_custodian_is_in_every_team_and_the_team_of_all_has_everybody(house: House) -> None:
    log = house.town.station.trust
    (keeper,) = custodians(log)
    assert {team.team for team in log.teams()} == set(log.teams_of(keeper.user))
    wide = everybody(log)
    assert wide is not None and {house.omar.someone.user, house.town.desk.someone.user} <= set(
        log.members(wide)
    )
    assert prepare(house.town.station) == 0
