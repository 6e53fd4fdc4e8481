# SPDX-License-Identifier: GPL-3.0-or-later
"""In the note's place, by a tab: the page that both sides see with pen and pointer, or what there is to show."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from desktop.kit.buttons import DangerButton, IconButton, QuietButton, SecondaryButton
from desktop.kit.navigation import TabBar
from desktop.kit.shared import Tool
from desktop.kit.sharedpage import SharedPage
from desktop.kit.sharing import Sharing
from desktop.kit.surfaces import Card, StatusLine
from desktop.kit.text import Text, named
from desktop.kit.words import _, fmt_moment
from desktop.screens.layouts import across
from desktop.screens.lines import Line, LineList
from desktop.screens.visit import happenings as h
from desktop.screens.visit import logic as v
from desktop.screens.visit import share_happenings as x
from desktop.screens.visit.sharing import share_words, to_share

TOOLS: tuple[tuple[Tool, str], ...] = (("point", "hand"), ("pen", "pen"), ("eraser", "eraser"))


class Chooser(Card):
    """The chart's documents, and a file."""

    def __init__(self, send: Callable[[h.Event], None]) -> None:
        super().__init__(name="visit.share.choose")
        self.add(Text(_("What do you want to show?"), "heading"))
        self.add(Text(_("It is shown page by page, and nothing of it stays on the other side."), "caption"))
        self.documents = LineList(name="visit.share.documents", spoken=_("Photos and documents"))
        self.documents.opened.connect(lambda key: send(x.DocumentPicked(key)))
        self.none = Text(_("No photos or documents yet."), "muted", name="visit.share.none")
        self.add(self.none)
        self.add(self.documents, 1)
        self.file = SecondaryButton(_("A file of this computer"), name="visit.share.file", icon="paperclip")
        self.file.clicked.connect(lambda: send(x.FilePressed()))
        self.take = SecondaryButton(_("Show this one"), name="visit.share.take", icon="screen")
        self.take.clicked.connect(lambda: send(x.DocumentPicked(self.documents.key())))
        leave = QuietButton(_("Show nothing"), name="visit.share.leave", icon="x")
        leave.clicked.connect(lambda: send(x.ChooserLeft()))
        self.add(across(leave, None, self.file, self.take))

    def render_state(self, state: v.State) -> None:
        lines = [
            Line(
                one.id,
                one.attachment.title or _("Document"),
                "",
                fmt_moment(one.made_at),
                icon="file",
                picture=one.attachment.thumbnail,
            )
            for one in to_share(state)
        ]
        self.documents.show_lines(lines)
        if lines and not self.documents.key():
            self.documents.choose(lines[0].key)
        self.documents.setVisible(bool(lines))
        self.take.setVisible(bool(lines))
        self.none.setVisible(not lines)


class Shown(Card):
    """The page, its tools and how far it is."""

    def __init__(self, send: Callable[[h.Event], None], sharing: Sharing | None) -> None:
        super().__init__(name="visit.share")
        self.title = Text("", "strong", name="visit.share.title")
        self.state = StatusLine(name="visit.share.state")
        self.stop = DangerButton(_("Stop showing"), name="visit.share.stop", icon="x")
        self.stop.clicked.connect(lambda: send(x.ShareStopped()))
        self.page = SharedPage(sharing, name="visit.share.page")
        self.tools = {
            tool: IconButton(icon, spoken, name=f"visit.share.{tool}", checkable=True)
            for (tool, icon), spoken in zip(TOOLS, (_("Point"), _("Draw"), _("Rub out")), strict=True)
        }
        for tool, button in self.tools.items():
            button.clicked.connect(lambda _on=False, chosen=tool: self.choose(chosen))
        self.undo = IconButton("arrow-left", _("Take the last line back"), name="visit.share.undo")
        self.clear = IconButton("refresh", _("Clear the page"), name="visit.share.clear")
        if sharing is not None:
            self.undo.clicked.connect(sharing.undo)
            self.clear.clicked.connect(sharing.clear)
        self.larger = IconButton("expand", _("Larger"), name="visit.share.larger", checkable=True)
        self.larger.clicked.connect(lambda: self.page.set_larger(self.larger.isChecked()))
        self.back = IconButton("arrow-up", _("Page before"), name="visit.share.back")
        self.on = IconButton("arrow-down", _("Next page"), name="visit.share.on")
        self.back.clicked.connect(lambda: send(x.PageTurned(-1)))
        self.on.clicked.connect(lambda: send(x.PageTurned(1)))
        self.number = Text("", "caption", name="visit.share.number")
        self.add(across((self.title, 1), self.stop))
        self.add(across((self.state, 1), self.number, self.back, self.on, gap=6))
        self.add(self.page, 1)
        self.add(across(*self.tools.values(), 12, self.undo, self.clear, None, self.larger, gap=6))
        self.choose("point")

    def choose(self, tool: Tool) -> None:
        for key, button in self.tools.items():
            button.setChecked(key == tool)
        self.page.set_tool(tool)

    def render_state(self, state: v.State) -> None:
        shared = state.share.shown
        if shared is None or not shared.role:
            return
        said = share_words(state)
        mine = shared.role == "showing"
        self.title.setText(shared.title if mine else _("Shown to you"))
        self.state.say(said.tone, said.text)
        self.page.set_words(said.text)
        self.stop.setVisible(mine)
        several = shared.pages > 1
        self.number.setText(_("Page %(n)d of %(all)d") % {"n": shared.page + 1, "all": shared.pages})
        self.number.setVisible(several)
        for button, leads in ((self.back, shared.page > 0), (self.on, shared.page + 1 < shared.pages)):
            button.setVisible(several and mine)
            button.setEnabled(leads)
        for one in (*self.tools.values(), self.undo, self.clear, self.larger):
            one.setEnabled(shared.here)


class NoteOrDocument(QWidget):
    """The note, and a tab to the document while there is one: what is typed stays where it is."""

    def __init__(self, send: Callable[[h.Event], None], note: QWidget, sharing: Sharing | None) -> None:
        super().__init__()
        named(self, "visit.left")
        self.tabs = TabBar((("note", _("Note")), ("document", _("Document"))), name="visit.front")
        self.tabs.chosen.connect(lambda key: send(x.FrontChosen(key)))
        self.chooser, self.shown = Chooser(send), Shown(send, sharing)
        self.stack = QStackedWidget()
        for part in (note, self.chooser, self.shown):
            self.stack.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.tabs)
        column.addWidget(self.stack, 1)

    def render_state(self, state: v.State) -> None:
        face = state.share
        there = state.call.other is None and (face.choosing or bool(face.role))
        self.tabs.setVisible(there)
        front = there and face.front
        self.tabs.choose("document" if front else "note")
        self.chooser.render_state(state)
        self.shown.render_state(state)
        self.stack.setCurrentIndex(0 if not front else 1 if face.choosing else 2)
