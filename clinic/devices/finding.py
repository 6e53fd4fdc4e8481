# SPDX-License-Identifier: GPL-3.0-or-later
"""Names the instruments nearby, for whoever sets a kiosk up: one line each, as `--instrument` wants it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from clinic.devices.port import Radio
from clinic.domain.errors import Unavailable
from clinic.domain.instruments.kinds import kind_of

SECONDS = 30.0
UNAVAILABLE = 4


async def find(radio: Radio, seconds: float, say: Callable[[str], object]) -> int:
    """How many were found. Raises Unavailable without a radio."""
    found: set[str] = set()
    nearby = radio.heard()
    try:
        async with asyncio.timeout(seconds):
            async for heard in nearby:
                kind = kind_of(heard.services)
                if kind is not None and heard.address not in found:
                    found.add(heard.address)
                    say(f"--instrument {kind}={heard.address}  # {heard.name}".rstrip(" #"))
    except TimeoutError:
        pass
    finally:
        await nearby.aclose()
    return len(found)


def main() -> int:
    """0: found some; 1: none; 4: there is no radio."""
    from clinic.devices.bluetooth import BleakRadio

    sys.stderr.write(
        f"Switch the instruments on now, and measure once with each. Listening for {SECONDS:.0f} s …\n"
    )
    try:
        found = asyncio.run(find(BleakRadio(), SECONDS, lambda line: print(line, flush=True)))
    except Unavailable as error:
        sys.stderr.write(f"{error}\n")
        return UNAVAILABLE
    if not found:
        sys.stderr.write(
            "No instrument was heard. Some are heard only while they measure: try again meanwhile.\n"
        )
    return 0 if found else 1
