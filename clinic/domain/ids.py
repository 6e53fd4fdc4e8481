# SPDX-License-Identifier: GPL-3.0-or-later
"""Identifiers. All are made from (device, counter): no two devices can make the same, offline for years."""

from base64 import b32encode
from typing import NewType

DeviceId = NewType("DeviceId", str)
UserId = NewType("UserId", str)
TeamId = NewType("TeamId", str)
OrgId = NewType("OrgId", str)
PatientId = NewType("PatientId", str)
EncounterId = NewType("EncounterId", str)
FactId = NewType("FactId", str)
OpId = NewType("OpId", str)
ScopeId = NewType("ScopeId", str)

FOREIGN = "foreign:"
"""Before the device name of a statement that was made elsewhere: shown, never believed like one of ours."""


def short_hash_id(digest: bytes) -> str:
    """16 lower-case base32 letters of the first 10 bytes of a digest."""
    return b32encode(digest[:10]).decode().lower()


def counted_id(device: DeviceId, counter: int) -> str:
    """`device.counter` with the counter in base 36."""
    if counter < 0:
        raise ValueError("a counter is never negative")
    return f"{device}.{_base36(counter)}"


def _base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while True:
        number, rest = divmod(number, 36)
        text = digits[rest] + text
        if number == 0:
            return text


def patient_scope(patient: PatientId) -> ScopeId:
    return ScopeId(f"p:{patient}")


def team_scope(team: TeamId) -> ScopeId:
    return ScopeId(f"t:{team}")


AUDITORS = TeamId("auditors")
"""The team of compliance officers and custodians: every computer seals its audit to it, and whoever is not in it reads none."""
ADMINISTRATORS = TeamId("administrators")
"""The team of those who administer and read no chart: it has no patients."""


def org_scope(org: OrgId) -> ScopeId:
    return ScopeId(f"o:{org}")


def patient_of(scope: ScopeId) -> PatientId | None:
    """The patient a scope belongs to, or None for a team's or the organisation's."""
    return PatientId(scope[2:]) if scope.startswith("p:") else None


ELSEWHERE = "fhir."
"""How an id begins that follows from another system's name: of a record, or of who wrote it there. No user's id does."""
