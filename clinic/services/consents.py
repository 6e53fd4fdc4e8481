# SPDX-License-Identifier: GPL-3.0-or-later
"""Consent: what a patient permits, taking it and taking it back, and the one gate that is asked before a call, a recording,
sharing, a print, an export.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from clinic.domain.errors import Refusal
from clinic.domain.facts import Cited, Consent, ConsentItem, Decision
from clinic.domain.ids import EncounterId, FactId, PatientId, UserId
from clinic.domain.values import Stroke
from clinic.keys.consenting import SCOPES as SCOPES
from clinic.keys.consenting import permit_of, standing_decision, standing_of, to_cite
from clinic.keys.consents import sign_consent, template_hash
from clinic.keys.evidence import believed
from clinic.keys.rights import Action
from clinic.protocol.envelope import P1_TALK
from clinic.services.audits import audit
from clinic.services.capsules import send_capsule
from clinic.services.consent_forms import SPOKEN, WITHDRAWAL, form_of, load_template
from clinic.services.consent_forms import Template as Template
from clinic.services.consent_forms import TemplateItem as TemplateItem
from clinic.services.consent_forms import parse_template as parse_template
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.store.page import Page


class Purpose(StrEnum):
    """What a record, or a patient's picture and voice, is wanted for. Every place of the program that does one of these
    asks the gate first."""

    CALL = "call"
    RECORD = "record"
    SHARE = "share"
    PRINT = "print"
    EXPORT = "export"
    API = "api"
    SYNC_OUT = "sync out of the organisation"
    OWN_COPY = "own copy"
    """A paper or a screen for the patient herself: hers by law, whatever she permitted others."""
    STATISTICS = "statistics"


NEEDS: Mapping[Purpose, str] = {
    Purpose.CALL: "teleconsultation",
    Purpose.RECORD: "recording",
    Purpose.SHARE: "sharing",
    Purpose.PRINT: "sharing",
    Purpose.EXPORT: "sharing",
    Purpose.API: "sharing",
    Purpose.SYNC_OUT: "sharing",
    Purpose.OWN_COPY: "",
    Purpose.STATISTICS: "analytics",
}
"""The scope that has to be permitted; '' where none has to be."""


SPOKEN_WAYS = ("voice", "phone", "video")
"""How a spoken answer reaches its witness: in the same room, by phone, in a video visit."""


class NotPermitted(Refusal):
    """The patient has not permitted it, or has taken it back."""


def _not_permitted(scope: str, purpose: Purpose) -> NotPermitted:
    if purpose is Purpose.SHARE:
        return NotPermitted(
            "This person has not permitted that her record is shared. Ask her and record the answer, then show it."
        )
    match scope:
        case "teleconsultation":
            return NotPermitted("The patient has not agreed to a video visit. Ask for the consent first.")
        case "recording":
            return NotPermitted("The patient has not agreed to a recording. Ask for the consent first.")
        case "analytics":
            return NotPermitted("This person has not permitted that her data are counted. Leave her out.")
    return NotPermitted(
        "This person has not permitted that her record is shared. Ask her, record the answer, then export."
    )


# the gate -----------------------------------------------------------------------------------------


def may(desk: Desk, patient: PatientId, scope: str) -> bool:
    """Has this patient permitted it (one of SCOPES), and not taken it back since? For showing or hiding a button.

    A permit counts only if it was given to us, signed and witnessed; a denial counts wherever it came from.
    """
    return standing_decision(_believed(desk, patient), scope, desk.clock.now()) == Decision.PERMIT


def ask(desk: Desk, patient: PatientId, purpose: Purpose) -> FactId:
    """The gate: the id of the statement that permits this, '' for what needs none. Raises NotPermitted; an attempt
    without a permit is in the audit first."""
    scope = NEEDS[purpose]
    if not scope:
        return FactId("")
    permit = permit_of(_believed(desk, patient), scope, desk.clock.now())
    if permit is None:
        audit(desk, "attempt", patient, outcome="failure", entity=f"no consent: {purpose}")
        raise _not_permitted(scope, purpose)
    return permit.id


def standing(desk: Desk, patient: PatientId) -> dict[str, Decision]:
    """Scope -> what this patient's statements come to now; what nobody asked, or has run out, is left out."""
    return standing_of(_believed(desk, patient), desk.clock.now())


def statements_of(page: Page, patient: PatientId) -> tuple[Consent, ...]:
    """All statements on the chart that this record is part of, oldest first."""
    return page.facts(Consent, page.linked_to(patient) or patient)


