# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit page: the entries, narrowed; and the reviews that rules asked for."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget

from desktop.kit.bridge import Loop
from desktop.kit.buttons import QuietButton
from desktop.kit.fields import Choice
from desktop.kit.navigation import SearchField, TabBar
from desktop.kit.surfaces import Card, EmptyState, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, fmt_number
from desktop.screens.audit import rows
from desktop.screens.audit.judging import State as Judging
from desktop.screens.audit.listing import EntryList
from desktop.screens.audit.logic import (
    Ask,
    Came,
    ChartChosen,
    Effect,
    Event,
    Failed,
    Fetch,
    Known,
    Learn,
    Narrowed,
    Opened,
    PageCame,
    PageFailed,
    Seen,
    SinceChosen,
    State,
    update,
)
from desktop.screens.audit.panel import ReviewPanel
from desktop.screens.layouts import Page, across, down, holding
from desktop.screens.room import Room


class AuditView(Page):
    def __init__(self, room: Room, state: State | None = None, judging: Judging | None = None) -> None:
        super().__init__("audit", _("Audit"))
        self._room, self._help = room, room.helper(self)
        self.reviews = ReviewPanel(room, judging)
        self._options: tuple[object, ...] = ()
        self._build()
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(now=room.clock.now()), update, self._perform, self.render_state
        )
        self.loop.show()

    def refresh(self) -> None:
        """Somebody comes to look."""
        self.loop.send(Opened(self._room.clock.now()))
        self.reviews.open()

    # widgets

    def _build(self) -> None:
        self.tabs = TabBar([("entries", _("Entries")), ("reviews", _("Reviews"))], name="audit.tabs")
        self.tabs.chosen.connect(self.show_tab)
        self.count = Text("", "muted", name="audit.count")
        self.notice = Notice(name="audit.notice", tone="danger")
        self.stack = QStackedWidget()
        self.stack.addWidget(self._entries())
        self.stack.addWidget(self.reviews)
        head = across(Text(_("Audit"), "title"), 14, self.tabs, None, self.count)
        self.setLayout(down(head, self.notice, (self.stack, 1), gap=12, margins=(20, 16, 20, 18)))

    def _entries(self) -> Card:
        self.text = SearchField(_("A name, an action, a detail …"), name="audit.text")
        self.text.asked.connect(lambda text: self.loop.send(Narrowed("text", text)))
        self.user = self._choice("user", _("Who"))
        self.action = self._choice("action", _("What"))
        self.action.show_options([("", _("any action")), *((k, _(w)) for k, w in rows.ACTIONS.items())])
        self.device = self._choice("device", _("Which computer"))
        self.outcome = self._choice("outcome", _("Outcome"))
        self.outcome.show_options([(k, _(w)) for k, w in rows.OUTCOMES.items()])
        self.since = Choice([(k, _(w)) for k, w in rows.SINCE.items()], name="audit.since", spoken=_("When"))
        self.since.chosen.connect(lambda key: self.loop.send(SinceChosen(key)))
        self.whose = QuietButton("", name="audit.whose", icon="x")
        self.whose.clicked.connect(lambda: self.loop.send(ChartChosen(-1)))
        self.list = EntryList(name="audit.entries", spoken=_("Entries of the audit"))
        self.list.seen.connect(lambda first, last: self.loop.send(Seen(first, last)))
        self.list.opened.connect(lambda key: self.loop.send(ChartChosen(int(key))))
        self.nothing = EmptyState(
            "eye",
            _("No entry matches"),
            _("Take away a word or a filter, or look further back."),
            name="audit.nothing",
        )
        narrow = across((self.text, 3), (self.since, 2), (self.user, 2), gap=8)
        further = across((self.action, 2), (self.device, 2), (self.outcome, 2), self.whose, gap=8)
        card = Card(name="audit.card")
        card.add(holding(down(narrow, further)))
        card.add(self.list, 1)
        card.add(self.nothing, 1)
        return card

    def _choice(self, which: str, spoken: str) -> Choice:
        choice = Choice([], name=f"audit.{which}", spoken=spoken)
        choice.chosen.connect(lambda key: self.loop.send(Narrowed(which, key)))
        return choice

    def show_tab(self, key: str) -> None:
        """Entries or reviews."""
        self.tabs.choose(key)
        self.stack.setCurrentIndex(1 if key == "reviews" else 0)
        self.count.setVisible(key != "reviews")

    # rendering

    def render_state(self, state: State) -> None:
        self._render_choices(state)
        self.notice.say("danger", state.sentence)
        self.list.show_entries(state)
        self.list.setVisible(bool(state.numbers))
        self.nothing.setVisible(not state.numbers and not state.busy)
        self.count.setText(_counted(state))

    def _render_choices(self, state: State) -> None:
        options = (state.choices.users, state.choices.devices)
        if options != self._options:
            self._options = options
            self.user.show_options([("", _("everybody")), *state.choices.users])
            self.device.show_options([("", _("every computer")), *state.choices.devices])
        self.since.choose(state.since)
        for choice, key in (
            (self.user, state.filters.user), (self.action, state.filters.action), (self.device, state.filters.device),
            (self.outcome, state.filters.outcome),
        ):  # fmt: skip
            choice.choose(key)
        self.whose.setVisible(bool(state.whose))
        self.whose.setText(_("only %(name)s") % {"name": state.whose})
        if self.text.text() != state.filters.text and not self.text.hasFocus():
            self.text.blockSignals(True)
            self.text.setText(state.filters.text)
            self.text.blockSignals(False)

    # doing

    def _perform(self, effect: Effect) -> None:
        clinic = self._room.clinic
        match effect:
            case Learn():
                self._help.read(
                    clinic.audit_choices, then=lambda found: self.loop.send(Known(found)), failed=self._failed
                )
            case Ask(turn, filters, written_down):
                self._help.read(
                    clinic.audit_found,
                    filters,
                    written_down,
                    then=lambda found: self.loop.send(Came(turn, found)),
                    failed=self._failed,
                )
            case Fetch(turn, page, numbers):
                self._help.read(
                    clinic.audit_rows,
                    numbers,
                    then=lambda entries: self.loop.send(PageCame(turn, page, entries)),
                    failed=lambda sentence: self.loop.send(PageFailed(turn, page, sentence)),
                )

    def _failed(self, sentence: str) -> None:
        self.loop.send(Failed(sentence))


def _counted(state: State) -> str:
    """How many are found, of how many."""
    values = {"shown": fmt_number(len(state.numbers)), "held": fmt_number(state.held)}
    return _("%(shown)s of %(held)s entries") % values
