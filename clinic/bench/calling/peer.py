# SPDX-License-Identifier: GPL-3.0-or-later
"""A side of a call as the bench drives it, whatever program it is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from clinic.bench.calling.link import Link
from clinic.bench.calling.trace import Trace


@dataclass(frozen=True, slots=True)
class Description:
    """An offer or an answer with its candidates; `type` as in SDP."""

    sdp: str
    type: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a side lives and what it shows and says; `folder` is its own."""

    side: int
    link: Link
    folder: Path
    film: Path
    speech: Path
    picture: bool = True

    @property
    def letter(self) -> str:
        return "AB"[self.side]


class Peer(Protocol):
    """Whatever takes too long raises Unavailable."""

    name: str

    @property
    def pid(self) -> int: ...

    def offer(self) -> Description: ...

    def answer(self, offer: Description) -> Description: ...

    def take(self, answer: Description) -> None: ...

    def first_picture(self) -> float | None:
        """When the other was seen first."""

    def first_sound(self) -> float | None:
        """When the other was heard first, or a sign of it."""

    def noticed(self) -> list[float]:
        """When it said that nothing arrives any more; empty for a program that does not."""

    def end(self) -> Trace:
        """Hang up; what was seen and heard."""

    def close(self) -> None: ...


Maker = Callable[[Place], Peer]
