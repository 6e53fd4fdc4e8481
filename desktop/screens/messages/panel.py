# SPDX-License-Identifier: GPL-3.0-or-later
"""One patient's messages and the field to answer: the page of messages and the chart's tab show the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QMenu, QStackedWidget, QWidget

from clinic.domain.ids import FactId, PatientId
from desktop.kit.bridge import Loop
from desktop.kit.buttons import IconButton, PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.clips import Whose
from desktop.kit.fields import MessageField
from desktop.kit.surfaces import Notice
from desktop.kit.text import Text, named
from desktop.kit.words import _, plural
from desktop.screens.bubbles import BubbleList, message_bubble
from desktop.screens.documents.panel import DocumentPanel
from desktop.screens.files import read_shown
from desktop.screens.layouts import across, down, holding
from desktop.screens.messages.drafts import Draft
from desktop.screens.messages.replies import replies
from desktop.screens.messages.talking import (
    DocumentCame,
    DocumentMissing,
    Effect,
    Event,
    FactsChanged,
    Failed,
    MarkRead,
    MessageOpened,
    MessageSent,
    NotSent,
    OpenThread,
    Play,
    PlayingChanged,
    Send,
    SendPressed,
    ShowDocument,
    State,
    StopPlaying,
    Tell,
    ThreadLoaded,
    ThreadOpened,
    ViewLeft,
    update,
)
from desktop.screens.receipts import marked
from desktop.screens.room import Room

if TYPE_CHECKING:
    from clinic.services.threads import Thread

KINDS = frozenset({"Communication", "Receipt", "Sync", "Patient", "Link"})


class Player:
    """What a panel asks of the loudspeaker. The app hands in the telephone."""

    def play_note(self, message: str, sound: bytes) -> None: ...
    def stop_note(self) -> None: ...


class ThreadPanel(QWidget):
    """`name` begins the names of its parts. `files`: which photo or PDF is to go along, None for the system's dialog."""

    changed = Signal()
    """another thread, or more in it"""

    def __init__(
        self,
        room: Room,
        name: str,
        player: Player | None = None,
        state: State | None = None,
        files: Callable[[], Path | None] | None = None,
    ) -> None:
        super().__init__()
        named(self, name, _("Messages"))
        self._room, self._help, self._player = room, room.helper(self), player
        self._files = files or self._ask_file
        self._laid: PatientId | None = None
        """Whose draft stands in the field."""
        self._count: tuple[PatientId, int] = (PatientId(""), -1)
        self._build(name)
        before = replace(state, sending=frozenset()) if state else None
        self.loop: Loop[State, Event, Effect] = Loop(
            before or State(now=room.clock.now()),
            update,
            self._perform,
            self.render_state,
        )
        self.loop.show()

    # what the pages around it use

    def open(self, patient: PatientId, written_down: bool = True) -> None:
        """Show this person's messages, if others are shown."""
        if self.loop.state.patient != patient:
            self.loop.send(ThreadOpened(patient, self._room.clock.now(), written_down))

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed."""
        self.paper.told(kinds)
        if kinds & KINDS and self.isVisible():
            self.loop.send(FactsChanged())

    def playing(self, message: str) -> None:
        """The voice note that is heard now; '' for none."""
        self.loop.send(PlayingChanged(message))

    def whose(self) -> Whose:
        """The person it is about, for what is copied and pasted here."""
        state = self.loop.state
        return Whose(state.about, state.thread.person.name.spoken if state.thread else "")

    def take_hands(self) -> None:
        """The keyboard goes to the field."""
        self.text.setFocus()

    def step_back(self) -> None:
        """From a picture to the messages."""
        self.loop.send(ViewLeft())
        self.take_hands()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Escape closes the picture; the page around has it otherwise."""
        if event.key() == Qt.Key.Key_Escape and self.loop.state.viewed is not None:
            self.step_back()
            return
        super().keyPressEvent(event)

    # widgets

    def _build(self, name: str) -> None:
        self.notice = Notice(name=f"{name}.notice")
        self.lines = BubbleList(name=f"{name}.lines", spoken=_("Messages"))
        self.lines.chosen.connect(lambda key: self.loop.send(MessageOpened(key)))
        self.none = Text(_("No messages yet."), "muted", wrap=True)
        self.waits = Text("", "caption", name=f"{name}.waits", wrap=True)
        self.attached = Text("", "caption", name=f"{name}.attached", wrap=True)
        self.detach = QuietButton(_("Leave it out"), name=f"{name}.detach", icon="x")
        self.detach.clicked.connect(lambda: self._attach(None))
        self.text = MessageField(_("Write to the patient"), name=f"{name}.text", spoken=_("Message"), lines=2)
        self.text.setFixedHeight(72)
        self.text.textChanged.connect(self._typed)
        self.text.entered.connect(self._send)
        self.clip = IconButton("paperclip", _("Attach a photo or a PDF"), name=f"{name}.attach")
        self.clip.clicked.connect(self._pick)
        self.ready = SecondaryButton(
            _("Ready answers"), name=f"{name}.replies", icon="list", shortcut="Ctrl+R"
        )
        self.ready.clicked.connect(self._offer)
        self.post = PrimaryButton(_("Send"), name=f"{name}.send", icon="send")
        self.post.setToolTip(_("Enter sends, Shift+Enter begins a line"))
        self.post.clicked.connect(self._send)
        along = across((self.attached, 1), self.detach)
        self.along = holding(along)
        foot = across(self.clip, self.ready, (self.waits, 1), self.post)
        talk = holding(down((self.lines, 1), self.none, self.along, self.text, foot, gap=6))
        self.stack = QStackedWidget()
        self.stack.addWidget(talk)
        self.stack.addWidget(self._viewer(name))
        self.setLayout(down(self.notice, (self.stack, 1), gap=6))

    def _viewer(self, name: str) -> QWidget:
        self.paper = DocumentPanel(self._room, f"{name}.document", self._room.save_to, alone=False)
        self.back = SecondaryButton(_("Back to the messages"), name=f"{name}.back", icon="arrow-left")
        self.back.clicked.connect(self.step_back)
        return holding(down((self.paper, 1), across(self.back, None), gap=6))

    # rendering

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self._lay_out(anew=True)
        if not event.spontaneous():
            self.loop.send(FactsChanged())

    def render_state(self, state: State) -> None:
        self.notice.say("danger", state.sentence)
        self._lay_out()
        self._render_lines(state)
        self._render_viewed(state)
        waits = plural(
            "%(n)d message waits here and leaves by itself.",
            "%(n)d messages wait here and leave by themselves.",
            state.waiting,
        )
        self.waits.setText(waits if state.waiting else "")
        self.text.lock(state.thread is None)
        for widget in (self.clip, self.ready):
            widget.setEnabled(state.thread is not None)
        self.post.setEnabled(state.writable)
        self.changed.emit()

    def _render_lines(self, state: State) -> None:
        thread = state.thread
        said = thread.messages if thread else ()
        unread = thread.unread if thread else frozenset()
        lines = [message_bubble(one, one.id in unread and one.spoken) for one in said]
        spoken = {one.id for one in said if one.spoken}
        self.lines.show_lines(marked(lines, thread.reached if thread else {}, spoken))
        self.lines.setVisible(bool(lines))
        self.none.setVisible(thread is not None and not lines)
        count = (state.patient, len(lines))
        if count != self._count:
            self._count = count
            self.lines.show_end()

    def _render_viewed(self, state: State) -> None:
        viewed = state.viewed
        self.stack.setCurrentIndex(0 if viewed is None else 1)
        if viewed is None:
            self.paper.show_document(state.patient, "", None, b"", "", "")
            return
        name = state.thread.person.name.spoken if state.thread else ""
        one = viewed.attachment
        self.paper.show_document(state.patient, name, one, viewed.data, viewed.note, one.title)

    def _lay_out(self, anew: bool = False) -> None:
        """In the field stands what was written to who is shown, and nobody else's words."""
        patient = self.loop.state.patient
        draft = self._room.drafts.of(patient)
        if anew or patient != self._laid:
            self._laid = patient
            self.text.show_text(draft.text)
        self.attached.setText(
            _("%(file)s goes along.") % {"file": draft.file.name} if draft.file is not None else ""
        )
        self.along.setVisible(draft.file is not None)

    # doing

    def _typed(self) -> None:
        if self._laid:
            self._room.drafts.write(self._laid, self.text.toPlainText())

    def _pick(self) -> None:
        """The file goes to whom was shown when it was asked for."""
        patient = self.loop.state.patient
        chosen = self._files()
        if chosen is not None:
            self._room.drafts.attach(patient, chosen)
            self._lay_out()

    def _attach(self, file: Path | None) -> None:
        self._room.drafts.attach(self.loop.state.patient, file)
        self._lay_out()

    def _ask_file(self) -> Path | None:
        kinds = _("Pictures and PDF (%(kinds)s)") % {
            "kinds": "*.pdf *.png *.jpg *.jpeg *.webp *.tif *.tiff *.bmp"
        }
        chosen, _kind = QFileDialog.getOpenFileName(self, _("Attach a photo or a PDF"), "", kinds)
        return Path(chosen) if chosen else None

    def _offer(self) -> None:
        """A menu over the button; what is chosen stands in the field, to be read before it is sent."""
        self.menu = self._menu()
        self.menu.popup(self.ready.mapToGlobal(self.ready.rect().topLeft()))

    def _menu(self) -> QMenu:
        thread, menu = self.loop.state.thread, QMenu(self)
        named(menu, f"{self.objectName()}.replies.menu", _("Ready answers"))
        for number, one in enumerate(replies(thread.language if thread else ""), 1):
            action = menu.addAction(f"&{number}  {one.title}")
            action.setToolTip(one.text)
            action.triggered.connect(lambda _on=False, text=one.text: self._put(text))
        menu.setToolTipsVisible(True)
        return menu

    def _put(self, text: str) -> None:
        self.text.put(text)
        self.text.setFocus()

    def _send(self) -> None:
        state = self.loop.state
        if self._laid == state.patient:
            draft = replace(self._room.drafts.of(state.patient), text=self.text.toPlainText().strip())
            self.loop.send(SendPressed(draft))

    def _perform(self, effect: Effect) -> None:
        clinic = self._room.clinic
        match effect:
            case OpenThread(patient, written_down):
                self._help.read(
                    clinic.open_thread if written_down else clinic.thread,
                    patient,
                    then=self._loaded,
                    failed=lambda sentence: self.loop.send(Failed(patient, sentence)),
                )
            case MarkRead(patient, messages):
                if self.isVisible():
                    self._mark(patient, messages)
            case Send(patient, draft):
                self._help.write(
                    self._put_in_record,
                    patient,
                    draft,
                    then=lambda _message: self._sent(patient, draft),
                    failed=lambda sentence: self.loop.send(NotSent(patient, sentence)),
                )
            case ShowDocument(patient, attachment):
                self._help.read(
                    clinic.open_document,
                    patient,
                    attachment,
                    then=lambda data: self.loop.send(DocumentCame(attachment.id, data)),
                    failed=lambda sentence: self.loop.send(DocumentMissing(attachment.id, sentence)),
                )
            case Play(patient, message, attachment):
                self._help.read(
                    clinic.open_document,
                    patient,
                    attachment,
                    then=lambda sound: self._play(patient, message, sound),
                    failed=lambda sentence: self.loop.send(Failed(patient, sentence)),
                )
            case StopPlaying():
                if self._player is not None:
                    self._player.stop_note()
            case Tell(sentence):
                self._room.ways.said.emit("warn", sentence)

    def _loaded(self, thread: Thread) -> None:
        self.loop.send(ThreadLoaded(thread, self._room.clock.now()))

    def _mark(self, patient: PatientId, messages: tuple[FactId, ...]) -> None:
        self._help.write(self._room.clinic.note_read, patient, messages, failed=lambda _sentence: None)

    def _put_in_record(self, patient: PatientId, draft: Draft) -> object:
        """On a worker: the file first, then the message that brings it."""
        clinic, attachments = self._room.clinic, ()
        if draft.file is not None:
            attachments = (clinic.add_file(patient, read_shown(draft.file), draft.file.name),)
        return clinic.write_to(patient, draft.text, attachments)

    def _sent(self, patient: PatientId, draft: Draft) -> None:
        self._room.drafts.sent(patient, draft)
        self.loop.send(MessageSent(patient))
        if patient == self._laid:
            self._lay_out(anew=True)

    def _play(self, patient: PatientId, message: FactId, sound: bytes) -> None:
        """The sound first; then whoever said it hears that it was heard."""
        if self._player is not None:
            self._player.play_note(message, sound)
            self._mark(patient, (message,))
