# SPDX-License-Identifier: GPL-3.0-or-later
"""The main window's inside: rail, top bar with search, pages, the status sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QButtonGroup, QFrame, QHBoxLayout, QStackedWidget, QWidget

from clinic.domain.ids import PatientId
from clinic.keys.rights import Action
from desktop.kit.bridge import Loop
from desktop.kit.buttons import IconButton, QuietButton, SecondaryButton
from desktop.kit.engine import CallEngine
from desktop.kit.navigation import Clock, RailItem, SearchField, SideRail
from desktop.kit.people import Avatar
from desktop.kit.surfaces import StatusLine, Toast, toast
from desktop.kit.text import Text, named, styled
from desktop.kit.words import OWN_NAMES, _, language
from desktop.screens.faces import person_row
from desktop.screens.layouts import across, bar, down, holding
from desktop.screens.lines import OpeningList
from desktop.screens.phrases import call_words, sync_words
from desktop.screens.room import Room
from desktop.screens.shell.corner import CornerCall
from desktop.screens.shell.logic import (
    IN_CALL,
    Effect,
    Event,
    Find,
    LockPressed,
    MinutePassed,
    OpenChart,
    PageChosen,
    PeopleFound,
    PersonChosen,
    SaveAndLock,
    SearchEntered,
    SearchTyped,
    State,
    update,
)

NARROW = 1180
"""Below this width of the window the rail and the search give room to the page."""


class ShellView(QWidget):
    """`pages`: key -> page; pages that are not in the rail (chart, visit) are reached from others."""

    locked = Signal()
    """save everything, then cover"""
    language_chosen = Signal(str)
    look_pressed = Signal()

    def __init__(
        self,
        room: Room,
        pages: Mapping[str, QWidget],
        state: State | None = None,
        engine: CallEngine | None = None,
    ) -> None:
        super().__init__()
        named(self, "shell", "Posta")
        self._room, self._pages, self._help = room, dict(pages), room.helper(self)
        self._build()
        self.corner = CornerCall(self, engine)
        self.corner.back.connect(lambda: self.go("visit"))
        self._call: tuple[str, bool, str, bool] = ("", False, "", False)
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(now=room.clock.now()),
            update,
            self._perform,
            self.render_state,
        )
        minute = QTimer(self, interval=15_000)
        minute.timeout.connect(lambda: self.loop.send(MinutePassed(room.clock.now())))
        minute.start()
        self.loop.show()

    # widgets

    def _build(self) -> None:
        self.stack = QStackedWidget()
        for page in self._pages.values():
            self.stack.addWidget(page)
        self.rail = self._rail()
        self.top = self._top()
        main = holding(down(self.top, (self.stack, 1), gap=0))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.rail)
        layout.addWidget(main, 1)
        self.found = self._found()
        for keys, then in (
            ("F1", lambda: self.come_forward("help")),
            ("Ctrl+L", lambda: self.loop.send(LockPressed())),
        ):
            QShortcut(QKeySequence(keys), self, then).setContext(Qt.ShortcutContext.ApplicationShortcut)
        QShortcut(QKeySequence("Ctrl+Shift+K"), self, self._look_in_texts)
        for number, key in enumerate(self._places, 1):
            QShortcut(QKeySequence(f"Alt+{number}"), self, lambda page=key: self.go(page))

    def _rail(self) -> SideRail:
        items = (
            (Action.LOOK_UP, RailItem("today", "home", _("Today"))),
            (Action.FIND, RailItem("patients", "users", _("Patients"))),
            (Action.BOOK, RailItem("schedule", "calendar", _("Schedule"))),
            (Action.CHAT, RailItem("messages", "message", _("Messages"))),
            (Action.FIND, RailItem("inbox", "list", _("To choose"))),
            (Action.RUN, RailItem("exchange", "refresh", _("Exchange"))),
            (Action.READ_AUDIT, RailItem("audit", "shield", _("Audit"))),
            (Action.MANAGE, RailItem("feedback", "smile", _("How it was"))),
        )
        mine = tuple(item for action, item in items if self._room.clinic.allowed(action))
        self._places = tuple(item.key for item in mine)
        rail = SideRail(mine, name="shell.rail")
        rail.chosen.connect(self.go)
        self.face = Avatar(32, name="shell.me")
        self.face.show_person(self._room.clinic.me.name)
        me = Text(self._room.clinic.me.name, "strong", wrap=True)
        self.status = StatusLine(name="status.sync")
        rail.foot.addLayout(across(self.face, (me, 1), gap=10))
        rail.foot.addSpacing(4)
        rail.foot.addWidget(self.status)
        return rail

    def _top(self) -> QFrame:
        self.search = SearchField(
            _("Find a person: name, DNI, birth date, telephone"),
            name="shell.search",
            shortcut="Ctrl+K",
        )
        self.search.setFixedWidth(400)
        self.search.asked.connect(lambda text: self.loop.send(SearchTyped(text)))
        self.search.installEventFilter(self)
        self.back = SecondaryButton(_("Back to the visit"), name="shell.back_to_visit", icon="video")
        self.back.clicked.connect(lambda: self.go("visit"))
        self.look = IconButton("moon", _("Light or dark"), name="shell.theme", bare=True)
        self.look.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.look.clicked.connect(self.look_pressed)
        mine = IconButton("user", _("My way in: password, PIN"), name="shell.mine", bare=True)
        mine.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        mine.clicked.connect(lambda: self.go("mine"))
        everybody = IconButton("settings", _("People and computers"), name="shell.organisation", bare=True)
        everybody.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        everybody.clicked.connect(lambda: self.go("organisation"))
        everybody.setVisible(self._room.clinic.is_owner)
        helping = IconButton("help-circle", _("Help"), name="shell.help", bare=True)
        helping.setToolTip(f"{_('Help')} (F1)")
        helping.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        helping.clicked.connect(lambda: self.go("help"))
        lock = IconButton("lock", _("Lock"), name="shell.lock", bare=True)
        lock.setToolTip(f"{_('Lock')} (Ctrl+L)")
        lock.clicked.connect(lambda: self.loop.send(LockPressed()))
        clock = Clock(self._room.clock.now, name="shell.clock")
        row = across(
            self.search,
            None,
            self.back,
            *self._languages(),
            self.look,
            everybody,
            mine,
            helping,
            lock,
            4,
            clock,
            margins=(20, 9, 20, 9),
        )
        return bar(row, name="shell.top")

    def _languages(self) -> list[QWidget]:
        group = QButtonGroup(self)
        made: list[QWidget] = []
        for code in OWN_NAMES:
            button = QuietButton(code.upper(), name=f"shell.language.{code}", spoken=OWN_NAMES[code])
            styled(button, kind="tab").setCheckable(True)
            button.setChecked(language() == code)
            button.setToolTip(OWN_NAMES[code])
            button.setFixedWidth(48)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard where it was
            button.clicked.connect(lambda _on=False, chosen=code: self.language_chosen.emit(chosen))
            group.addButton(button)
            made.append(button)
        return made

    def _found(self) -> QFrame:
        self.results = OpeningList(name="shell.search.results", spoken=_("People found"))
        self.results.clicked.connect(lambda _index: self._take(self.results.key()))
        self.results.opened.connect(self._take)
        self.none = Text(
            _("Nobody found. Try the family name, the DNI, the birth date or the telephone."),
            "muted",
            wrap=True,
        )
        frame = QFrame(self)
        frame.setProperty("kind", "card")
        self.texts = QuietButton(_("Look in everything written"), name="shell.search.texts", icon="search")
        self.texts.setToolTip(f"{self.texts.text()} (Ctrl+Shift+K)")
        self.texts.clicked.connect(self._look_in_texts)
        frame.setLayout(
            down((self.results, 1), self.none, across(self.texts, None), margins=(6, 6, 6, 6), gap=2)
        )
        self.results.setProperty("kind", "inside")
        named(frame, "shell.search.found", _("People found"))
        frame.hide()
        return frame

    # what pages and the app use

    def go(self, page: str) -> None:
        """Show a page."""
        self.loop.send(PageChosen(page))

    def come_forward(self, page: str = "") -> None:
        """In front of the other windows, at this page."""
        main = self.window()
        main.raise_()
        main.activateWindow()
        if page:
            self.go(page)

    def show_call(self, name: str, live: bool, words: str, apart: bool) -> None:
        """Who the call is with, whether pictures come and what it says where none do; `apart`: it has a window of its own."""
        self._call = name, live, words, apart
        self._render_corner(self.loop.state)

    def _render_corner(self, state: State) -> None:
        name, live, words, apart = self._call
        elsewhere = state.page != "visit" and not apart
        self.corner.show_call(state.call in IN_CALL, elsewhere, name, live, words)

    def put(self, page: str, view: QWidget) -> None:
        """Another widget for that page; the one that stood there is its caller's now."""
        old, self._pages[page] = self._pages[page], view
        self.stack.addWidget(view)
        if self.stack.currentWidget() is old:
            self.stack.setCurrentWidget(view)
        self.stack.removeWidget(old)

    def say(
        self,
        tone: str,
        text: str,
        undo: str = "",
        on_undo: Callable[[], object] | None = None,
        about: str = "",
    ) -> None:
        """A short message over the lower edge."""
        toast(self, text, tone, undo, on_undo, beside=self.rail, about=about)

    def tells(self, about: str) -> bool:
        """Whether that message stands there."""
        return any(one.about == about and one.isVisible() for one in self.findChildren(Toast))

    def hush(self, about: str) -> bool:
        """Take that message away; True if it stood there. One message stands at a time."""
        return any(one.about == about and one.isVisible() and one.close() for one in self.findChildren(Toast))

    # rendering

    def render_state(self, state: State) -> None:
        page = self._pages[state.page]
        if self.stack.currentWidget() is not page:
            self.stack.setCurrentWidget(page)
        marked = (
            state.page
            if state.page
            in ("today", "patients", "schedule", "messages", "inbox", "exchange", "audit", "feedback")
            else _home_of(state.page)
        )
        self.rail.choose(marked)
        self.rail.set_badge("today", state.waiting)
        if "messages" in self._places:
            self.rail.set_badge("messages", state.unread)
        if "inbox" in self._places:
            self.rail.set_badge("inbox", state.to_choose)
        said = sync_words(state.status, state.now)
        self.status.say(said.tone, said.text)
        self._render_back(state)
        self._render_corner(state)
        self._render_found(state)

    def _render_back(self, state: State) -> None:
        self.back.setVisible(state.visiting and state.page != "visit")
        if state.call in IN_CALL:
            self.back.setText(call_words(state.call, "", True, True).text.split(":")[0])
        else:
            self.back.setText(_("Back to the visit"))

    def _render_found(self, state: State) -> None:
        searching = bool(state.searched)
        self.found.setVisible(searching and bool(state.answered))
        if not searching:
            if self.search.text() and not self.search.hasFocus():
                self.search.clear()
            return
        self.results.show_rows([person_row(person, state.now) for person in state.found[:8]])
        self.results.setVisible(bool(state.found))
        self.none.setVisible(not state.found)
        self._settle()
        self.found.raise_()

    def _settle(self) -> None:
        count = max(1, min(8, self.results.model().rowCount()))
        corner = self.search.mapTo(self, self.search.rect().bottomLeft())
        self.found.setGeometry(corner.x(), corner.y() + 6, 520, 62 + count * 62)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self.rail.set_narrow(self.width() < NARROW)
        self.search.setFixedWidth(300 if self.width() < NARROW else 400)
        self._settle()
        self.corner.settle()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if watched is self.search and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._search_key(event.key())
        if watched is self.search and event.type() == QEvent.Type.FocusOut:
            QTimer.singleShot(0, self, self._left_search)
        return False

    def _left_search(self) -> None:
        """Who goes on elsewhere is done with what was found."""
        held = QApplication.focusWidget()
        if held is not None and held is not self.search and not self.found.isAncestorOf(held):
            self.loop.send(SearchTyped(""))

    def _look_in_texts(self) -> None:
        text = self.search.text().strip()
        self.search.clear()
        self.loop.send(SearchTyped(""))
        self._room.ways.texts.emit(text)

    def _search_key(self, key: int) -> bool:
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.loop.send(SearchEntered(self.search.text()))
            return True
        if key == Qt.Key.Key_Down and self.found.isVisible() and self.results.model().rowCount():
            self.results.setFocus()
            self.results.setCurrentIndex(self.results.model().index(0, 0))
            return True
        return False

    # doing

    def _take(self, patient: str) -> None:
        self.search.clear()
        self.loop.send(PersonChosen(PatientId(patient)))

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Find(text):
                self._help.read(
                    self._room.clinic.find,
                    text,
                    8,
                    then=lambda people: self.loop.send(PeopleFound(text, people)),
                    failed=lambda sentence: self.say("warn", sentence),
                )
            case OpenChart(patient):
                self.search.clear()
                self.search.clearFocus()  # what is typed next belongs to the page
                self._room.ways.chart.emit(patient, "summary")
            case SaveAndLock():
                self.locked.emit()


def _home_of(page: str) -> str:
    return {"chart": "patients", "visit": "today", "emergency": "patients"}.get(page, "")
