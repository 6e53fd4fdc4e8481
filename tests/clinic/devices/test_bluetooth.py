# SPDX-License-Identifier: GPL-3.0-or-later
"""The radio's adapter over a real bus, with what BlueZ says on it."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from clinic.devices.bluetooth import BleakRadio
from clinic.devices.listening import listen
from clinic.devices.port import Came, Instrument, Lost, Near, Told
from clinic.domain.clock import FrozenClock
from clinic.domain.instruments.glucose import LAST_RECORD
from clinic.domain.instruments.kinds import PROFILES, Kind
from tests.clinic.domain.instruments.packets import cuff, meter, sfloat

if sys.platform != "linux" or shutil.which("dbus-daemon") is None:
    pytest.skip("BlueZ is spoken to over D-Bus, on Linux", allow_module_level=True)

from tests.clinic.devices.bluez import Bluez, bus

pytestmark = pytest.mark.expects_log("BlueZ version|connection to BlueZ was lost")
ADDRESS = "C0:FF:EE:01:02:03"
NOW = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)


class Heard:
    def __init__(self) -> None:
        self.told, self.news = list[Told](), asyncio.Event()

    def tell(self, told: Told) -> None:
        self.told.append(told)
        self.news.set()

    async def until(self, kind: type[Told], times: int = 1) -> None:
        async with asyncio.timeout(15):
            while sum(isinstance(one, kind) for one in self.told) < times:
                self.news.clear()
                await self.news.wait()


@pytest.fixture
async def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    with bus(tmp_path) as where:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", where)
        yield where


async def ended(listening: asyncio.Task[None], bluez: Bluez) -> None:
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    bluez.end()


async def test_a_cuff_is_heard_subscribed_to_read_and_let_go(address: str) -> None:
    profile, heard = PROFILES[Kind.CUFF], Heard()
    bluez = Bluez(ADDRESS, profile.service, tuple(profile.readers))
    await bluez.begin(address)
    instrument = Instrument(Kind.CUFF, ADDRESS)
    listening = asyncio.create_task(listen(BleakRadio(), (instrument,), FrozenClock(NOW), heard.tell))
    await heard.until(Near)
    (where,) = profile.readers
    await bluez.send(where, cuff())
    await heard.until(Came)
    await bluez.drop()
    await heard.until(Lost)
    await ended(listening, bluez)
    assert [type(one) for one in heard.told] == [Near, Came, Lost]
    came = heard.told[1]
    assert isinstance(came, Came)
    assert dict(came.reading.values) == {"systolic": Decimal(128), "diastolic": Decimal(82)}


async def test_a_meter_is_written_to_and_left_connections_are_closed(address: str) -> None:
    profile, heard = PROFILES[Kind.GLUCOMETER], Heard()
    (where,), (control, _octets) = profile.readers, profile.ask
    bluez = Bluez(ADDRESS, profile.service, (where, control))
    await bluez.begin(address)
    instrument = Instrument(Kind.GLUCOMETER, ADDRESS)
    listening = asyncio.create_task(listen(BleakRadio(), (instrument,), FrozenClock(NOW), heard.tell))
    await heard.until(Near)
    assert bluez.written == [LAST_RECORD]
    await bluez.send(where, meter(sfloat(99, -5)))
    await heard.until(Came)
    await ended(listening, bluez)
    assert bluez.calls.count("StartNotify") == 2
    assert "Disconnect" in bluez.calls
    assert "StopDiscovery" in bluez.calls
