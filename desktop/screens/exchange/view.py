# SPDX-License-Identifier: GPL-3.0-or-later
"""Four cards: what goes first, what was set aside, a stick, the clinic's own network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStorageInfo
from PySide6.QtWidgets import QCheckBox, QFileDialog, QProgressBar

from desktop.kit.bridge import Loop, in_qt
from desktop.kit.buttons import QuietButton, SecondaryButton
from desktop.kit.fields import Choice, Field
from desktop.kit.surfaces import Card, EmptyState, Notice
from desktop.kit.text import Text, named
from desktop.kit.words import _
from desktop.screens.exchange.logic import (
    SPEEDS,
    Came,
    DriveChosen,
    Effect,
    Event,
    Failed,
    Look,
    Moved,
    NetworkCame,
    PutOn,
    PutPressed,
    ReadOff,
    ReadPressed,
    Retried,
    Retry,
    RetryPressed,
    RowChosen,
    Serve,
    ServeTicked,
    Shown,
    SpeedChosen,
    State,
    Stop,
    StopPressed,
    WasPut,
    WasRead,
    update,
)
from desktop.screens.exchange.words import (
    SPEED_NAMES,
    aside_lines,
    aside_words,
    goes_lines,
    goes_words,
    network_words,
)
from desktop.screens.files import keep_file
from desktop.screens.layouts import Page, across, down
from desktop.screens.lines import LineList
from desktop.screens.room import Room

if TYPE_CHECKING:
    from clinic.services.islands import Network

REMOVABLE = ("/media/", "/run/media/", "/mnt/", "/Volumes/")
"""Where systems put what is plugged in."""


def drives() -> tuple[tuple[str, str], ...]:
    """(folder, name) of the sticks plugged in now."""
    found = [QStorageInfo(one) for one in QStorageInfo.mountedVolumes()]
    sticks = [
        one
        for one in found
        if one.isReady()
        and not one.isRoot()
        and (one.rootPath().startswith(REMOVABLE) or one.rootPath()[1:3] == ":/")
    ]
    return tuple(
        (one.rootPath(), one.name() or Path(one.rootPath()).name or one.rootPath()) for one in sticks
    )


class ExchangeView(Page):
    def __init__(self, room: Room, state: State | None = None) -> None:
        super().__init__("exchange", _("Exchange"))
        self._room, self._help = room, room.helper(self)
        self._build()
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(), update, self._perform, self.render_state
        )
        self.loop.show()

    def refresh(self) -> None:
        self.loop.send(Shown(drives()))

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed, or an exchange ended."""
        if "Sync" in kinds and self.isVisible() and not self.loop.state.busy:
            self._perform(Look())

    def network_came(self, network: Network) -> None:
        """The clinic's own network is used, or served, otherwise than before."""
        self.loop.send(NetworkCame(network))

    # widgets

    def _build(self) -> None:
        self.notice = Notice(name="exchange.notice")
        left = down((self._first(), 1), self._stick(), gap=14)
        body = across(gap=14)
        body.addLayout(left, 1)
        body.addLayout(down((self._aside(), 1), self._network(), gap=14), 1)
        head = across(Text(_("Exchange"), "title"), None)
        self.setLayout(down(head, self.notice, (body, 1), gap=12, margins=(20, 16, 20, 18)))

    def _first(self) -> Card:
        options = [(f"{speed}", f"{_(SPEED_NAMES[speed])} · {speed // 1000} kbit/s") for speed in SPEEDS]
        self.speed = Choice(options, name="exchange.speed", spoken=_("Speed of the link"))
        self.speed.chosen.connect(lambda key: self.loop.send(SpeedChosen(int(key))))
        self.answer = Text("", "body", name="exchange.answer", wrap=True)
        self.goes = LineList(name="exchange.goes", spoken=_("What goes first"), wrap=True)
        card = Card(_("Three minutes of link: what goes first?"), name="exchange.first")
        for thing in (self.speed, self.answer):
            card.add(thing)
        card.add(self.goes, 1)
        return card

    def _stick(self) -> Card:
        self.drive = Choice((), name="exchange.drive", spoken=_("Stick"))
        self.drive.chosen.connect(lambda folder: self.loop.send(DriveChosen(folder)))
        self.find = QuietButton(_("Look again"), name="exchange.drives", icon="refresh")
        self.find.clicked.connect(self.refresh)
        self.other = QuietButton(_("Another folder"), name="exchange.folder", icon="file")
        self.other.clicked.connect(self._choose_folder)
        self.put = SecondaryButton(_("Write what waits to the stick"), name="exchange.put", icon="usb")
        self.put.clicked.connect(lambda: self.loop.send(PutPressed()))
        self.read = SecondaryButton(_("Read the stick"), name="exchange.read", icon="refresh")
        self.read.clicked.connect(lambda: self.loop.send(ReadPressed()))
        self.bar = named(QProgressBar(), "exchange.progress", _("How much of the stick is read"))
        self.bar.setTextVisible(False)
        self.stop = QuietButton(_("Stop"), name="exchange.stop", icon="x")
        self.stop.clicked.connect(lambda: self.loop.send(StopPressed()))
        what = _(
            "Where no link reaches: everything that waits goes sealed on a stick to another computer of your team."
        )
        card = Card(_("By stick"), name="exchange.stick")
        card.add(Text(what, "muted", wrap=True))
        card.add(Field(_("Stick"), self.drive))
        card.add(across(self.find, self.other, None))
        card.add(across(self.put, self.read, None))
        card.add(across((self.bar, 1), self.stop))
        return card

    def _aside(self) -> Card:
        self.list = LineList(name="exchange.aside", spoken=_("Set aside"), wrap=True)
        self.list.chosen.connect(lambda key: self.loop.send(RowChosen(key)))
        hint = _(
            "What comes damaged, or from somebody who is not believed, is kept here and holds up nothing."
        )
        self.empty = EmptyState("check", _("Nothing was set aside"), hint, name="exchange.empty")
        self.about = Text("", "body", name="exchange.about", wrap=True)
        self.retry = SecondaryButton(_("Try again"), name="exchange.retry", icon="refresh")
        self.retry.clicked.connect(lambda: self.loop.send(RetryPressed()))
        self.report = SecondaryButton(_("Save a report"), name="exchange.report", icon="file")
        self.report.setToolTip(_("Numbers and the reason; nothing of what is in it, nor about whom."))
        self.report.clicked.connect(self._save_report)
        card = Card(_("Set aside"), name="exchange.set_aside")
        card.add(self.list, 1)
        card.add(self.empty, 1)
        card.add(self.about)
        card.add(across(None, self.report, self.retry))
        return card

    def _network(self) -> Card:
        self.network = Text("", "body", name="exchange.network", wrap=True)
        self.serve = named(QCheckBox(), "exchange.serve", _("This computer serves this network"))
        self.serve.setText(_("This computer serves this network"))
        self.serve.clicked.connect(lambda on: self.loop.send(ServeTicked(on)))
        what = _(
            "So that kiosks and colleagues go on without internet while this program is open. One computer a clinic is enough."
        )
        card = Card(_("This network"), name="exchange.lan")
        card.add(self.network)
        card.add(self.serve)
        card.add(Text(what, "muted", wrap=True))
        return card

    # rendering

    def render_state(self, state: State) -> None:
        self.notice.say(state.tone or "info", state.sentence)
        self.speed.choose(f"{state.speed}")
        self.answer.setText(goes_words(state) if state.found else "")
        self.goes.show_lines(goes_lines(state))
        self._render_stick(state)
        lines = aside_lines(state, self._room.clock.now())
        self.list.show_lines(lines)
        self.list.setVisible(bool(lines))
        self.empty.setVisible(state.found is not None and not lines)
        one = state.aside
        self.about.setText(aside_words(one) if one else "")
        self.retry.setVisible(one is not None and not one.ours)
        self.report.setVisible(one is not None)
        self.retry.setEnabled(not state.busy)
        serves = state.found is not None and state.found.serves
        self.network.setText(network_words(state.network, serves))
        self.serve.setEnabled(state.found is not None)
        self.serve.setChecked(serves)

    def _render_stick(self, state: State) -> None:
        options = state.drives or (("", _("No stick is plugged in")),)
        if [(self.drive.itemData(n), self.drive.itemText(n)) for n in range(self.drive.count())] != list(
            options
        ):
            self.drive.show_options(options)
        self.drive.choose(state.drive)
        for button in (self.put, self.read):
            button.setEnabled(bool(state.drive) and not state.busy)
        self.bar.setVisible(bool(state.busy) and state.busy != "retry")
        self.bar.setRange(0, state.whole)
        self.bar.setValue(state.done)
        self.stop.setVisible(state.busy == "read")

    # doing

    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, _("Where is the stick?"))
        if folder:
            self.loop.send(DriveChosen(folder))

    def _save_report(self) -> None:
        chosen = self.loop.state.chosen
        name = f"posta-{chosen.replace(' ', '-')}.txt"
        path, _kind = QFileDialog.getSaveFileName(self, _("Save a report"), name, "*.txt")
        if path:
            self._help.by_hand(
                lambda: keep_file(Path(path), self._room.clinic.carrying.report(chosen).encode()),
                then=lambda _path: self._room.ways.said.emit("ok", _("The report is saved.")),
                failed=self._failed,
            )

    def _failed(self, sentence: str) -> None:
        self.loop.send(Failed(sentence))

    def _moved(self, done: int, whole: int) -> None:
        in_qt(lambda: self.loop.send(Moved(done, whole)))

    def _perform(self, effect: Effect) -> None:
        carrying, send = self._room.clinic.carrying, self.loop.send
        match effect:
            case Look():
                self._help.read(carrying.read, then=lambda found: send(Came(found)), failed=self._unread)
            case PutOn(drive):
                self._help.by_hand(
                    carrying.put_on, drive, then=lambda put: send(WasPut(put)), failed=self._failed
                )
            case ReadOff(drive):
                self._help.by_hand(
                    carrying.read_off,
                    drive,
                    self._moved,
                    then=lambda read: send(WasRead(read)),
                    failed=self._failed,
                )
            case Stop():
                carrying.stop()
            case Serve(on):
                self._help.write(
                    carrying.serve, on, then=lambda _none: send(Shown(drives())), failed=self._failed
                )
            case Retry(key):
                self._help.write(
                    carrying.retry, key, then=lambda filed: send(Retried(filed)), failed=self._failed
                )

    def _unread(self, sentence: str) -> None:
        self.notice.say("danger", sentence)
