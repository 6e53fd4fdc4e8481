# SPDX-License-Identifier: GPL-3.0-or-later
"""PESQ and STOI, in a folder of their own with a Python of its own.

PESQ is ITU-T's own C code (P.862, P.862.2) in a wrapper under the MIT licence; ITU's terms are not ours, so it is fetched by who
wants to measure, run as a program and never part of Posta. It is compiled when it is fetched, so that takes a C compiler.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from clinic.bench.calling.sound import Piece
from clinic.domain.errors import Refusal, Unavailable

NEEDS = Path(__file__).parents[3] / "packaging" / "requirements-ears.txt"
DEFAULT = Path(sys.prefix).parent / "ears"
"""Beside the environment."""
SILENT = (1.0, 0.0)
"""What hearing nothing is worth."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Means over the pieces: PESQ (MOS-LQO, 1 to 4.6), STOI (0 to 1)."""

    pesq: float
    stoi: float


def fetch(home: Path) -> None:
    """Raises Refusal saying what could not be had."""
    if ready(home):
        return
    for command in (
        [sys.executable, "-m", "venv", str(home)],
        [str(_python(home)), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(NEEDS)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Refusal(f"`{' '.join(command)}` failed: {(done.stderr or done.stdout).strip()[-300:]}")
    (home / "ready").write_text("", encoding="utf-8")


def ready(home: Path) -> bool:
    return (home / "ready").exists()


def judge(home: Path, pieces: Sequence[Piece | None]) -> Judged:
    """Of what was said and heard. Raises Unavailable where the ears are not, or where nothing was said."""
    if not ready(home):
        raise Unavailable("PESQ and STOI are not here; --ears FOLDER fetches them.")
    if not pieces:
        raise Unavailable("The call was too short to judge its speech (8 s).")
    there = [piece for piece in pieces if piece is not None]
    found = [SILENT] * (len(pieces) - len(there)) + (_judged(home, there) if there else [])
    return Judged(mean(pesq for pesq, _ in found), mean(stoi for _, stoi in found))


def _judged(home: Path, pieces: Sequence[Piece]) -> list[tuple[float, float]]:
    with tempfile.TemporaryDirectory(prefix="posta-ears-") as folder:
        sounds: dict[str, Any] = {}
        for nth, one in enumerate(pieces):
            sounds |= {f"said{nth}": one.said, f"heard{nth}": one.heard, f"aligned{nth}": one.aligned}
        np.savez(Path(folder) / "sounds.npz", **sounds)
        command = [str(_python(home)), str(Path(__file__).with_name("ears.py")), f"{folder}/sounds.npz"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable("The ears failed: {why}", why=done.stderr.strip()[-200:])
    return [(pesq, stoi) for pesq, stoi in json.loads(done.stdout.splitlines()[-1])]


def _python(home: Path) -> Path:
    return home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
