# SPDX-License-Identifier: GPL-3.0-or-later
from clinic.domain.ids import UserId
from clinic.keys.rights import Action, may, user_may
from clinic.protocol.trust import Role

from .conftest import Clinic


def test_only_clinicians_sign_and_prescribe() -> None:
    for action in (Action.SIGN_NOTE, Action.PRESCRIBE):
        assert [role for role in Role if may(role, action)] == [Role.CLINICIAN]


def test_an_administrator_opens_no_chart() -> None:
    assert may(Role.ADMINISTRATOR, Action.ADMIT) and not may(Role.ADMINISTRATOR, Action.OPEN_CHART)


def test_a_role_of_a_newer_program_may_nothing() -> None:
    assert not any(may(Role("midwife"), action) for action in Action)


def test_a_user_may_what_any_of_her_roles_may(clinic: Clinic) -> None:
    assert user_may(clinic.log, clinic.eva.user, Action.ADMIT) and user_may(
        clinic.log, clinic.eva.user, Action.PRESCRIBE
    )
    assert not user_may(clinic.log, clinic.ben.user, Action.ADMIT)
    assert not user_may(clinic.log, UserId("nobody"), Action.CHAT)
