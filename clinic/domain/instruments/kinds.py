# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of instruments there are: by which service one is known, what it sends, and who reads that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from clinic.domain.instruments.glucose import LAST_RECORD, glucose
from clinic.domain.instruments.heart import heart_rate
from clinic.domain.instruments.oxygen import continuous, spot_check
from clinic.domain.instruments.pressure import blood_pressure
from clinic.domain.instruments.readings import Reading
from clinic.domain.instruments.temperature import temperature
from clinic.domain.instruments.weight import weight


class Kind(StrEnum):
    """In the words of a command line."""

    CUFF = "cuff"
    OXIMETER = "oximeter"
    THERMOMETER = "thermometer"
    SCALE = "scale"
    GLUCOMETER = "glucometer"
    HEART_STRAP = "heart"


def uuid(short: int) -> str:
    """A number of the Bluetooth SIG as the UUID it stands for, in small letters."""
    return f"0000{short:04x}-0000-1000-8000-00805f9b34fb"


@dataclass(frozen=True, slots=True)
class Profile:
    """`readers`: characteristic -> decoder. `ask`: (characteristic, octets) that make it send; ("", b""): it sends unasked.

    `takes`: the vital keys it measures, the first one being what it is for.
    """

    service: str
    readers: dict[str, Callable[[bytes], Reading]]
    takes: tuple[str, ...]
    ask: tuple[str, bytes] = ("", b"")


PROFILES = {
    Kind.CUFF: Profile(uuid(0x1810), {uuid(0x2A35): blood_pressure}, ("systolic", "diastolic", "heart_rate")),
    Kind.OXIMETER: Profile(
        uuid(0x1822), {uuid(0x2A5E): spot_check, uuid(0x2A5F): continuous}, ("spo2", "heart_rate")
    ),
    Kind.THERMOMETER: Profile(uuid(0x1809), {uuid(0x2A1C): temperature}, ("temperature",)),
    Kind.SCALE: Profile(uuid(0x181D), {uuid(0x2A9D): weight}, ("weight",)),
    Kind.GLUCOMETER: Profile(
        uuid(0x1808), {uuid(0x2A18): glucose}, ("glucose",), (uuid(0x2A52), LAST_RECORD)
    ),
    Kind.HEART_STRAP: Profile(uuid(0x180D), {uuid(0x2A37): heart_rate}, ("heart_rate",)),
}


def kind_of(services: frozenset[str]) -> Kind | None:
    """By the services it announces; None for anything that is no instrument of ours."""
    return next((kind for kind, profile in PROFILES.items() if profile.service in services), None)
