# SPDX-License-Identifier: GPL-3.0-or-later
"""Between the recording of a call and the store: the consent is looked for, the file opened, the recording filed."""

from __future__ import annotations

from PySide6.QtCore import QObject

from clinic.calls import recording as rec
from clinic.domain.ids import EncounterId, FactId
from desktop.kit.recording import Recordings
from desktop.screens.room import Room


class Recordist(QObject):
    """One per telephone. Everything here runs in the Qt thread, what it asks for on workers."""

    def __init__(self, recordings: Recordings, room: Room, parent: QObject) -> None:
        super().__init__(parent)
        self._recordings, self._clinic = recordings, room.clinic
        self._help = room.helper(self)
        recordings.asked.connect(self._asked)

    def start(self) -> None:
        """File what a program that was killed left behind."""
        self._help.write(self._clinic.finish_left_recordings, failed=lambda _sentence: None)

    def pressed(self, record: bool) -> None:
        if record:
            self._recordings.begin()
        else:
            self._recordings.end()

    def look(self) -> None:
        """A consent was given or taken back somewhere: what runs may have to stop."""
        one = self._recordings.ours
        if one.consent and one.told:
            self._look_at(one.encounter, one.consent)

    def _asked(self, effect: rec.Effect) -> None:
        send, clinic = self._recordings.send, self._clinic
        match effect:
            case rec.AskConsent(call, encounter):
                self._help.read(
                    clinic.ask_to_record_visit, EncounterId(encounter),
                    then=lambda consent: send(rec.Permitted(call, consent)),
                    failed=lambda sentence: send(rec.Denied(call, sentence)),
                )  # fmt: skip
            case rec.LookAtConsent(encounter, consent):
                self._look_at(encounter, consent)
            case rec.OpenFile(call, encounter, consent):
                self._help.write(
                    clinic.begin_recording, EncounterId(encounter), call, FactId(consent),
                    then=lambda made: send(rec.Opened(call, made.id, made.path, made.key)),
                    failed=lambda sentence: send(rec.NotOpened(call, sentence)),
                )  # fmt: skip
            case rec.File(id, seconds, _size, hash, why):
                self._help.write(
                    clinic.file_recording, FactId(id), seconds, hash, why,
                    then=lambda made: send(rec.Saved(id)) if made is not None else None,
                    failed=lambda sentence: send(rec.NotSaved(id, sentence)),
                )  # fmt: skip

    def _look_at(self, encounter: str, consent: str) -> None:
        """Where it cannot be read, it does not hold."""
        gone = rec.ConsentGone(consent)
        self._help.read(
            self._clinic.still_recordable, EncounterId(encounter),
            then=lambda holds: None if holds else self._recordings.send(gone),
            failed=lambda _sentence: self._recordings.send(gone),
        )  # fmt: skip
