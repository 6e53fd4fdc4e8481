# SPDX-License-Identifier: GPL-3.0-or-later
"""The one gate: every place where a record, a voice or a picture goes to somebody asks it. The places are looked for in
the program itself; one that does not ask, or that nobody put on the list, fails here.
"""

import ast
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from clinic.domain.facts import AuditEvent, Consent, Decision, Gender
from clinic.domain.ids import EncounterId, PatientId
from clinic.domain.values import HumanName
from clinic.keys.consents import sign_consent
from clinic.keys.identity import DeviceKeys
from clinic.services import consents, exports, papers, people
from clinic.services.consents import NEEDS, NotPermitted, Purpose
from clinic.services.desks import Desk
from tests.clinic.desk_alone import desk_alone, permit
from tests.clinic.keys.conftest import repeating

ROOT = Path(__file__).parents[3]
GOES_OUT = {"print", "export", "share"}
"""Actions of the audit that say that something went out."""
ASKS = {"ask", "allowed", "ask_to_call", "ask_to_record", "ask_to_share"}
STARTS = {"ring": "ask_to_call", "keep": "ask_to_record", "share": "ask_to_share"}
"""Methods that begin a call, a recording or a shown document -> what their place has to ask first."""
PLACES = {
    "clinic/services/exports.py:export_bundle": Purpose.API,
    "clinic/services/own_papers.py:own_paper": Purpose.OWN_COPY,
    "clinic/services/papers.py:record_paper": Purpose.PRINT,
    "clinic/services/papers.py:document_to_print": Purpose.PRINT,
    "clinic/services/papers.py:document_to_save": Purpose.EXPORT,
    "clinic/services/replay.py:replay_text": Purpose.EXPORT,
    "clinic/services/summaries.py:summary_pdf": Purpose.OWN_COPY,
    "clinic/services/summaries.py:summary_text": Purpose.OWN_COPY,
    "clinic/services/evidence.py:consent_evidence": Purpose.OWN_COPY,
    "desktop/screens/visit/errands.py:_ring": Purpose.CALL,
    "desktop/telephone.py:_consent_of": Purpose.RECORD,
    "clinic/services/sharing.py:_begun": Purpose.SHARE,
    "desktop/screens/visit/errands.py:_on_sharing": Purpose.SHARE,
}


OF_NO_RECORD = {
    "clinic/services/audit_proofs.py:proof_file",
    "clinic/services/audit_proofs.py:fhir_audit",
    "clinic/services/cards.py:paper",
}
"""Who did what, for who looks after the audit, which no patient can forbid; and a patient's own card, on which no record is."""


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


