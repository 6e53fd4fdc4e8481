# SPDX-License-Identifier: GPL-3.0-or-later
"""The recording of the call beside the note: what is shown of it, and one button."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from clinic.calls.recording import Recording, Stage, Why
from desktop.kit.buttons import SecondaryButton
from desktop.kit.surfaces import StatusLine
from desktop.kit.text import named
from desktop.kit.words import N_, _
from desktop.screens.layouts import across
from desktop.screens.visit.state import State

WHYS = {
    Why.HAND: N_("Recorded %(time)s."),
    Why.OVER: N_("Recorded %(time)s, until the call ended."),
    Why.CONSENT: N_("The patient no longer agrees: recording stopped at %(time)s."),
    Why.PATIENT: N_("The patient touched stop: recording stopped at %(time)s."),
    Why.DISK: N_("The disk is full: recording stopped at %(time)s."),
    Why.ENGINE: N_("Recording was cut off at %(time)s. What was recorded until then is kept."),
}
_UNSEEN = N_("The other side cannot show that it is recorded: nothing is recorded. Its program may be older.")
_NO_LONGER = N_("The other side no longer shows that it is recorded: recording stopped at %(time)s.")
_SAYS = {
    Stage.ASKING: N_("Looking for the consent"),
    Stage.TELLING: N_("The other side is told before anything is recorded"),
    Stage.OPENING: N_("Recording begins"),
    Stage.SAVING: N_("The recording is being saved"),
}


@dataclass(frozen=True, slots=True)
class Face:
    """`act`: 'record', 'stop' or ''; without a sentence nothing is recorded, and the button says all."""

    act: str
    tone: str
    sentence: str
    icon: str


def span(seconds: float) -> str:
    """Minutes and seconds.

    >>> span(125.4)
    '2:05'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def faced(one: Recording, phase: str) -> Face:
    """What the page shows. `phase`: of this page's own call."""
    time = {"time": span(one.seconds)}
    match one.stage:
        case Stage.RUNNING:
            if one.little:
                said = _("Recording %(time)s. The disk is nearly full: it stops by itself soon.")
                return Face("stop", "warn", said % time, "record")
            return Face("stop", "danger", _("Recording %(time)s") % time, "record")
        case Stage.OFF:
            return Face("record" if phase == "talking" else "", *_after(one))
        case Stage.SAVING:
            return Face("", "info", _(_SAYS[one.stage]), "clock")
    return Face("stop", "info", _(_SAYS[one.stage]), "clock")


def _after(one: Recording) -> tuple[str, str, str]:
    """Tone, sentence and icon of what was recorded last, or why it was not."""
    if one.why is Why.NOT_YET:
        return "neutral", "", ""
    if one.why is Why.REFUSED or (one.sentence and not one.saved):
        return "warn", _(one.sentence), "alert-triangle"
    if one.why is Why.UNSEEN:
        words = _NO_LONGER if one.seconds else _UNSEEN
    elif one.seconds:
        words = WHYS[one.why]
    else:
        return "neutral", "", ""  # it was stopped before anything was recorded
    said = _(words) % {"time": span(one.seconds)}
    tone = "ok" if one.why in (Why.HAND, Why.OVER) else "warn"
    if one.saved:
        return tone, f"{said} {_('It is in the chart, among the documents.')}", "check"
    return tone, said, "clock"


class RecordPanel(QWidget):
    """One row of the call's card."""

    pressed = Signal(bool)
    """True: record; False: stop"""

    def __init__(self) -> None:
        super().__init__()
        named(self, "visit.record", _("Recording of the call"))
        self.state = StatusLine(name="visit.record.state")
        self.button = SecondaryButton(_("Record"), name="visit.record.button", icon="record")
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard in the note
        self.button.clicked.connect(lambda: self.pressed.emit(self._act == "record"))
        self.setLayout(across((self.state, 1), self.button, gap=6))
        self._act, self._one = "", Recording()
        self._encounter, self._phase, self._here = "", "", False
        self._render()

    def show_recording(self, one: Recording) -> None:
        self._one = one
        self._render()

    def render_state(self, state: State) -> None:
        self._encounter, self._phase, self._here = state.encounter, state.call.phase, state.call.here
        self._render()

    def _render(self) -> None:
        """Nothing of another visit's recording stands under this person's name."""
        mine = self._one.encounter in ("", self._encounter)
        face = faced(self._one if mine else Recording(), self._phase if self._here else "")
        self._act = face.act
        self.state.setVisible(bool(face.sentence))
        if face.sentence:
            self.state.say(face.tone, face.sentence, face.icon)
        self.button.setVisible(bool(face.act))
        self.button.setText(_("Stop recording") if face.act == "stop" else _("Record"))
        self.button.set_icon("stop" if face.act == "stop" else "record")
        self.setVisible(bool(face.sentence or face.act))
