# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers that instruments send: nobody's until she says that one is hers. The instruments are real GATT servers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from concurrent.futures import Future
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from bumble.link import LocalLink
from hypothesis import given
from hypothesis import strategies as st

from clinic.devices.listening import Listening
from clinic.devices.port import Came, Heard, Instrument, Lost, Near, NotTaken, Silent, Told
from clinic.domain.clock import FrozenClock
from clinic.domain.instruments.kinds import Kind
from clinic.domain.instruments.oxygen import continuous
from clinic.domain.instruments.pressure import blood_pressure
from clinic.domain.instruments.temperature import temperature
from clinic.domain.instruments.weight import weight
from clinic.domain.vitals import VITALS
from desktop.kit.audit import audit
from kiosk import flow
from kiosk.screens.vitals import logic as vitals
from tests.clinic.devices.peripherals import BumbleRadio, Peripheral
from tests.clinic.domain.instruments.packets import NAN, cuff, sfloat, stream, thermometer
from tests.kiosk.conftest import Kiosk
from tests.kiosk.standin import NOW, ROSA

pytestmark = pytest.mark.expects_log("propagateSizeHints|multimedia|Pulse|Couldn|no Bluetooth")
ADDRESSES = {kind: f"C0:00:00:00:00:0{number}" for number, kind in enumerate(Kind, 1)}
STRANGER = "C0:00:00:00:00:99"
STANDING = tuple(Instrument(kind, ADDRESSES[kind]) for kind in (Kind.CUFF, Kind.OXIMETER, Kind.SCALE))
CUFF, OXIMETER, SCALE = STANDING
HIGH = blood_pressure(cuff(sfloat(128), sfloat(82), pulse=sfloat(71)))
AGAIN = blood_pressure(cuff(sfloat(134), sfloat(86), pulse=sfloat(75)))


# The rules


def measured(*events: vitals.Event, kinds: frozenset[Kind] = frozenset(Kind)) -> vitals.State:
    state = vitals.begin(kinds)
    for event in events:
        state = vitals.update(state, event)
    return state


def hers(came: Came) -> tuple[vitals.Event, vitals.Event]:
    return came, vitals.Mine(came)


def test_a_reading_is_nobodys_until_she_says_it_is_hers() -> None:
    shown = measured(Came(CUFF, HIGH))
    assert (shown.ask, dict(shown.values)) == (vitals.Ask.MINE, {})
    confirmed = measured(*hers(Came(CUFF, HIGH)))
    assert {key: int(value) for key, value in confirmed.values.items()} == {
        "systolic": 128,
        "diastolic": 82,
        "heart_rate": 71,
    }
    assert confirmed.key == "spo2"  # the cuff gave the pulse too
    assert confirmed.sources["systolic"].octets == HIGH.octets


def test_a_second_reading_takes_the_place_of_the_first_and_only_what_is_shown_can_be_confirmed() -> None:
    first, second = Came(CUFF, HIGH), Came(CUFF, AGAIN)
    late = measured(first, second, vitals.Mine(first))
    assert (late.ask, dict(late.values)) == (vitals.Ask.MINE, {})
    assert vitals.update(late, vitals.Mine(second)).values["systolic"] == 134


def test_a_number_of_a_stream_stands_still_while_it_is_looked_at() -> None:
    first, second = [Came(OXIMETER, continuous(stream(sfloat(each), sfloat(72)))) for each in (97, 91)]
    state = measured(vitals.Skipped(), first, second)
    assert state.came is first
    assert vitals.update(state, NotTaken(OXIMETER, "x")).came is first


def test_measuring_again_throws_the_reading_away() -> None:
    state = measured(Came(CUFF, HIGH), vitals.NotMine())
    assert (state.ask, state.came, dict(state.values)) == (vitals.Ask.VALUE, None, {})
    failed = measured(Came(CUFF, HIGH), NotTaken(CUFF, "You moved."))
    assert (failed.came, failed.say) == (None, "You moved.")


