# SPDX-License-Identifier: GPL-3.0-or-later
"""Composition, Communication, DocumentReference: to facts and back."""

from typing import Any

from clinic.domain.facts import Communication, Composition, CompositionStatus, DocumentReference
from clinic.domain.ids import EncounterId, UserId
from clinic.domain.values import LOINC
from clinic.exchange.fhir.context import Incoming, Outgoing, Unmappable
from clinic.exchange.fhir.elements import (
    code_of,
    first,
    listed,
    narrative,
    plain,
    words,
)
from clinic.exchange.fhir.extras import extension, extensions, read_extension, read_extensions
from clinic.exchange.fhir.files import attached, attachment_in
from clinic.exchange.fhir.times import instant, moment
from clinic.exchange.fhir.tree import Json

_SECTIONS = {
    "subjective": ("61150-9", "Subjective"), "objective": ("61149-1", "Objective"),
    "assessment": ("51848-0", "Assessment"), "plan": ("18776-5", "Plan of care note"),
}  # fmt: skip
_BY_CODE = {code: name for name, (code, _) in _SECTIONS.items()} | {
    "10164-2": "subjective", "10154-3": "subjective", "8716-3": "objective", "29545-1": "objective", "11383-7": "assessment",
    "51847-2": "assessment",
}  # fmt: skip
_NOTE = {"coding": [{"system": LOINC, "code": "11488-4", "display": "Consult note"}]}


def composition_in(it: Incoming) -> Composition:
    if it.get("status") == "entered-in-error":
        raise Unmappable("it was entered in error")
    author = first(it.get("author"))
    before: Json = next((r for r in listed(it.get("relatesTo")) if r.get("code") == "appends"), {})
    return Composition(
        id=it.id, patient=it.patient, encounter=EncounterId(it.encounter()),
        status=CompositionStatus(it.get("status") or "final"), author=it.user(author), author_name=it.called(author),
        signed_at=it.when("date"), addendum_to=it.fact(before.get("targetReference"), "Composition"),
        **_sections(it), **read_extensions(it.resource, Composition, "conditions"),
    )  # fmt: skip


def composition_out(fact: Composition, to: Outgoing) -> Json:
    sections = [
        {"title": title, "code": {"coding": [{"system": LOINC, "code": code}]}, "text": narrative(getattr(fact, name))}
        for name, (code, title) in _SECTIONS.items()
        if getattr(fact, name)
    ]  # fmt: skip
    before = to.ref("Composition", fact.addendum_to)
    return {
        "status": fact.status if fact.status in tuple(CompositionStatus) else "final", "type": _NOTE,
        "subject": to.ref("Patient", fact.patient), "encounter": to.ref("Encounter", fact.encounter),
        "date": instant(fact.signed_at), "author": [to.user(fact.author, fact.author_name) or {"display": "-"}],
        "title": "Consult note", "relatesTo": [{"code": "appends", "targetReference": before}] if before else [],
        "section": sections, "extension": extensions(fact, "conditions"),
    }  # fmt: skip


def communication_in(it: Incoming) -> Communication:
    status, sender = it.get("status"), it.get("sender")
    lines, files = [], []
    for number, part in enumerate(listed(it.get("payload"))):
        if isinstance(part.get("contentString"), str):
            lines.append(part["contentString"])
        elif part.get("contentAttachment"):
            files.append(attachment_in(it, part["contentAttachment"], f"payload[{number}]"))
    return Communication(
        id=it.id, patient=it.patient, sent_at=it.when("sent", "received"), sender=_sender(it, sender),
        sender_name=it.called(sender), text="\n".join(lines), attachments=tuple(f for f in files if f is not None),
        encounter=it.encounter(), in_reply_to=it.fact(first(it.get("inResponseTo")), "Communication"),
        retracted=_why(it) if status in ("entered-in-error", "not-done") else "",
    )  # fmt: skip


