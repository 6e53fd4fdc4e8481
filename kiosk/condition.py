# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how the computer of a kiosk stands: disk, memory, battery, printers, and what its log says last. On a worker."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections import deque
from pathlib import Path

import psutil

from clinic.domain.redacted import redacted
from kiosk.health import Battery, Printer

ASKED_S = 5
LINES = 2000
"""Of the log, the last ones, in which a fault is looked for."""
_FAULT = re.compile(r"^(\S+ \S+) (?:WARNING|ERROR|CRITICAL) (.*)$")
_STOPPED = "5"
"""printer-state (RFC 8011, 5.4.11)."""
_WEIGHT = re.compile(r"-(error|warning|report)$")


def disk_free(home: Path) -> int:
    """Bytes."""
    return shutil.disk_usage(home).free


def memory_free() -> int:
    """Bytes that programs can still have."""
    return int(psutil.virtual_memory().available)


def battery() -> Battery | None:
    """None where there is none."""
    look = getattr(psutil, "sensors_battery", None)
    found = look() if look is not None else None
    return None if found is None else Battery(round(found.percent), bool(found.power_plugged))


def printers() -> tuple[Printer, ...] | None:
    """Those that CUPS knows; None where there is no CUPS to ask."""
    if shutil.which("lpstat") is None or shutil.which("lpoptions") is None:
        return None
    names = _said("lpstat", "-e").split()
    return tuple(printer_of(name, _said("lpoptions", "-p", name)) for name in names)


def printer_of(name: str, options: str) -> Printer:
    """`options`: what `lpoptions -p NAME` says."""
    try:
        told = dict(part.partition("=")[::2] for part in shlex.split(options))
    except ValueError:
        told = {}
    reasons = [_WEIGHT.sub("", one) for one in told.get("printer-state-reasons", "").split(",")]
    stopped = told.get("printer-state") == _STOPPED
    return Printer(name, tuple(one for one in reasons if one not in ("", "none")), stopped)


def last_fault(log: Path) -> str:
    """When, and what, with everything covered that could name anybody; "" for none, or no log."""
    try:
        with log.open(encoding="utf-8", errors="replace") as lines:
            late = deque(lines, LINES)
    except OSError:
        return ""
    for line in reversed(late):
        if found := _FAULT.match(redacted(line)):
            return f"{found[1]} {found[2]}".strip()
    return ""


def _said(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ASKED_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