def called(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for one in ast.walk(node):
        if isinstance(one, ast.Call):
            name = one.func.attr if isinstance(one.func, ast.Attribute) else getattr(one.func, "id", "")
            yield name, one


def words_in(node: ast.AST) -> set[str]:
    """Names and attributes that a function mentions: a verb handed on counts as asked."""
    names = {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
    return names | {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def lets_something_out(node: ast.FunctionDef) -> bool:
    return any(
        name == "audit" and len(call.args) > 1 and getattr(call.args[1], "value", "") in GOES_OUT
        for name, call in called(node)
    )


def program() -> Iterator[tuple[str, ast.FunctionDef]]:
    for house in ("clinic", "desktop", "kiosk"):
        for path in sorted((ROOT / house).rglob("*.py")):
            for node in functions(path):
                yield f"{path.relative_to(ROOT)}:{node.name}", node


def test_every_place_that_lets_a_record_out_is_listed_and_asks() -> None:
    found = {place: node for place, node in program() if lets_something_out(node)}
    assert found, "the program lets nothing out: this test looks at the wrong place"
    assert set(found) <= set(PLACES) | OF_NO_RECORD, "a new way out: let it ask the gate, and list it"
    silent = [
        place for place, node in found.items() if place not in OF_NO_RECORD and not words_in(node) & ASKS
    ]
    assert silent == []


def test_every_place_on_the_list_names_what_it_wants_it_for() -> None:
    nodes = dict(program())
    assert set(PLACES) <= set(nodes), "a place on the list is gone"
    for place, purpose in PLACES.items():
        wanted = {purpose.name, f"ask_to_{purpose}"}
        assert words_in(nodes[place]) & wanted, place


@pytest.mark.parametrize("way", STARTS)
def test_a_call_and_a_recording_begin_only_behind_the_gate(way: str) -> None:
    """The clinician's side: whoever rings has asked; what is kept has the id of the statement that permits it."""
    starts = {
        place: node
        for place, node in program()
        if place.startswith("desktop/") and not place.startswith("desktop/kit/")
        for one in ast.walk(node)
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == way
        and isinstance(one.func.value, ast.Attribute) and one.func.value.attr in ("_line", "calls")
    }  # fmt: skip
    allowed = {
        "ring": {"desktop/screens/visit/errands.py:_ring", "desktop/telephone.py:ring"},
        "keep": {"desktop/telephone.py:_keep", "desktop/telephone.py:permitted"},
        "share": {"desktop/screens/visit/errands.py:_share", "desktop/screens/visit/errands.py:shown"},
    }
    assert starts and set(starts) <= allowed[way]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = desk_alone(tmp_path)
    yield made
    made.close()


@pytest.fixture
def rosa(desk: Desk) -> PatientId:
    name = HumanName(family="Quispe", given=("Rosa",))
    return people.register(desk, name, date(1961, 3, 5), Gender.FEMALE, "14233456")


def attempts(desk: Desk, patient: PatientId) -> list[str]:
    seen = desk.book.read(lambda page: page.facts(AuditEvent, patient))
    return [one.entity for one in seen if one.action == "attempt"]


@pytest.mark.parametrize("purpose", Purpose)
def test_nothing_is_permitted_that_nobody_was_asked_about(
    desk: Desk, rosa: PatientId, purpose: Purpose
) -> None:
    if not NEEDS[purpose]:
        assert consents.ask(desk, rosa, purpose) == ""
        return
    with pytest.raises(NotPermitted):
        consents.ask(desk, rosa, purpose)
    assert attempts(desk, rosa) == [f"no consent: {purpose}"]
    permit(desk, rosa, NEEDS[purpose])
    given = desk.book.read(lambda page: page.facts(Consent, rosa))[-1]
    assert consents.ask(desk, rosa, purpose) == given.id
    consents.withdraw(desk, rosa, (NEEDS[purpose],), "es", window=rosa)
    with pytest.raises(NotPermitted):
        consents.ask(desk, rosa, purpose)


def test_paper_and_bundle_stay_here_until_she_permits(desk: Desk, rosa: PatientId) -> None:
    permit(desk, rosa, "teleconsultation")
    for leave in (lambda: papers.record_paper(desk, rosa), lambda: exports.export_bundle(desk, [rosa])):
        with pytest.raises(NotPermitted, match="has not permitted"):
            leave()
    permit(desk, rosa)
    assert papers.record_paper(desk, rosa).startswith(b"%PDF")
    assert exports.export_bundle(desk, [rosa]).data


def test_a_permit_that_somebody_wrote_without_its_signature_opens_nothing(
    desk: Desk, rosa: PatientId
) -> None:
    """Also where it was put into the store itself; a denial without one still counts."""
    permit(desk, rosa, "teleconsultation")
    given = desk.book.read(lambda page: page.facts(Consent, rosa))[-1]
    form = consents.load_template("AR", "es", "spoken")
    draft = consents.drafted(
        desk, rosa, form, {"sharing": Decision.PERMIT}, how="voice", witness=given.witness
    )
    desk.write(sign_consent(draft, DeviceKeys.make(repeating(b"x"))), window=rosa)
    assert not consents.may(desk, rosa, "sharing")
    denial = consents.drafted(desk, rosa, form, {"teleconsultation": Decision.DENY}, how="voice")
    desk.write(denial, window=rosa)
    assert not consents.may(desk, rosa, "teleconsultation")


def test_a_withdrawal_is_witnessed_and_cites_and_can_be_answered_anew(desk: Desk, rosa: PatientId) -> None:
    given = consents.say(desk, rosa, {"sharing": Decision.PERMIT}, "pt", window=rosa)
    gone = consents.withdraw(desk, rosa, ("sharing",), "es", window=rosa, encounter=EncounterId("e"))
    assert (gone.witness, gone.template, gone.previous) == (desk.someone.user, "withdrawal", given.id)
    assert consents.standing(desk, rosa) == {"sharing": Decision.DENY}
    consents.say(desk, rosa, {"sharing": Decision.PERMIT}, "es", window=rosa)
    assert consents.may(desk, rosa, "sharing")
