# SPDX-License-Identifier: GPL-3.0-or-later
"""Instruments without a radio: real GATT servers of `bumble`, each with a controller, on one link in this process; and the
port's radio over `bumble`'s central.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from bumble.controller import Controller
from bumble.core import UUID, AdvertisingData
from bumble.device import Advertisement, Connection, Device, Peer
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.gatt_client import CharacteristicProxy
from bumble.hci import Address
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink

from clinic.devices.port import Heard
from clinic.domain.instruments.kinds import PROFILES, Kind, uuid

NOTIFY = Characteristic.Properties.NOTIFY
INDICATE = Characteristic.Properties.INDICATE
EVERY_MS = 30.0
"""How often an instrument makes itself known: faster than real ones, so that tests do not wait."""


def short(uuid_text: str) -> UUID:
    """As instruments send them: 16 bits."""
    return UUID.from_16_bits(int(uuid_text[4:8], 16))


def device(name: str, address: str, link: LocalLink) -> Device:
    """A Bluetooth device of its own: host, controller, air."""
    controller = Controller(f"controller of {name}", link=link, public_address=None)
    host = Host(controller, AsyncPipeSink(controller))
    made = Device(name=name, address=Address(address), host=host)
    made.advertising_interval_min = made.advertising_interval_max = EVERY_MS
    return made


class Peripheral:
    """One instrument that is switched on, measures and sleeps when a test says so."""

    def __init__(self, kind: Kind, address: str, link: LocalLink, stored: bytes = b"") -> None:
        self.address, self.asked = address, list[bytes]()
        self.device = device(f"a {kind}", address, link)
        self._profile, self._stored = PROFILES[kind], stored
        self._sends = [
            Characteristic(short(one), NOTIFY | INDICATE, Characteristic.Permissions(0))
            for one in self._profile.readers
        ]
        where, _ask = self._profile.ask
        control = [self._control(where)] if where else []
        self.device.add_service(Service(short(self._profile.service), [*self._sends, *control]))

    def _control(self, where: str) -> Characteristic[bytes]:
        async def asked(_connection: Connection, octets: bytes) -> None:
            self.asked.append(bytes(octets))
            if self._stored:
                await self.send(self._stored)

        value = CharacteristicValue(write=asked)
        return Characteristic(
            short(where),
            INDICATE | Characteristic.Properties.WRITE,
            Characteristic.Permissions.WRITEABLE,
            value,
        )

    async def switch_on(self) -> None:
        await self.device.power_on()
        await self.advertise()

    async def advertise(self) -> None:
        name = (AdvertisingData.COMPLETE_LOCAL_NAME, self.device.name.encode())
        services = AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS
        said = AdvertisingData([name, (services, short(self._profile.service).to_bytes())])
        self.device.advertising_data = bytes(said)
        await self.device.start_advertising(auto_restart=True)

    @property
    def is_connected(self) -> bool:
        return bool(self.device.connections)

    async def send(self, octets: bytes, which: int = 0) -> None:
        """Indicate it to whoever subscribed."""
        await self.device.indicate_subscribers(self._sends[which], octets)

    async def fall_asleep(self) -> None:
        await self.device.stop_advertising()
        for connection in list(self.device.connections.values()):
            await connection.disconnect()


def number(short_one: UUID) -> int:
    return int(short_one.to_hex_str(), 16)


class BumbleLink:
    """The port's `Link`."""

    def __init__(self, connection: Connection, found: dict[str, CharacteristicProxy[bytes]]) -> None:
        self._connection, self._found, self._gone = connection, found, False
        connection.on("disconnection", lambda _reason: setattr(self, "_gone", True))

    def characteristics(self) -> frozenset[str]:
        return frozenset(self._found)

    async def subscribe(self, characteristic: str, came: Callable[[bytes], None]) -> None:
        await self._found[characteristic].subscribe(came, prefer_notify=False)

    async def write(self, characteristic: str, octets: bytes) -> None:
        await self._found[characteristic].write_value(octets, with_response=True)

    async def close(self) -> None:
        if not self._gone:
            await self._connection.disconnect()


class BumbleRadio:
    """The port's `Radio`."""

    def __init__(self, link: LocalLink) -> None:
        self.central = device("kiosk", "F0:F0:F0:F0:F0:F0", link)
        self.connected: list[str] = []

    async def heard(self) -> AsyncGenerator[Heard, None]:
        await self.central.power_on()
        nearby: asyncio.Queue[Advertisement] = asyncio.Queue()
        self.central.on("advertisement", nearby.put_nowait)
        await self.central.start_scanning(filter_duplicates=False)
        while True:
            one = await nearby.get()
            short_ones = one.data.get(AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS) or []
            yield Heard(
                one.address.to_string(False), "", frozenset(uuid(number(each)) for each in short_ones)
            )

    async def connect(self, address: str, dropped: Callable[[], None]) -> BumbleLink:
        self.connected.append(address)
        connection = await self.central.connect(address)
        connection.on("disconnection", lambda _reason: dropped())
        peer = Peer(connection)
        await peer.discover_services()
        await peer.discover_characteristics()
        found = {uuid(number(one.uuid)): one for service in peer.services for one in service.characteristics}
        return BumbleLink(connection, found)
