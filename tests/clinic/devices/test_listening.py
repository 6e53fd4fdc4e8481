# SPDX-License-Identifier: GPL-3.0-or-later
"""Real GATT servers send, and what is told is a number, a reason, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from bumble.link import LocalLink

from clinic.devices.listening import listen
from clinic.devices.port import Came, Instrument, Lost, Near, NotTaken, Told
from clinic.domain.clock import FrozenClock
from clinic.domain.instruments.glucose import LAST_RECORD
from clinic.domain.instruments.kinds import Kind
from clinic.domain.instruments.streams import SETTLED
from tests.clinic.devices.peripherals import BumbleRadio, Peripheral
from tests.clinic.domain.instruments.packets import NAN, cuff, meter, sfloat, stream

NOW = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
LOCAL = NOW.astimezone().replace(tzinfo=None)
ONE, OTHER, STRANGER = "C0:00:00:00:00:01", "C0:00:00:00:00:02", "C0:00:00:00:00:03"
CUFF, OXIMETER = Instrument(Kind.CUFF, ONE), Instrument(Kind.OXIMETER, OTHER)


class Table:
    """A kiosk's instruments and what was told of them."""

    def __init__(self) -> None:
        self.link, self.told, self.news = LocalLink(), list[Told](), asyncio.Event()
        self.radio = BumbleRadio(self.link)

    async def stands(self, kind: Kind, address: str, stored: bytes = b"") -> Peripheral:
        peripheral = Peripheral(kind, address, self.link, stored)
        await peripheral.switch_on()
        return peripheral

    @asynccontextmanager
    async def listening(self, *instruments: Instrument) -> AsyncIterator[None]:
        task = asyncio.create_task(listen(self.radio, instruments, FrozenClock(NOW), self._tell))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _tell(self, told: Told) -> None:
        self.told.append(told)
        self.news.set()

    async def until(self, said: Callable[[Told], bool], times: int = 1) -> None:
        async with asyncio.timeout(15):
            while sum(said(one) for one in self.told) < times:
                self.news.clear()
                await self.news.wait()

    async def near(self, times: int = 1) -> None:
        await self.until(lambda one: isinstance(one, Near), times)

    @property
    def numbers(self) -> list[dict[str, Decimal]]:
        return [dict(one.reading.values) for one in self.told if isinstance(one, Came)]

    @property
    def refused(self) -> list[str]:
        return [one.sentence for one in self.told if isinstance(one, NotTaken)]


async def test_a_cuff_is_found_and_its_pressure_comes() -> None:
    table = Table()
    peripheral = await table.stands(Kind.CUFF, ONE)
    async with table.listening(CUFF):
        await table.near()
        await peripheral.send(cuff(sfloat(160, -1), sfloat(107, -1), kpa=True, pulse=sfloat(71), at=LOCAL))
        await table.until(lambda one: isinstance(one, Came))
    assert table.told == [Near(CUFF), Came(CUFF, table.told[1].reading)]  # type: ignore[union-attr]  # it came
    assert table.numbers == [{"systolic": Decimal(120), "diastolic": Decimal(80), "heart_rate": Decimal(71)}]


async def test_what_is_no_number_or_half_a_packet_becomes_a_reason() -> None:
    table = Table()
    peripheral = await table.stands(Kind.CUFF, ONE)
    async with table.listening(CUFF):
        await table.near()
        for octets in (cuff(upper=NAN), cuff()[:-1], cuff() + b"\x01", cuff(status=1), b""):
            await peripheral.send(octets)
        await table.until(lambda one: isinstance(one, NotTaken), 5)
    assert table.numbers == []
    assert [sentence.split(".")[0] for sentence in table.refused] == [
        "The instrument gave no number",
        "The instrument sent something that cannot be read",
        "The instrument sent something that cannot be read",
        "You moved while the cuff measured",
        "The instrument sent something that cannot be read",
    ]


async def test_a_clock_that_is_wrong_is_told_and_the_moment_of_arrival_stays() -> None:
    table = Table()
    peripheral = await table.stands(Kind.CUFF, ONE)
    async with table.listening(CUFF):
        await table.near()
        await peripheral.send(cuff(at=LOCAL - timedelta(days=400)))
        await table.until(lambda one: isinstance(one, Came))
    came = table.told[-1]
    assert isinstance(came, Came) and came.behind == timedelta(days=400)


