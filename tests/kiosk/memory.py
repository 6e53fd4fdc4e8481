# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory of running programs, searched as a thief with all rights on the machine would (Linux, /proc)."""

from __future__ import annotations

from pathlib import Path

import psutil

STEM = "arzaparrilla"
"""What all words of tests.scenarios.canaries have in common, whatever the case of their first letter."""
NEEDLES = (
    *(STEM.encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-32-le")),
    STEM.upper().encode(),
)
"""As Python and Qt hold text."""


def can_look() -> bool:
    """Whether this user may read another program's memory here: a program that keeps its own private shows it to root alone."""
    return Path("/proc/self/mem").exists() and psutil.Process().uids().effective == 0


def family(pid: int) -> list[psutil.Process]:
    """The program and all it has started."""
    head = psutil.Process(pid)
    return [head, *head.children(recursive=True)]


def has_ended(process: psutil.Process) -> bool:
    """Also of one that is dead and that nobody has collected: it has no memory any more."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE) or not process.is_running()
    except psutil.NoSuchProcess:
        return True


def hits(process: psutil.Process) -> int:
    """How often a needle lies in the writable memory of the process."""
    found = 0
    root = Path(f"/proc/{process.pid}")
    try:
        lines = (root / "maps").read_text().splitlines()
        memory = (root / "mem").open("rb", buffering=0)
    except OSError:
        return 0  # it has ended meanwhile
    with memory:
        for line in lines:
            span, rights, *_rest = line.split()
            if not rights.startswith("rw"):
                continue
            begin, end = (int(edge, 16) for edge in span.split("-"))
            try:
                memory.seek(begin)
                data = memory.read(end - begin)
            except (OSError, ValueError, OverflowError):
                continue
            found += sum(data.count(needle) for needle in NEEDLES)
    return found
