# SPDX-License-Identifier: GPL-3.0-or-later
"""What BlueZ says on the bus about one instrument: an adapter, a device, a service, its characteristics. A real dbus-daemon
carries it, and the library reads it as it reads BlueZ; behind it there is no radio.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

ADAPTER = "/org/bluez/hci0"
ALLOWED = (
    "<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN' "
    "'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'><busconfig><listen>unix:path={socket}</listen>"
    "<policy context='default'><allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/><allow own='*'/>"
    "</policy></busconfig>"
)


@contextmanager
def bus(folder: Path) -> Iterator[str]:
    """A bus of its own; yields its address."""
    socket, config = folder / "bus", folder / "bus.conf"
    config.write_text(ALLOWED.format(socket=socket))
    command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        try:
            yield daemon.stdout.readline().strip()
        finally:
            daemon.terminate()


class Bluez:
    """One adapter and one instrument with these characteristics, UUID by UUID."""

    def __init__(self, address: str, service: str, characteristics: tuple[str, ...]) -> None:
        self._device = f"{ADAPTER}/dev_{address.replace(':', '_')}"
        self._service = f"{self._device}/service0001"
        self._address, self._uuid = address, service
        self._where = {
            uuid: f"{self._service}/char{number:04x}" for number, uuid in enumerate(characteristics, 2)
        }
        self.calls: list[str] = []
        self.written: list[bytes] = []
        self._bus: MessageBus | None = None

    async def begin(self, address: str) -> None:
        self._bus = await MessageBus(bus_address=address).connect()
        self._bus.add_message_handler(self._asked)
        await self._bus.request_name("org.bluez")

    def end(self) -> None:
        if self._bus is not None:
            self._bus.disconnect()

    async def send(self, uuid: str, octets: bytes) -> None:
        await self._changed(
            self._where[uuid], "org.bluez.GattCharacteristic1", {"Value": Variant("ay", octets)}
        )

    async def drop(self) -> None:
        gone = {"Connected": Variant("b", False), "ServicesResolved": Variant("b", False)}
        await self._changed(self._device, "org.bluez.Device1", gone)

    def _objects(self) -> dict[str, dict[str, dict[str, Variant]]]:
        adapter = {"Address": Variant("s", "00:00:00:00:00:09"), "Powered": Variant("b", True)}
        roles = {"Roles": Variant("as", ["central"]), "Discovering": Variant("b", False)}
        return {ADAPTER: {"org.bluez.Adapter1": adapter | roles}}

    def _device_said(self) -> dict[str, dict[str, Variant]]:
        texts = {"Address": self._address, "AddressType": "random", "Name": "a cuff", "Alias": "a cuff"}
        truths = dict.fromkeys(("Paired", "Connected", "ServicesResolved", "Trusted", "Blocked"), False)
        return {
            "org.bluez.Device1": {
                **{key: Variant("s", text) for key, text in texts.items()},
                **{key: Variant("b", truth) for key, truth in truths.items()},
                "UUIDs": Variant("as", [self._uuid]),
                "Adapter": Variant("o", ADAPTER),
                "RSSI": Variant("n", -50),
            }
        }

    def _asked(self, message: Message) -> Message | bool:
        if (
            message.message_type is not MessageType.METHOD_CALL
            or message.interface == "org.freedesktop.DBus.Peer"
        ):
            return False
        self.calls.append(str(message.member))
        match message.member:
            case "GetManagedObjects":
                return Message.new_method_return(message, "a{oa{sa{sv}}}", [self._objects()])
            case "StartDiscovery":
                self._signal_soon(self._added(self._device, self._device_said()))
            case "Connect":
                for signal in self._connected():
                    self._signal_soon(signal)
            case "Disconnect":
                gone = {"Connected": Variant("b", False), "ServicesResolved": Variant("b", False)}
                self._signal_soon(self._change(self._device, "org.bluez.Device1", gone))
            case "WriteValue":
                self.written.append(bytes(message.body[0]))
        return Message.new_method_return(message)

    def _connected(self) -> Iterator[Message]:
        yield self._change(self._device, "org.bluez.Device1", {"Connected": Variant("b", True)})
        service = {
            "UUID": Variant("s", self._uuid),
            "Primary": Variant("b", True),
            "Device": Variant("o", self._device),
        }
        yield self._added(self._service, {"org.bluez.GattService1": service})
        for uuid, where in self._where.items():
            said = {
                "UUID": Variant("s", uuid),
                "Service": Variant("o", self._service),
                "Value": Variant("ay", b""),
                "Notifying": Variant("b", False),
                "Flags": Variant("as", ["indicate", "write"]),
                "MTU": Variant("q", 247),
            }
            yield self._added(where, {"org.bluez.GattCharacteristic1": said})
        yield self._change(self._device, "org.bluez.Device1", {"ServicesResolved": Variant("b", True)})

    def _added(self, path: str, interfaces: dict[str, dict[str, Variant]]) -> Message:
        return Message.new_signal(
            "/", "org.freedesktop.DBus.ObjectManager", "InterfacesAdded", "oa{sa{sv}}", [path, interfaces]
        )

    def _change(self, path: str, interface: str, changed: dict[str, Variant]) -> Message:
        body = [interface, changed, []]
        return Message.new_signal(
            path, "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", body
        )

    def _signal_soon(self, signal: Message) -> None:
        assert self._bus is not None
        self._bus.send(signal)

    async def _changed(self, path: str, interface: str, changed: dict[str, Variant]) -> None:
        assert self._bus is not None
        await self._bus.send(self._change(path, interface, changed))
