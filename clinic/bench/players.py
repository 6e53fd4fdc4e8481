# SPDX-License-Identifier: GPL-3.0-or-later
"""A program with screens that plays for a bench and tells of it line by line."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence


def told_by(module: str, words: Sequence[str], silent_s: float) -> Iterator[str]:
    """Its lines, until it ends, or has said nothing for so long: then it is ended."""
    program = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        stdout=subprocess.PIPE, text=True, env={"QT_QPA_PLATFORM": "offscreen", **os.environ},
    )  # fmt: skip
    try:
        while line := _line(program, silent_s):
            yield line
    finally:
        program.terminate()
        try:
            program.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            program.kill()
            program.communicate()


def _line(program: "subprocess.Popen[str]", silent_s: float) -> str:
    """Its next line; '' if it has ended."""
    assert program.stdout is not None
    alarm = threading.Timer(silent_s, program.kill)
    alarm.start()
    try:
        return program.stdout.readline()
    finally:
        alarm.cancel()
