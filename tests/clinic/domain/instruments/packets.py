# SPDX-License-Identifier: GPL-3.0-or-later
"""Characteristics as instruments build them, written independently of what reads them."""

from __future__ import annotations

import struct
from datetime import datetime

NAN, NRES, RESERVED, PLUS, MINUS = 0x07FF, 0x0800, 0x0801, 0x07FE, 0x0802
SPECIAL = (NAN, NRES, RESERVED, PLUS, MINUS)


def sfloat(mantissa: int, exponent: int = 0) -> int:
    return (exponent & 0xF) << 12 | mantissa & 0xFFF


def moment(at: datetime) -> bytes:
    return struct.pack("<HBBBBB", at.year, at.month, at.day, at.hour, at.minute, at.second)


def cuff(
    upper: int = sfloat(128),
    lower: int = sfloat(82),
    *,
    kpa: bool = False,
    at: datetime | None = None,
    pulse: int | None = None,
    status: int | None = None,
) -> bytes:
    flags = kpa | (at is not None) << 1 | (pulse is not None) << 2 | (status is not None) << 4
    octets = struct.pack("<BHHH", flags, upper, lower, NAN)
    octets += b"" if at is None else moment(at)
    octets += b"" if pulse is None else struct.pack("<H", pulse)
    return octets + (b"" if status is None else struct.pack("<H", status))


def spot(oxygen: int, pulse: int, *, status: int = 0, sensor: int = 0, at: datetime | None = None) -> bytes:
    octets = struct.pack("<BHH", 6 | (at is not None), oxygen, pulse)
    octets += b"" if at is None else moment(at)
    return octets + struct.pack("<H", status) + sensor.to_bytes(3, "little")


def stream(oxygen: int, pulse: int, *, status: int = 0) -> bytes:
    return struct.pack("<BHHH", 4, oxygen, pulse, status)


def thermometer(mantissa: int, exponent: int, flags: int = 0, tail: bytes = b"") -> bytes:
    return bytes((flags,)) + (mantissa & 0xFFFFFF).to_bytes(3, "little") + struct.pack("<b", exponent) + tail


def meter(amount: int, *, moles: bool = False, kind: int = 0x11, status: int = 0, offset: int = 0) -> bytes:
    flags = 1 | 2 | moles << 2 | 8
    head = struct.pack("<BH", flags, 7) + moment(datetime(2026, 11, 21, 10, 0))
    return head + struct.pack("<hHBH", offset, amount, kind, status)
