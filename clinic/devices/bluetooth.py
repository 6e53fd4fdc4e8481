# SPDX-License-Identifier: GPL-3.0-or-later
"""The radio of this computer, by `bleak`: BlueZ over D-Bus on Linux, CoreBluetooth, WinRT. Thin: nothing is decided here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError

from clinic.devices.port import Heard
from clinic.domain.errors import Unavailable

NO_RADIO = (
    "This computer has no Bluetooth, or it is switched off. Instruments are not heard; numbers are typed."
)
NO_ANSWER = (
    "The instrument does not answer. Switch it on beside the computer, and pair it if it asks for that."
)


class BleakRadio:
    """The port's `Radio`. Made in the loop that uses it."""

    def __init__(self) -> None:
        self._devices: dict[str, BLEDevice] = {}

    async def heard(self) -> AsyncGenerator[Heard, None]:
        nearby: asyncio.Queue[tuple[BLEDevice, AdvertisementData]] = asyncio.Queue()
        with told(NO_RADIO):
            async with BleakScanner(lambda device, said: nearby.put_nowait((device, said))):
                while True:
                    device, said = await nearby.get()
                    address = device.address.upper()
                    self._devices[address] = device
                    name = said.local_name or device.name or ""
                    yield Heard(address, name, frozenset(one.lower() for one in said.service_uuids))

    async def connect(self, address: str, dropped: Callable[[], None]) -> BleakLink:
        client = BleakClient(self._devices[address], disconnected_callback=lambda _client: dropped())
        with told(NO_ANSWER):
            await client.connect()
        return BleakLink(client)


class BleakLink:
    """The port's `Link`."""

    def __init__(self, client: BleakClient) -> None:
        self._client = client

    def characteristics(self) -> frozenset[str]:
        return frozenset(one.uuid.lower() for one in self._client.services.characteristics.values())

    async def subscribe(self, characteristic: str, came: Callable[[bytes], None]) -> None:
        with told(NO_ANSWER):
            await self._client.start_notify(characteristic, lambda _sender, octets: came(bytes(octets)))

    async def write(self, characteristic: str, octets: bytes) -> None:
        with told(NO_ANSWER):
            await self._client.write_gatt_char(characteristic, octets, response=True)

    async def close(self) -> None:
        with told(NO_ANSWER):
            await self._client.disconnect()


@contextmanager
def told(sentence: str) -> Iterator[None]:
    try:
        yield
    except (BleakError, OSError, EOFError) as error:
        raise Unavailable(sentence) from error
