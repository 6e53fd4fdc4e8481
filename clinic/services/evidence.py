# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence of a consent, as a file that anybody can check without a store and without a key.

It is about the patient's own statements: what proves that she said no cannot wait for her yes. Making it is audited.
"""

from dataclasses import replace

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import Consent, Patient
from clinic.domain.ids import FOREIGN, FactId, PatientId
from clinic.domain.values import DNI
from clinic.exchange.evidence_file import told, written
from clinic.keys.evidence import Checked, sealed, standing_in, words_hash
from clinic.keys.rights import Action
from clinic.protocol.evidence import ConsentEvidence, EvidenceSeal, FormText
from clinic.services.audits import audit
from clinic.services.consent_forms import form_of
from clinic.services.consents import Purpose, ask, statements_of
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.store.page import Page


@needs(Action.EXPORT)
def consent_evidence(desk: Desk, patient: PatientId, consent: FactId = FactId(""), language: str = "") -> str:
    """The file for one statement of a patient (the newest where none is named), in the patient's language.

    Refused when nobody is logged in, the person is not here, or has made no such statement. Raises Unavailable when a
    version of a form that was signed is not in this installation.
    """
    maker = desk.someone.user
    ask(desk, patient, Purpose.OWN_COPY)
    who, patients, statements = desk.book.read(lambda page: _gathered(page, patient))
    asked = _asked(statements, consent)
    tongue = language or asked.language
    seal = EvidenceSeal(
        made_at=desk.clock.now(), device=desk.device, user=maker, asked=asked.id, patients=patients, name=who.name.full,
        digests=(), trust_head=desk.trust.head, words=b"", birth_date=who.birth_date,
        identifier=next((i.value for i in who.identifiers if i.system == DNI), ""), language=tongue,
    )  # fmt: skip
    draft = ConsentEvidence(
        statements=statements, forms=_forms(statements), trust=desk.trust.statements, seal=b"", device_signature=b"",
        user_signature=b"",
    )  # fmt: skip
    seen = Checked(draft, seal, desk.trust, (), standing_in(draft, seal, desk.trust))
    words = told(seen, tongue)
    audit(desk, "export", patient, entity=f"consent evidence {asked.id}")
    whole = sealed(draft, replace(seal, words=words_hash(words)), desk.device_keys, desk.user_keys)
    return written(words, whole)


def _gathered(page: Page, patient: PatientId) -> tuple[Patient, tuple[PatientId, ...], tuple[Consent, ...]]:
    """The person, the records that make her chart, and what she said, oldest first."""
    chart = page.linked_to(patient) or patient
    who = page.fact(Patient, chart)
    if who is None:
        raise Refusal("This person is not on this computer. Wait for the next exchange, or search by DNI.")
    said = sorted(statements_of(page, chart), key=lambda one: (one.given_at, one.id))
    return who, page.chart_of(chart), tuple(said)


def _asked(statements: tuple[Consent, ...], consent: FactId) -> Consent:
    found = [one for one in statements if one.id == consent or not consent]
    if not found:
        raise Refusal("There is no such consent on this chart. The chart's list of consents names them.")
    return found[-1]


def _forms(statements: tuple[Consent, ...]) -> tuple[FormText, ...]:
    """Each text that was signed under, once."""
    made: dict[bytes, FormText] = {}
    for one in statements:
        if one.device.startswith(FOREIGN) or one.template_hash in made:
            continue
        form = form_of(one)
        if form is None:
            raise Unavailable(
                "The text of the form {form}, version {version}, is not in this installation. Install a Posta that has it.",
                form=one.template,
                version=one.template_version,
            )
        made[one.template_hash] = FormText(
            template=form.id, version=form.version, language=form.language, jurisdiction=form.jurisdiction, text=form.text
        )  # fmt: skip
    return tuple(made.values())
