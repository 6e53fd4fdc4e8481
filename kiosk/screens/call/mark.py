# SPDX-License-Identifier: GPL-3.0-or-later
"""That the call is being recorded: a red sign and words over the picture, for as long as it is, and said once aloud."""

from __future__ import annotations

from PySide6.QtCore import Signal

from desktop.kit.recording import Recordings
from desktop.kit.surfaces import Notice
from desktop.kit.words import _


class RecordedMark(Notice):
    """The clinic hears that it is shown only while it is: what it answers is asked of this widget."""

    spoken = Signal(str)

    def __init__(self, recordings: Recordings) -> None:
        super().__init__(name="kiosk.call.recorded")
        self._recordings, self._left, self._on = recordings, False, False
        recordings.shown = self._is_shown
        recordings.marked.connect(self._marked)
        self.acted.connect(recordings.object)
        self._marked(recordings.theirs)

    def leave(self) -> None:
        """Another screen takes this one's place: it shows nothing any more."""
        self._left = True

    def _is_shown(self) -> bool:
        return not self._left and self._on and self.isVisibleTo(self.window())

    def _marked(self, on: bool) -> None:
        if self._left:
            return
        before, self._on = self._on, on
        if on:
            self.say("danger", _("This call is being recorded."), action=_("Stop recording"))
            self._sign.show_icon("record", "danger")
        else:
            self.say("info", "")
        if on and not before:
            self.spoken.emit(_("This call is being recorded now, as you agreed. You can say no at any time."))
        elif before and not on:
            self.spoken.emit(_("This call is no longer recorded."))
