# SPDX-License-Identifier: GPL-3.0-or-later
"""Louder and quieter through the machine's own mixer; where there is none, no button is shown."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

STEP = 10
"""Per cent of one touch."""
_COMMANDS = (
    ("wpctl", ("set-volume", "-l", "1.0", "@DEFAULT_AUDIO_SINK@", "{step}%{sign}")),
    ("pactl", ("set-sink-volume", "@DEFAULT_SINK@", "{sign}{step}%")),
    ("amixer", ("-q", "set", "Master", "{step}%{sign}")),
)


@cache
def mixer() -> str | None:
    """The program that sets the volume here."""
    return next((program for program, _options in _COMMANDS if shutil.which(program)), None)


def command(program: str, by: int) -> list[str]:
    """Its command line for `by` per cent louder (negative: quieter)."""
    options = dict(_COMMANDS)[program]
    values = {"step": abs(by), "sign": "+" if by > 0 else "-"}
    return [program, *(option.format(**values) for option in options)]


def change(program: str, by: int) -> None:
    """Set it; a mixer that refuses changes nothing."""
    subprocess.run(command(program, by), check=False, capture_output=True, timeout=5)
