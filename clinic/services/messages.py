# SPDX-License-Identifier: GPL-3.0-or-later
"""Chat in the record, photos and other documents, their bytes sealed apart from the facts that name them."""

import io

from PIL import Image, UnidentifiedImageError

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import Communication, DocumentReference
from clinic.domain.facts.notes import RECORDED
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.values import Attachment
from clinic.keys.attachments import seal_bytes, unseal_bytes
from clinic.keys.rights import Action
from clinic.protocol.envelope import P1_TALK
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.store.rows import Changes

MAX_PHOTO = 200_000
"""Bytes of a photo after shrinking."""
MAX_THUMBNAIL = 6_000
MAX_PAPER = 10_000_000
"""Bytes of a PDF."""
PDF = "application/pdf"
READ = "read"
"""The action of an audit entry about a document that was opened."""
_LONG_SIDE = 1280
_SYNC = Changes(frozenset({"Sync"}))


@needs(Action.CHAT)
def send_message(
    desk: Desk, patient: PatientId, text: str, encounter: EncounterId | None = None,
    attachments: tuple[Attachment, ...] = (), window: PatientId = PatientId(""),
) -> Communication:  # fmt: skip
    """A chat message on a patient's chart. Refused when there is nothing in it."""
    if not text.strip() and not attachments:
        raise Refusal("The message is empty.")
    message = Communication(
        id=FactId(desk.new_id()), patient=patient, sent_at=desk.clock.now(),
        sender=desk.person.user if desk.person else "patient",
        sender_name=desk.name_here, text=text, attachments=attachments, encounter=encounter or EncounterId(""),
    )  # fmt: skip
    desk.write(message, window=window or patient, priority=P1_TALK)
    return message


@needs(Action.CHAT)
def add_photo(
    desk: Desk, patient: PatientId, jpeg: bytes, title: str, encounter: EncounterId | None = None
) -> DocumentReference:
    """Put a photo on a chart: shrunk to 200 kB, sealed under a key of its own, a thumbnail inside the fact."""
    photo, thumbnail = shrink(jpeg)
    attachment = keep_bytes(desk, photo, "image/jpeg", title, thumbnail)
    document = DocumentReference(
        id=FactId(desk.new_id()), patient=patient, attachment=attachment, made_at=desk.clock.now(),
        encounter=encounter or EncounterId(""),
    )  # fmt: skip
    desk.write(document, window=patient)
    return document


@needs(Action.CHAT)
def add_file(desk: Desk, patient: PatientId, data: bytes, title: str) -> Attachment:
    """Put a photo or a PDF on a chart, to go with a message. Refused if it is neither, or a PDF of more than 10 MB."""
    if not data.startswith(b"%PDF-"):
        return add_photo(desk, patient, data, title[:200]).attachment
    if len(data) > MAX_PAPER:
        raise Refusal("This document is too large for a message. Choose one of at most 10 MB.")
    attachment = keep_bytes(desk, data, PDF, title[:200])
    document = DocumentReference(
        id=FactId(desk.new_id()), patient=patient, attachment=attachment, made_at=desk.clock.now(), category="document"
    )  # fmt: skip
    desk.write(document, window=patient)
    return attachment


def keep_bytes(desk: Desk, data: bytes, content_type: str, title: str, thumbnail: bytes = b"") -> Attachment:
    """Seal bytes into the store, to leave with the next exchange."""
    sealed = seal_bytes(data, desk.random)
    desk.book.keep(lambda page: page.put_attachment(sealed.id, "waiting", sealed.ciphertext), _SYNC)
    return Attachment(
        id=sealed.id,
        key=sealed.key,
        content_type=content_type,
        size=len(data),
        title=title,
        thumbnail=thumbnail,
    )


@needs(Action.OPEN_CHART)
def open_document(desk: Desk, patient: PatientId, attachment: Attachment) -> bytes:
    """What a person opens to look at, after the entry that says so is durable: one an opening. Raises Unavailable, without
    an entry, while it has not arrived: nobody saw it."""
    data = picture(desk, attachment)
    audit(desk, READ, patient, entity=f"document {attachment.id}")
    return data


def picture(desk: Desk, attachment: Attachment) -> bytes:
    """The plaintext of an attachment, for the program's own work: whoever shows it to somebody opens it
    (`open_document`). Raises Unavailable while it has not arrived: show the thumbnail."""
    if attachment.content_type == RECORDED:
        raise Unavailable("This recording lies on the computer where it was made. Play it there.")
    ciphertext = desk.book.read(lambda page: page.attachment(attachment.id))
    if ciphertext is None:
        desk.book.keep(lambda page: page.put_attachment(attachment.id, "wanted", None), _SYNC)
        raise Unavailable("The full picture has not arrived yet. It comes with the next exchange.")
    return unseal_bytes(ciphertext, attachment.key, attachment.id)


def shrink(image: bytes) -> tuple[bytes, bytes]:
    """(photo of at most 200 kB, thumbnail of at most 6 kB), both JPEG. Refused if it is no picture."""
    try:
        with Image.open(io.BytesIO(image)) as opened:
            opened.draft("RGB", (2 * _LONG_SIDE, 2 * _LONG_SIDE))
            picture = opened.convert("RGB")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise Refusal("This file is not a picture we can read. Take the photo again.") from error
    return _jpeg(picture, _LONG_SIDE, MAX_PHOTO), _jpeg(picture, 160, MAX_THUMBNAIL)


def _jpeg(picture: Image.Image, side: int, limit: int) -> bytes:
    """The best that fits into `limit` bytes: first less quality, then a smaller picture."""
    small = picture.copy()
    small.thumbnail((side, side))
    for quality in (85, 75, 60, 45, 30, 15):
        out = io.BytesIO()
        small.save(out, "JPEG", quality=quality)
        if out.tell() <= limit:
            return out.getvalue()
    return _jpeg(picture, side // 2, limit)
