# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of her papers; then a big drawing of how far it is, and what to do where it does not come out."""

from __future__ import annotations

import logging

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from clinic.domain.errors import Unavailable
from clinic.services.own_papers import Paper, papers_of
from desktop.kit.buttons import PrimaryButton, SecondaryButton
from desktop.kit.text import Text
from desktop.kit.touch import Tile, TileGrid
from desktop.kit.words import N_, _, tell
from kiosk import flow
from kiosk.screens.pieces import Drawing, centred, middle, stacked
from kiosk.screens.printing import logic
from kiosk.screens.printing.logic import Phase, Trouble
from kiosk.screens.room import Heading, Room, Screen, Sides
from kiosk.spooler import Seen

log = logging.getLogger(__name__)
NAME = "kiosk.printing"
LOOK_MS = 1000
PICTURES = {
    Paper.SUMMARY: ("clipboard", N_("What was said")),
    Paper.MEDICINE: ("pill", N_("Your medicine")),
    Paper.APPOINTMENT: ("calendar", N_("Your next visit")),
}
TROUBLES = {
    Trouble.NO_PRINTER: (
        N_("There is no printer here now"),
        N_("Photograph the square code with your telephone, or call a person: they print it for you."),
    ),
    Trouble.NO_PAPER: (
        N_("The printer has no paper"),
        N_("It was not printed: it is called off. Call a person: they put paper in. Then print it again."),
    ),
    Trouble.STOPPED: (
        N_("The printer does not answer"),
        N_("It was not printed: it is called off. Call a person, or photograph the square code."),
    ),
    Trouble.SLOW: (
        N_("The printer takes too long"),
        N_("It was called off. Look whether a sheet came out. Call a person."),
    ),
    Trouble.REFUSED: (N_("It could not be printed"), N_("Call a person: they print it for you.")),
}  # fmt: skip


