# SPDX-License-Identifier: GPL-3.0-or-later
"""What was written, said and shown."""

from datetime import datetime

from clinic.domain.facts.fact import Fact
from clinic.domain.ids import EncounterId, FactId, UserId
from clinic.domain.record import Word, n, record
from clinic.domain.values import Attachment, Coding

SOUND = "audio/ogg"
"""Content type of a voice note: Opus in Ogg (RFC 7845)."""
RECORDED = "video/x-matroska"
"""Content type of a recording of a call. Its bytes stay on the computer that made it."""


class Section(Word):
    """The four parts of a SOAP note."""

    SUBJECTIVE = "subjective"
    OBJECTIVE = "objective"
    ASSESSMENT = "assessment"
    PLAN = "plan"


@record(7)
class NoteSection(Fact):
    """The draft text of one section: a fact of its own, so that edits of different sections never meet."""

    encounter: EncounterId = n(3)
    section: Section = n(4)
    text: str = n(5)
    written_at: datetime = n(6)


class CompositionStatus(Word):
    PRELIMINARY = "preliminary"
    FINAL = "final"
    AMENDED = "amended"


@record(8)
class Composition(Fact):
    """A signed note: immutable; `addendum_to` names the note it adds to."""

    encounter: EncounterId = n(3)
    status: CompositionStatus = n(4)
    subjective: str = n(5, default="")
    objective: str = n(6, default="")
    assessment: str = n(7, default="")
    plan: str = n(8, default="")
    conditions: tuple[Coding, ...] = n(9, default=())
    author: UserId = n(10)
    author_name: str = n(11, default="")
    signed_at: datetime = n(12)
    addendum_to: FactId = n(13, default=FactId(""))
    user_signature: bytes = n(14, default=b"")
    """Ed25519 of the author over the fact without this field."""


@record(9)
class Communication(Fact):
    """A chat message."""

    sent_at: datetime = n(3)
    sender: str = n(4)
    """A user id, or 'patient'."""
    sender_name: str = n(5, default="")
    text: str = n(6, default="")
    attachments: tuple[Attachment, ...] = n(7, default=())
    encounter: EncounterId = n(8, default=EncounterId(""))
    in_reply_to: FactId = n(9, default=FactId(""))
    retracted: str = n(10, default="")
    """Why it no longer counts; '' while it does."""

    @property
    def spoken(self) -> bool:
        """True for a voice note: that it was shown does not mean that it was heard."""
        return any(one.content_type == SOUND for one in self.attachments)


@record(10)
class DocumentReference(Fact):
    """A photo, a PDF, a recording: what it is and where its ciphertext lies."""

    attachment: Attachment = n(3)
    made_at: datetime = n(4)
    category: str = n(5, default="photo")
    encounter: EncounterId = n(6, default=EncounterId(""))
    text: str = n(7, default="")
    """The words in it, for search; '' where nobody has read them out."""
    author: UserId = n(8, default=UserId(""))


@record(625)
class NoteTemplate(Fact):
    """Words of a clinician for notes to come. It speaks of nobody: what a chart knows is put in where it is used."""

    code: str = n(3)
    """What is typed after a dot to have it."""
    title: str = n(4)
    author: UserId = n(5)
    written_at: datetime = n(6)
    text: str = n(7, default="")
    """Goes where the cursor stands; a template of whole sections has the other four instead."""
    subjective: str = n(8, default="")
    objective: str = n(9, default="")
    assessment: str = n(10, default="")
    plan: str = n(11, default="")
    shared: bool = n(12, default=False)
    """The whole team has it; else its author alone is shown it."""
    status: str = n(13, default="active")
    """active, retired."""


class MarkKind(Word):
    """What somebody put on a page."""

    PEN = "pen"
    ARROW = "arrow"
    NOTE = "note"


@record(660)
class DocumentMark(Fact):
    """A stroke, an arrow or a note that somebody put over one page of a document, whose bytes stay as they are.

    One fact a mark: those of several people, or of two computers, meet as a set (clinic.sync.merge).
    """

    attachment: str = n(3)
    """Id of the bytes it lies on."""
    page: int = n(4)
    """From 0."""
    kind: MarkKind = n(5)
    points: bytes = n(6)
    """Places on the page as it was filed, not as it was turned to be looked at (clinic.domain.strokes). An arrow's second
    is its point; a note has one."""
    author: UserId = n(7)
    drawn_at: datetime = n(8)
    author_name: str = n(9, default="")
    ink: str = n(10, default="red")
    """red, blue, green; an ink that is not known is drawn as red."""
    text: str = n(11, default="")
    status: str = n(12, default="active")
    """active, or entered-in-error: rubbed out, and kept."""
