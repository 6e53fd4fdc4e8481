# SPDX-License-Identifier: GPL-3.0-or-later
"""What a screen knows of a document that is shown in the call."""

from dataclasses import dataclass
from typing import Literal

from clinic.calls.sharing import Stage

Role = Literal["", "showing", "watching"]
Tool = Literal["point", "pen", "eraser"]


@dataclass(frozen=True, slots=True)
class Shared:
    """What a screen shows of a share. `part`: of the page, 0..1; `trouble`: why it could not be shown (a sentence)."""

    role: Role = ""
    title: str = ""
    page: int = 0
    pages: int = 0
    stage: Stage = Stage.DRAWING
    part: float = 0.0
    trouble: str = ""
    here: bool = False
    """Whether a page is on this screen."""


@dataclass(frozen=True, slots=True)
class Over:
    """A share of ours has ended: of which call, with whom, and how many of its pages were seen over there."""

    encounter: str
    call: str
    peer: str
    title: str
    seen: int
    pages: int
