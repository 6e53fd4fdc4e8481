# SPDX-License-Identifier: GPL-3.0-or-later
"""What outlives a session for the staff alone, in small files beside the log: sessions that ended badly, instruments that were
connected. Nothing of any patient.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

MOST = 20


@dataclass(frozen=True, slots=True)
class Crash:
    """`code` as the system tells it: negative for a signal."""

    at: datetime
    code: int


def note_crash(file: Path, at: datetime, code: int) -> None:
    """Adds one and keeps the last ones. A disk that takes nothing costs the note alone."""
    kept = [*crashes(file), Crash(at, code)][-MOST:]
    _keep(file, [{"at": one.at.isoformat(), "code": one.code} for one in kept])


def crashes(file: Path) -> tuple[Crash, ...]:
    """Oldest first; none where the file is missing or says something else."""
    try:
        said = json.loads(file.read_text())
        return tuple(Crash(datetime.fromisoformat(one["at"]), int(one["code"])) for one in said)
    except (OSError, ValueError, TypeError, KeyError):
        return ()


def note_seen(file: Path, kind: str, at: datetime) -> None:
    """An instrument of that kind was connected."""
    before = {key: when.isoformat() for key, when in seen(file).items()}
    _keep(file, {**before, kind: at.isoformat()})


def seen(file: Path) -> dict[str, datetime]:
    """Kind -> when it was connected last."""
    try:
        said = json.loads(file.read_text())
        return {str(kind): datetime.fromisoformat(at) for kind, at in said.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _keep(file: Path, said: object) -> None:
    part = file.with_suffix(".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(said))
        part.replace(file)
    except OSError:
        return
