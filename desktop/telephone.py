# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls and letters of this desk: joins the link, the call desk and the engine. Everything here runs in the
Qt thread.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from clinic.calls.call import LIVE, RESTING, Call
from clinic.calls.quality import Rung
from clinic.calls.trial import Tried
from clinic.domain.clock import Clock
from clinic.domain.errors import PostaError
from clinic.domain.facts import Communication, Questionnaire
from clinic.domain.ids import DeviceId, EncounterId, FactId
from clinic.domain.record import Record
from clinic.keys.identity import verify
from clinic.keys.rights import Action
from clinic.protocol.calling import CallMessage
from clinic.protocol.letters import (
    Answered,
    ChatLine,
    HeldVersion,
    KioskStands,
    Letter,
    PersonCalled,
    PersonComes,
    QuestionnaireCame,
    QuestionnairesHeld,
    VisitOver,
    Vouched,
)
from clinic.protocol.trust import DeviceKind
from clinic.sync.status import SyncStatus
from desktop import presence
from desktop.kit.agenda import BACKUP_EVERY_S, SYNC_EVERY_S, Agenda
from desktop.kit.bridge import in_qt
from desktop.kit.call import CallDesk
from desktop.kit.engine import CallEngine
from desktop.kit.laddering import Report, Step
from desktop.kit.papers import Paper
from desktop.kit.shared import Over
from desktop.recordist import Recordist
from desktop.screens.photos import small_jpeg
from desktop.screens.room import Room
from desktop.screens.visit.errands import Line

if TYPE_CHECKING:
    from clinic.services.backups import Backed
    from clinic.services.waiting import Waiting

CHAT_PICTURE = 40_000
"""Bytes of a picture inside a letter."""
CHAT_SOUND = 58_000
"""Bytes of a voice note inside one: a letter is 64 kB, and a note of half a minute 45."""