async def test_an_instrument_that_falls_asleep_is_told_and_heard_again_when_it_wakes() -> None:
    table = Table()
    peripheral = await table.stands(Kind.CUFF, ONE)
    async with table.listening(CUFF):
        await table.near()
        await peripheral.fall_asleep()
        await table.until(lambda one: isinstance(one, Lost))
        await peripheral.advertise()
        await table.near(2)
        await peripheral.send(cuff())
        await table.until(lambda one: isinstance(one, Came))
    assert [type(one) for one in table.told] == [Near, Lost, Near, Came]


async def test_a_drop_in_the_middle_of_an_indication_is_a_whole_number_or_none() -> None:
    table = Table()
    peripheral = await table.stands(Kind.CUFF, ONE)
    async with table.listening(CUFF):
        await table.near()
        sending = asyncio.create_task(peripheral.send(cuff(pulse=sfloat(71))))
        for _turn in range(3):
            await asyncio.sleep(0)
        await peripheral.fall_asleep()
        await table.until(lambda one: isinstance(one, Lost))
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    whole = {"systolic": Decimal(128), "diastolic": Decimal(82), "heart_rate": Decimal(71)}
    assert table.numbers in ([], [whole])
    assert table.refused == []


async def test_two_instruments_send_at_once_and_nothing_is_mixed_up() -> None:
    table = Table()
    first, second = await table.stands(Kind.CUFF, ONE), await table.stands(Kind.OXIMETER, OTHER)
    async with table.listening(CUFF, OXIMETER):
        await table.near(2)
        for _second in range(SETTLED):
            await asyncio.gather(first.send(cuff()), second.send(stream(sfloat(97), sfloat(72)), which=1))
        await table.until(lambda one: isinstance(one, Came), SETTLED + 1)
    by = {one.instrument: dict(one.reading.values) for one in table.told if isinstance(one, Came)}
    assert by == {
        CUFF: {"systolic": Decimal(128), "diastolic": Decimal(82)},
        OXIMETER: {"spo2": Decimal(97), "heart_rate": Decimal(72)},
    }


async def test_a_strangers_cuff_is_never_spoken_to() -> None:
    table = Table()
    stranger, ours = await table.stands(Kind.CUFF, STRANGER), await table.stands(Kind.CUFF, ONE)
    async with table.listening(CUFF):
        await table.near()
        await stranger.send(cuff(sfloat(210), sfloat(120)))
        await ours.send(cuff())
        await table.until(lambda one: isinstance(one, Came))
        assert not stranger.is_connected
    assert table.radio.connected == [ONE]
    assert table.numbers == [{"systolic": Decimal(128), "diastolic": Decimal(82)}]


@pytest.mark.expects_log("is no cuff")
async def test_what_is_set_up_as_a_cuff_and_is_none_sends_nothing() -> None:
    table = Table()
    await table.stands(Kind.SCALE, ONE)
    async with table.listening(CUFF):
        await table.until(lambda one: isinstance(one, Lost))
    assert table.told == [Lost(CUFF)]


async def test_a_meter_is_asked_for_its_last_record_and_no_other() -> None:
    table = Table()
    peripheral = await table.stands(Kind.GLUCOMETER, ONE, stored=meter(sfloat(99, -5)))
    async with table.listening(Instrument(Kind.GLUCOMETER, ONE)):
        await table.until(lambda one: isinstance(one, Came))
    assert peripheral.asked == [LAST_RECORD]
    assert table.numbers == [{"glucose": Decimal(99)}]


async def test_nothing_stays_connected_when_the_screen_is_left() -> None:
    table = Table()
    peripheral = await table.stands(Kind.CUFF, ONE)
    async with table.listening(CUFF):
        await table.near()
        assert peripheral.is_connected
        left = asyncio.Event()
        for connection in peripheral.device.connections.values():
            connection.on("disconnection", lambda _reason: left.set())
    async with asyncio.timeout(5):
        await left.wait()
    assert not peripheral.is_connected