def test_one_implausible_number_of_a_reading_is_asked_about_and_none_of_it_is_taken() -> None:
    odd = Came(CUFF, blood_pressure(cuff(sfloat(128), sfloat(82), pulse=sfloat(240))))
    state = measured(*hers(odd))
    assert (state.ask, state.doubted, state.doubted_key) == (vitals.Ask.SURE, Decimal(240), "heart_rate")
    for answer in (True, False):
        after = vitals.update(state, vitals.Sure(answer))
        assert (after.key, after.instrument, dict(after.values)) == ("systolic", Kind.CUFF, {})


def test_a_lower_number_that_is_not_lower_is_asked_about() -> None:
    crossed = Came(CUFF, blood_pressure(cuff(sfloat(90), sfloat(110))))
    assert measured(*hers(crossed)).ask is vitals.Ask.SURE


def test_what_answers_another_question_stays_nobodys() -> None:
    warm = Came(Instrument(Kind.THERMOMETER, "T"), temperature(thermometer(365, -1)))
    assert measured(warm).came is None
    assert measured(vitals.Type(True), Came(CUFF, HIGH)).came is None


def test_typing_is_one_touch_away_and_so_is_the_way_back() -> None:
    typed = measured(Came(CUFF, HIGH), vitals.Type(True), vitals.Entered("120"), vitals.Entered("80"))
    assert dict(typed.values) == {"systolic": 120, "diastolic": 80}
    assert typed.sources == {}
    assert measured(vitals.Type(True), vitals.Type(False)).instrument is Kind.CUFF


def test_a_measured_number_that_is_typed_over_is_typed_with_the_one_it_belongs_to() -> None:
    back = measured(*hers(Came(CUFF, HIGH)), vitals.Back(), vitals.Back())
    assert (back.key, back.typing) == ("systolic", True)
    over = vitals.update(back, vitals.Entered("150"))
    assert over.key == "diastolic"
    assert set(over.sources) == {"heart_rate"}
    same = vitals.update(back, vitals.Entered("128"))
    assert same.key == "spo2"
    assert set(same.sources) == {"systolic", "diastolic", "heart_rate"}


def test_oxygen_that_came_with_the_pulse_still_asks_for_the_tube() -> None:
    both = Came(OXIMETER, continuous(stream(sfloat(97), sfloat(72))))
    state = measured(vitals.Skipped(), *hers(both), kinds=frozenset({Kind.OXIMETER}))
    assert (state.key, state.ask) == ("spo2", vitals.Ask.OXYGEN)
    assert vitals.update(state, vitals.Oxygen(False)).key == "temperature"


def test_without_a_radio_all_is_typed_and_what_was_shown_is_gone() -> None:
    state = measured(Came(CUFF, HIGH), Silent("no radio"))
    assert (state.ask, state.instrument, state.came) == (vitals.Ask.VALUE, None, None)


def test_weight_is_asked_for_where_a_scale_stands() -> None:
    assert measured(kinds=frozenset({Kind.SCALE})).order == (*vitals.ORDER, "weight")
    assert measured(kinds=frozenset()).order == vitals.ORDER


CAME = [
    Came(CUFF, HIGH),
    Came(CUFF, blood_pressure(cuff(sfloat(300), sfloat(20)))),
    Came(OXIMETER, continuous(stream(sfloat(97), sfloat(72)))),
    Came(OXIMETER, continuous(stream(sfloat(30), sfloat(20)))),
    Came(SCALE, weight(bytes.fromhex("00f43b"))),
]


