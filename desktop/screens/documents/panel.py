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
from desktop.kit.buttons import IconButton, PrimaryButton, SecondaryButton
from desktop.kit.printing import Choose, chosen_printer, draw_pages
from desktop.kit.surfaces import Notice
from desktop.kit.text import Text, named
from desktop.kit.words import _, fmt_number, tell
from desktop.screens.documents import logic as d
from desktop.screens.documents.ink import over_image
from desktop.screens.documents.markbar import MarkBar
from desktop.screens.documents.page import DocumentPage
from desktop.screens.files import keep_file
from desktop.screens.layouts import across, down, holding
from desktop.screens.room import Room

if TYPE_CHECKING:
    from clinic.domain.values import Attachment

SOON_MS = 300
"""What takes longer says so."""
PDF = "application/pdf"


class DocumentPanel(QWidget):
    """`save_to`: a folder for files (None asks); `choose`: the printer, None asks with the system's dialog. `alone`: whether
    its room can be made larger, which the signal asks for."""

    alone = Signal()

    def __init__(
        self, room: Room, name: str, save_to: Path | None = None, choose: Choose | None = None, alone: bool = True
    ) -> None:  # fmt: skip
        super().__init__()
        named(self, name, _("Document"))
        self._room, self._help, self._work = room, room.helper(self), Desk(self)
        self._save_to, self.choose, self._can_stand_alone = save_to, choose, alone
        self._patient, self._name = PatientId(""), ""
        self._attachment: Attachment | None = None
        self._data, self._note, self._words, self._mark_said = b"", "", "", ""
        self._image = QImage()
        self._soon = QTimer(self, interval=SOON_MS, singleShot=True)
        self._soon.timeout.connect(lambda: self.waiting.show())
        self.marks = MarkBar(room, name)
        self._build(name)
        self.loop: Loop[d.State, d.Event, d.Effect] = Loop(
            d.State(), d.update, self._perform, self.render_state
        )
        self.page.did.connect(self.loop.send)
        self.page.drew.connect(self.marks.loop.send)
        self.marks.changed.connect(self._show_marks)
        self.marks.troubled.connect(self._tell_mark)
        self.marks.listen(self)
        self.loop.show()

    def show_document(
        self, patient: PatientId, name: str, one: Attachment | None, data: bytes, note: str, words: str
    ) -> None:
        """`data`: b'' while it is not here; `note`: why; `words` stand under it. The same one again changes nothing."""
        self._patient, self._name, self._note, self._words = patient, name, note, words
        key = f"{patient} {one.id}" if one is not None else ""
        if key != self.loop.state.document:
            self._attachment = one
            self._data, self._image = b"", QImage()
            self.page.show_small(one.thumbnail if one is not None else b"")
            self.loop.send(d.Chosen(key))
        self.marks.show_document(patient, name, self._attachment)
        if data and not self._data:
            self._data = data
            self.loop.send(d.BytesCame(key))
        self.loop.show()

    def show_alone(self, alone: bool) -> None:
        self.wide.setChecked(alone)

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed."""
        self.marks.told(kinds)

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
        ):
            button.clicked.connect(lambda _on=False, event=event: self.loop.send(event))
        for button, asked in ((self.save, d.SavePressed), (self.print, d.PrintPressed)):
            button.clicked.connect(
                lambda _on=False, asked=asked: self.loop.send(asked(bool(self.marks.loop.state.seen)))
            )
        self._build_question(name)
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
        self.wide.setVisible(self._can_stand_alone)
        if self._can_stand_alone:
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
        self.setLayout(down(self.notice, row, self.marks, self.question, self.waiting, (self.page, 1), gap=6))

    def _build_question(self, name: str) -> None:
        self.asked = Text("", "body", name=f"{name}.asked")
        self.with_marks = PrimaryButton(_("With the marks"), name=f"{name}.with_marks")
        self.without = SecondaryButton(_("Without them"), name=f"{name}.without")
        self.neither = SecondaryButton(_("Cancel"), name=f"{name}.neither")
        for button, answer in ((self.with_marks, True), (self.without, False), (self.neither, None)):
            button.clicked.connect(lambda _on=False, answer=answer: self.loop.send(d.MarksAnswered(answer)))
        self.question = holding(
            across((self.asked, 1), self.with_marks, self.without, self.neither, gap=6),
            name=f"{name}.question",
        )

    def _listen(self, keys: str, where: Qt.ShortcutContext) -> SignalInstance:
        """A button's own keys would wait until it has been seen to go down."""
        listens = QShortcut(QKeySequence(keys), self)
        listens.setContext(where)
        return listens.activated

    # rendering

    def render_state(self, state: d.State) -> None:
        here, several = bool(state.sizes), state.pages > 1
        trouble = self._mark_said or state.trouble or self._note
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
        asks = bool(state.asking)
        if asks and not self.question.isVisible():
            self._ask(state.asking)
        self.question.setVisible(asks)
        said = (self._words, leaf) if several else (self._words,)
        self._show_marks()
        self.page.show_page(state, self._image if state.drawn else QImage(), " · ".join(filter(None, said)))
        if state.waits or state.busy:
            if not self._soon.isActive() and self.waiting.isHidden():
                self._soon.start()
        else:
            self._soon.stop()
            self.waiting.hide()

    def _ask(self, what: str) -> None:
        hand = self.marks.loop.state
        names = ", ".join(name for author, name, _count in hand.authors if author not in hand.hidden)
        asked = (
            _("Save with the marks of %(names)s?")
            if what == "save"
            else _("Print with the marks of %(names)s?")
        )
        self.asked.setText(asked % {"names": names})
        self.question.show()
        self.with_marks.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_marks(self) -> None:
        self.page.show_marks(self.marks.on_page(self.loop.state.page), self.marks.loop.state)

    def _tell_mark(self, sentence: str) -> None:
        self._mark_said = sentence
        self.loop.show()

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
            case d.Save(marked):
                self._save(over_image(self.marks.loop.state.seen) if marked else None)
            case d.Print(marked):
                self._print(over_image(self.marks.loop.state.seen) if marked else None)

    def _drawn(self, document: str, page: int, scale: float, image: QImage) -> None:
        state = self.loop.state
        if (document, page) == (state.document, state.page):
            self._image = image
        self.loop.send(d.Drawn(document, page, scale))

    def _not_shown(self, document: str, error: Exception) -> None:
        self.loop.send(d.NotShown(document, tell(error)))

    def _save(self, over: leaves.Over | None) -> None:
        one = self._attachment
        path = self._path(one, marked=over is not None) if one is not None else None
        if one is None or path is None:
            self.loop.send(d.Done())
            return
        self._help.by_hand(
            self._keep, self._patient, one, path, over, failed=self._failing(),
            then=lambda kept: self._done(_("Saved: %(path)s") % {"path": kept}),
        )  # fmt: skip

    def _keep(self, patient: PatientId, one: Attachment, path: Path, over: leaves.Over | None) -> str:
        data = self._room.clinic.document_to_save(patient, one)
        return keep_file(path, data if over is None else leaves.as_pdf(leaves.sheets(data, over)))

    def _path(self, one: Attachment, marked: bool) -> Path | None:
        """Where it is to lie; the name says nobody's. With marks it is a paper of its own."""
        pdf = one.content_type == PDF or marked
        ending = ".pdf" if pdf else mimetypes.guess_extension(one.content_type) or ""
        suggested = f"posta-{_('document')}-{one.id[:8]}{'-' + _('marked') if marked else ''}{ending}"
        if self._save_to is not None:
            return self._save_to / suggested
        chosen, _kind = QFileDialog.getSaveFileName(self, _("Save as a file"), suggested)
        return Path(chosen) if chosen else None

    def _print(self, over: leaves.Over | None) -> None:
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
            self._put_on_paper, self._patient, one, printer, over, failed=self._failing(),
            then=lambda _none: self._done(_("The document is on its way to the printer.")),
        )  # fmt: skip

    def _put_on_paper(
        self, patient: PatientId, one: Attachment, printer: QPrinter, over: leaves.Over | None
    ) -> None:
        draw_pages(printer, leaves.for_paper(self._room.clinic.document_to_print(patient, one), over))

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