class Telephone(QObject, Line):
    """One per unlocked desk."""

    changed = Signal(object)
    """clinic.calls.call.Call"""
    status = Signal(object)
    """clinic.sync.status.SyncStatus"""
    backed = Signal(object)
    """a backup came to its end: None, or the PostaError it failed with"""
    networked = Signal(object)
    """clinic.services.islands.Network"""
    person_called = Signal(str, str, object)
    """(device, name of the kiosk, clinic.protocol.letters.PersonCalled)"""
    kiosk_stands = Signal(str, str, tuple)
    """(device, name of the kiosk, what somebody has to see to)"""
    reach = Signal()
    """a kiosk came or went, or the centre did"""

    def __init__(self, room: Room, args: argparse.Namespace, clock: Clock, parent: QObject) -> None:
        super().__init__(parent)
        from clinic.services.backup_keeper import BackupKeeper
        from clinic.services.break_glass import Asking
        from clinic.services.islands import Lan
        from clinic.services.link import Link

        self._room, self._args, self._clock = room, args, clock
        self._help = room.helper(self)
        self._desk = room.clinic.desk
        self.online = False
        self._told: presence.Places = {}
        self._rows: tuple[Waiting, ...] = ()
        self._owed: dict[DeviceId, list[Record]] = {}
        self._kept = ""
        self._asks_by: dict[DeviceId, tuple[HeldVersion, ...]] = {}
        """What each kiosk said that it holds."""
        self._agenda = Agenda()
        self._backups = BackupKeeper(
            self._desk, may=lambda: self.calls.call.phase in RESTING, told=self._backup_ended
        )
        self.engine = CallEngine(
            camera=args.camera,
            microphone=args.microphone,
            speaker=args.speaker,
            cache=args.home / "cache",
            log=args.home / "log" / "media.log",
            parent=parent,
        )
        self._link = Link(
            self._desk,
            args.server or self._desk.server,
            self._status_came,
            self._letter_came,
            self._online_came,
            self._presence_came,
            self._undelivered_came,
            lan=Lan(),
            on_network=lambda network: in_qt(lambda: self.networked.emit(network)),
        )
        self.asking = Asking(self._desk, self._link.post, self._link.is_present, self._link.clock.now)
        room.clinic.emergency.asking = self.asking
        self.calls = CallDesk(
            me=self._desk.device,
            engine=self.engine,
            post=self._post_call,
            sign=self._desk.device_keys.sign,
            verify=self._signed_by,
            clock=self._link.clock,
            random=os.urandom,
            relay=self._link.ask_relay,
            parent=self,
        )
        self.calls.changed.connect(self._call_changed)
        self.calls.noted.connect(self._noted)
        self.calls.ladder.stepped.connect(self._stepped)
        self.calls.ladder.reported.connect(self._reported)
        self.sharing = self.calls.sharing
        self.sharing.over.connect(self._share_over)
        self.recordist = Recordist(self.calls.recording, room, self)

    def start(self) -> None:
        """Begin to connect; the engine comes up beside."""
        self.engine.start()
        self._help.write(self._room.clinic.finish_left_call, failed=lambda _sentence: None)
        self.recordist.start()
        self.calls.signalling(False)
        self._link.start()
        self._agenda.start()
        self._agenda.every(SYNC_EVERY_S, self._link.sync_now)
        self._agenda.every(BACKUP_EVERY_S, self._backups.look)

    def stop(self) -> None:
        """Hang up, end the engine and the connection."""
        self._agenda.stop()
        self._backups.stop()
        self.calls.hang()
        self.engine.stop()
        self._link.stop()

    def _backup_ended(self, ended: Backed | PostaError) -> None:
        error = ended if isinstance(ended, PostaError) else None
        in_qt(lambda: self.backed.emit(error))

    def present(self, kiosk: DeviceId) -> bool:
        """Whether that kiosk's program is connected now."""
        return self.online and self._link.is_present(kiosk)

    # what the visit page asks

    def ring(self, kiosk: DeviceId, encounter: EncounterId) -> None:
        self.calls.ring(kiosk, encounter, self._room.clinic.me.name)
        self._letters_travel()

    def hang(self) -> None:
        self.calls.hang()

    def mute(self, audio: bool, video: bool) -> None:
        self.calls.mute(audio=audio, video=video)

    def hold_call(self, on: bool) -> None:
        self.calls.hold(on)

    def hold(self, rung: Rung) -> None:
        self.calls.ladder.hold(rung)

    def ask_more(self) -> None:
        self.calls.ladder.ask_more()

    def ask_still(self) -> None:
        self.calls.stills.ask()

    def on_call(self, encounter: EncounterId) -> tuple[str, DeviceId] | None:
        call = self.calls.call
        of_it = call.phase in LIVE and call.encounter_id == encounter
        return (call.call_id, DeviceId(call.peer)) if of_it else None

    def share(self, encounter: EncounterId, paper: Paper) -> bool:
        """Show it; False where the call ended or became another meanwhile: nothing is shown then."""
        return self.on_call(encounter) is not None and self.calls.sharing.show_paper(paper)

    def try_link(self) -> Tried:
        """On a worker. Raises Unavailable."""
        return self._link.try_link()

    def begin_note(self) -> None:
        self.calls.notes.begin()

    def end_note(self, keep: bool) -> None:
        self.calls.notes.end(keep)

    def play_note(self, message: str, sound: bytes) -> None:
        self.calls.notes.play(message, sound)

    def stop_note(self) -> None:
        self.calls.notes.stop_playing()

    def heard(self, kiosk: DeviceId, encounter: EncounterId, message: str) -> None:
        """The kiosk's screen says it too; in the record it stands as a receipt."""
        told = ChatLine(
            encounter=encounter,
            sender_name=self._room.clinic.me.name,
            text="",
            sent_at=self._clock.now(),
            heard=FactId(message),
        )
        self._link.post(kiosk, told)

    def chat_line(self, kiosk: DeviceId, message: Communication) -> None:
        self._help.read(
            self._line_of,
            message,
            then=lambda line: self._link.post(kiosk, line),
            failed=lambda _sentence: None,
        )

    def visit_over(self, kiosk: DeviceId, encounter: EncounterId) -> None:
        self._help.read(
            self._goodbye,
            encounter,
            then=lambda over: self._link.post(kiosk, over),
            failed=lambda _sentence: None,
        )

    def vouched(self, kiosk: str, letter: Vouched) -> None:
        """A kiosk that is not connected goes on with a claim: in the record it stands anyway."""
        self._link.post(DeviceId(kiosk), letter)

    def answered(self, kiosk: str, letter: Answered) -> None:
        """Who has left meanwhile reads it from her card; in the record it stands anyway."""
        self._link.post(DeviceId(kiosk), letter)

    def tell_free_times(self, only: DeviceId | None = None) -> None:
        """To every kiosk of the team that is connected, or to one that came."""
        log, team = self._desk.trust, self._desk.team
        kiosks = [
            one.device
            for one in log.devices()
            if one.kind == DeviceKind.KIOSK
            and only in (None, one.device)
            and self._link.is_present(one.device)
        ]
        if team and kiosks and self._room.clinic.allowed(Action.BOOK):
            self._help.read(
                self._room.clinic.scheduling.free_times,
                then=lambda said: [self._link.post(kiosk, said) for kiosk in kiosks],
                failed=lambda _sentence: None,
            )

    # the queue

    def queue_read(self, rows: Iterable[Waiting]) -> None:
        """The queue as it is now: kiosks whose patient's place changed are told."""
        self._rows = tuple(rows)
        now = presence.places(self._rows)
        for kiosk, told in presence.news(self._told, now):
            self._link.post(kiosk, told)
        self._told = now

    # letters

    def _letter_came(self, letter: Letter) -> None:
        if self.asking.hear(letter):
            return  # a worker waits for it
        in_qt(lambda: self._open(letter))

    def _open(self, letter: Letter) -> None:
        match letter.content:
            case PersonCalled() as said:
                self._person_called(letter.sender, said)
            case KioskStands(troubles=troubles):
                self._kiosk_stands(letter.sender, troubles)
            case QuestionnairesHeld(held=held):
                self._asks_by[letter.sender] = held
                self.tell_questionnaires(letter.sender)
            case content if isinstance(content, CallMessage):
                self.calls.deliver(letter.sender, content)

    def tell_questionnaires(self, only: DeviceId | None = None) -> None:
        """What this desk knows and a kiosk that is connected has not heard: all of them, or one."""
        from clinic.services.questionnaires import newer_than

        for kiosk, there in list(self._asks_by.items()):
            if only in (None, kiosk) and self._link.is_present(kiosk):
                self._help.read(
                    newer_than, self._desk, there,
                    then=lambda forms, kiosk=kiosk: self._tell_forms(kiosk, forms),
                    failed=lambda _sentence: None,
                )  # fmt: skip

    def _tell_forms(self, kiosk: DeviceId, forms: tuple[Questionnaire, ...]) -> None:
        for form in forms:
            self._link.post(kiosk, QuestionnaireCame(form=form))

    def _person_called(self, sender: DeviceId, said: PersonCalled) -> None:
        """By a kiosk of the organisation, and by nothing else."""
        kiosk = self._desk.trust.device(sender)
        if kiosk is not None and kiosk.kind == DeviceKind.KIOSK:
            self.person_called.emit(str(sender), kiosk.name, said)

    def _kiosk_stands(self, sender: DeviceId, troubles: tuple[str, ...]) -> None:
        kiosk = self._desk.trust.device(sender)
        if kiosk is not None and kiosk.kind == DeviceKind.KIOSK:
            self.kiosk_stands.emit(str(sender), kiosk.name, troubles)

    def come(self, kiosk: str) -> None:
        """Whoever sits here goes to that kiosk."""
        self._link.post(DeviceId(kiosk), PersonComes(by_name=self._desk.someone.name))

    def _post_call(self, peer: str, message: CallMessage) -> None:
        self._link.post(DeviceId(peer), message)

    def _signed_by(self, peer: str, data: bytes, signature: bytes) -> bool:
        device = self._desk.trust.device(DeviceId(peer))
        return device is not None and verify(device.signing_key, data, signature)

    def _line_of(self, message: Communication) -> ChatLine:
        """On a worker: the message with a picture small enough for a letter."""
        picture = sound = b""
        if message.spoken:
            sound = self._room.clinic.picture(message.attachments[0])
        elif message.attachments:
            attachment = message.attachments[0]
            try:
                picture = small_jpeg(self._room.clinic.picture(attachment), CHAT_PICTURE)
            except PostaError:
                picture = attachment.thumbnail
        return ChatLine(
            encounter=message.encounter,
            sender_name=message.sender_name,
            text=message.text,
            picture=picture,
            sent_at=message.sent_at,
            sound=sound if len(sound) <= CHAT_SOUND else b"",
            message=message.id,
        )

    def _goodbye(self, encounter: EncounterId) -> VisitOver:
        """On a worker: what the patient takes along, in the patient's language."""
        clinic = self._room.clinic
        visit = clinic.encounter(encounter)
        tongue, chart = visit.language or "es", clinic.chart(clinic.whole(visit.patient))
        now = self._clock.now()
        coming = sorted(one.start for one in chart.appointments if one.start > now and one.status == "booked")
        orders = [one for one in chart.medication if one.encounter == encounter]
        return VisitOver(
            encounter=encounter,
            clinician=clinic.me.name,
            summary=clinic.summary_text(encounter, tongue),
            prescriptions=tuple(
                f"{one.medication.display} {clinic.rx_sentence(one, tongue)}" for one in orders
            ),
            next_appointment=coming[0] if coming else None,
        )

    def _undelivered_came(self, device: DeviceId, content: Record) -> None:
        in_qt(lambda: self._undelivered(device, content))

    def _undelivered(self, device: DeviceId, content: Record) -> None:
        """What is said once waits for the kiosk; a place in the queue is said anew anyway."""
        if isinstance(content, ChatLine | VisitOver):
            self._owed.setdefault(device, []).append(content)
        self._told = presence.forget(self._told, device)

    # the network

    def _status_came(self, status: SyncStatus) -> None:
        in_qt(lambda: self.status.emit(status))

    def _online_came(self, online: bool) -> None:
        in_qt(lambda: self._online(online))

    def _online(self, online: bool) -> None:
        self.online = online
        self._letters_travel()
        self.reach.emit()

    def _presence_came(self, device: DeviceId, online: bool) -> None:
        in_qt(lambda: self._present(device, online))

    def _present(self, device: DeviceId, online: bool) -> None:
        if online:
            self._told = presence.forget(self._told, device)
            self.queue_read(self._rows)
            self.tell_free_times(device)
            for owed in self._owed.pop(device, ()):
                self._link.post(device, owed)
        self._letters_travel()
        self.reach.emit()

    def _letters_travel(self) -> None:
        peer = self.calls.call.peer
        self.calls.signalling(self.online and (not peer or self._link.is_present(DeviceId(peer))))

    # the call

    def _call_changed(self, call: Call) -> None:
        if call.phase == "talking" and self._args.keep_received and self._kept != call.call_id:
            self._kept = call.call_id
            self._keep(call)
        self.changed.emit(call)

    def _keep(self, call: Call) -> None:
        """Record what comes in, only with the patient's permission."""

        def permitted(consent: str) -> None:
            if consent and self.calls.call.call_id == call.call_id:
                self.calls.keep(str(Path(self._args.keep_received)), consent)

        self._help.read(self._consent_of, call.encounter_id, then=permitted, failed=lambda _sentence: None)

    def _consent_of(self, encounter: str) -> str:
        """On a worker: id of the consent that permits recording. Raises NotPermitted."""
        clinic = self._room.clinic
        return clinic.ask_to_record(clinic.encounter(EncounterId(encounter)).patient)

    def _noted(self, encounter: str, step: str) -> None:
        call = self.calls.call.call_id
        self._help.write(
            self._room.clinic.media_step, EncounterId(encounter), step, call, failed=lambda _sentence: None
        )

    def _stepped(self, step: Step) -> None:
        """A rung up or down stands in the encounter, with whose hand it was."""
        change = step.change
        self._help.write(
            self._room.clinic.rung_changed,
            EncounterId(step.encounter),
            step.call,
            change.before.word,
            change.after.word,
            str(change.why),
            step.by,
            failed=lambda _sentence: None,
        )

    def _share_over(self, over: Over) -> None:
        self._help.write(
            self._room.clinic.share_over,
            EncounterId(over.encounter),
            over.call,
            DeviceId(over.peer),
            over.title,
            over.seen,
            over.pages,
            failed=lambda _sentence: None,
        )

    def _reported(self, report: Report) -> None:
        self._help.write(
            self._room.clinic.report_call,
            EncounterId(report.encounter),
            report.call,
            report.began_at,
            report.outcome,
            report.seconds,
            report.relay,
            failed=lambda _sentence: None,
        )
