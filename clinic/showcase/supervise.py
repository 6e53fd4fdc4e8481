# SPDX-License-Identifier: GPL-3.0-or-later
"""The outer process of the demo: whatever becomes of the inner one, nothing it started is left behind."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

import psutil

INNER = "POSTA_DEMO_INNER"
_CHILD_SUBREAPER = 36


def supervise(arguments: Sequence[str]) -> int:
    """Run the demo as a child and end every process below it afterwards; the child's exit code (130 after
    Ctrl-C)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_CHILD_SUBREAPER, 1, 0, 0, 0)
    from clinic.showcase.network import Machine

    command = Machine("demo", "").command([sys.executable, "-m", "clinic.showcase", *arguments])
    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, lambda *_: None)  # Ctrl-C reaches the child by itself
    # numpy's BLAS would start threads on import, and only a process of one thread may enter a user namespace.
    child = subprocess.Popen(command, env=os.environ | {INNER: "1", "OPENBLAS_NUM_THREADS": "1"})
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, lambda *_: child.send_signal(signal.SIGINT))
    code = child.wait()
    sweep()
    return code if code >= 0 else 128 - code


def sweep(patience_s: float = 5.0) -> None:
    """Kill all descendants, those of dead parents too, until there are none."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        left = [child for child in psutil.Process().children(recursive=True) if _alive(child)]
        if not left:
            return
        for child in left:
            try:
                child.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(left, timeout=1)


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
