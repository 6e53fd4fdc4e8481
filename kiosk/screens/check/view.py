# SPDX-License-Identifier: GPL-3.0-or-later
"""The patient's own picture, whether she is heard and hears, what the link is enough for; and one question."""

from __future__ import annotations

from desktop.kit.buttons import YesNo
from desktop.kit.checked import Checked
from desktop.kit.checking import Checking, CheckPanel
from desktop.kit.video import VideoView
from desktop.kit.words import N_, _
from kiosk import flow
from kiosk.screens.check import logic
from kiosk.screens.room import Heading, Room, Screen, Sides

HELP = N_(
    "If the picture is dark, turn towards the window or the lamp. "
    "If there is none, touch no: the clinician will hear you all the same."
)


class CheckScreen(Screen):
    """Always goes on."""

    def __init__(self, room: Room, journey: flow.Journey) -> None:
        super().__init__(room, journey)
        self._state = logic.State()
        self._view = VideoView(name="kiosk.check.view", spoken=_("Your own picture"))
        self._view.set_placeholder(_("The camera is starting"))
        self._view.watch(room.engine, "local")
        self._checking = Checking(room.engine, room.verbs.try_link, self)
        self._panel = CheckPanel(self._checking, name="kiosk.check.panel", staff=False)
        self._answers = YesNo(name="kiosk.check")
        self._answers.answered.connect(self._answer)
        self.body.addWidget(Sides(self._view, self._panel, (1, 1)), 1)
        self.body.addWidget(self._answers)
        room.engine.missing.connect(self._missing)
        self._checking.changed.connect(self._plugged)
        self._checking.begin()
        self._checking.link()
        self._ask()

    def _answer(self, yes: bool) -> None:
        self._state = logic.answered(self._state, yes)
        if self._state.done:
            self.room.send(flow.CheckDone())
            return
        self.head(
            Heading(_("Sit where there is light"), _("Look at the camera. Do you see yourself now?"), _(HELP))
        )

    def _plugged(self, now: Checked) -> None:
        """A camera that was missing shows a picture after all."""
        if now.picture and not self._state.camera:
            self._state = logic.State()
            self._answers.ask(_("Yes"), _("No"))
            self._ask()

    def _ask(self) -> None:
        self.head(Heading(_("Do you see yourself?"), _("This is how the clinician will see you"), _(HELP)))

    def _missing(self, what: str, _sentence: str) -> None:
        if what == "camera":
            self._state = logic.State(camera=False)
            self._view.set_placeholder(_("The camera does not answer"))
            self._answers.ask(_("Go on"), _("Go on without a picture"))
            self.head(Heading(_("The camera does not answer"), _("The clinician will hear you. Go on.")))

    def leave(self) -> None:
        super().leave()
        self._checking.end()
