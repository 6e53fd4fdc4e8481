# SPDX-License-Identifier: GPL-3.0-or-later
"""What a screen may use, and what every screen can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from clinic.devices.port import Instruments
from clinic.domain.clock import Clock
from desktop.kit import theme
from desktop.kit.bridge import Desk
from desktop.kit.buttons import SecondaryButton
from desktop.kit.call import CallDesk
from desktop.kit.engine import CallEngine
from desktop.kit.words import _
from kiosk import flow
from kiosk.questionnaire import Questions
from kiosk.spooler import Cups
from kiosk.verbs import Verbs
from kiosk.voice import Voice


@dataclass(frozen=True, slots=True)
class Room:
    """`send` gives an event to the flow."""

    send: Callable[[flow.Event], None]
    verbs: Verbs
    engine: CallEngine
    calls: CallDesk
    voice: Voice
    clock: Clock
    questions: Questions
    instruments: Instruments | None = None
    """None: none stand here, numbers are typed."""
    spooler: Cups | None = None
    """None: this system has none, and nothing offers to print."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What is asked now. `help`: more words for who asks for help; `private`: never kept as sound."""

    title: str
    hint: str = ""
    help: str = ""
    private: bool = False

    @property
    def spoken(self) -> str:
        return ". ".join(part.rstrip(".") for part in (self.title, self.hint) if part)


class Screen(QWidget):
    """One decision. Made when its step begins, thrown away when it ends."""

    headed = Signal(object)

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__()
        self.room, self.language = room, journey.language
        self.desk = Desk(self)
        self.left = False
        self.heading = Heading("")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(theme.current().scale.gap)

    def head(self, heading: Heading) -> None:
        """Ask something (else): the frame shows and speaks it."""
        if heading != self.heading:
            self.heading = heading
            self.headed.emit(heading)

    def read_aloud(self) -> None:
        """The ear was touched: the question, and more words about it."""
        words = ". ".join(part for part in (self.heading.spoken, self.heading.help) if part)
        self.room.voice.say(words, self.language, self.heading.private)

    def follow(self, journey: flow.Journey) -> None:
        """The journey changed while this screen is shown."""

    def back(self) -> bool:
        """One step back inside the screen; False when there is none, and the flow goes back."""
        return False

    def can_go_back(self, journey: flow.Journey) -> bool:
        """Whether the back button leads anywhere."""
        return journey.step in flow.BACK

    def leave(self) -> None:
        """The screen ends: give the camera back, take nothing more in."""
        self.left = True


def print_button(room: Room, name: str) -> SecondaryButton:
    """The way to her papers."""
    button = SecondaryButton(_("Print"), name=name, icon="printer")
    button.clicked.connect(lambda: room.send(flow.PrintOpened()))
    return button


class Sides(QWidget):
    """Two things side by side in landscape, one above the other in portrait."""

    def __init__(self, first: QWidget, second: QWidget, shares: tuple[int, int] = (1, 1)) -> None:
        super().__init__()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.current().scale.gap * 2)
        self._row.addWidget(first, shares[0])
        self._row.addWidget(second, shares[1])

    def resizeEvent(self, event: QResizeEvent) -> None:
        upright = event.size().height() > event.size().width()
        way = QBoxLayout.Direction.TopToBottom if upright else QBoxLayout.Direction.LeftToRight
        self._row.setDirection(way)
        super().resizeEvent(event)


class Live:
    """Holds the camera open for a purpose while a screen is shown, also through a new engine."""

    def __init__(self, engine: CallEngine, purpose: str) -> None:
        self._engine, self._purpose = engine, purpose
        engine.ready.connect(self.open)
        if engine.is_ready:
            self.open()

    def open(self) -> None:
        self._engine.open_camera(self._purpose)  # type: ignore[arg-type]  # "scan" or "photo"

    def close(self) -> None:
        self._engine.ready.disconnect(self.open)
        self._engine.close_camera()
