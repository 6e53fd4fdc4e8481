# SPDX-License-Identifier: GPL-3.0-or-later
"""The thread that listens, the radio of this computer, and how the staff learn which instruments there are."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bleak.exc import BleakError
from bumble.link import LocalLink

from clinic.devices import bluetooth, finding
from clinic.devices.bluetooth import NO_RADIO, BleakRadio
from clinic.devices.listening import Listening
from clinic.devices.port import Heard, Instrument, Silent, Told
from clinic.domain.clock import FrozenClock
from clinic.domain.errors import Unavailable
from clinic.domain.instruments.kinds import Kind
from tests.clinic.devices.peripherals import BumbleRadio, Peripheral

CUFF = Instrument(Kind.CUFF, "C0:00:00:00:00:01")
NOW = datetime(2026, 11, 21, tzinfo=UTC)
BLUEZ = Path("/run/dbus/system_bus_socket").exists()


@pytest.mark.skipif(BLUEZ, reason="this computer may have a radio")
@pytest.mark.expects_log("no Bluetooth")
def test_a_computer_without_bluetooth_is_told_once_and_the_thread_ends() -> None:
    told, news = list[Told](), threading.Event()

    def tell(one: Told) -> None:
        told.append(one)
        news.set()

    listening = Listening(BleakRadio, (CUFF,), FrozenClock(NOW))
    listening.begin(tell)
    assert news.wait(10)
    assert told == [Silent(NO_RADIO)]
    listening.end()
    listening.end()


@pytest.mark.skipif(BLUEZ, reason="this computer may have a radio")
@pytest.mark.expects_log("no Bluetooth")
def test_after_the_end_nothing_is_told_and_nobody_waits_for_a_slow_radio() -> None:
    told, begun, go, ended = list[Told](), threading.Event(), threading.Event(), threading.Event()

    class Slow(BleakRadio):
        async def heard(self) -> AsyncGenerator[Heard, None]:
            begun.set()
            go.wait(10)
            try:
                async for one in super().heard():
                    yield one
            finally:
                ended.set()

    listening = Listening(Slow, (CUFF,), FrozenClock(NOW))
    listening.begin(told.append)
    assert begun.wait(10)
    listening.end()
    go.set()
    assert ended.wait(10)
    for thread in threading.enumerate():
        if thread.name == "instruments":
            thread.join(10)  # what it logs is this test's
    assert told == []


@pytest.mark.skipif(BLUEZ, reason="this computer may have a radio")
def test_who_looks_for_instruments_without_bluetooth_is_told_what_to_check(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert finding.main() == finding.UNAVAILABLE
    assert NO_RADIO in capsys.readouterr().err


@pytest.mark.parametrize("error", [BleakError("x"), OSError("x"), EOFError()])
def test_whatever_goes_wrong_below_is_told_as_not_there(error: Exception) -> None:
    with pytest.raises(Unavailable, match="does not answer"), bluetooth.told(bluetooth.NO_ANSWER):
        raise error


async def test_instruments_nearby_are_named_as_the_kiosk_wants_them_and_nothing_else_is() -> None:
    link, lines = LocalLink(), list[str]()
    for kind, address in ((Kind.CUFF, CUFF.address), (Kind.GLUCOMETER, "C0:00:00:00:00:02")):
        await Peripheral(kind, address, link).switch_on()

    class Crowded(BumbleRadio):
        async def heard(self) -> AsyncGenerator[Heard, None]:
            yield Heard("AA:AA:AA:AA:AA:AA", "somebody's telephone", frozenset())
            async for one in super().heard():
                yield one

    assert await finding.find(Crowded(link), 1.0, lines.append) == 2
    assert sorted(line.split("  #")[0] for line in lines) == [
        "--instrument cuff=C0:00:00:00:00:01",
        "--instrument glucometer=C0:00:00:00:00:02",
    ]
