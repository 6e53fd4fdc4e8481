# SPDX-License-Identifier: GPL-3.0-or-later
"""The call beside the note: the other's picture, one's own small, the state in words, four buttons."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from clinic.calls.link import Level, Quality
from clinic.calls.quality import Rung
from desktop.kit.buttons import DangerButton, IconButton, PrimaryButton, SecondaryButton
from desktop.kit.engine import CallEngine
from desktop.kit.rungs import SIGNS, why_words
from desktop.kit.surfaces import Card, StatusLine
from desktop.kit.text import Text
from desktop.kit.video import VideoView
from desktop.kit.words import N_, _, fmt_time
from desktop.screens.layouts import across, down, holding
from desktop.screens.phrases import Said, call_words, hold_words
from desktop.screens.visit import happenings as h
from desktop.screens.visit import logic as v
from desktop.screens.visit import share_happenings as x
from desktop.screens.visit.recording import RecordPanel
from desktop.screens.visit.rungpanel import RungPanel
from desktop.screens.visit.rungs import shown_still
from desktop.screens.visit.sharing import may_share

LEVELS = {
    Level.GOOD: N_("good link"),
    Level.WEAK: N_("weak link"),
    Level.VOICE_ONLY: N_("voice only"),
    Level.RECONNECTING: N_("link cut"),
}
ICONS = {
    "calling": "phone",
    "connecting": "refresh",
    "talking": "video",
    "reconnecting": "refresh",
    "ended": "phone-off",
}


LEAST, LEAST_STILL = 84, 190
"""Pixels of the picture: a still is asked for to be looked at."""


class CallCard(Card):
    """`engine` is None where no pictures are wanted (tests)."""

    def __init__(self, send: Callable[[h.Event], None], engine: CallEngine | None) -> None:
        super().__init__(name="visit.call")
        self._was_running = False
        self._echo = QTimer(self, interval=QApplication.doubleClickInterval(), singleShot=True)
        self.body.setContentsMargins(10, 10, 10, 10)
        self.video = VideoView(name="visit.call.video", spoken=_("Picture of the patient"))
        self.video.setMinimumHeight(LEAST)
        if engine is not None:
            self.video.watch(engine, "remote", inset="local")
        self.state = StatusLine(name="visit.call.state")
        self.quality = Text("", "caption", name="visit.call.quality")
        self.ring = PrimaryButton(_("Call"), name="visit.call.ring", icon="video", spoken=_("Ring the kiosk"))
        self.hang = DangerButton(_("Hang up"), name="visit.call.hangup", icon="phone-off")
        self.mute = IconButton("mic", _("Microphone off"), name="visit.call.mute", shortcut="Ctrl+M")
        self.camera = IconButton("video", _("Camera off"), name="visit.call.camera")
        self.hold = IconButton("pause", "", name="visit.call.hold", shortcut="Ctrl+P")
        self.check = IconButton("sliders", _("Try camera and microphone"), name="visit.call.check")
        self.check.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.apart = IconButton(
            "expand", _("The call in a window of its own"), name="visit.call.apart", shortcut="Ctrl+Shift+D"
        )
        self.apart.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.share = IconButton("screen", _("Show a document"), name="visit.call.share", shortcut="Ctrl+D")
        self.other = SecondaryButton(_("Back to that visit"), name="visit.call.other", icon="arrow-left")
        for button, event in (
            (self.ring, h.RingPressed),
            (self.hang, h.HangPressed),
            (self.mute, h.MutePressed),
            (self.camera, h.CameraPressed),
            (self.hold, h.HoldPressed),
            (self.other, h.OtherPressed),
            (self.share, x.SharePressed),
        ):
            button.clicked.connect(lambda _on=False, made=event: self._pressed(send, made()))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard in the note
        self.add(self.video, 1)
        said = holding(down(None, self.state, self.quality, None, gap=0))
        self.add(
            across(
                (said, 1),
                self.check,
                self.apart,
                self.share,
                self.mute,
                self.camera,
                self.hold,
                self.other,
                self.hang,
                self.ring,
                gap=6,
            )
        )
        self.record = RecordPanel()
        self.add(self.record)
        self.rungs = RungPanel(send)
        self.add(self.rungs)

    def _pressed(self, send: Callable[[h.Event], None], event: h.Event) -> None:
        """The rest of a double click on Call must not hang up, nor that on Hang up ring again."""
        if not (self._echo.isActive() and isinstance(event, h.RingPressed | h.HangPressed)):
            send(event)

    def render_state(self, state: v.State) -> None:
        call, other = state.call, state.call.other
        said = self._sentence(state)
        self.state.say(said.tone, said.text, "pause" if call.waits else ICONS.get(call.phase, ""))
        self.state.setVisible(other is None and not call.held)  # the picture's place says it, in large
        self._render_buttons(state)
        here = call.running and other is None and not call.held
        self.rungs.render_state(state)
        self.record.render_state(state)
        self.video.set_live(here)
        self._render_still(state)
        self.video.set_message(said.text if here and call.phase == "reconnecting" else "")
        waiting = (
            said.text if other is not None or call.held or call.phase in ("calling", "connecting") else ""
        )
        idle = _("The picture appears here when the call begins") if not call.running else ""
        self.video.set_placeholder(waiting or idle or self._without_picture(state))
        if not here or call.phase != "talking":
            self.quality.hide()
        if call.running != self._was_running:
            self._echo.start()
        self._was_running = call.running

    def _render_still(self, state: v.State) -> None:
        """Below video no frozen frame stays: the newest still with its time, or words."""
        still = shown_still(state)
        self.video.setMinimumHeight(LEAST if still is None else LEAST_STILL)
        if still is not None and still.image is not None and still.came_at is not None:
            time = fmt_time(still.came_at)
            self.video.set_still(still.image, _("Picture of %(time)s, not moving") % {"time": time})
            return
        self.video.set_still(None)
        if state.call.here and state.call.ladder.rung < Rung.VIDEO and self.video.has_picture:
            self.video.clear()

    def _without_picture(self, state: v.State) -> str:
        ladder = state.call.ladder
        if ladder.rung is Rung.VIDEO:
            return _("No picture comes from the other side")
        return f"{SIGNS[ladder.rung].text}\n{why_words(ladder.limit)}"

    def _sentence(self, state: v.State) -> Said:
        call = state.call
        if call.other is not None:
            return Said("warn", _("You are in a call with %(name)s") % {"name": call.other.name})
        if not state.kiosk:
            return Said("neutral", _("This visit has no kiosk to call."))
        if call.phase == "talking" and (call.held or call.waits):
            return hold_words(call.held)
        return call_words(call.phase, call.reason, call.letters, call.reachable)

    def _render_buttons(self, state: v.State) -> None:
        call, away = state.call, state.call.other is not None
        held = self.ring.hasFocus() or self.hang.hasFocus()
        self.ring.setVisible(not call.running)
        self.check.setVisible(not call.running)
        self.apart.setVisible(call.running)
        self.ring.setEnabled(bool(state.kiosk))
        self.ring.setText(_("Ring again") if call.phase == "ended" else _("Call"))
        self.other.setVisible(away)
        self.hang.setVisible(call.running)
        for button in (self.mute, self.camera):
            button.setVisible(call.running and not away)
            button.setEnabled(not call.held)
        self.hold.setVisible(call.here)
        self.hold.set_icon(
            "play" if call.held else "pause", _("Take up the call again") if call.held else _("Hold the call")
        )
        self.share.setVisible(call.running and not away)
        self.share.setEnabled(may_share(state))
        self.mute.set_icon(
            "mic-off" if call.muted else "mic", _("Microphone on") if call.muted else _("Microphone off")
        )
        self.camera.set_icon(
            "video-off" if call.camera_off else "video",
            _("Camera on") if call.camera_off else _("Camera off"),
        )
        if held and call.running != self._was_running:
            (self.hang if call.running else self.ring).setFocus(Qt.FocusReason.OtherFocusReason)

    def show_quality(self, seen: Quality) -> None:
        """The link in a word and in numbers."""
        said = _("%(kbps)d kbit/s · %(rtt)d ms") % {"kbps": round(seen.sent_kbps), "rtt": round(seen.rtt_ms)}
        self.quality.say(f"{_(LEVELS[seen.level])} · {said}", "warn" if seen.level < Level.GOOD else "")
        self.quality.setVisible(self.video.is_live and seen.level is not Level.RECONNECTING)
