# SPDX-License-Identifier: GPL-3.0-or-later
"""An encounter played again from its ops and the audit: who did what, when, where, by whose clock."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from clinic.domain.errors import Refusal
from clinic.domain.facts import (
    AuditEvent,
    Composition,
    Consent,
    DetectedIssue,
    Encounter,
    Fact,
    IssueStatus,
    MedicationRequest,
    NoteSection,
    Receipt,
    RequestStatus,
)
from clinic.domain.ids import EncounterId, PatientId
from clinic.domain.questionnaires import of_no_chart
from clinic.domain.record import Record
from clinic.keys.rights import Action
from clinic.protocol.op import Op
from clinic.services.audits import audit
from clinic.services.consents import Purpose, ask
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.timeline import kind_name, retracted, titled
from clinic.store.moments import ops_of_encounter, shown_ops
from clinic.store.page import Page
from clinic.sync.replay import Scene, Step, Trust, scene_at, steps


@dataclass(frozen=True, slots=True)
class Played:
    """One step in words. `verb`: a key of VERBS; `what`: in the words it was written in."""

    step: Step
    kind: str
    verb: str
    what: str
    author: str
    device: str


@dataclass(frozen=True, slots=True)
class Replay:
    """`moments` in order; `scene(n)`: the record after the first n of them."""

    encounter: EncounterId
    patient: PatientId
    moments: tuple[Played, ...]

    def scene(self, n: int) -> Scene:
        return scene_at(tuple(moment.step for moment in self.moments), n)


VERBS = {
    "es": {
        "opened": "abrió la historia", "looked": "registro de acceso", "typed": "escribió", "signed": "firmó",
        "added": "agregó a la nota",
        "prescribed": "recetó", "stopped": "suspendió", "consented": "consentimiento", "read": "leyó", "alerted": "alerta",
        "answered": "respondió la alerta", "taken": "cambió quién tiene la alerta",
        "retracted": "retiró", "corrected": "corrigió", "wrote": "registró",
        "patient": "paciente o quiosco", "behind": "reloj atrasado", "ahead": "reloj adelantado",
        "title": "Consulta, paso a paso",
    },
    "en": {
        "opened": "opened the chart", "looked": "access entry", "typed": "typed", "signed": "signed",
        "added": "added to the note",
        "prescribed": "prescribed", "stopped": "stopped", "consented": "consent", "read": "read", "alerted": "alert",
        "answered": "answered the alert", "taken": "changed who has the alert",
        "retracted": "took back", "corrected": "corrected", "wrote": "recorded",
        "patient": "patient or kiosk", "behind": "slow clock", "ahead": "fast clock", "title": "The visit, step by step",
    },
    "pt": {
        "opened": "abriu o prontuário", "looked": "registro de acesso", "typed": "escreveu", "signed": "assinou",
        "added": "fez um adendo", "prescribed": "prescreveu", "stopped": "suspendeu", "consented": "consentimento",
        "read": "leu",
        "alerted": "alerta", "answered": "respondeu ao alerta", "taken": "mudou quem tem o alerta",
        "retracted": "retirou", "corrected": "corrigiu",
        "wrote": "registrou",
        "patient": "paciente ou totem", "behind": "relógio atrasado", "ahead": "relógio adiantado",
        "title": "A consulta, passo a passo",
    },
}  # fmt: skip


@needs(Action.OPEN_CHART)
def replay(desk: Desk, encounter: EncounterId) -> Replay:
    """Everything that was done in an encounter; looking at it is an audited act. Refused for one that is not here."""
    found = desk.book.read(lambda page: _replay(desk, page, encounter))
    audit(desk, "open", found.patient, entity=encounter)
    return found


@needs(Action.OPEN_CHART)
def replay_text(desk: Desk, encounter: EncounterId, language: str = "es") -> str:
    """The same as lines of text, to file or hand over; exporting is an audited act.

    Refused for a visit that is not here, or without the person's consent to sharing.
    """
    found = desk.book.read(lambda page: _replay(desk, page, encounter))
    ask(desk, found.patient, Purpose.EXPORT)
    audit(desk, "export", found.patient, entity=encounter)
    words = VERBS.get(language, VERBS["en"])
    head = f"{words['title']} · {encounter} · {len(found.moments)}"
    return "\n".join([head, *(_line(one, words) for one in found.moments)]) + "\n"


def _replay(desk: Desk, page: Page, encounter: EncounterId) -> Replay:
    visit = page.fact(Encounter, encounter)
    if visit is None:
        raise Refusal("This visit is not on this computer. Wait for the next exchange.")
    ops = [op for op in ops_of_encounter(page, encounter) if not of_no_chart(op.fact)]
    ops += _beside(page, visit, {op.fact.id for op in ops if isinstance(op.fact, Fact)})
    played = steps(ops, desk.clock.now())
    return Replay(encounter, visit.patient, tuple(_played(desk, step) for step in played))


def _beside(page: Page, visit: Encounter, written: set[str]) -> Iterator[Op]:
    """What belongs to the visit without naming it: who opened the chart meanwhile, who read what was written in it."""
    chart = page.chart_of(page.linked_to(visit.patient) or visit.patient)
    for patient in {*chart, visit.patient}:
        for op in shown_ops(page, patient, (AuditEvent, Receipt)):
            if (isinstance(op.fact, AuditEvent) and _within(op.fact.recorded_at, op.fact.entity, visit)) or (
                isinstance(op.fact, Receipt) and written & set(op.fact.opened)
            ):
                yield op


def _within(at: datetime, entity: str, visit: Encounter) -> bool:
    if entity:
        return entity == visit.id
    return at >= visit.arrived_at and (visit.finished_at is None or at <= visit.finished_at)


def _played(desk: Desk, step: Step) -> Played:
    op, device = step.op, desk.trust.device(step.device)
    verb = _verb(op)
    author = desk.trust.name_of(op.author) if op.author else ""
    return Played(
        step, kind_name(op.fact), verb, _what(op.fact), author, device.name if device else step.device
    )


def _verb(op: Op) -> str:
    fact = op.fact
    if retracted(fact) and op.replaces:
        return "stopped" if isinstance(fact, MedicationRequest) else "retracted"
    match fact:
        case NoteSection():
            return "typed"
        case AuditEvent():
            return "opened" if fact.action == "open" else "looked"
        case Composition():
            return "added" if fact.addendum_to else "signed"
        case MedicationRequest():
            return "prescribed" if fact.status == RequestStatus.ACTIVE else "stopped"
        case Consent():
            return "consented"
        case Receipt():
            return "read"
        case DetectedIssue():
            return "answered" if fact.status == IssueStatus.FINAL else "taken" if op.replaces else "alerted"
    return "corrected" if op.replaces and not isinstance(fact, Encounter) else "wrote"


def _what(fact: Record) -> str:
    match fact:
        case Encounter():
            return " · ".join(part for part in (str(fact.status), *titled(fact)) if part)
        case Consent():
            return ", ".join(f"{item.scope}: {item.decision}" for item in fact.items)
        case AuditEvent():
            return f"{fact.action}, {fact.agent}"
        case NoteSection():
            return f"{fact.section}: {fact.text}"
        case DetectedIssue():
            return " · ".join(part for part in (fact.text, fact.mitigation) if part)
    return " · ".join(part for part in titled(fact) if part)


def _line(one: Played, words: dict[str, str]) -> str:
    clock = f" [{words[one.step.trust]}]" if one.step.trust != Trust.FITS else ""
    who = one.author or words["patient"]
    said = f"{words[one.verb]} · {one.kind}: {_one_line(one.what)}"
    return f"{one.step.at:%Y-%m-%d %H:%M:%S}Z{clock} · {who} · {one.device} · {said}"


def _one_line(text: str) -> str:
    return " ⏎ ".join(text.splitlines())


def moments_of(found: Replay, kinds: Iterable[str]) -> tuple[int, ...]:
    """Positions of the moments of some kinds: where a scrubber has its marks."""
    wanted = frozenset(kinds)
    return tuple(n for n, one in enumerate(found.moments, 1) if one.kind in wanted)
