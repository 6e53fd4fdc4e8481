# SPDX-License-Identifier: GPL-3.0-or-later
"""A band on Today: charts of one's team that somebody else opened in an emergency, and when the review is due."""

from __future__ import annotations

from collections.abc import Sequence

from desktop.kit.surfaces import Notice
from desktop.kit.words import _, fmt_date, plural
from desktop.screens.emergency.logic import Review
from desktop.screens.room import Room


class ReviewBand(Notice):
    """Hidden while nothing is due."""

    def __init__(self, room: Room) -> None:
        super().__init__(name="today.reviews")
        self._room, self._help = room, room.helper(self)
        self.acted.connect(lambda: room.ways.elsewhere.emit(""))

    def look(self) -> None:
        """See what is due now."""
        self._help.read(
            self._room.clinic.emergency.reviews, then=self.show_reviews, failed=lambda _sentence: None
        )

    def show_reviews(self, reviews: Sequence[Review]) -> None:
        """The first to be due is named."""
        text, first = told(reviews)
        tone = "danger" if any(one.late for one in reviews) else "warn"
        self.say(tone, text, first, _("Review") if text else "")


def told(reviews: Sequence[Review]) -> tuple[str, str]:
    """(sentence, the most pressing one); ('', '') when nothing is due."""
    if not reviews:
        return "", ""
    text = plural(
        "%(n)d chart was opened in an emergency and waits for its review.",
        "%(n)d charts were opened in an emergency and wait for their review.",
        len(reviews),
    )
    first = reviews[0]
    due = _("by %(date)s") % {"date": fmt_date(first.due)} if first.due else ""
    return text, " · ".join(part for part in (first.name, first.note, due) if part)
