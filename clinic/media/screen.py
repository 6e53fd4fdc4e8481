# SPDX-License-Identifier: GPL-3.0-or-later
"""Can a window open here? Asked before Qt is, because Qt's own answer to a missing screen is to abort."""

import ctypes
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from clinic.domain.errors import Unavailable

_WINDOWS = ("", "xcb", "wayland")
"""Values of QT_QPA_PLATFORM that need a screen."""


def check_screen(environment: Mapping[str, str]) -> None:
    """Raises Unavailable where no window can open; elsewhere than on Linux the system always has a screen."""
    platform = environment.get("QT_QPA_PLATFORM", "").split(":")[0]
    if not sys.platform.startswith("linux") or platform not in _WINDOWS:
        return
    wayland = "" if platform == "xcb" else _wayland(environment)
    x11 = "" if platform == "wayland" else environment.get("DISPLAY", "")
    if not wayland and not x11:
        raise Unavailable(
            "There is no screen here. Start Posta from a desktop, or set QT_QPA_PLATFORM=offscreen."
        )
    if not (wayland and _wayland_answers(environment)) and not (x11 and _x11_answers(x11)):
        raise Unavailable(
            "The screen {display} does not answer. Check DISPLAY, or start Posta from a desktop.",
            display=wayland or x11,
        )


def _wayland(environment: Mapping[str, str]) -> str:
    return environment.get("WAYLAND_SOCKET", "") or environment.get("WAYLAND_DISPLAY", "")


def _wayland_answers(environment: Mapping[str, str]) -> bool:
    """Whether somebody listens where wl_display_connect(3) would look."""
    if environment.get("WAYLAND_SOCKET"):
        return True
    path = Path(environment.get("XDG_RUNTIME_DIR", "/nowhere"), environment["WAYLAND_DISPLAY"])
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _x11_answers(display: str) -> bool:
    """Whether the X server lets this user in, asked as Qt asks it: through libxcb."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # Qt brings its own, or will say what it misses
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    answers = bool(xcb.xcb_connection_has_error(connection) == 0)
    xcb.xcb_disconnect(connection)
    return answers
