# SPDX-License-Identifier: GPL-3.0-or-later
"""The clinic's own network: islands announced and found by multicast DNS (RFC 6762, 6763), and the paper one shows.

An announcement names the computer that serves by its id, the organisation by a short hash, and a port. It proves nothing.
"""

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import httpx
import ifaddr

from clinic.domain.errors import Unavailable
from clinic.domain.ids import DeviceId
from clinic.keys.islands import IslandRefused
from clinic.protocol.codec import Malformed, decode
from clinic.protocol.island import SERVICE, IslandPaper
from clinic.transport.tls import believing_nobody

_MARK, _VERSION = b"o", b"v"
_THIS_VERSION = b"1"
_ASK_MS, _ASK_TIMES = 2_000, 5
_PAPER_MOST, _PAPER_S = 4_096, 3.0
_LONGEST_ID = 63
"""Bytes of a DNS label."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an island is said to be. `device` '': somebody typed the address, and the paper will say whose it is."""

    host: str
    port: int
    device: DeviceId = DeviceId("")

    @property
    def url(self) -> str:
        return f"https://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def place_in(text: str) -> Place:
    """HOST:PORT as people type it. Raises IslandRefused."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise IslandRefused("{text} is no address of an island, such as 192.168.1.20:45123.", text=text)
    return Place(host.strip("[]"), int(port))


def own_addresses() -> tuple[str, ...]:
    """IPv4 addresses of this computer on networks it is connected to; its own alone where there is none."""
    found = [ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if isinstance(ip.ip, str)]
    outside = [one for one in found if not ip_address(one).is_loopback and not ip_address(one).is_link_local]
    return tuple(dict.fromkeys(outside)) or ("127.0.0.1",)


class Announcer:
    """Says on the network that this computer serves, until it is closed."""

    def __init__(self, device: DeviceId, mark: str, port: int, addresses: Sequence[str] = ()) -> None:
        """`mark`: `clinic.keys.islands.organization_mark`; `addresses`: those of this computer, unless said. Raises
        Unavailable where multicast cannot be used."""
        from zeroconf import NonUniqueNameException, ServiceInfo

        where = tuple(addresses) or own_addresses()
        self._zeroconf = _zeroconf(where)
        info = ServiceInfo(
            SERVICE,
            f"{device}.{SERVICE}",
            addresses=[socket.inet_aton(one) for one in where],
            port=port,
            properties={_MARK: mark.encode(), _VERSION: _THIS_VERSION},
            server=f"posta-{device}.local.",
        )
        try:
            self._zeroconf.register_service(info, allow_name_change=False)
        except (NonUniqueNameException, OSError, TimeoutError) as error:
            self._zeroconf.close()
            raise Unavailable("This network does not let a computer announce itself.") from error

    def close(self) -> None:
        """Takes the announcement back."""
        with suppress(OSError, TimeoutError):
            self._zeroconf.close()  # which says so to everybody


class Finder:
    """Listens for islands of one organisation until it is closed. `found` and `lost` come on a thread of zeroconf's."""

    def __init__(
        self, mark: str, found: Callable[[Place], None], lost: Callable[[DeviceId], None],
        addresses: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Raises Unavailable where multicast cannot be used."""
        from zeroconf import ServiceBrowser

        self._mark, self._found, self._lost, self._closed = mark.encode(), found, lost, False
        self._zeroconf = _zeroconf(tuple(addresses) or own_addresses())
        heard: Any = self
        self._browser = ServiceBrowser(self._zeroconf, SERVICE, heard)

    def close(self) -> None:
        """Listens no more."""
        self._closed = True
        self._zeroconf.close()

    # what zeroconf calls, under its own names

    def add_service(self, zeroconf: Any, kind: str, name: str) -> None:
        device = _device_in(name)
        info = self._asked(kind, name) if device else None
        if info is None or info.properties.get(_MARK) != self._mark or not info.port:
            return
        for address in info.parsed_addresses():
            self._found(Place(address, info.port, device))

    update_service = add_service

    def _asked(self, kind: str, name: str) -> Any:
        """Packets are lost; whoever is there answers one of the questions."""
        for _ in range(_ASK_TIMES):
            info = None if self._closed else self._zeroconf.get_service_info(kind, name, _ASK_MS)
            if info is not None:
                return info
        return None

    def remove_service(self, zeroconf: Any, kind: str, name: str) -> None:
        if device := _device_in(name):
            self._lost(device)


def _zeroconf(addresses: Sequence[str]) -> Any:
    from zeroconf import Zeroconf

    try:
        return Zeroconf(interfaces=list(addresses))
    except (OSError, RuntimeError) as error:
        raise Unavailable("This network cannot be searched for computers that serve it.") from error


def _device_in(name: str) -> DeviceId:
    """The id in the name of an instance; '' for a name that cannot be one."""
    text = name.removesuffix(f".{SERVICE}")
    good = (
        text.isascii() and 0 < len(text) <= _LONGEST_ID and text.replace("-", "").replace("_", "").isalnum()
    )
    return DeviceId(text if good else "")


async def read_paper(place: Place) -> tuple[IslandPaper, bytes]:
    """The paper of whatever answers there, and the certificate it showed, in DER form. Nothing is said but the question. Raises
    Unavailable, IslandRefused for something else than an island."""
    data = b""
    try:
        async with (
            httpx.AsyncClient(
                trust_env=False,
                transport=httpx.AsyncHTTPTransport(verify=believing_nobody(), trust_env=False),
                timeout=_PAPER_S,
            ) as client,
            client.stream("GET", f"{place.url}/v1/island") as response,
        ):
            stream = response.extensions.get("network_stream")
            tls = stream.get_extra_info("ssl_object") if stream is not None else None
            der = tls.getpeercert(binary_form=True) if tls is not None else None
            async for piece in response.aiter_raw():
                data += piece
                if len(data) > _PAPER_MOST:
                    break
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise Unavailable("The computer that serves this network cannot be reached.") from error
    if not der or not response.is_success or len(data) > _PAPER_MOST:
        raise IslandRefused("What answers on this network is no island of a clinic.")
    try:
        return decode(data, IslandPaper), der
    except Malformed as error:
        raise IslandRefused("What answers on this network is no island of a clinic.") from error