class PrintingScreen(Screen):
    """Leaving it calls off what is not printed yet."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        self._journey, self._state = journey, logic.State()
        self._page: QWidget | None = None
        self._grid: TileGrid | None = None
        self._watch = QTimer(self, interval=LOOK_MS)
        self._watch.timeout.connect(self._look)
        self._looking = False
        self._render()

    def follow(self, journey: flow.Journey) -> None:
        changed = (journey.known, journey.over) != (self._journey.known, self._journey.over)
        self._journey = journey
        if changed and self._state.phase is Phase.CHOOSING:
            self._render()

    def back(self) -> bool:
        """To her papers; from there the flow goes back."""
        if self._state.phase is Phase.CHOOSING:
            return False
        working = self._state.phase in (Phase.SENDING, Phase.PRINTING)
        self._send(logic.CalledOff() if working else logic.ListTouched())
        return True

    def can_go_back(self, journey: flow.Journey) -> bool:
        return True

    def leave(self) -> None:
        self._watch.stop()
        self._state, effects = logic.update(self._state, logic.CalledOff())
        self._do(effects)
        super().leave()

    # what happens

    def _send(self, event: logic.Event) -> None:
        before = self._state
        self._state, effects = logic.update(before, event)
        if not self.left and self._state != before:
            self._render()
        self._do(effects)

    def _do(self, effects: tuple[logic.Effect, ...]) -> None:
        spooler = self.room.spooler
        for effect in effects:
            match effect:
                case logic.FindPrinter() if spooler is None:
                    self._send(logic.PrinterFound(None))
                case logic.FindPrinter() if spooler is not None:
                    self.desk.ask(
                        spooler.printer,
                        then=lambda found: self._send(logic.PrinterFound(found)),
                        failed=self._failed,
                    )
                case logic.Send(paper, printer):
                    self.desk.ask(self._hand_over, paper, printer, then=self._sent, failed=self._failed)
                case logic.Purge(job) if spooler is not None:
                    self.desk.ask(spooler.purge, job, failed=_not_purged)

    def _hand_over(self, paper: Paper, printer: str) -> str:
        """On a worker."""
        journey, spooler = self._journey, self.room.spooler
        if spooler is None:
            raise Unavailable("The printer did not take the page.")
        return spooler.send(self.room.verbs.own_paper(journey, paper), printer)

    def _sent(self, job: str) -> None:
        self._send(logic.Sent(job, self.room.clock.monotonic()))

    def _failed(self, error: Exception) -> None:
        self._looking = False
        self._send(logic.Refused(tell(error)))

    def _look(self) -> None:
        spooler, state = self.room.spooler, self._state
        if spooler is None or state.phase is not Phase.PRINTING or self._looking:
            return
        self._looking = True
        self.desk.ask(spooler.look, state.job, state.printer, then=self._looked, failed=self._failed)

    def _looked(self, seen: Seen) -> None:
        self._looking = False
        self._send(logic.Looked(seen, self.room.clock.monotonic()))

    # what is shown

    def _render(self) -> None:
        state = self._state
        if state.phase is Phase.PRINTING:
            self._watch.start()
        else:
            self._watch.stop()
        if self._page is not None:
            self._page.hide()
            self.body.removeWidget(self._page)
            self._page.deleteLater()
        self._grid = None
        page, heading = self._choose() if state.phase is Phase.CHOOSING else self._progress(state)
        self._page = page
        self.body.addWidget(page, 1)
        page.show()
        self._arrange()
        self.head(heading)

    def _choose(self) -> tuple[QWidget, Heading]:
        found = papers_of(self._journey.known, self._journey.over, self.room.clock.now())
        hint = _("Take the paper with you: others can read it.")
        heading = Heading(_("What shall be printed?"), hint, private=True)
        if not found:
            nothing = middle(Text(_("There is nothing to print yet."), "heading", name=f"{NAME}.none"))
            return Sides(Drawing("printer", largest=240), centred(nothing)), heading
        self._grid = TileGrid([self._tile(paper) for paper in found])
        return self._grid, heading

    def _tile(self, paper: Paper) -> Tile:
        picture, word = PICTURES[paper]
        tile = Tile(picture, _(word), name=f"{NAME}.{paper}")
        tile.clicked.connect(lambda _on=False: self._send(logic.PaperChosen(paper)))
        tile.heard.connect(lambda said: self.room.voice.say(said, self.language))
        return tile

    def _progress(self, state: logic.State) -> tuple[QWidget, Heading]:
        match state.phase:
            case Phase.PRINTED:
                drawn = Drawing("check", tone="ok", name=f"{NAME}.printed")
                heading = Heading(_("It is printed"), _("Take your paper from the printer."), private=True)
            case Phase.FAILED:
                title, hint = TROUBLES[state.trouble]
                drawn = Drawing("alert-triangle", tone="warn", name=f"{NAME}.failed")
                heading = Heading(_(title), state.sentence or _(hint), _(hint), private=True)
            case Phase.SENDING:
                drawn = Drawing("file", name=f"{NAME}.sending")
                heading = Heading(_("The page is being made"), _("A moment, please."), private=True)
            case _:
                drawn = Drawing("printer", name=f"{NAME}.working")
                heading = Heading(_("It is being printed"), _("Wait beside the printer."), private=True)
        return stacked((drawn, 1), *((button, 0) for button in self._buttons(state))), heading

    def _buttons(self, state: logic.State) -> list[QWidget]:
        if state.phase in (Phase.SENDING, Phase.PRINTING):
            stop = SecondaryButton(_("Do not print it"), name=f"{NAME}.stop", icon="x")
            stop.clicked.connect(lambda: self._send(logic.CalledOff()))
            return [stop]
        made: list[QWidget] = []
        if state.phase is Phase.FAILED and state.paper is not None:
            paper = state.paper
            again = SecondaryButton(_("Print it again"), name=f"{NAME}.again", icon="refresh")
            again.clicked.connect(lambda: self._send(logic.PaperChosen(paper)))
            made.append(again)
        done = PrimaryButton(_("Go on"), name=f"{NAME}.done", icon="check")
        done.clicked.connect(lambda: self.room.send(flow.BackPressed()))
        return [*made, done]

    def _arrange(self) -> None:
        if self._grid is not None:
            self._grid.arrange(1 if self.height() > self.width() else len(self._grid.tiles))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)


def _not_purged(error: Exception) -> None:
    """The end of the session tries once more."""
    log.warning("a printed page was not purged: %s", error)
