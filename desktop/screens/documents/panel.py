# SPDX-License-Identifier: GPL-3.0-or-later
"""A document with its buttons: pages, size, turning, saving and printing. What takes long runs on workers."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QFileDialog, QProgressBar, QWidget

from clinic.domain.errors import PostaError
from clinic.domain.ids import PatientId
from clinic.keys.rights import Action
from desktop.kit import leaves
from desktop.kit.bridge import Desk, Loop
from desktop.kit.buttons import IconButton, SecondaryButton
from desktop.kit.printing import Choose, chosen_printer, draw_pages
from desktop.kit.surfaces import Notice
from desktop.kit.text import Text, named
from desktop.kit.words import _, fmt_number, tell
from desktop.screens.documents import logic as d
from desktop.screens.documents.page import DocumentPage
from desktop.screens.files import keep_file
from desktop.screens.layouts import across, down
from desktop.screens.room import Room

if TYPE_CHECKING:
    from clinic.domain.facts import DocumentReference
    from clinic.domain.values import Attachment

SOON_MS = 300
"""What takes longer says so."""
PDF = "application/pdf"


class DocumentPanel(QWidget):
    """`save_to`: a folder for files (None asks); `choose`: the printer, None asks with the system's dialog.
    `alone`: its room is to be larger, or as it was."""

    alone = Signal()

    def __init__(
        self, room: Room, name: str, save_to: Path | None = None, choose: Choose | None = None
    ) -> None:
        super().__init__()
        named(self, name, _("Document"))
        self._room, self._help, self._work = room, room.helper(self), Desk(self)
        self._save_to, self.choose = save_to, choose
        self._patient, self._name = PatientId(""), ""
        self._attachment: Attachment | None = None
        self._data, self._note, self._words = b"", "", ""
        self._image = QImage()
        self._soon = QTimer(self, interval=SOON_MS, singleShot=True)
        self._soon.timeout.connect(lambda: self.waiting.show())
        self._build(name)
        self.loop: Loop[d.State, d.Event, d.Effect] = Loop(
            d.State(), d.update, self._perform, self.render_state
        )
        self.page.did.connect(self.loop.send)
        self.loop.show()

    def show_document(
        self, patient: PatientId, name: str, one: DocumentReference | None, data: bytes, note: str, words: str
    ) -> None:
        """`data`: b'' while it is not here; `note`: why; `words` stand under it. The same one again changes nothing."""
        self._patient, self._name, self._note, self._words = patient, name, note, words
        key = f"{patient} {one.id}" if one is not None else ""
        if key != self.loop.state.document:
            self._attachment = one.attachment if one is not None else None
            self._data, self._image = b"", QImage()
            self.page.show_small(one.attachment.thumbnail if one is not None else b"")
            self.loop.send(d.Chosen(key))
        if data and not self._data:
            self._data = data
            self.loop.send(d.BytesCame(key))
        self.loop.show()

    def show_alone(self, alone: bool) -> None:
        self.wide.setChecked(alone)

    def take_hands(self) -> None:
        """The keyboard moves the page."""
        self.page.setFocus(Qt.FocusReason.OtherFocusReason)

    # widgets

    def _build(self, name: str) -> None:
        self.notice = Notice(name=f"{name}.notice")
        self.page = DocumentPage(name=f"{name}.picture", spoken=_("Picture"))
        self.before = IconButton("arrow-up", _("Page before"), name=f"{name}.before")
        self.after = IconButton("arrow-down", _("Next page"), name=f"{name}.after")
        self.leaf = Text("", "caption", name=f"{name}.leaf")
        self.less = IconButton("minus", _("Smaller"), name=f"{name}.smaller")
        self.more = IconButton("plus", _("Larger"), name=f"{name}.larger")
        self.fit = IconButton("fit", _("The whole page"), name=f"{name}.fit")
        self.real = SecondaryButton("", name=f"{name}.real", spoken=_("100 %, or the whole page"))
        self.real.setToolTip(_("100 %, or the whole page"))
        self.turn = IconButton("turn", _("Turn to the right"), name=f"{name}.turn")
        self.wide = IconButton("expand", _("The document alone"), name=f"{name}.alone", checkable=True)
        self.wide.clicked.connect(lambda: self.alone.emit())
        self.save = IconButton("save", _("Save as a file"), name=f"{name}.save")
        self.print = IconButton("printer", _("Print"), name=f"{name}.print")
        for button, event in (
            (self.before, d.PageTurned(-1)),
            (self.after, d.PageTurned(1)),
            (self.less, d.Zoomed(1 / d.STEP)),
            (self.more, d.Zoomed(d.STEP)),
            (self.fit, d.FitPressed()),
            (self.real, d.Toggled()),
            (self.turn, d.Turned(1)),
            (self.save, d.SavePressed()),
            (self.print, d.PrintPressed()),
        ):
            button.clicked.connect(lambda _on=False, event=event: self.loop.send(event))
        window = Qt.ShortcutContext.WindowShortcut
        within = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for keys, event, where, button in (
            ("Ctrl+-", d.Zoomed(1 / d.STEP), window, self.less),
            ("Ctrl++", d.Zoomed(d.STEP), window, self.more),
            ("Ctrl+=", d.Zoomed(d.STEP), window, None),
            ("Ctrl+0", d.FitPressed(), window, self.fit),
            ("Ctrl+Shift+R", d.Turned(1), window, self.turn),
            ("PgUp", d.PageTurned(-1), within, self.before),
            ("PgDown", d.PageTurned(1), within, self.after),
        ):
            self._listen(keys, where).connect(lambda event=event: self.loop.send(event))
            if button is not None:
                button.setToolTip(f"{button.accessibleName()} ({keys})")
        self._listen("F11", window).connect(lambda: self.alone.emit())
        self.wide.setToolTip(f"{self.wide.accessibleName()} (F11)")
        self.waiting = named(QProgressBar(), f"{name}.progress", _("The document is being opened"))
        self.waiting.setRange(0, 0)
        self.waiting.setTextVisible(False)
        self.waiting.setFixedHeight(4)
        stays = self.waiting.sizePolicy()
        stays.setRetainSizeWhenHidden(True)
        self.waiting.setSizePolicy(stays)
        self.waiting.hide()
        row = across(
            self.before, self.after, self.leaf, None, self.less, self.real, self.more, self.fit, self.turn, self.wide,
            None, self.save, self.print, gap=6,
        )  # fmt: skip
        self.setLayout(down(self.notice, row, self.waiting, (self.page, 1), gap=6))

    def _listen(self, keys: str, where: Qt.ShortcutContext) -> SignalInstance:
        """A button's own keys would wait until it has been seen to go down."""
        listens = QShortcut(QKeySequence(keys), self)
        listens.setContext(where)
        return listens.activated

    # rendering

    def render_state(self, state: d.State) -> None:
        here, several = bool(state.sizes), state.pages > 1
        trouble = state.trouble or self._note
        if state.sentence:
            self.notice.say(state.tone, state.sentence)
        else:
            self.notice.say("warn", trouble)
        for button in (self.before, self.after, self.leaf):
            button.setVisible(several)
        self.before.setEnabled(state.page > 0)
        self.after.setEnabled(state.page + 1 < state.pages)
        leaf = _("Page %(page)d of %(pages)d") % {"page": state.page + 1, "pages": state.pages}
        self.leaf.setText(leaf if several else "")
        share = f"{fmt_number(state.scale * 100, 0)} %" if here else "100 %"
        self.real.setText(share)
        self.less.setEnabled(here and state.scale > min(d.SMALLEST, state.fit))
        self.more.setEnabled(here and state.scale < d.LARGEST)
        self.fit.setEnabled(here and state.zoom is not None)
        self.real.setEnabled(here)
        self.turn.setEnabled(here)
        self.save.setVisible(bool(state.document) and self._room.clinic.allowed(Action.EXPORT))
        self.print.setVisible(bool(state.document))
        self.save.setEnabled(not state.busy)
        self.print.setEnabled(here and not state.busy)
        said = (self._words, leaf) if several else (self._words,)
        self.page.show_page(state, self._image if state.drawn else QImage(), " · ".join(filter(None, said)))
        if state.waits or state.busy:
            if not self._soon.isActive() and self.waiting.isHidden():
                self._soon.start()
        else:
            self._soon.stop()
            self.waiting.hide()

    # doing

    def _perform(self, effect: d.Effect) -> None:
        match effect:
            case d.Open(document):
                self._work.ask(
                    leaves.sizes, self._data,
                    then=lambda sizes: self.loop.send(d.Opened(document, sizes)),
                    failed=lambda error: self._not_shown(document, error),
                )  # fmt: skip
            case d.Draw(document, page, scale):
                self._work.ask(
                    leaves.drawn, self._data, page, scale,
                    then=lambda image: self._drawn(document, page, scale, image),
                    failed=lambda error: self._not_shown(document, error),
                )  # fmt: skip
            case d.Save():
                self._save()
            case d.Print():
                self._print()

    def _drawn(self, document: str, page: int, scale: float, image: QImage) -> None:
        state = self.loop.state
        if (document, page) == (state.document, state.page):
            self._image = image
        self.loop.send(d.Drawn(document, page, scale))

    def _not_shown(self, document: str, error: Exception) -> None:
        self.loop.send(d.NotShown(document, tell(error)))

    def _save(self) -> None:
        one = self._attachment
        path = self._path(one) if one is not None else None
        if one is None or path is None:
            self.loop.send(d.Done())
            return
        self._help.by_hand(
            self._keep, self._patient, one, path, failed=self._failing(),
            then=lambda kept: self._done(_("Saved: %(path)s") % {"path": kept}),
        )  # fmt: skip

    def _keep(self, patient: PatientId, one: Attachment, path: Path) -> str:
        return keep_file(path, self._room.clinic.document_to_save(patient, one))

    def _path(self, one: Attachment) -> Path | None:
        """Where it is to lie; the name says nobody's."""
        ending = ".pdf" if one.content_type == PDF else mimetypes.guess_extension(one.content_type) or ""
        suggested = f"posta-{_('document')}-{one.id[:8]}{ending}"
        if self._save_to is not None:
            return self._save_to / suggested
        chosen, _kind = QFileDialog.getSaveFileName(self, _("Save as a file"), suggested)
        return Path(chosen) if chosen else None

    def _print(self) -> None:
        one = self._attachment
        try:
            printer = chosen_printer(self, self.choose)
        except PostaError as error:
            self.loop.send(d.NotDone(tell(error)))
            return
        if one is None or printer is None:
            self.loop.send(d.Done())
            return
        self._help.by_hand(
            self._put_on_paper, self._patient, one, printer, failed=self._failing(),
            then=lambda _none: self._done(_("The document is on its way to the printer.")),
        )  # fmt: skip

    def _put_on_paper(self, patient: PatientId, one: Attachment, printer: QPrinter) -> None:
        draw_pages(printer, leaves.for_paper(self._room.clinic.document_to_print(patient, one)))

    def _done(self, sentence: str) -> None:
        self.loop.send(d.Done())
        self._room.ways.said.emit("ok", sentence)

    def _failing(self) -> Callable[[str], None]:
        told = self._help.failing(
            self._patient,
            self._name,
            lambda: self._patient,
            lambda sentence: self.loop.send(d.NotDone(sentence)),
        )

        def failed(sentence: str) -> None:
            self.loop.send(d.Done())
            told(sentence)

        return failed
