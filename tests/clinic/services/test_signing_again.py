# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the organisation says so, a note is signed with the password typed again; wrong ones make one wait as at the login."""

import pytest

from clinic.domain.facts import Composition, Section
from clinic.domain.ids import EncounterId, PatientId
from clinic.domain.policies import SIGN_AGAIN
from clinic.keys.knocks import TooSoon
from clinic.keys.slots import WrongPassword
from clinic.services import organising, visits
from clinic.services.desks import Desk
from tests.clinic.services.conftest import PASSWORD, Town
from tests.clinic.services.test_dosing import somebody, visit


def written(desk: Desk, person: PatientId) -> EncounterId:
    encounter = visit(desk, person)
    visits.autosave(desk, encounter, Section.PLAN, "Reposo y liquidos", person)
    return encounter


def refused(desk: Desk, encounter: EncounterId, person: PatientId, password: str) -> type[Exception]:
    with pytest.raises((WrongPassword, TooSoon)) as met:
        visits.sign(desk, encounter, person, password)
    return met.type


def test_a_note_waits_for_the_right_password_and_is_never_lost(town: Town) -> None:
    desk = town.desk
    ana = somebody(desk, 40)
    visits.sign(desk, written(desk, ana), ana)
    organising.set_rule(town.station, SIGN_AGAIN, "yes")
    town.sync()
    try:
        encounter = written(desk, ana)
        met = [refused(desk, encounter, ana, wrong) for wrong in ("", *("otra",) * 12)]
        assert met[0] is WrongPassword and met[-1] is TooSoon
        assert visits.draft(desk, encounter).texts[Section.PLAN] == "Reposo y liquidos"
        assert len(desk.book.read(lambda page: page.facts(Composition, ana))) == 1
    finally:
        organising.set_rule(town.station, SIGN_AGAIN, "")
        town.sync()


def test_the_right_password_signs(town: Town) -> None:
    desk = town.enrol("Dra. Clara Rey")
    organising.set_rule(town.station, SIGN_AGAIN, "yes")
    town.sync()
    try:
        ana = somebody(desk, 40)
        assert visits.sign(desk, written(desk, ana), ana, PASSWORD).plan == "Reposo y liquidos"
    finally:
        organising.set_rule(town.station, SIGN_AGAIN, "")
        town.sync()
