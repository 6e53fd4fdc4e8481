# SPDX-License-Identifier: GPL-3.0-or-later
"""Bands on Today: charts of one's team that somebody else opened in an emergency, and when the review is due; for who
judges, every break-glass of the organisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from desktop.kit.surfaces import Notice
from desktop.kit.words import _, fmt_date, fmt_moment, plural
from desktop.screens.emergency.logic import Review
from desktop.screens.room import Room

if TYPE_CHECKING:
    from clinic.services.reviews import Review as Word


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


class GlassBand(Notice):
    """For who judges reviews: hidden while nothing waits. What comes while another page shows is said there, too."""

    def __init__(self, room: Room) -> None:
        super().__init__(name="today.glass")
        self._room, self._help = room, room.helper(self)
        self._known: frozenset[str] | None = None
        self.acted.connect(lambda: room.ways.judging.emit())
        self.look()

    def look(self) -> None:
        """See what there is now."""
        self._help.read(self._room.clinic.broken_glass, then=self.show_words, failed=lambda _sentence: None)

    def show_words(self, words: Sequence[Word]) -> None:
        """The newest is named."""
        now = frozenset(one.review.id for one in words)
        new, self._known = now - (self._known if self._known is not None else now), now
        text, first = broken(words)
        self.say("danger", text, first, _("Review") if text else "")
        if new and not self.isVisible():
            self._room.ways.said.emit("warn", f"{text} {first}")


def broken(words: Sequence[Word]) -> tuple[str, str]:
    """(sentence, the newest one); ('', '') when nothing waits."""
    if not words:
        return "", ""
    text = plural(
        "%(n)d emergency opening waits for your review.",
        "%(n)d emergency openings wait for your review.",
        len(words),
    )
    first = words[0]
    whose = first.person.name.full if first.person else ""
    parts = (first.review.concerns_name, whose, fmt_moment(first.review.identified_at), first.review.reason)
    return text, " · ".join(part for part in parts if part)


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
