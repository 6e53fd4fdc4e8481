# SPDX-License-Identifier: GPL-3.0-or-later
"""Consent, AuditEvent, Provenance: to facts and back. What comes in was said elsewhere and is marked so."""

from typing import Any

from clinic.domain.facts import AuditEvent, Consent, ConsentItem, Decision, Provenance
from clinic.domain.ids import DeviceId
from clinic.exchange.fhir.context import FOREIGN, Incoming, Outgoing, Unmappable
from clinic.exchange.fhir.elements import code_of, filled, first, listed, words
from clinic.exchange.fhir.extras import extension, read_extension, read_extensions
from clinic.exchange.fhir.findings import TERMS
from clinic.exchange.fhir.times import instant
from clinic.exchange.fhir.tree import Json

SCOPE = "urn:posta:consent-scope"
ACTION = "urn:posta:audit-action"
_CONSENT_EXTRAS = (
    "template", "template_version", "template_hash", "language", "jurisdiction", "how", "read_aloud_seconds",
)  # fmt: skip
_READS = ("open", "read", "search", "print", "export")
_OUTCOMES = {"0": "success", "4": "minor failure", "8": "serious failure", "12": "major failure"}
_CODES = {word: code for code, word in _OUTCOMES.items()}


def consent_in(it: Incoming) -> Consent:
    if it.get("status") != "active":
        raise Unmappable(f"its status is {it.get('status')}")
    items = _decisions(it.get("provision"), code_of(it.get("scope")))
    if not items:
        raise Unmappable("it does not say what is permitted or denied")
    policy = first(it.get("policy")).get("uri") or words(it.get("policyRule"))
    told: Json = {
        "template": policy,
        "template_version": 0,
        "template_hash": b"",
        "language": it.get("language") or "",
    }
    told |= {"jurisdiction": "", "how": "imported"} | read_extensions(it.resource, Consent, *_CONSENT_EXTRAS)
    before = it.fact(it.get("sourceReference"), "Consent")
    return Consent(**{
        "id": it.id, "patient": it.patient, "items": items, "given_at": it.when("dateTime"), "previous": before,
        "device": _foreign(read_extension(it.resource, "device")), **told,
    })  # fmt: skip


def consent_out(fact: Consent, to: Outgoing) -> Json:
    before = to.ref("Consent", fact.previous)
    provisions = [
        {"type": str(item.decision), "purpose": [{"system": SCOPE, "code": item.scope}]}
        for item in fact.items
    ]
    return {
        "status": "active", "scope": {"coding": [{"system": TERMS + "consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": to.ref("Patient", fact.patient), "dateTime": instant(fact.given_at),
        "policyRule": {"text": fact.template or "-"}, "sourceReference": before,
        "provision": filled({"provision": provisions, "period": _validity(fact)}) if provisions else {},
        "extension": _said(fact) + extension("device", fact.device),
    }  # fmt: skip


def _validity(fact: Consent) -> Json:
    """From when until when it counts, where it says so."""
    ends = {"start": fact.valid_from, "end": fact.valid_until}
    return {name: instant(moment) for name, moment in ends.items() if moment is not None}


def _said(fact: Consent) -> list[Json]:
    """The fields of ours that say something, those that say the usual too."""
    told = [(name, getattr(fact, name)) for name in _CONSENT_EXTRAS]
    return [one for name, value in told if value for one in extension(name, value)]


def audit_in(it: Incoming) -> AuditEvent:
    agent, source = first(it.get("agent")), it.get("source") or {}
    who = agent.get("name") or it.called(agent.get("who")) or agent.get("altId") or ""
    observer = source.get("observer") or {}
    entity = [e.get("name") or e.get("description") or "" for e in listed(it.get("entity"))]
    return AuditEvent(
        id=it.id, patient=it.patient, action=_action(it), recorded_at=it.when("recorded"), agent=who,
        device=_foreign((observer.get("identifier") or {}).get("value") or observer.get("display") or ""),
        outcome=read_extension(it.resource, "outcome") or _OUTCOMES.get(it.get("outcome") or "0", str(it.get("outcome"))),
        entity="; ".join(e for e in entity if e),
    )  # fmt: skip


def audit_out(fact: AuditEvent, to: Outgoing) -> Json:
    whom = to.ref("Patient", fact.patient)
    entities = ([{"what": whom}] if whom else []) + ([{"name": fact.entity}] if fact.entity else [])
    return {
        "type": {"system": TERMS + "audit-event-type", "code": "rest"},
        "subtype": [{"system": ACTION, "code": fact.action or "-"}], "action": "R" if fact.action in _READS else "E",
        "recorded": instant(fact.recorded_at), "outcome": _CODES.get(fact.outcome, "4"),
        "agent": [filled({"name": fact.agent, "requestor": True})],
        "source": {"observer": {"identifier": {"value": fact.device or "-"}}}, "entity": entities,
        "extension": extension("outcome", fact.outcome) if fact.outcome not in _CODES else [],
    }  # fmt: skip


def provenance_in(it: Incoming) -> Provenance:
    source = first(it.get("entity")).get("what") or {}
    return Provenance(
        id=it.id, patient=it.patient, targets=tuple(f for f in map(it.fact, listed(it.get("target"))) if f),
        recorded_at=it.when("recorded"), agent=it.called(first(it.get("agent")).get("who")),
        activity=words(it.get("activity")), source=source.get("display") or source.get("reference") or "",
        digest=(source.get("identifier") or {}).get("value", ""),
    )  # fmt: skip


def provenance_out(fact: Provenance, to: Outgoing) -> Json:
    targets = [r for r in map(to.anyone, fact.targets) if r] or [
        to.ref("Patient", fact.patient) or {"display": "-"}
    ]
    source = filled({
        "identifier": {"system": "urn:posta:sha256", "value": fact.digest} if fact.digest else {}, "display": fact.source,
    })  # fmt: skip
    return {
        "target": targets, "recorded": instant(fact.recorded_at), "activity": {"text": fact.activity} if fact.activity else {},
        "agent": [{"who": {"display": fact.agent or "-"}}], "entity": [{"role": "source", "what": source}] if source else [],
    }  # fmt: skip


def _decisions(provision: Any, scope: str) -> tuple[ConsentItem, ...]:
    """One item for each provision that decides; its purpose or code names what, else the scope of the whole."""
    found = []
    for said in [provision, *listed((provision or {}).get("provision"))]:
        decision = (said or {}).get("type")
        if decision not in ("permit", "deny"):
            continue
        names = [p.get("code") for p in listed(said.get("purpose"))] + [
            code_of(c) for c in listed(said.get("code"))
        ]
        names = [name for name in names if name] or [scope]
        found += [ConsentItem(scope=name, decision=Decision(decision)) for name in names]
    return tuple(found)


def _foreign(device: str) -> DeviceId:
    return DeviceId(device if device.startswith(FOREIGN) else FOREIGN + device)


def _action(it: Incoming) -> str:
    subtype = first(it.get("subtype"))
    if subtype.get("system") == ACTION:
        return str(subtype.get("code"))
    verb = {"C": "create", "R": "read", "U": "update", "D": "delete", "E": "execute"}.get(
        it.get("action") or "", ""
    )
    return " ".join(part for part in (verb, subtype.get("display") or subtype.get("code")) if part) or "event"
