# SPDX-License-Identifier: GPL-3.0-or-later
"""A real X server of this test run alone, keys and fingers as its own input devices give them (XTEST), and what stands on it.

Xvfb and libXtst come from Debian; where they are missing, tests that want them are skipped and say so."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SIZE = (1280, 800)


class NoSuchKey(Exception):
    """This keyboard does not have it."""


def display_or_skip() -> None:
    """For fixtures."""
    try:
        ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
    except OSError:
        pytest.skip("libXtst is not installed here (Debian: apt-get install libxtst6)")
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed here (Debian: apt-get install xvfb)")


@contextmanager
def xvfb(folder: Path) -> Iterator[Display]:
    """An X server on a number of its own choice, without a window manager: as a kiosk session has none."""
    read, write = os.pipe()
    with (folder / "xvfb.log").open("wb") as log:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp"],
            pass_fds=[write], stdout=log, stderr=log,
        )  # fmt: skip
    os.close(write)
    try:
        number = os.read(read, 16).decode().strip()
        if not number:
            pytest.skip(f"Xvfb does not start here: {(folder / 'xvfb.log').read_text()[-200:]}")
        display = Display(f":{number}")
        yield display
        display.close()
    finally:
        os.close(read)
        server.terminate()
        server.wait(10)


class _Attributes(ctypes.Structure):
    """XWindowAttributes of Xlib.h, as far as `override_redirect`."""

    _fields_ = [
        *((name, ctypes.c_int) for name in ("x", "y", "width", "height", "border_width", "depth")),
        ("visual", ctypes.c_void_p), ("root", ctypes.c_ulong),
        *((name, ctypes.c_int) for name in ("class_", "bit_gravity", "win_gravity", "backing_store")),
        ("backing_planes", ctypes.c_ulong), ("backing_pixel", ctypes.c_ulong), ("save_under", ctypes.c_int),
        ("colormap", ctypes.c_ulong), ("map_installed", ctypes.c_int), ("map_state", ctypes.c_int),
        ("all_event_masks", ctypes.c_long), ("your_event_mask", ctypes.c_long),
        ("do_not_propagate_mask", ctypes.c_long), ("override_redirect", ctypes.c_int), ("screen", ctypes.c_void_p),
    ]  # fmt: skip


class _Message(ctypes.Structure):
    """XClientMessageEvent of Xlib.h, in the room of an XEvent."""

    _fields_ = [
        ("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int), ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong), ("format", ctypes.c_int), ("data", ctypes.c_long * 5),
        ("room", ctypes.c_long * 12),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """A window on the root, that can be seen."""

    window: int
    place: tuple[int, int, int, int]


class Display:
    """Input is queued at the server and synced: it is done when the call returns."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._x, self._test = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        for call in ("XDefaultRootWindow", "XStringToKeysym", "XInternAtom"):
            getattr(self._x, call).restype = ctypes.c_ulong
        opened = self._x.XOpenDisplay(name.encode())
        assert opened, f"{name} does not answer"
        self._it = ctypes.c_void_p(opened)
        self._root = ctypes.c_ulong(self._x.XDefaultRootWindow(self._it))

    def close(self) -> None:
        self._x.XCloseDisplay(self._it)

    def _do(self, call: str, *args: Any) -> None:
        getattr(self._test if call.startswith("XTest") else self._x, call)(self._it, *args)
        self._x.XSync(self._it, 0)

    # input

    def _code(self, key: str) -> int:
        sign = self._x.XStringToKeysym(key.encode())
        code = int(self._x.XKeysymToKeycode(self._it, ctypes.c_ulong(sign)))
        if not code:
            raise NoSuchKey(key)
        return code

    def press(self, key: str) -> None:
        self._do("XTestFakeKeyEvent", self._code(key), 1, ctypes.c_ulong(0))

    def let_go(self, key: str) -> None:
        self._do("XTestFakeKeyEvent", self._code(key), 0, ctypes.c_ulong(0))

    def keys(self, *together: str) -> None:
        """A combination: pressed in order, let go in the other order."""
        for key in together:
            self.press(key)
        for key in reversed(together):
            self.let_go(key)

    def other_key(self, sign: int) -> None:
        """A sign that this keyboard does not have: a spare key gets it for once."""
        spare = 8 + 240
        self._do("XChangeKeyboardMapping", spare, 1, (ctypes.c_ulong * 1)(sign), 1)
        for down in (1, 0):
            self._do("XTestFakeKeyEvent", spare, down, ctypes.c_ulong(0))

    def move(self, x: int, y: int) -> None:
        self._do("XTestFakeMotionEvent", -1, x, y, ctypes.c_ulong(0))

    def button(self, number: int, down: bool) -> None:
        self._do("XTestFakeButtonEvent", number, int(down), ctypes.c_ulong(0))

    def click(self, x: int, y: int, number: int = 1) -> None:
        self.move(x, y)
        self.button(number, True)
        self.button(number, False)

    def ask_to_close(self) -> None:
        """WM_DELETE_WINDOW to everything that stands there, as Alt+F4 or a cross would send it (ICCCM 4.2.8.1)."""
        protocols, delete = (
            ctypes.c_ulong(self._x.XInternAtom(self._it, name, 0)) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW")
        )  # fmt: skip
        for it in self.windows():
            told = _Message(
                type=33, window=it.window, message_type=protocols, format=32,
                data=(ctypes.c_long * 5)(delete.value, 0),
            )  # fmt: skip
            self._do("XSendEvent", ctypes.c_ulong(it.window), 0, ctypes.c_long(0), ctypes.byref(told))

    # what stands there

    def windows(self) -> Sequence[Standing]:
        """Windows of the root that can be seen, the lowest first."""
        root, parent, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
        children = ctypes.POINTER(ctypes.c_ulong)()
        self._x.XQueryTree(
            self._it, self._root, ctypes.byref(root), ctypes.byref(parent), ctypes.byref(children),
            ctypes.byref(count),
        )  # fmt: skip
        found = []
        for n in range(count.value):
            its = _Attributes()
            there = self._x.XGetWindowAttributes(self._it, ctypes.c_ulong(children[n]), ctypes.byref(its))
            if there and its.map_state == 2:
                found.append(Standing(int(children[n]), (its.x, its.y, its.width, its.height)))
        if children:
            self._x.XFree(children)
        return found
