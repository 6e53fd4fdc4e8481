# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.ids import (
    DeviceId,
    OrgId,
    PatientId,
    TeamId,
    counted_id,
    org_scope,
    patient_of,
    patient_scope,
    short_hash_id,
    team_scope,
)

DEVICES = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=16, max_size=16).map(DeviceId)


@given(st.binary(min_size=10, max_size=64), st.binary(min_size=10, max_size=64))
def test_a_short_id_is_sixteen_letters_of_the_digest(one: bytes, other: bytes) -> None:
    assert (len(short_hash_id(one)) == 16 and short_hash_id(one).islower()) or short_hash_id(one).isdigit()
    assert (short_hash_id(one) == short_hash_id(other)) == (one[:10] == other[:10])


@given(DEVICES, st.integers(0, 2**70), DEVICES, st.integers(0, 2**70))
def test_no_two_counts_make_the_same_id(one: DeviceId, count: int, other: DeviceId, other_count: int) -> None:
    assert (counted_id(one, count) == counted_id(other, other_count)) == (
        (one, count) == (other, other_count)
    )
    assert int(counted_id(one, count).split(".")[1], 36) == count


def test_known_ids() -> None:
    assert [counted_id(DeviceId("d"), count) for count in (0, 35, 36, 1295, 1296)] == [
        "d.0",
        "d.z",
        "d.10",
        "d.zz",
        "d.100",
    ]
    assert short_hash_id(bytes(10)) == "a" * 16


def test_a_counter_is_never_negative() -> None:
    with pytest.raises(ValueError):
        counted_id(DeviceId("d"), -1)


@given(st.text())
def test_a_scope_tells_its_patient(name: str) -> None:
    assert patient_of(patient_scope(PatientId(name))) == name
    assert patient_of(team_scope(TeamId(name))) is None
    assert patient_of(org_scope(OrgId(name))) is None
