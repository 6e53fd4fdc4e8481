# SPDX-License-Identifier: GPL-3.0-or-later
"""The search over everything written: one line, three ways to narrow it, the finds below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from clinic.domain.ids import PatientId
from desktop.kit.bridge import Loop
from desktop.kit.fields import Choice
from desktop.kit.navigation import SearchField
from desktop.kit.surfaces import Card, EmptyState, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, fmt_number, plural
from desktop.screens.layouts import Page, across, down
from desktop.screens.lines import LineList
from desktop.screens.room import Room
from desktop.screens.search import rows
from desktop.screens.search.logic import (
    Ask,
    Came,
    Count,
    CountDue,
    Counted,
    Effect,
    Entered,
    Event,
    Failed,
    FindOpened,
    KindChosen,
    OpenChart,
    SearchOpened,
    SinceChosen,
    State,
    Typed,
    WhereChosen,
    update,
)

if TYPE_CHECKING:
    from clinic.services.people import PersonLine

COUNT_MS = 2_000
"""How often it is looked whether the texts that wait are read in."""


class SearchView(Page):
    def __init__(self, room: Room, state: State | None = None) -> None:
        super().__init__("search", _("Search"))
        self._room, self._help = room, room.helper(self)
        self._build()
        self._again = QTimer(self, interval=COUNT_MS)
        self._again.timeout.connect(self._count)
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(now=room.clock.now()), update, self._perform, self.render_state
        )
        self._show_text()
        self.loop.show()

    def open(self, text: str, person: PersonLine | None) -> None:
        """Look for this, typed elsewhere; `person`: whose chart is open."""
        self.loop.send(SearchOpened(text, person, self._room.clock.now()))
        self._show_text()
        self.field.setFocus()

    def _show_text(self) -> None:
        """What is looked for, without asking again."""
        self.field.blockSignals(True)
        self.field.setText(self.loop.state.text)
        self.field.blockSignals(False)

    def refresh(self) -> None:
        """Texts may have come in behind it."""
        self.loop.send(CountDue())

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed."""
        if kinds and self.isVisible():
            self.loop.send(CountDue())

    # widgets

    def _build(self) -> None:
        self._shown: list[tuple[str, str]] = []
        self.field = SearchField(_("Words from notes, messages, problems, documents …"), name="search.field")
        self.field.asked.connect(lambda text: self.loop.send(Typed(text)))
        self.field.returnPressed.connect(lambda: self.loop.send(Entered(self.field.text())))
        self.kind = Choice(
            [(key, _(word)) for key, word in rows.KINDS.items()], name="search.kind", spoken=_("Where")
        )
        self.kind.chosen.connect(lambda key: self.loop.send(KindChosen(key)))
        self.since = Choice(
            [(key, _(word)) for key, word in rows.SINCE.items()], name="search.since", spoken=_("When")
        )
        self.since.chosen.connect(lambda key: self.loop.send(SinceChosen(key)))
        self.where = Choice([], name="search.where", spoken=_("Whose"))
        self.where.chosen.connect(lambda key: self.loop.send(WhereChosen(key == "here")))
        self.notice = Notice(name="search.notice", tone="danger")
        self.reading = Notice(name="search.reading")
        self.count = Text("", "muted", name="search.count")
        self.finds = LineList(name="search.finds", spoken=_("Finds"))
        self.finds.chosen.connect(lambda key: self.loop.send(FindOpened(int(key))))
        self.nothing = EmptyState(
            "search",
            _("Nothing found"),
            _("Try fewer words, or only their beginning."),
            name="search.nothing",
        )
        self.ready = EmptyState(
            "search", _("What are you looking for?"),
            _("Every word must be there, or one that begins so. Accents do not matter; Enter puts the best first."),
            name="search.ready",
        )  # fmt: skip
        card = Card(name="search.card")
        card.body.setContentsMargins(6, 6, 6, 6)
        for part in (self.finds, self.nothing, self.ready):
            card.add(part, 1)
        head = across(Text(_("Search"), "title"), 10, self.count, None)
        narrow = across((self.field, 5), (self.where, 3), (self.kind, 2), (self.since, 2), gap=10)
        self.setLayout(
            down(head, narrow, self.notice, self.reading, (card, 1), gap=12, margins=(20, 16, 20, 18))
        )

    # rendering

    def render_state(self, state: State) -> None:
        self.notice.say("danger", state.sentence)
        self._render_reading(state.unread)
        self._render_choices(state)
        self.finds.show_lines(rows.lines(state.found))
        asked = state.asked is not None
        self.finds.setVisible(bool(state.found))
        self.nothing.setVisible(asked and not state.found)
        self.ready.setVisible(not asked)
        shown = plural("%(n)d find", "%(n)d finds", len(state.found)) if state.found else ""
        order = _("the best first") if state.asked and state.asked.best else _("the newest first")
        self.count.setText(f"{shown} · {order}" if shown else "")

    def _render_reading(self, unread: int) -> None:
        """Not read aloud again each time the number falls."""
        if not unread:
            self.reading.hush()
            self._again.stop()
            return
        said = _("%(count)s texts are still being read in; the newest are found already.")
        text = said % {"count": fmt_number(unread)}
        again = _("It looks again by itself when they are.")
        self.reading.say("info", text, again, aloud=self.reading.isHidden())
        if not self._again.isActive():
            self._again.start()

    def _render_choices(self, state: State) -> None:
        self.kind.choose(state.kind)
        self.since.choose(state.since)
        self.where.setVisible(state.person is not None)
        if state.person is not None:
            name = _("only %(name)s") % {"name": state.person.name.full}
            options = [("all", _("everybody")), ("here", name)]
            if self._shown != options:
                self._shown = options
                self.where.show_options(options)
            self.where.choose("here" if state.here else "all")

    def _count(self) -> None:
        if self.isVisible():
            self.loop.send(CountDue())

    # doing

    def _perform(self, effect: Effect) -> None:
        clinic = self._room.clinic
        match effect:
            case Ask(query, written_down):
                self._help.read(
                    clinic.look_for,
                    query.text,
                    query.kind,
                    query.since,
                    query.patient,
                    query.best,
                    written_down,
                    then=lambda answer: self.loop.send(Came(query, *answer)),
                    failed=self._failed,
                )
            case Count():
                self._help.read(clinic.unread, then=lambda n: self.loop.send(Counted(n)), failed=self._failed)
            case OpenChart(patient, tab):
                self._room.ways.chart.emit(PatientId(patient), tab)

    def _failed(self, sentence: str) -> None:
        self.loop.send(Failed(sentence))
