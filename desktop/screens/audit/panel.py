# SPDX-License-Identifier: GPL-3.0-or-later
"""Reviews on the left; the chosen one with its evidence and the finding on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from desktop.kit.bridge import Loop
from desktop.kit.buttons import PrimaryButton, QuietButton, SecondaryButton
from desktop.kit.fields import Choice, NoteField
from desktop.kit.navigation import TabBar
from desktop.kit.surfaces import Card, EmptyState, Notice
from desktop.kit.text import Text
from desktop.kit.words import _, fmt_moment
from desktop.screens.audit import judging as j
from desktop.screens.audit.rows import FINDINGS, entry_lines, review_lines, rule_word
from desktop.screens.layouts import across, down, holding
from desktop.screens.lines import LineList
from desktop.screens.room import Room

if TYPE_CHECKING:
    from clinic.services.reviews import Review


class ReviewPanel(QWidget):
    """Nothing here accuses anybody: a person judges, and somebody else than the one concerned."""

    def __init__(self, room: Room, state: j.State | None = None) -> None:
        super().__init__()
        self._room, self._help = room, room.helper(self)
        self._build()
        self.loop: Loop[j.State, j.Event, j.Effect] = Loop(
            state or j.State(), j.update, self._perform, self.render_state
        )
        self.loop.show()

    def open(self) -> None:
        """Look through the audit and show what waits."""
        self.loop.send(j.Opened())

    # widgets

    def _build(self) -> None:
        self.which = TabBar([("open", _("To review")), ("closed", _("Closed"))], name="audit.which")
        self.which.chosen.connect(lambda key: self.loop.send(j.ListChosen(key == "closed")))
        self.list = LineList(name="audit.reviews", spoken=_("Reviews"))
        self.list.chosen.connect(lambda key: self.loop.send(j.Chosen(key)))
        self.none = EmptyState(
            "shield", _("Nothing to review"),
            _("The rules look through the entries of the last week whenever this page is opened."), name="audit.none",
        )  # fmt: skip
        left = Card(name="audit.reviews.card")
        left.add(self.which)
        left.add(self.list, 1)
        left.add(self.none, 1)
        body = across((left, 5), (self._right(), 6), gap=14)
        self.setLayout(down((body, 1)))

    def _right(self) -> Card:
        self.title = Text("", "heading", name="audit.review.title", wrap=True)
        self.about = Text("", "muted", name="audit.review.about", wrap=True)
        self.evidence = LineList(name="audit.evidence", spoken=_("The entries it stands on"))
        self.notice = Notice(name="audit.review.notice", tone="danger")
        self.finding = Choice(
            [(k, _(w)) for k, w in FINDINGS.items()], name="audit.finding", spoken=_("Finding")
        )
        self.finding.chosen.connect(lambda key: self.loop.send(j.FindingChosen(key)))
        self.note = NoteField(
            _("How you know: whom you asked, what you looked at"), name="audit.note", lines=2
        )
        self.note.textChanged.connect(lambda: self.loop.send(j.NoteTyped(self.note.toPlainText())))
        self.take = SecondaryButton(_("Take it"), name="audit.take", icon="hand")
        self.take.clicked.connect(lambda: self.loop.send(j.TakePressed()))
        self.whom = Choice([], name="audit.whom", spoken=_("Who is to look into it"))
        self.give = SecondaryButton(_("Give it to"), name="audit.give", icon="send")
        self.give.clicked.connect(lambda: self.loop.send(j.Given(self.whom.key())))
        self.watch = QuietButton("", name="audit.watch", icon="eye")
        self.watch.clicked.connect(lambda: self.loop.send(j.WatchPressed()))
        self._offered: tuple[object, ...] = ()
        self.close_it = PrimaryButton(_("Close the review"), name="audit.close", icon="check")
        self.close_it.clicked.connect(lambda: self.loop.send(j.ClosePressed()))
        self.giving = holding(across(self.give, (self.whom, 1)))
        buttons = across(self.take, (self.giving, 1), 12, self.close_it)
        self.judge = holding(down(self.finding, self.note, buttons))
        head = across((self.title, 1), self.watch)
        self.detail = holding(down(head, self.about, (self.evidence, 1), self.notice, self.judge))
        self.choose = EmptyState("list", _("Choose a review"), name="audit.choose")
        card = Card(name="audit.review")
        card.add(self.detail, 1)
        card.add(self.choose, 1)
        return card

    # rendering

    def render_state(self, state: j.State) -> None:
        self.which.choose("closed" if state.closed else "open")
        self.list.show_lines(review_lines(state.reviews))
        self.list.setVisible(bool(state.reviews))
        self.none.setVisible(state.loaded and not state.reviews)
        row = state.selected
        self.detail.setVisible(row is not None)
        self.choose.setVisible(row is None)
        self.notice.say("danger", state.sentence)
        self.finding.choose(state.finding)
        self.note.show_text(state.note)
        if row is None:
            return
        one = row.review
        self.title.setText(rule_word(one.rule))
        self.about.setText(
            _about(row.closed_by, one.note, fmt_moment(one.closed_at) if one.closed_at else "") or _whose(row)
        )
        self.evidence.show_lines(entry_lines(state.evidence))
        self.judge.setVisible(row.open and not row.mine)
        if row.open and row.mine and not state.sentence:
            self.notice.say("info", _("This is about what you did yourself. Somebody else has to review it."))
        self.take.setVisible(one.owner != self._room.clinic.me.user)
        self._render_others(state)
        self.watch.setVisible(row.watched is not None and not row.mine)
        self.watch.setText(_("Watch this chart no longer") if row.watched else _("Watch this chart"))
        for button in (self.take, self.give, self.watch, self.close_it):
            button.setEnabled(not state.busy)

    def _render_others(self, state: j.State) -> None:
        others = tuple(one for one in state.others if one[0] != self._room.clinic.me.user)
        if others != self._offered:
            self._offered = others
            self.whom.show_options(others)
        self.giving.setVisible(bool(others))

    # doing

    def _perform(self, effect: j.Effect) -> None:
        clinic, send = self._room.clinic, self.loop.send
        match effect:
            case j.Load(closed, look):
                self._help.read(
                    clinic.reviews,
                    closed,
                    look,
                    then=lambda rows: send(j.Came(closed, rows)),
                    failed=self._failed,
                )
            case j.LoadEvidence(review):
                self._help.read(
                    clinic.evidence,
                    review,
                    then=lambda rows: send(j.EvidenceCame(review, rows)),
                    failed=self._failed,
                )
            case j.LoadReviewers():
                self._help.read(
                    clinic.reviewers, then=lambda found: send(j.ReviewersCame(found)), failed=self._failed
                )
            case j.Assign(review, to):
                self._help.write(
                    clinic.assign_review,
                    review,
                    to,
                    then=lambda _done: send(j.Done(review, False)),
                    failed=self._failed,
                )
            case j.Watch(review, patient, on):
                self._help.write(
                    clinic.watch_chart,
                    patient,
                    on,
                    then=lambda _done: send(j.Done(review, False)),
                    failed=self._failed,
                )
            case j.Close(review, finding, note):
                self._help.write(
                    clinic.close_review,
                    review,
                    finding,
                    note,
                    then=lambda _done: send(j.Done(review, True)),
                    failed=self._failed,
                )

    def _failed(self, sentence: str) -> None:
        self.loop.send(j.Failed(sentence))


def _about(closed_by: str, note: str, when: str) -> str:
    return f"{note} · {closed_by}, {when}" if when else ""


def _whose(row: Review) -> str:
    """Whom it concerns and whose chart it is."""
    whose = row.person.name.full if row.person else row.device
    owner = _("taken by %(name)s") % {"name": row.owner} if row.owner else ""
    reason = _("reason given: %(reason)s") % {"reason": row.review.reason} if row.review.reason else ""
    return " · ".join(part for part in (row.review.concerns_name, whose, owner, reason) if part)
