# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's end of its stdin and stdout."""

import asyncio
import ctypes
import os
import signal
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from clinic.domain.record import Record
from clinic.protocol.codec import Malformed
from clinic.protocol.engine import Framing, Quit, frame

PR_SET_PDEATHSIG = 1
ALSA_CONFIG = Path("/usr/share/alsa/alsa.conf")
CHUNK = 65536


class Writer:
    """Events out; from any thread, whole messages only."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._lock = out, threading.Lock()

    def __call__(self, event: Record) -> None:
        """When the screen is gone there is nobody to tell: the engine ends by its stdin."""
        data = frame(event)
        try:
            with self._lock:
                self._out.write(data)
                self._out.flush()
        except (BrokenPipeError, ValueError):
            return


def read_commands(
    source: BinaryIO, loop: asyncio.AbstractEventLoop, queue: "asyncio.Queue[Record | Malformed]"
) -> None:
    """Start the thread that turns bytes into commands; the end of the stream,
    or a stream out of step, is a Quit.
    """

    def run() -> None:
        framing = Framing()
        try:
            while data := os.read(source.fileno(), CHUNK):
                for command in framing.feed(data):
                    loop.call_soon_threadsafe(queue.put_nowait, command)
        except (Malformed, OSError):
            pass
        if not loop.is_closed():
            loop.call_soon_threadsafe(queue.put_nowait, Quit())

    threading.Thread(target=run, name="commands", daemon=True).start()


def die_with_parent() -> None:
    """Ask Linux to end this process when the screen process dies; elsewhere the closed stdin does it."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def find_system_sound() -> None:
    """PyAV brings its own ALSA library,
    which looks for the system's settings in a place that is not there.
    """
    plugins = sorted(Path("/usr/lib").glob("*/alsa-lib"))
    if ALSA_CONFIG.exists():
        os.environ.setdefault("ALSA_CONFIG_PATH", str(ALSA_CONFIG))
    if plugins:
        os.environ.setdefault("ALSA_PLUGIN_DIR", str(plugins[0]))