def communication_out(fact: Communication, to: Outgoing) -> Json:
    reply = to.ref("Communication", fact.in_reply_to)
    payload: list[Json] = [{"contentString": fact.text}] if fact.text else []
    payload += [{"contentAttachment": attached(one, to)} for one in fact.attachments]
    sender = (
        to.ref("Patient", fact.patient, fact.sender_name) if fact.sender == "patient" else _user(fact, to)
    )
    return {
        "inResponseTo": [reply] if reply else [], "status": "entered-in-error" if fact.retracted else "completed",
        "statusReason": {"text": fact.retracted} if fact.retracted else {}, "subject": to.ref("Patient", fact.patient),
        "encounter": to.ref("Encounter", fact.encounter), "sent": instant(fact.sent_at), "sender": sender,
        "payload": payload,
    }  # fmt: skip


def document_in(it: Incoming) -> DocumentReference:
    if it.get("status") == "entered-in-error":
        raise Unmappable("it was entered in error")
    contents = [c.get("attachment") for c in listed(it.get("content"))]
    found = attachment_in(it, contents[0], "content[0].attachment") if contents else None
    if found is None:
        raise Unmappable("its file is not in this Bundle")
    if len(contents) > 1:
        it.remark("content", f"holds {len(contents)} files; the first is shown, all are in the original")
    context = it.get("context") or {}
    author = first(it.get("author"))
    return DocumentReference(
        id=it.id, patient=it.patient, attachment=found, made_at=it.moment("date") or _created(it, contents[0]),
        category=_category(it), encounter=EncounterId(it.fact(first(context.get("encounter")), "Encounter")),
        text=it.get("description") or "", author=it.user(author),
    )  # fmt: skip


def document_out(fact: DocumentReference, to: Outgoing) -> Json:
    visit, author = to.ref("Encounter", fact.encounter), to.user(fact.author)
    return {
        "status": "current", "type": {"text": fact.category} if fact.category else {},
        "subject": to.ref("Patient", fact.patient), "date": instant(fact.made_at), "author": [author] if author else [],
        "description": fact.text, "content": [{"attachment": attached(fact.attachment, to)}],
        "context": {"encounter": [visit]} if visit else {}, "extension": extension("category", fact.category),
    }  # fmt: skip


def _sections(it: Incoming) -> Json:
    """Subjective, objective, assessment, plan by their LOINC codes or titles; every other section under objective."""
    told: dict[str, list[str]] = {name: [] for name in _SECTIONS}
    for title, code, text in _flat(it.get("section"), 0):
        name = _BY_CODE.get(code) or (title.lower() if title.lower() in told else "")
        if text:
            told[name or "objective"].append(text if name or not title else f"{title}\n{text}")
    return {name: "\n\n".join(parts) for name, parts in told.items()}


def _flat(sections: Any, level: int) -> list[tuple[str, str, str]]:
    """(title, code, text) of every section, those inside others after them."""
    found = []
    for section in listed(sections):
        code = first((section.get("code") or {}).get("coding")).get("code", "")
        found.append((section.get("title") or words(section.get("code")), code, plain(section.get("text"))))
        found += _flat(section.get("section"), level + 1)
    return found


def _sender(it: Incoming, sender: Any) -> str:
    found = it.target(sender)
    return "patient" if found is not None and found.type == "Patient" else it.user(sender)


def _user(fact: Communication, to: Outgoing) -> Json:
    return to.user(UserId(fact.sender), fact.sender_name)


def _why(it: Incoming) -> str:
    return words(it.get("statusReason")) or str(it.get("status"))


def _category(it: Incoming) -> str:
    said = words(it.get("type")) or words(first(it.get("category"))) or code_of(it.get("type"))
    return read_extension(it.resource, "category") or said or "document"


def _created(it: Incoming, content: Any) -> Any:
    return moment((content or {}).get("creation")) or it.undated_at
