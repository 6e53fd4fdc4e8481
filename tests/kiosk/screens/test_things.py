# SPDX-License-Identifier: GPL-3.0-or-later
"""Her own appointments: what is decided, and the pages as she touches them."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from clinic.domain.asking import BOOK, CANCEL, MOVE
from clinic.domain.facts import Appointment, AppointmentRequest, AskedStatus
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.domain.values import Coding
from clinic.protocol.letters import Answered, FreeTime, FreeTimes
from clinic.services.requesting import Offers
from desktop.kit.audit import audit
from kiosk import flow
from kiosk.screens.things import logic, words
from kiosk.screens.things.logic import Choice, Page, State
from tests.kiosk.conftest import Kiosk
from tests.kiosk.standin import ENCOUNTER, NOW, ROSA, TEAM
from tests.kiosk.test_room_on_screen import Walk
from tests.kiosk.test_stage import to_waiting

pytestmark = pytest.mark.expects_log("propagateSizeHints|multimedia|Pulse|Couldn")
BEN, FLOR = TEAM
WHY = Coding(system="urn:posta:reason", code="pain", display="Something hurts")
SATURDAY = datetime(2026, 11, 21, 10, tzinfo=timezone(timedelta(hours=-3)))
BOOKED = Appointment(
    id=FactId("a1"), patient=PatientId("p1"), start=NOW + timedelta(days=2), practitioner=FLOR[0],
    practitioner_name=FLOR[1],
)  # fmt: skip
KNOWN = replace(ROSA, appointments=(BOOKED,))
NAME = "kiosk.things"


def free(hours: float, whom: tuple[UserId, str] = FLOR, since: datetime = SATURDAY) -> FreeTime:
    start = since + timedelta(hours=hours)
    return FreeTime(start=start, minutes=20, practitioner=whom[0], practitioner_name=whom[1])


def request(**more: object) -> AppointmentRequest:
    plain = AppointmentRequest(
        id=FactId("r1"), patient=PatientId("p1"), status=AskedStatus.PROPOSED, wish=BOOK, authored_at=NOW,
        start=NOW + timedelta(days=3), practitioner=BEN[0], practitioner_name=BEN[1],
    )  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]


def answer(status: AskedStatus = AskedStatus.ACCEPTED, **more: object) -> Answered:
    plain = Answered(encounter=ENCOUNTER, request=FactId("r1"), status=status)
    return replace(plain, **more)  # type: ignore[arg-type]


# what can be chosen


@pytest.fixture
def _in_jujuy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from in_zone(monkeypatch, "America/Argentina/Jujuy")


@pytest.fixture
def _in_lisbon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """On Sunday, 25 October 2026, the clocks go back an hour."""
    yield from in_zone(monkeypatch, "Europe/Lisbon")


def in_zone(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    monkeypatch.setenv("TZ", name)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_without_offered_times_she_wishes_for_half_a_working_day() -> None:
    found = logic.choices(None, FLOR, SATURDAY)
    assert [(one.since.weekday(), one.since.hour, one.start) for one in found[:3]] == [
        (0, 8, None),
        (0, 13, None),
        (1, 8, None),
    ]
    assert {one.since.weekday() for one in found} == set(range(5)) and len(found) == 10
    assert all(one.practitioner == FLOR[0] for one in found)


@pytest.mark.usefixtures("_in_jujuy")
def test_offered_times_are_spread_over_half_days_and_five_at_most() -> None:
    times = [free(48 + n / 3) for n in range(6)] + [free(53), free(72), free(73)]
    found = [one.start for one in logic.choices(Offers(tuple(times)), FLOR, SATURDAY) if one.start]
    assert found == [times[n].start for n in (0, 1, 6, 7, 8)]


@pytest.mark.usefixtures("_in_lisbon")
def test_half_days_keep_their_hours_when_the_clocks_change() -> None:
    friday = datetime(2026, 10, 23, 9, tzinfo=UTC).astimezone()
    morning, afternoon = logic.half_days(FLOR, friday)[:2]
    assert [one.since.astimezone().hour for one in (morning, afternoon)] == [8, 13]
    assert "morning" in words.choice_words(morning) and "afternoon" in words.choice_words(afternoon)
    noon = datetime(2026, 10, 26, 12, tzinfo=UTC)
    times = [free(n / 6, since=noon) for n in range(5)] + [free(1.5, since=noon)]
    found = [one.start for one in logic.choices(Offers(tuple(times)), FLOR, friday) if one.start]
    assert times[-1].start in found, "half past one is the afternoon's only one, and has a tile"


def test_times_of_others_and_of_the_past_are_not_shown() -> None:
    offers = Offers((free(-1), free(48, BEN), free(49)))
    assert [one.start for one in logic.choices(offers, FLOR, SATURDAY) if one.start] == [free(49).start]
    anybody = logic.choices(offers, logic.ANYBODY, SATURDAY)
    assert [one.practitioner for one in anybody if one.start] == [BEN[0], FLOR[0]]


def test_a_page_has_six_tiles_at_most_and_a_way_to_the_others() -> None:
    found = logic.choices(Offers((free(48), free(72))), FLOR, SATURDAY)
    seen: list[Choice] = []
    first = 0
    while True:
        tiles, first = logic.shown(found, first)
        assert len(tiles) < logic.TILES
        seen += tiles
        if not first:
            break
    assert seen == list(found)
    assert logic.shown(found[:6], 0) == (found[:6], 0)


def test_whoever_sees_her_already_comes_first() -> None:
    journey = flow.Journey(known=KNOWN, offers=Offers(practitioners=TEAM))
    assert logic.practitioners(journey) == (FLOR, BEN)
    assert logic.is_hers(journey, FLOR[0]) and not logic.is_hers(journey, BEN[0])


# the pages


def test_the_way_to_a_new_appointment_asks_only_what_is_not_known() -> None:
    state, _ = logic.update(State(), logic.NewTouched(None, TEAM))
    assert state.page is Page.WHY
    state, _ = logic.update(state, logic.WhyTouched(WHY, TEAM))
    assert state.page is Page.WHO
    state, _ = logic.update(State(), logic.NewTouched(WHY, TEAM[:1]))
    assert (state.page, state.whom) == (Page.WHEN, BEN)


def test_nothing_is_asked_for_before_she_says_yes() -> None:
    choice = Choice(SATURDAY, SATURDAY + timedelta(minutes=20), *FLOR, SATURDAY)
    state = State(Page.SURE, wish=BOOK, reason=WHY, whom=FLOR, choice=choice)
    again, nothing = logic.update(state, logic.Answered(False))
    assert again.page is Page.WHEN and nothing is None
    done, wanted = logic.update(state, logic.Answered(True))
    assert done.page is Page.DONE and wanted is not None
    assert (wanted.wish, wanted.start, wanted.practitioner, wanted.reason) == (BOOK, SATURDAY, FLOR[0], WHY)


def test_back_leads_the_way_she_came() -> None:
    when = State(Page.WHEN, wish=BOOK)
    for state, alone, told, page in (
        (State(Page.SURE), False, False, Page.WHEN),
        (replace(when, first=5), False, False, Page.WHEN),
        (when, False, False, Page.WHO),
        (when, True, False, Page.WHY),
        (when, True, True, Page.LIST),
        (State(Page.WHO), False, False, Page.WHY),
        (State(Page.WHEN, wish=MOVE), False, False, Page.ONE),
        (State(Page.DROP), False, False, Page.ONE),
        (State(Page.ONE), False, False, Page.LIST),
        (State(Page.DONE), False, False, Page.LIST),
    ):
        assert logic.update(state, logic.BackTouched(alone, told))[0].page is page, state


def test_a_move_and_a_not_coming_name_the_appointment() -> None:
    one = State(Page.ONE, chosen="a1")
    state, _ = logic.update(one, logic.MoveTouched(FLOR))
    choice = Choice(SATURDAY, SATURDAY, *FLOR, SATURDAY)
    state, _ = logic.update(state, logic.WhenTouched(choice))
    wanted = logic.update(state, logic.Answered(True, BOOKED))[1]
    assert wanted is not None and (wanted.wish, wanted.appointment) == (MOVE, BOOKED)
    state, _ = logic.update(one, logic.DropTouched())
    assert state.page is Page.DROP
    wanted = logic.update(state, logic.Answered(True, BOOKED))[1]
    assert wanted is not None and (wanted.wish, wanted.appointment, wanted.start) == (CANCEL, BOOKED, None)


# the list


def test_the_list_has_what_is_booked_and_what_is_asked_for() -> None:
    old = replace(BOOKED, id=FactId("old"), start=NOW - timedelta(days=1))
    known = replace(KNOWN, appointments=(old, BOOKED), asked=(request(id=FactId("r0")),))
    journey = flow.Journey(known=known, asked=(request(),))
    found = logic.own(journey, NOW)
    assert [one.key for one in found] == ["a1", "r0", "r1"] or [one.key for one in found] == [
        "a1",
        "r1",
        "r0",
    ]
    assert {one.key: one.mine for one in found} == {"a1": False, "r0": False, "r1": True}


def test_what_the_clinic_answers_while_she_is_here_is_in_the_list() -> None:
    start = NOW + timedelta(days=5)
    journey = flow.Journey(known=KNOWN, asked=(request(),))
    yes = replace(journey, answers=(answer(start=start, practitioner_name="Dr. Ben Ruiz"),))
    assert [(one.key, one.booked.start if one.booked else None) for one in logic.own(yes, NOW)] == [
        ("a1", BOOKED.start),
        ("r1/booked", start),
    ]
    no = replace(journey, answers=(answer(AskedStatus.DECLINED, answer="No consultas ese día"),))
    assert logic.own(no, NOW)[1].request == request(
        status=AskedStatus.DECLINED, answer="No consultas ese día"
    )
    moved = replace(journey, asked=(request(wish=MOVE, appointment=BOOKED.id),), answers=yes.answers)
    assert [one.booked.start for one in logic.own(moved, NOW) if one.booked] == [start]
    gone = replace(journey, asked=(request(wish=CANCEL, appointment=BOOKED.id),), answers=(answer(),))
    assert logic.own(gone, NOW) == ()


def test_asked_for_is_never_called_booked() -> None:
    waits = logic.last_asked(flow.Journey(known=KNOWN, asked=(request(),)), 0)
    for online in (True, False):
        title, few, _text = words.done_words(waits, online)
        assert (title, few) == ("It is asked for", "It is not booked yet.")
    assert "when the line is back" in words.done_words(waits, False)[2]
    assert words.done_words(None, True)[0] == "It is being saved"


# the flow


def things(**more: object) -> flow.Journey:
    from tests.kiosk.standin import visit

    plain = flow.Journey(step=flow.Step.THINGS, known=KNOWN, visit=visit(KNOWN))
    return replace(plain, **more)  # type: ignore[arg-type]


def test_her_own_things_lead_back_where_she_came_from() -> None:
    for step in (flow.Step.REASON, flow.Step.WAITING):
        journey, effects = flow.update(things(step=step), flow.ThingsOpened())
        assert journey.step is flow.Step.THINGS and effects == (flow.LoadOffers(),)
        assert flow.update(journey, flow.BackPressed())[0].step is step
    assert flow.update(things(step=flow.Step.PHOTO), flow.ThingsOpened())[0].step is flow.Step.PHOTO


def test_whoever_waits_is_rung_up_among_her_own_things_too() -> None:
    ring = flow.CallMoved("ringing", ENCOUNTER, "Dra. F")
    waits = things(things_from=flow.Step.WAITING)
    assert flow.update(waits, ring)[0].step is flow.Step.INCOMING
    reasons, effects = flow.update(things(), ring)
    assert reasons.step is flow.Step.THINGS and effects == (flow.DeclineRing(),)


def test_what_is_refused_holds_nothing_else_up() -> None:
    journey, _ = flow.update(things(), flow.Asked(logic.wanted(State(wish=CANCEL), BOOKED)))
    journey, effects = flow.update(journey, flow.Filed(flow.NotAsked("Three things.")))
    assert (journey.not_asked, journey.to_file, journey.trouble, effects) == ("Three things.", (), "", ())


def test_only_what_is_open_is_taken_back() -> None:
    journey = things(asked=(request(),))
    assert flow.update(journey, flow.AskedNoMore("r1"))[1] == (
        flow.File(flow.AskNoMore("r1"), journey.visit),
    )
    answered = replace(journey, answers=(answer(),))
    assert flow.update(answered, flow.AskedNoMore("r1")) == (answered, ())


def test_an_answer_to_another_visit_changes_nothing() -> None:
    other = replace(answer(), encounter="e9")
    journey = things()
    assert flow.update(journey, flow.AnswerCame(other)) == (journey, ())


# the screens, touched


@pytest.fixture
def finger() -> QPointingDevice:
    return QTest.createTouchDevice()


@pytest.fixture
def mine(kiosk: Kiosk) -> Kiosk:
    kiosk.clinic.known_times = Offers(
        tuple(free(hours, since=NOW) for hours in (44, 45, 50, 68, 74, 93)), TEAM, NOW
    )
    kiosk.touch("kiosk.language.en")
    kiosk.stage.send(flow.Identified(KNOWN))
    kiosk.touch("kiosk.greet.yes")
    return kiosk


def tap(kiosk: Kiosk, finger: QPointingDevice, name: str) -> None:
    """A real touch in the middle of it; not on what lies in its corner."""
    button = kiosk.find(name)
    assert isinstance(button, QAbstractButton) and button.isEnabled()
    at = QPoint(button.width() // 2, button.height() // 2)
    kiosk.window.move(
        QPoint(400, 400) - button.mapTo(kiosk.window, at)
    )  # the screen without a screen is small
    QTest.qWait(1)
    QTest.touchEvent(button, finger).press(0, at, button).commit()
    QTest.touchEvent(button, finger).release(0, at, button).commit()
    QTest.qWait(400)  # a second touch in the same place within a moment is an echo


def test_an_appointment_is_asked_for_by_touch(mine: Kiosk, finger: QPointingDevice) -> None:
    for name in (
        "kiosk.reason.things",
        f"{NAME}.new",
        f"{NAME}.why.check_up",
        f"{NAME}.who.0",
        f"{NAME}.when.1",
        f"{NAME}.sure.yes",
    ):
        tap(mine, finger, name)
    mine.until(lambda: bool(mine.journey.asked))
    (asked,) = mine.journey.asked
    assert (asked.wish, asked.practitioner, asked.status) == (BOOK, FLOR[0], AskedStatus.PROPOSED)
    assert mine.text("kiosk.title") == "It is asked for" and "no line" in mine.text(f"{NAME}.done.text")
    assert audit(mine.window) == []
    visit = mine.journey.visit
    assert visit is not None
    visit.asked[asked.id] = asked
    mine.stage.letter_came(
        "desk", replace(answer(start=asked.start, practitioner_name=FLOR[1]), request=asked.id)
    )
    assert mine.text("kiosk.title") == "It is booked"
    assert visit.asked[asked.id].status == AskedStatus.ACCEPTED, "she may ask for one more"
    tap(mine, finger, f"{NAME}.done.close")
    assert mine.sees(f"{NAME}.row.1")


def test_it_is_taken_back_as_long_as_nobody_answered(mine: Kiosk, finger: QPointingDevice) -> None:
    for name in ("kiosk.reason.things", f"{NAME}.row.0", f"{NAME}.drop", f"{NAME}.drop.yes"):
        tap(mine, finger, name)
    mine.until(lambda: mine.sees(f"{NAME}.no_more"))
    assert "no line" in mine.text(f"{NAME}.done.text")
    tap(mine, finger, f"{NAME}.no_more")
    mine.until(lambda: mine.journey.asked[0].status == AskedStatus.CANCELLED)
    assert mine.sees(f"{NAME}.row.0") and not mine.sees(f"{NAME}.row.1")
    assert isinstance(mine.clinic.filed[-1], flow.AskNoMore)


def test_no_to_the_one_question_leaves_everything(mine: Kiosk) -> None:
    mine.touch("kiosk.reason.things")
    mine.touch(f"{NAME}.row.0")
    mine.touch(f"{NAME}.drop")
    mine.touch(f"{NAME}.drop.no")
    assert mine.sees(f"{NAME}.move") and mine.journey.asked == ()


def test_keys_choose_the_tiles_too(mine: Kiosk) -> None:
    mine.touch("kiosk.reason.things")
    mine.touch(f"{NAME}.new")
    mine.until(lambda: mine.journey.offers is not None)
    screen = mine.stage._screen
    assert screen is not None
    for key in (Qt.Key.Key_3, Qt.Key.Key_2, Qt.Key.Key_1):
        QTest.keyClick(screen, key)
    assert mine.sees(f"{NAME}.sure.yes")


def test_times_that_come_while_she_chooses_are_shown(mine: Kiosk) -> None:
    mine.touch("kiosk.reason.things")
    mine.touch(f"{NAME}.row.0")
    mine.touch(f"{NAME}.move")
    mine.until(lambda: mine.sees(f"{NAME}.when.0"))
    newer = FreeTimes(made_at=NOW, times=(free(90, since=NOW),))
    mine.stage.letter_came("desk", newer)
    hour = f"{(NOW + timedelta(hours=90)).astimezone():%H:%M}"
    mine.until(lambda: hour in mine.text(f"{NAME}.when.0"))


def test_from_the_waiting_room_and_back(kiosk: Kiosk) -> None:
    to_waiting(kiosk)
    kiosk.touch("kiosk.waiting.mine")
    kiosk.touch("kiosk.waiting.things")
    assert kiosk.sees(f"{NAME}.none")
    kiosk.touch("kiosk.bar.back")
    assert kiosk.sees("kiosk.waiting.ticket")


@pytest.mark.parametrize("size", [(1280, 720), (1024, 768), (1280, 800), (1080, 1920)])
@pytest.mark.parametrize("bigger", [False, True])
@pytest.mark.parametrize("language", ["es", "en", "pt"])
def test_every_page_has_room(kiosk: Kiosk, size: tuple[int, int], language: str, bigger: bool) -> None:
    here = Walk(kiosk, size)
    kiosk.clinic.known_times = Offers(
        tuple(free(hours, since=NOW) for hours in (44, 45, 50, 68, 74, 93)), TEAM, NOW
    )
    kiosk.touch(f"kiosk.language.{language}")
    if bigger:
        kiosk.touch("kiosk.bar.size")
    asked = (request(status=AskedStatus.DECLINED, answer="La doctora no viene ese día"),)
    kiosk.stage.send(flow.Identified(replace(KNOWN, asked=asked)))
    kiosk.touch("kiosk.greet.yes")
    here.look("reason")
    for page, name in (
        ("list", "kiosk.reason.things"),
        ("one", f"{NAME}.row.0"),
        ("drop", f"{NAME}.drop"),
        ("one again", f"{NAME}.drop.no"),
        ("when move", f"{NAME}.move"),
        ("when more", f"{NAME}.when.more"),
    ):
        kiosk.touch(name)
        here.look(page)
    for _times in range(3):
        kiosk.touch("kiosk.bar.back")
    for page, name in (
        ("why", f"{NAME}.new"),
        ("who", f"{NAME}.why.pain"),
        ("when", f"{NAME}.who.anybody"),
        ("sure", f"{NAME}.when.0"),
        ("done", f"{NAME}.sure.yes"),
    ):
        kiosk.touch(name)
        here.look(page)
    kiosk.until(lambda: bool(kiosk.journey.asked))
    here.look("done, filed")
    assert here.found == []


def test_the_loudspeaker_of_a_line_says_all_of_it(mine: Kiosk) -> None:
    heard: list[str] = []
    mine.touch("kiosk.reason.things")
    row = mine.find(f"{NAME}.row.0")
    row.heard.connect(heard.append)  # type: ignore[attr-defined]  # an OwnRow
    mine.touch(f"{NAME}.row.0.speak")
    assert len(heard) == 1 and "Dra. Florencia Paz" in heard[0] and "It is booked" in heard[0]