def _believed(desk: Desk, patient: PatientId) -> tuple[Consent, ...]:
    said = desk.book.read(lambda page: statements_of(page, patient))
    return tuple(believed(consent, desk.trust) for consent in said)


# taking a statement -------------------------------------------------------------------------------


@needs(Action.LOOK_UP)
def template(desk: Desk, language: str) -> Template:
    """The newest form of this organisation's jurisdiction in that language; the generic one where there is none."""
    return load_template(desk.jurisdiction, language)


@needs(Action.LOOK_UP)
def spoken_form(desk: Desk, language: str) -> Template:
    """The newest form that staff read aloud, in that language."""
    return load_template(desk.jurisdiction, language, SPOKEN)


@needs(Action.TAKE_CONSENT)
def say(
    desk: Desk, patient: PatientId, decisions: Mapping[str, Decision], language: str, window: PatientId,
    valid_until: datetime | None = None, encounter: EncounterId = EncounterId(""), how: str = "voice",
) -> Consent:  # fmt: skip
    """What a patient said aloud when the spoken form was read to her, signed by the witness who sits here.

    `decisions`: scope -> answer, at least one; a permit lifts what was denied before. `how`: one of SPOKEN_WAYS. Refused
    when nobody is logged in, for a scope nobody knows, and for an end that is past.
    """
    if how not in SPOKEN_WAYS:
        raise Refusal("Say how the patient answered: here, by phone, or in the video visit.")
    form = load_template(desk.jurisdiction, language, SPOKEN)
    return _take(desk, patient, form, decisions, window, valid_until, encounter, how)


@needs(Action.TAKE_CONSENT)
def withdraw(
    desk: Desk, patient: PatientId, scopes: Iterable[str], language: str, window: PatientId,
    encounter: EncounterId = EncounterId(""),
) -> Consent:  # fmt: skip
    """Take permissions back, at once: a denial that wins wherever it meets a permit that does not cite it."""
    form = load_template(desk.jurisdiction, language, WITHDRAWAL)
    denied = dict.fromkeys(scopes, Decision.DENY)
    return _take(desk, patient, form, denied, window, None, encounter, "voice")


def _take(
    desk: Desk, patient: PatientId, form: Template, decisions: Mapping[str, Decision], window: PatientId,
    valid_until: datetime | None, encounter: EncounterId, how: str,
) -> Consent:  # fmt: skip
    """Made inside the write: what it cites is what the book holds at that moment."""
    witness, now = desk.someone.user, desk.clock.now()
    if valid_until is not None and valid_until <= now:
        raise Refusal("A consent cannot end before it begins. Choose a later day.")
    made: list[Consent] = []

    def statement(page: Page) -> tuple[Consent]:
        draft = drafted(
            desk, patient, form, decisions, to_cite(statements_of(page, patient)), how=how, witness=witness,
            valid_until=valid_until, encounter=encounter,
        )  # fmt: skip
        made[:] = [sign_consent(draft, desk.device_keys, desk.user_keys)]
        return (made[0],)

    desk.write_within(statement, window=window, priority=P1_TALK)
    send_capsule(desk, patient)
    return made[0]


def drafted(
    desk: Desk, patient: PatientId, form: Template, decisions: Mapping[str, Decision], cites: tuple[Cited, ...] = (), *,
    how: str = "touch", witness: UserId = UserId(""), strokes: tuple[Stroke, ...] = (), read_aloud_seconds: int = 0,
    valid_until: datetime | None = None, encounter: EncounterId = EncounterId(""),
) -> Consent:  # fmt: skip
    """A statement that still has to be signed. `cites`: the patient's statements that are known here."""
    asked = [item.scope for item in form.items]
    if not decisions or any(scope not in asked for scope in decisions):
        raise Refusal("Please say what the patient permits and what not.")
    now = desk.clock.now()
    return Consent(
        id=FactId(desk.new_id()), patient=patient, template=form.id, template_version=form.version,
        template_hash=template_hash(form.text), language=form.language, jurisdiction=form.jurisdiction,
        items=tuple(ConsentItem(scope=scope, decision=decisions[scope]) for scope in asked if scope in decisions),
        given_at=now, how=how, read_aloud_seconds=read_aloud_seconds, signature=strokes, witness=witness,
        previous=cites[-1].statement if cites else FactId(""), device=desk.device, encounter=encounter,
        valid_until=valid_until, cites=cites,
    )  # fmt: skip


def text_of(consent: Consent) -> str:
    """The whole text a statement was given under, '' if that version is not in this installation."""
    form = form_of(consent)
    return form.text if form is not None else ""