@given(
    st.lists(
        st.sampled_from(
            [
                *CAME,
                *map(vitals.Mine, CAME),
                Near(CUFF),
                Lost(CUFF),
                NotTaken(CUFF, "Again."),
                Silent("no radio"),
                vitals.NotMine(),
                vitals.Type(True),
                vitals.Type(False),
                vitals.Entered("95"),
                vitals.Entered("1"),
                vitals.Skipped(),
                vitals.Sure(True),
                vitals.Sure(False),
                vitals.Oxygen(True),
                vitals.Back(),
            ]
        ),
        max_size=40,
    )
)
def test_whatever_comes_in_whatever_order_no_number_is_kept_that_she_did_not_give(
    events: list[vitals.Event],
) -> None:
    state = measured(kinds=frozenset(one.kind for one in STANDING))
    for event in events:
        before, state = state, vitals.update(state, event)
        gained = set(state.values.items()) - set(before.values.items())
        assert (
            not gained
            or isinstance(event, vitals.Entered)
            or (isinstance(event, vitals.Mine) and event.came is before.came)
        )
        assert (state.ask is vitals.Ask.MINE) == (state.came is not None)
        assert (state.ask is vitals.Ask.SURE) == (state.doubted is not None)
        assert all(VITALS[key].plausible(value) for key, value in state.values.items())
        assert set(state.sources) <= set(state.values)
        assert 0 <= state.index < len(state.order)


# The screen, over a link


class Table:
    """Instruments in the loop of whoever listens; a test acts on them from its own thread."""

    def __init__(self) -> None:
        self.standing: dict[str, Peripheral] = {}
        self.near = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    def radio(self) -> TableRadio:
        return TableRadio(self)

    async def set(self, link: LocalLink) -> None:
        self._loop = asyncio.get_running_loop()
        for kind, address in [*((one.kind, one.address) for one in STANDING), (Kind.CUFF, STRANGER)]:
            self.standing[address] = Peripheral(kind, address, link)
            await self.standing[address].switch_on()

    def do(self, act: Callable[[Peripheral], Coroutine[Any, Any, None]], address: str) -> None:
        assert self._loop is not None
        done: Future[None] = asyncio.run_coroutine_threadsafe(act(self.standing[address]), self._loop)
        done.result(10)


class TableRadio(BumbleRadio):
    def __init__(self, table: Table) -> None:
        self._air, self._table = LocalLink(), table
        super().__init__(self._air)

    async def heard(self) -> AsyncGenerator[Heard, None]:
        await self._table.set(self._air)
        async for one in super().heard():
            yield one


@pytest.fixture
def table() -> Table:
    return Table()


class Counted(Listening):
    """A test waits for all of them: the central of `bumble` is left confused by a connection that is given up half-way."""

    def __init__(self, table: Table) -> None:
        super().__init__(table.radio, STANDING, FrozenClock(NOW))
        self._table = table

    def begin(self, told: Callable[[Told], None]) -> None:
        def tell(one: Told) -> None:
            told(one)
            self._table.near += isinstance(one, Near)

        super().begin(tell)


@pytest.fixture
def instruments(table: Table) -> Iterator[Listening]:
    listening = Counted(table)
    yield listening
    listening.end()


def to_vitals(kiosk: Kiosk, table: Table) -> None:
    kiosk.touch("kiosk.language.en")
    kiosk.stage.send(flow.Identified(ROSA))
    kiosk.touch("kiosk.greet.yes")
    kiosk.touch("kiosk.reason.unwell")
    kiosk.touch("kiosk.symptom.done")
    kiosk.until(lambda: table.near == len(STANDING))
    kiosk.until(lambda: kiosk.text("kiosk.vitals.near").startswith("Connected"))


def send(table: Table, octets: bytes, address: str = CUFF.address, which: int = 0) -> None:
    table.do(lambda peripheral: peripheral.send(octets, which), address)


def finish(kiosk: Kiosk) -> flow.TellVitals:
    for _question in range(8):
        for name in (
            "kiosk.vitals.without",
            "kiosk.vitals.skip",
            "kiosk.vitals.oxygen.no",
            "kiosk.vitals.self.yes",
        ):
            if kiosk.journey.step is flow.Step.VITALS and kiosk.sees(name):
                kiosk.touch(name)
                break
    kiosk.until(lambda: any(isinstance(one, flow.TellVitals) for one in kiosk.clinic.filed))
    return next(one for one in kiosk.clinic.filed if isinstance(one, flow.TellVitals))


