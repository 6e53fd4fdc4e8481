# SPDX-License-Identifier: GPL-3.0-or-later
"""Every place where we reach behind the public face of aiortc and aioice, in one module (names as of aiortc 1.16).

`check()` says which door has moved; a test calls it, so that an update of the library cannot pass silently.
"""

import inspect
import logging
from collections.abc import Callable

import aioice.ice
import aiortc.codecs.vpx

VIDEO_START, VIDEO_FLOOR, VIDEO_CEILING = 600_000, 60_000, 1_200_000
"""bit/s of the VP8 encoder; the library itself never goes below 250 kbit/s, where rural links live."""
_VPX = ("DEFAULT_BITRATE", "MIN_BITRATE", "MAX_BITRATE")
_LOOPBACK = "127.0.0.1"
Hosts = Callable[[bool, bool], list[str]]


class DoorMoved(RuntimeError):
    """The library has changed where we depend on its inside."""


def check() -> None:
    """Raises DoorMoved with the name of the door."""
    for name in _VPX:
        if not isinstance(getattr(aiortc.codecs.vpx, name, None), int):
            raise DoorMoved(f"aiortc.codecs.vpx.{name}")
    setter = inspect.getsource(vars(aiortc.codecs.vpx.Vp8Encoder)["target_bitrate"].fset)
    if "MIN_BITRATE" not in setter or "MAX_BITRATE" not in setter:
        raise DoorMoved("aiortc.codecs.vpx.Vp8Encoder.target_bitrate")
    hosts = inspect.signature(aioice.ice.get_host_addresses)
    if list(hosts.parameters) != ["use_ipv4", "use_ipv6"]:
        raise DoorMoved("aioice.ice.get_host_addresses")
    if "get_host_addresses(" not in inspect.getsource(aioice.ice.Connection.gather_candidates):
        raise DoorMoved("aioice.ice.Connection.gather_candidates")


def open_doors() -> None:
    """Set what cannot be set from the front; once, before the first call."""
    vpx = aiortc.codecs.vpx
    vpx.DEFAULT_BITRATE, vpx.MIN_BITRATE, vpx.MAX_BITRATE = VIDEO_START, VIDEO_FLOOR, VIDEO_CEILING
    hosts = aioice.ice.get_host_addresses
    if not hasattr(hosts, "alone"):
        setattr(aioice.ice, "get_host_addresses", _reachable(hosts))  # noqa: B010
    for library in ("aiortc", "aioice", "libav"):
        logging.getLogger(library).setLevel(logging.WARNING)  # below it they write addresses and descriptions


def _reachable(hosts: Hosts) -> Hosts:
    """A machine with no network at all can still call itself, for a demonstration."""

    def reachable(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return hosts(use_ipv4, use_ipv6) or ([_LOOPBACK] if use_ipv4 else [])

    reachable.alone = True  # type: ignore[attr-defined]
    return reachable
