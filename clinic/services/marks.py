# SPDX-License-Identifier: GPL-3.0-or-later
"""What people put over the pages of a document: each mark a fact of its own, beside the bytes, which never change.

Everybody of the team sees everybody's; one rubs out only one's own (decision 57).
"""

from dataclasses import replace

from clinic.domain.errors import Refusal
from clinic.domain.facts import DocumentMark, MarkKind
from clinic.domain.ids import FactId, PatientId
from clinic.domain.values import Attachment
from clinic.keys.rights import Action
from clinic.services.charted import fact_of
from clinic.services.desks import Desk, Written
from clinic.services.gate import needs
from clinic.services.sharing import documents_of

MOST_PLACES = 2000
"""Of one stroke: 8 kB."""
LONGEST = 500
"""Letters of a note."""
MOST_MARKS = 500
"""Of one person on one document."""
STANDS, RUBBED_OUT = "active", "entered-in-error"
_PLACES = {MarkKind.PEN: range(1, MOST_PLACES + 1), MarkKind.ARROW: range(2, 3), MarkKind.NOTE: range(1, 2)}


@needs(Action.OPEN_CHART)
def marks(desk: Desk, patient: PatientId, attachment: Attachment) -> tuple[DocumentMark, ...]:
    """What stands on a document, the earliest first. That it was opened is written down by whoever opens it."""
    held = desk.book.read(lambda page: page.facts(DocumentMark, patient))
    return tuple(one for one in held if one.attachment == attachment.id and one.status == STANDS)


@needs(Action.WRITE_NOTE)
def put_mark(
    desk: Desk, window: PatientId, attachment: Attachment, page: int, kind: MarkKind, points: bytes, ink: str,
    text: str = "",
) -> DocumentMark:  # fmt: skip
    """Over that page, from 0; `points` of clinic.domain.strokes. Undone by `rub_out`. Refused for a document of another
    chart, for a note without words, and beyond MOST_MARKS."""
    if attachment.id not in documents_of(desk, window):
        raise Refusal("This document is not on the chart in this window. Nothing was drawn.")
    if page < 0 or len(points) % 4 or len(points) // 4 not in _PLACES.get(kind, ()):
        raise Refusal("This mark is too long. Lift the pen and go on with another one.")
    if (kind == MarkKind.NOTE) is not bool(text.strip()) or len(text) > LONGEST:
        raise Refusal("Write a note of at most {most} letters.", most=LONGEST)
    me = desk.someone
    if sum(one.author == me.user for one in marks(desk, window, attachment)) >= MOST_MARKS:
        raise Refusal(
            "There are {most} marks of yours on this document. Rub some out first.", most=MOST_MARKS
        )
    made = DocumentMark(
        id=FactId(desk.new_id()), patient=window, attachment=attachment.id, page=page, kind=kind, points=points,
        author=me.user, author_name=me.name, drawn_at=desk.clock.now(), ink=ink, text=text.strip(),
    )  # fmt: skip
    desk.write(made, window=window)
    return made


@needs(Action.WRITE_NOTE)
def rub_out(desk: Desk, mark: FactId, window: PatientId) -> Written:
    """It is kept, and not shown any more. Undone by `put_back`."""
    return desk.write(replace(_own(desk, mark, window), status=RUBBED_OUT), window=window)


@needs(Action.WRITE_NOTE)
def put_back(desk: Desk, mark: FactId, window: PatientId) -> Written:
    """Undo `rub_out`."""
    return desk.write(replace(_own(desk, mark, window), status=STANDS), window=window)


def _own(desk: Desk, mark: FactId, window: PatientId) -> DocumentMark:
    found = fact_of(desk, DocumentMark, mark, window)
    if found.author != desk.someone.user:
        raise Refusal("Only whoever drew it rubs it out. You can hide the marks of a colleague.")
    return found
