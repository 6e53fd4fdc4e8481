# SPDX-License-Identifier: GPL-3.0-or-later
"""How it was, as patients said at the kiosks: counts by week, reasons, and the answers without names."""

from __future__ import annotations

from desktop.kit.bridge import Loop
from desktop.kit.fields import Choice
from desktop.kit.people import Mark
from desktop.kit.surfaces import Card, EmptyState, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, fmt_date, fmt_number, plural
from desktop.screens.feedback.chart import NAMES, TONES, Swatch, WeeksChart
from desktop.screens.feedback.logic import (
    FACES,
    Came,
    Effect,
    Event,
    Failed,
    Look,
    OneOpened,
    OpenChart,
    Opened,
    SiteChosen,
    State,
    update,
)
from desktop.screens.layouts import Page, across, down, holding
from desktop.screens.lines import Line, LineList
from desktop.screens.room import Room

KINDS = frozenset({"QuestionnaireResponse", "Encounter", "Patient", "Link"})
ICONS = {"good": "smile", "fair": "meh", "bad": "frown"}


class FeedbackView(Page):
    def __init__(self, room: Room, state: State | None = None) -> None:
        super().__init__("feedback", _("How it was"))
        self._room, self._help = room, room.helper(self)
        self._build()
        self.loop: Loop[State, Event, Effect] = Loop(
            state or State(today=room.today()), update, self._perform, self.render_state
        )
        self.loop.show()

    def refresh(self) -> None:
        self.loop.send(Opened(self._room.today()))

    def told(self, kinds: frozenset[str]) -> None:
        """Something in the book changed."""
        if kinds & KINDS and self.isVisible():
            self.refresh()

    # widgets

    def _build(self) -> None:
        self.site = Choice([], name="feedback.site", spoken=_("Site"))
        self.site.chosen.connect(lambda key: self.loop.send(SiteChosen(key)))
        self.count = Text("", "muted", name="feedback.count")
        self.notice = Notice(name="feedback.notice", tone="danger")
        self.empty = EmptyState(
            "smile",
            _("Nobody has said how it was yet"),
            _(
                "After a visit at a kiosk patients can touch a face. What they say arrives here with the next exchange, "
                "on the computers of their care team."
            ),
            name="feedback.empty",
        )  # fmt: skip
        left = holding(down((self._weeks(), 3), (self._why(), 2), gap=14))
        self.body = holding(across((left, 1), (self._answers(), 1), gap=14))
        head = across(Text(_("How it was"), "title"), 14, self.site, None, self.count)
        self.setLayout(
            down(head, self.notice, (self.body, 1), (self.empty, 1), gap=12, margins=(20, 16, 20, 18))
        )

    def _weeks(self) -> Card:
        self.chart = WeeksChart(name="feedback.chart")
        card = Card(_("By week"), name="feedback.weeks")
        legend = across(gap=6)
        for face in FACES:
            legend.addWidget(Swatch(face))
            legend.addWidget(Text(_(NAMES[face]), "muted"))
            legend.addSpacing(10)
        legend.addStretch(1)
        card.add(legend)
        card.add(self.chart, 1)
        return card

    def _why(self) -> Card:
        self.reasons = LineList(name="feedback.reasons", spoken=_("Reasons"))
        card = Card(_("Reasons"), name="feedback.why")
        card.add(self.reasons, 1)
        return card

    def _answers(self) -> Card:
        self.list = LineList(name="feedback.answers", spoken=_("Answers"), wrap=True)
        self.list.opened.connect(lambda key: self.loop.send(OneOpened(key)))
        card = Card(_("Answers"), name="feedback.said")
        card.add(
            Text(
                _("Without names. Who wishes that somebody speaks with her is named: open her chart by Enter or a double click."),
                "muted",
                wrap=True,
            )
        )  # fmt: skip
        card.add(self.list, 1)
        return card

    # rendering

    def render_state(self, state: State) -> None:
        self.notice.say("danger", state.sentence)
        self.site.show_options([("", _("every site")), *((site, site) for site in state.sites if site)])
        self.site.choose(state.site)
        some = bool(state.opinions)
        self.site.setVisible(some)
        self.body.setVisible(some)
        self.empty.setVisible(state.opinions is not None and not some)
        n = len(state.shown)
        self.count.setText(plural("%(n)d answer in 12 weeks", "%(n)d answers in 12 weeks", n) if some else "")
        self.chart.show_weeks(state.weeks)
        self.reasons.show_lines(
            [Line(reason, reason, when=fmt_number(count)) for reason, count in state.reasons]
        )
        self.list.show_lines(answer_lines(state))

    # doing

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Look(since):
                self._help.read(
                    self._room.clinic.hearing.opinions,
                    since,
                    then=lambda found: self.loop.send(Came(found)),
                    failed=lambda sentence: self.loop.send(Failed(sentence)),
                )
            case OpenChart(patient):
                self._room.ways.chart.emit(patient, "summary")


def answer_lines(state: State) -> list[Line]:
    """Newest first. Only the day: an hour would name her to whoever knows the queue."""
    lines = []
    for one in state.shown:
        face = one.face if one.face in FACES else "fair"
        wishes = (Mark(_("Wishes to be spoken to"), "warn"),) if one.patient else ()
        detail = ", ".join((*((one.name,) if one.name else ()), *one.reasons)) or _("No reason given")
        day = fmt_date(one.at.astimezone())
        title = f"{_(NAMES[face])} · {one.site}" if one.site else _(NAMES[face])
        lines.append(Line(one.key, title, detail, day, wishes, icon=ICONS[face], tone=TONES[face]))
    return lines
