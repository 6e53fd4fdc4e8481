# SPDX-License-Identifier: GPL-3.0-or-later
"""A sheet of paper for the patient herself, at the kiosk: made of what her card and the end of her visit brought, in her
language. The kiosk can read nothing else of her."""

from datetime import datetime
from enum import StrEnum

from clinic.domain.errors import Refusal
from clinic.exchange.summary_pdf import Summary, summary_pdf
from clinic.keys.rights import Action
from clinic.protocol.letters import VisitOver
from clinic.services.audits import audit
from clinic.services.consents import Purpose, ask
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.intake import Known, Visit


class Paper(StrEnum):
    SUMMARY = "summary"
    MEDICINE = "medicine"
    APPOINTMENT = "appointment"


_WORDS = {
    "es": {
        "summary": "Resumen de la consulta", "medicine": "Tu medicación", "appointment": "Tus próximos turnos",
        "with": "con {who}", "printed": "Impreso en {where}, {day}", "said": "Lo que se habló",
        "foot": "Si empeorás o algo te preocupa, volvé a la posta o llamá. Este papel no reemplaza una consulta.",
        "not a prescription": "Esto no es la receta para la farmacia: pedila firmada en la posta.",
    },
    "en": {
        "summary": "Visit summary", "medicine": "Your medicine", "appointment": "Your next appointments",
        "with": "with {who}", "printed": "Printed at {where}, {day}", "said": "What was said",
        "foot": "If you get worse or are worried, come back to the post or call. This paper does not replace a visit.",
        "not a prescription": "This is not the prescription for a pharmacy: ask for the signed one at the post.",
    },
    "pt": {
        "summary": "Resumo da consulta", "medicine": "Sua medicação", "appointment": "Suas próximas consultas",
        "with": "com {who}", "printed": "Impresso em {where}, {day}", "said": "O que foi dito",
        "foot": "Se você piorar ou algo preocupar, volte ao posto de saúde ou ligue. Este papel não substitui uma consulta.",
        "not a prescription": "Isto não é a receita para a farmácia: peça a assinada no posto.",
    },
}  # fmt: skip


def papers_of(known: Known | None, over: VisitOver | None, now: datetime) -> tuple[Paper, ...]:
    """What there is to print."""
    return tuple(one for one in Paper if known is not None and _sections(one, known, over, now, "en"))


@needs(Action.INTAKE)
def own_paper(
    desk: Desk, visit: Visit, known: Known, paper: Paper, over: VisitOver | None, language: str
) -> bytes:
    """The sheet as a PDF; printing it is an audited act. Refused where there is nothing to print. `known`: what she may see,
    which somebody may have vouched for since she came."""
    tongue = language if language in _WORDS else "en"
    words, now = _WORDS[tongue], desk.clock.now()
    sections = _sections(paper, known, over, now, tongue)
    if not sections:
        raise Refusal("There is nothing to print of this.")
    ask(desk, visit.patient, Purpose.OWN_COPY)
    audit(desk, "print", visit.patient, entity=f"own {paper}")
    said = [known.name.spoken, *(f"{heading}: {'; '.join(lines)}" for heading, lines in sections)]
    signed = words["not a prescription"] if paper is Paper.MEDICINE else over.clinician if over else ""
    return summary_pdf(Summary(
        organization=desk.trust.organization().name, title=words[paper], patient=known.name.spoken,
        details=words["printed"].format(where=desk.device_name, day=_when(now)), sections=sections, signed=signed,
        footer=words["foot"], qr_text="\n".join(said),
    ))  # fmt: skip


def _sections(
    paper: Paper, known: Known, over: VisitOver | None, now: datetime, tongue: str
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    words = _WORDS[tongue]
    if paper is Paper.SUMMARY:
        return _told(over.summary, words["said"]) if over is not None else ()
    if paper is Paper.MEDICINE:
        lines = tuple(dict.fromkeys((*(over.prescriptions if over else ()), *known.prescriptions)))
    else:
        coming = {one.start: one.practitioner_name for one in known.appointments if one.start > now}
        if over is not None and over.next_appointment is not None:
            coming.setdefault(over.next_appointment, "")
        lines = tuple(
            f"{_when(at)} {words['with'].format(who=who)}" if who else _when(at)
            for at, who in sorted(coming.items())
        )
    return ((words[paper], lines),) if lines else ()


def _told(summary: str, said: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The lines "Heading: words" of a summary as sections; a line without a heading above them."""
    pairs = [line.partition(": ") for line in summary.split("\n") if line]
    plain = tuple(line for line, colon, _words in pairs if not colon)
    headed = tuple((heading, (words,)) for heading, colon, words in pairs if colon)
    return (*(((said, plain),) if plain else ()), *headed)


def _when(at: datetime) -> str:
    return f"{at.astimezone():%d/%m/%Y %H:%M}"
