# SPDX-License-Identifier: GPL-3.0-or-later
"""The key of a chart follows from the team's: nobody has to be told, and whoever does not hold the team's key learns nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from clinic.domain.ids import PatientId, patient_scope
from clinic.keys.sealing import derived_scope_key, scope_key_id
from clinic.protocol.envelope import ALG_KEY_GRANT, unpack
from clinic.services.syncing import sync_status
from simulator.acts import register
from simulator.cast import TEAM
from simulator.computer import Computer
from tests.clinic.services.test_snapshots import House, say_on, whole
from tests.clinic.services.test_snapshots import house as house
from tests.clinic.services.test_snapshots import templates as templates


def keys(one: Computer, patient: PatientId) -> dict[bytes, bytes]:
    return one.book.read(lambda page: page.scope_keys(patient_scope(patient)))


def grants(house: House, patient: PatientId) -> int:
    return sum(unpack(wire).header.alg == ALG_KEY_GRANT for _, _, wire in house.rows(patient))


@contextmanager
def nobody_at(one: Computer) -> Iterator[None]:
    """Whoever works there has gone home; the computer goes on exchanging."""
    person, held = one.desk.person, one.desk.team_keys
    one.desk.person, one.desk.team_keys = None, {}
    yield
    one.desk.person, one.desk.team_keys = person, held


def test_a_new_chart_needs_no_grant_and_colleagues_read_it(house: House) -> None:
    eva, ben = house.desks["eva"], house.desks["ben"]
    patient = register(eva.desk, 1)
    house.all_sync("eva", "ben")
    say_on(ben, patient, "leído")
    house.all_sync("ben", "eva", "cai")
    assert grants(house, patient) == 0
    assert all(whole(house, one) for one in house.desks.values())
    assert len({tuple(keys(one, patient).items()) for one in house.desks.values()}) == 1


def test_two_who_begin_one_chart_at_once_make_one_key(house: House) -> None:
    patient = register(house.desks["eva"].desk, 1)
    say_on(house.desks["ben"], patient, "al mismo tiempo")
    house.all_sync()
    house.all_sync()
    assert all(len(keys(one, patient)) == 1 for one in house.desks.values())
    assert all(whole(house, one) for one in house.desks.values())


def test_the_next_key_of_the_team_begins_charts_that_the_one_before_does_not_open(house: House) -> None:
    eva = house.desks["eva"]
    private, scope = eva.desk.team_keys[TEAM, 1], patient_scope(register(eva.desk, 1))
    assert [*eva.book.read(lambda page: page.scope_keys(scope)).values()] == [
        derived_scope_key(private, scope)
    ]
    assert derived_scope_key(private, patient_scope(PatientId("another"))) != derived_scope_key(
        private, scope
    )
    assert derived_scope_key(bytes(32), scope) != derived_scope_key(private, scope)


def test_who_lacks_the_team_s_key_draws_one_and_grants_it(house: House) -> None:
    eva = house.desks["eva"]
    eva.desk.team_keys = {}
    patient = register(eva.desk, 1)
    assert scope_key_id(next(iter(keys(eva, patient).values()))) == next(iter(keys(eva, patient)))
    house.all_sync()
    assert grants(house, patient) == 1
    assert all(whole(house, one) for one in house.desks.values() if one is not eva)


def test_what_comes_while_nobody_is_logged_in_is_read_when_somebody_is(house: House) -> None:
    eva, ben = house.desks["eva"], house.desks["ben"]
    patient = register(eva.desk, 1)
    eva.sync()
    with nobody_at(ben):
        ben.sync()
        assert sync_status(ben.desk).quarantined > 0 and not keys(ben, patient)
    ben.sync()
    assert whole(house, ben) and keys(ben, patient)


def test_a_chart_that_was_read_once_is_read_while_nobody_is_logged_in(house: House) -> None:
    eva, ben = house.desks["eva"], house.desks["ben"]
    patient = register(eva.desk, 1)
    house.all_sync("eva", "ben")
    say_on(eva, patient, "más tarde")
    eva.sync()
    with nobody_at(ben):
        ben.sync()
        assert sync_status(ben.desk).quarantined == 0
    assert whole(house, ben)


@pytest.mark.parametrize("waits", [True, False])
def test_what_a_centre_may_still_refuse_is_no_ground_for_a_key(house: House, waits: bool) -> None:
    """A team's key that only this computer knows opens nothing for others if the centre takes another."""
    eva = house.desks["eva"]
    if waits:
        eva.book.keep(lambda page: page.offer_trust_again(0))  # type: ignore[arg-type,return-value]
    patient = register(eva.desk, 1)
    derived = derived_scope_key(eva.desk.team_keys[TEAM, 1], patient_scope(patient))
    assert (derived in keys(eva, patient).values()) is not waits
