# SPDX-License-Identifier: GPL-3.0-or-later
"""Is this computer fit for Posta? Looks at everything a visit needs."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from clinic.doctor.finding import Finding
from clinic.domain.errors import Unavailable
from clinic.media.screen import check_screen

OLDEST_SQLITE = (3, 51, 3)
"""Older ones can lose a commit when two connections checkpoint the log at once (SQLite's release notes)."""
LEAST_FREE_BYTES = 2_000_000_000
RELEASED_AT = datetime(2026, 11, 1, tzinfo=UTC)
"""A clock before this day is wrong for certain."""


def examine(home: Path) -> Iterator[Finding]:
    """Look at everything a visit needs; changes nothing."""
    yield Finding("python", sys.version_info >= (3, 11), True, sys.version.split()[0])
    for name, look in LIBRARIES.items():
        yield library(name, look)
    yield disk(home)
    yield clock(datetime.now(UTC))
    yield display(sys.platform)
    yield camera(sys.platform)
    yield speech()


def library(name: str, look: Callable[[], str]) -> Finding:
    """Import one library; what the loader says names the shared library that is missing."""
    try:
        found = look()
    except (ImportError, OSError) as missing:
        return Finding(name, False, True, str(missing).splitlines()[0], "packaging/posta setup brings it")
    if name == "sqlite" and tuple(int(part) for part in found.split()[0].split(".")) < OLDEST_SQLITE:
        return Finding(
            name, False, True, found, "version 3.51.3 or newer is needed: packaging/posta setup brings it"
        )
    return Finding(name, True, True, found)


def _sqlite() -> str:
    sqlcipher = import_module("sqlcipher3")
    connection = sqlcipher.connect(":memory:")
    try:
        cipher = connection.execute("PRAGMA cipher_version").fetchone()[0]
    finally:
        connection.close()
    return f"{sqlcipher.sqlite_version} (SQLCipher {cipher})"


def _sodium() -> str:
    import_module("nacl._sodium")
    return f"with PyNaCl {version('PyNaCl')}"


def _qt() -> str:
    import_module("PySide6.QtCore").qInstallMessageHandler(lambda *_said: None)  # it talks while it loads
    for part in ("QtWidgets", "QtMultimedia", "QtSvg"):
        import_module(f"PySide6.{part}")
    return str(import_module("PySide6.QtCore").qVersion())


LIBRARIES: dict[str, Callable[[], str]] = {
    "sqlite": _sqlite,
    "libsodium": _sodium,
    "qt": _qt,
    "aiortc": lambda: str(import_module("aiortc").__version__),
    "av": lambda: str(import_module("av").__version__),
}


def disk(home: Path) -> Finding:
    """Free space where the clinic's folder is, or would be."""
    place = next(folder for folder in (home.absolute(), *home.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    advice = "" if free >= LEAST_FREE_BYTES else "free some space: Posta wants 2 GB"
    return Finding("disk", free >= LEAST_FREE_BYTES, True, f"{free / 1e9:.1f} GB free at {place}", advice)


def clock(now: datetime) -> Finding:
    """A clock that stands before this version was made is wrong."""
    right = now >= RELEASED_AT
    return Finding(
        "clock", right, True, now.isoformat(timespec="seconds"), "" if right else "set the computer's clock"
    )


def display(platform: str) -> Finding:
    """Windows and macOS always have one; elsewhere the session says so."""
    names = [name for name in ("WAYLAND_DISPLAY", "DISPLAY") if os.environ.get(name)]
    if names:
        try:
            check_screen(os.environ)
        except Unavailable as silent:
            return Finding("display", False, False, os.environ[names[0]], str(silent))
    if platform in ("win32", "darwin") or names:
        return Finding("display", True, False, os.environ[names[0]] if names else "of the system")
    return Finding(
        "display", False, False, "no screen in this session", "posta demo drives itself without one"
    )


def camera(platform: str) -> Finding:
    """Cameras as the system lists them; a call without one sends a picture that says so."""
    if platform == "linux":
        found = sorted(str(device) for device in Path("/dev").glob("video*"))
    else:
        try:
            found = [
                str(device.description())
                for device in import_module("PySide6.QtMultimedia").QMediaDevices.videoInputs()
            ]
        except ImportError:
            found = []
    return Finding(
        "camera",
        bool(found),
        False,
        ", ".join(found) or "none",
        "" if found else "calls go without your picture",
    )


def speech() -> Finding:
    """The kiosk reads aloud through espeak-ng."""
    path = shutil.which("espeak-ng")
    return Finding(
        "espeak-ng",
        path is not None,
        False,
        path or "not found",
        "" if path else "the kiosk stays silent: install espeak-ng",
    )