def test_the_cuff_sends_she_confirms_and_the_clinic_knows_by_what_it_was_measured(
    kiosk: Kiosk, table: Table
) -> None:
    to_vitals(kiosk, table)
    assert audit(kiosk.window) == []
    sent = cuff(sfloat(128), sfloat(82), pulse=sfloat(71))
    send(table, sent)
    kiosk.until(lambda: kiosk.sees("kiosk.vitals.mine.yes"))
    assert "128 / 82" in kiosk.text("kiosk.vitals.number")
    assert "71" in kiosk.text("kiosk.vitals.beside")
    assert audit(kiosk.window) == []
    kiosk.touch("kiosk.vitals.mine.yes")
    told = finish(kiosk)
    assert {key: int(value) for key, value in told.values.items()} == {
        "systolic": 128,
        "diastolic": 82,
        "heart_rate": 71,
    }
    assert told.sources["systolic"].octets == sent
    assert told.sources["diastolic"].instrument == f"cuff {CUFF.address}"


def test_nothing_is_told_of_a_reading_that_nobody_confirmed(kiosk: Kiosk, table: Table) -> None:
    to_vitals(kiosk, table)
    send(table, cuff(sfloat(178), sfloat(112)))
    kiosk.until(lambda: kiosk.sees("kiosk.vitals.mine.type"))
    kiosk.touch("kiosk.vitals.mine.type")
    kiosk.type("120")
    kiosk.type("80")
    told = finish(kiosk)
    assert dict(told.values) == {"systolic": 120, "diastolic": 80}
    assert told.sources == {}


def test_a_second_measurement_takes_the_place_of_the_first_on_the_screen(kiosk: Kiosk, table: Table) -> None:
    to_vitals(kiosk, table)
    send(table, cuff(sfloat(178), sfloat(112)))
    kiosk.until(lambda: kiosk.sees("kiosk.vitals.number"))
    send(table, cuff(sfloat(128), sfloat(82)))
    kiosk.until(lambda: "128 / 82" in kiosk.text("kiosk.vitals.number"))
    kiosk.touch("kiosk.vitals.mine.yes")
    assert finish(kiosk).values["systolic"] == 128


def test_no_number_moving_and_a_strangers_cuff_leave_the_screen_asking(kiosk: Kiosk, table: Table) -> None:
    to_vitals(kiosk, table)
    send(table, cuff(sfloat(210), sfloat(120)), STRANGER)
    send(table, cuff(upper=NAN))
    kiosk.until(lambda: kiosk.sees("kiosk.vitals.why"))
    assert kiosk.text("kiosk.vitals.why.text").startswith("The instrument gave no number")
    send(table, cuff(status=1))
    kiosk.until(lambda: kiosk.text("kiosk.vitals.why.text").startswith("You moved"))
    assert not kiosk.sees("kiosk.vitals.number")


def test_a_wrong_clock_is_named_beside_the_number(kiosk: Kiosk, table: Table) -> None:
    to_vitals(kiosk, table)
    local = NOW.astimezone().replace(tzinfo=None)
    send(table, cuff(at=local - timedelta(days=9)))
    kiosk.until(lambda: kiosk.sees("kiosk.vitals.doubt"))
    assert "12 Nov 2026" in kiosk.text("kiosk.vitals.doubt.text")


def test_an_instrument_that_falls_asleep_leaves_the_number_that_came(kiosk: Kiosk, table: Table) -> None:
    to_vitals(kiosk, table)
    send(table, cuff())
    kiosk.until(lambda: kiosk.sees("kiosk.vitals.number"))
    table.do(lambda peripheral: peripheral.fall_asleep(), CUFF.address)
    kiosk.touch("kiosk.vitals.mine.yes")
    assert finish(kiosk).values["systolic"] == 128


def test_the_next_screen_hears_no_instrument(kiosk: Kiosk, table: Table) -> None:
    to_vitals(kiosk, table)
    kiosk.stage.send(flow.VitalsTaken({}))
    kiosk.until(lambda: kiosk.journey.step is flow.Step.PHOTO)
    kiosk.until(lambda: not any(thread.name == "instruments" for thread in threading.enumerate()))
