# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures inside facts: a user's under a note or a prescription, a device's and a witness's under a consent.

The signature covers a context and the encoded fact with its signature field empty; a fact that was changed,
or moved to another patient, no longer carries it.
"""

from dataclasses import replace
from typing import TypeVar

from clinic.domain.facts import Composition, Consent, MedicationRequest, Questionnaire, ServiceRequest
from clinic.keys.hashing import digest, same
from clinic.keys.identity import DeviceKeys, UserKeys, device_id, verify
from clinic.protocol.codec import encode

FACT_CONTEXT = b"posta signed fact 1"
CONSENT_CONTEXT = b"posta consent 1"
WITNESS_CONTEXT = b"posta consent witness 1"
Signed = TypeVar("Signed", Composition, MedicationRequest, Questionnaire, ServiceRequest)


def sign_fact(fact: Signed, user_keys: UserKeys) -> Signed:
    """The fact with its author's signature."""
    return replace(fact, user_signature=user_keys.sign(_fact_bytes(fact)))


def verify_fact(
    fact: Composition | MedicationRequest | Questionnaire | ServiceRequest, signing_key: bytes
) -> bool:
    """True if the owner of that Ed25519 key signed exactly this fact."""
    return verify(signing_key, _fact_bytes(fact), fact.user_signature)


def template_hash(text: str) -> bytes:
    """BLAKE2b-256 of the exact text that was shown and read aloud."""
    return digest(text.encode(), b"posta template")


def sign_consent(consent: Consent, device_keys: DeviceKeys, witness: UserKeys | None = None) -> Consent:
    """The statement signed by the device it was given on, whose name is filled in, and before that by the witness it
    names, with the keys she has there."""
    named = replace(consent, device=device_id(device_keys.public.signing), witness_signature=b"")
    if witness is not None:
        named = replace(named, witness_signature=witness.sign(_witness_bytes(named)))
    return replace(named, device_signature=device_keys.sign(_consent_bytes(named)))


def consent_signed_by(consent: Consent, device_public: bytes) -> bool:
    """True if that device signed exactly this statement."""
    return consent.device == device_id(device_public) and verify(
        device_public, _consent_bytes(consent), consent.device_signature
    )


def witnessed_by(consent: Consent, witness_public: bytes) -> bool:
    """True if the owner of that Ed25519 key signed exactly this statement as its witness."""
    return verify(witness_public, _witness_bytes(consent), consent.witness_signature)


def verify_consent(consent: Consent, device_public: bytes, template_text: str) -> bool:
    """True if that device signed exactly this statement, and exactly that text was shown."""
    shown = same(consent.template_hash, template_hash(template_text))
    return shown and consent_signed_by(consent, device_public)


def _fact_bytes(fact: Composition | MedicationRequest | Questionnaire | ServiceRequest) -> bytes:
    return FACT_CONTEXT + encode(replace(fact, user_signature=b""))


def _consent_bytes(consent: Consent) -> bytes:
    return CONSENT_CONTEXT + encode(replace(consent, device_signature=b""))


def _witness_bytes(consent: Consent) -> bytes:
    return WITNESS_CONTEXT + encode(replace(consent, device_signature=b"", witness_signature=b""))
