# SPDX-License-Identifier: GPL-3.0-or-later
"""Under the picture of the call: its rung in words, the hands that change it, stills, and the voice note."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from clinic.calls.quality import Rung
from desktop.kit.buttons import IconButton, PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.rungs import SIGNS, now_words
from desktop.kit.spoken import MOST_S
from desktop.kit.stillstrip import StillStrip
from desktop.kit.surfaces import StatusLine
from desktop.kit.text import named
from desktop.kit.words import _
from desktop.screens.layouts import across, down, holding
from desktop.screens.visit import happenings as h
from desktop.screens.visit import logic as v
from desktop.screens.visit import rung_happenings as r
from desktop.screens.visit.rungs import shown_still


class RungPanel(QWidget):
    """Rows that appear as they are needed: a good call shows one line."""

    def __init__(self, send: Callable[[h.Event], None]) -> None:
        super().__init__()
        named(self, "visit.rung", _("How the call is carried"))
        self.state = StatusLine(name="visit.rung.state")
        self.hold = IconButton("phone", _("Voice only"), name="visit.rung.hold")
        self.more = IconButton("arrow-up", _("Try for more"), name="visit.rung.more")
        self.still = SecondaryButton(_("Ask for a picture"), name="visit.rung.still", icon="camera")
        self.strip = StillStrip(name="visit.rung.stills")
        self.keep = SecondaryButton(_("Keep in the chart"), name="visit.rung.keep", icon="clipboard")
        self.saying = StatusLine(name="visit.note.state")
        self.drop = QuietButton(_("Discard"), name="visit.note.drop", icon="x")
        self.note = SecondaryButton(_("Voice note"), name="visit.note.begin", icon="mic")
        self.send = PrimaryButton(_("Send"), name="visit.note.send", icon="send")
        for button, event in (
            (self.hold, r.HoldPressed), (self.more, r.MorePressed), (self.still, r.StillPressed),
            (self.keep, r.KeepPressed), (self.note, r.NotePressed), (self.send, r.NotePressed),
            (self.drop, r.NoteDropped),
        ):  # fmt: skip
            button.clicked.connect(lambda _on=False, made=event: send(made()))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard in the note
        self.rung_row = holding(across((self.state, 1), self.hold, self.more, gap=6))
        self.still_row = holding(across((self.strip, 1), self.keep, gap=8))
        self.note_row = holding(across((self.saying, 1), self.still, self.note, self.drop, self.send, gap=6))
        self.setLayout(down(self.rung_row, self.still_row, self.note_row, gap=6))

    def render_state(self, state: v.State) -> None:
        face, ladder = state.call, state.call.ladder
        live = face.here and face.phase != "connecting"
        sign = SIGNS[ladder.rung]
        if face.phase == "reconnecting" and ladder.rung is Rung.VIDEO:
            said = _("The link is cut and is tried again by itself. A voice note waits here and goes later.")
            self.state.say("warn", said, "wifi-off")
        else:
            self.state.say(sign.tone, now_words(ladder), sign.icon)
        held = ladder.most < Rung.VIDEO
        self.hold.set_icon(
            "video" if held else "phone", _("Picture again, when it is carried") if held else _("Voice only")
        )
        self.more.setVisible(ladder.rung < Rung.VIDEO and not held)
        self.rung_row.setVisible(live)
        self.strip.show_stills(tuple(one for one in face.stills if not one.outgoing) if live else ())
        still = shown_still(state)
        self.keep.setVisible(still is not None)
        self.keep.setEnabled(still is not None and still.number not in face.kept)
        kept = still is not None and still.number in face.kept
        self.keep.setText(_("In the chart") if kept else _("Keep in the chart"))
        self.still_row.setVisible(self.strip.isVisibleTo(self.still_row) or still is not None)
        self._render_note(state, live)

    def _render_note(self, state: v.State, live: bool) -> None:
        note = state.note
        asked = any(one.waits and not one.outgoing for one in state.call.stills)
        self.still.setVisible(live and state.call.ladder.rung < Rung.VIDEO and not note.recording)
        self.still.setEnabled(not asked)
        self.note.setVisible(not note.recording)
        for one in (self.send, self.drop):
            one.setVisible(note.recording)
        if note.recording:
            said = _("Recording: %(s)d of %(most)d s") % {"s": note.seconds, "most": MOST_S}
            self.saying.say("danger", said, "mic")
        self.saying.setVisible(note.recording)
        gone = state.call.phase in ("reconnecting", "ended") or state.call.ladder.rung <= Rung.NOTES
        low = live and state.call.ladder.rung < Rung.VIDEO
        self.note_row.setVisible(bool(state.kiosk) and (low or gone or note.recording))
