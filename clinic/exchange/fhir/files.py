# SPDX-License-Identifier: GPL-3.0-or-later
"""Files inside resources: an Attachment of FHIR and ours, whose bytes lie sealed beside the record."""

from base64 import b64decode, b64encode
from binascii import Error
from typing import Any

from clinic.domain.values import Attachment
from clinic.exchange.fhir.context import Incoming, Outgoing
from clinic.exchange.fhir.elements import filled, listed
from clinic.exchange.fhir.times import instant
from clinic.exchange.fhir.tree import Json


def attachment_in(it: Incoming, said: Any, element: str) -> Attachment | None:
    """The file of an Attachment: in its data, or in a Binary of the same Bundle. None, with a remark, if it is elsewhere."""
    if not isinstance(said, dict):
        return None
    kind, data = said.get("contentType"), said.get("data")
    if data is None and isinstance(said.get("url"), str):
        found = it.find(said["url"])
        if found is not None and found.type == "Binary":
            data, kind = found.resource.get("data"), kind or found.resource.get("contentType")
    if not isinstance(data, str):
        it.remark(element, f"the file is not in this Bundle: {str(said.get('url') or 'no address')[:200]}")
        return None
    try:
        raw = b64decode("".join(data.split()), validate=True)
    except (Error, ValueError):
        it.remark(element, "the file cannot be read: its base64 is damaged")
        return None
    return it.keep_file(raw, str(kind or "application/octet-stream"), str(said.get("title") or ""))


def attachments_in(it: Incoming, element: str) -> tuple[Attachment, ...]:
    found = (attachment_in(it, said, f"{element}[{n}]") for n, said in enumerate(listed(it.get(element))))
    return tuple(one for one in found if one is not None)


def attached(attachment: Attachment, to: Outgoing, made_at: Any = None) -> Json:
    """An Attachment with its bytes; with its name and size alone while they have not arrived here."""
    data = to.open_file(attachment)
    return filled({
        "contentType": attachment.content_type or "application/octet-stream",
        "data": None if data is None else b64encode(data).decode(), "size": attachment.size, "title": attachment.title,
        "creation": made_at and instant(made_at),
    })  # fmt: skip
