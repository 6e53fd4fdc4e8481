# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import pytest

from clinic.domain.facts import (
    Composition,
    CompositionStatus,
    Consent,
    ConsentItem,
    Decision,
    MedicationRequest,
    RequestStatus,
)
from clinic.domain.ids import EncounterId, FactId, PatientId
from clinic.domain.values import Coding, Point, Stroke
from clinic.keys.consents import sign_consent, sign_fact, template_hash, verify_consent, verify_fact
from clinic.protocol.codec import decode, encode

from .conftest import AT, Clinic

TEXT = "Acepto la teleconsulta."
CONSENT = Consent(
    id=FactId("c1"), patient=PatientId("p1"), template="teleconsultation", template_version=1, template_hash=template_hash(TEXT),
    language="es", jurisdiction="AR", items=(ConsentItem(scope="recording", decision=Decision.DENY),), given_at=AT,
    signature=(Stroke(points=(Point(x=1, y=2, t=3),)),), device="",
)  # fmt: skip
NOTE = Composition(
    id=FactId("n1"), patient=PatientId("p1"), encounter=EncounterId("e1"), status=CompositionStatus.FINAL, plan="Reposo.",
    author="eva", signed_at=AT,
)  # fmt: skip
PRESCRIPTION = MedicationRequest(
    id=FactId("m1"),
    patient=PatientId("p1"),
    medication=Coding(system="x", code="N02BE01"),
    authored_at=AT,
    dose="500 mg",
)


def test_a_consent_proves_itself_years_later(clinic: Clinic) -> None:
    signed = sign_consent(CONSENT, clinic.kiosk.device_keys)
    assert signed.device == clinic.kiosk.device
    kept = decode(encode(signed), Consent)
    assert verify_consent(kept, clinic.kiosk.device_keys.public.signing, TEXT)


def test_a_changed_consent_does_not(clinic: Clinic) -> None:
    signed, public = sign_consent(CONSENT, clinic.kiosk.device_keys), clinic.kiosk.device_keys.public.signing
    permit = (ConsentItem(scope="recording", decision=Decision.PERMIT),)
    for changed in (
        replace(signed, items=permit),
        replace(signed, patient=PatientId("p2")),
        replace(signed, signature=()),
        replace(signed, device_signature=b""),
        replace(signed, device=clinic.eva.device),
        CONSENT,
    ):
        assert not verify_consent(changed, public, TEXT)
    assert not verify_consent(signed, public, TEXT + " ")
    assert not verify_consent(signed, clinic.eva.device_keys.public.signing, TEXT)


@pytest.mark.parametrize("fact", [NOTE, PRESCRIPTION])
def test_a_signed_fact_is_its_authors_and_unchanged(
    clinic: Clinic, fact: Composition | MedicationRequest
) -> None:
    signed, public = sign_fact(fact, clinic.eva.keys), clinic.eva.keys.public.signing
    assert verify_fact(decode(encode(signed), type(fact)), public)
    assert not verify_fact(fact, public)
    assert not verify_fact(signed, clinic.ben.keys.public.signing)
    assert not verify_fact(replace(signed, patient=PatientId("p2")), public)


def test_a_note_signature_is_none_for_a_prescription(clinic: Clinic) -> None:
    signed = sign_fact(NOTE, clinic.eva.keys)
    stolen = replace(PRESCRIPTION, status=RequestStatus.ACTIVE, user_signature=signed.user_signature)
    assert not verify_fact(stolen, clinic.eva.keys.public.signing)
