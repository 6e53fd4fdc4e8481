# SPDX-License-Identifier: GPL-3.0-or-later
"""What a screen asks of the instruments that stand beside it, and what it hears of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from clinic.domain.instruments.kinds import Kind
from clinic.domain.instruments.readings import Reading


@dataclass(frozen=True, slots=True)
class Instrument:
    """One that the staff set up here. `address` as the radio of this computer names it, in capitals."""

    kind: Kind
    address: str


# What is told of them


@dataclass(frozen=True, slots=True)
class Near:
    """It is connected and will send what it measures."""

    instrument: Instrument


@dataclass(frozen=True, slots=True)
class Came:
    """A reading, which is nobody's yet. `behind`: how far the instrument's clock lags, None where it is right or silent."""

    instrument: Instrument
    reading: Reading
    behind: timedelta | None = None


@dataclass(frozen=True, slots=True)
class NotTaken:
    """It sent something that counts as no reading; `sentence` says why and what to do (a message id).

    `wait`: it is still measuring.
    """

    instrument: Instrument
    sentence: str
    wait: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone: the instrument went to sleep, or out of reach. It is looked for again."""

    instrument: Instrument


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing is heard any more: no radio, or it is switched off. For the staff's log; numbers are typed."""

    sentence: str


Told = Near | Came | NotTaken | Lost | Silent


class Instruments(Protocol):
    """`begin` listens until `end`; `told` is called on a thread of its own. Neither waits for a radio."""

    @property
    def kinds(self) -> frozenset[Kind]: ...
    def begin(self, told: Callable[[Told], None]) -> None: ...
    def end(self) -> None: ...


# What a radio does. All raise Unavailable.


@dataclass(frozen=True, slots=True)
class Heard:
    """Something nearby made itself known."""

    address: str
    name: str
    services: frozenset[str]


class Link(Protocol):
    """One connection."""

    def characteristics(self) -> frozenset[str]: ...
    async def subscribe(self, characteristic: str, came: Callable[[bytes], None]) -> None: ...
    async def write(self, characteristic: str, octets: bytes) -> None: ...
    async def close(self) -> None: ...


class Radio(Protocol):
    """`heard` listens for as long as it is read; `dropped` is called in the loop's thread when a connection ends by itself."""

    def heard(self) -> AsyncGenerator[Heard, None]: ...
    async def connect(self, address: str, dropped: Callable[[], None]) -> Link: ...
