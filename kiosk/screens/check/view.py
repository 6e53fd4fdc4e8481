# SPDX-License-Identifier: GPL-3.0-or-later
"""The patient's own picture, and one question."""

from __future__ import annotations

from desktop.kit.buttons import YesNo
from desktop.kit.video import VideoView
from desktop.kit.words import N_, _
from kiosk import flow
from kiosk.screens.check import logic
from kiosk.screens.pieces import Drawing
from kiosk.screens.room import Heading, Live, Room, Screen, Sides

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
        self._drawing = Drawing("photo", largest=320)
        self._answers = YesNo(name="kiosk.check")
        self._answers.answered.connect(self._answer)
        self.body.addWidget(Sides(self._view, self._drawing, (3, 2)), 1)
        self.body.addWidget(self._answers)
        room.engine.missing.connect(self._missing)
        self._live = Live(room.engine, "photo")
        self.head(Heading(_("Do you see yourself?"), _("This is how the clinician will see you"), _(HELP)))

    def _answer(self, yes: bool) -> None:
        self._state = logic.answered(self._state, yes)
        if self._state.done:
            self.room.send(flow.CheckDone())
            return
        self._drawing.show_picture("sun")
        self.head(
            Heading(_("Sit where there is light"), _("Look at the camera. Do you see yourself now?"), _(HELP))
        )

    def _missing(self, what: str, _sentence: str) -> None:
        if what == "camera":
            self._state = logic.State(camera=False)
            self._view.set_placeholder(_("The camera does not answer"))
            self._answers.ask(_("Go on"), _("Go on without a picture"))
            self.head(Heading(_("The camera does not answer"), _("The clinician will hear you. Go on.")))

    def leave(self) -> None:
        super().leave()
        self._live.close()
