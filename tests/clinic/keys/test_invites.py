# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace
from datetime import timedelta

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.ids import TeamId
from clinic.keys.codes import CodeKind, WrongCode, write_code
from clinic.keys.invites import (
    check_answer,
    check_request,
    comparison_digits,
    invitation_text,
    mailbox_id,
    new_invitation,
    read_invitation,
    seal_answer,
    seal_request,
)
from clinic.keys.refusals import Unreadable
from clinic.keys.stretch import WEAK
from clinic.protocol.codec import encode
from clinic.protocol.custody import Invitation
from clinic.protocol.sync import JoinAnswer, JoinRequest
from clinic.protocol.trust import DeviceKind, Role

from .conftest import AT, TEAM, repeating, somebody

INVITATION = new_invitation(
    server="https://posta.example:8443",
    fingerprint=b"f" * 32,
    role=Role.CLINICIAN,
    kind=DeviceKind.DESKTOP,
    team=TEAM,
    expires_at=AT + timedelta(hours=24),
    random=repeating(b"invite"),
)
NEW = somebody("new")
REQUEST = JoinRequest(
    device=NEW.device,
    kind="desktop",
    device_name="Desk 2",
    device_signing_key=NEW.device_keys.public.signing,
    device_box_key=NEW.device_keys.public.box,
    user_name="New",
    user_signing_key=NEW.keys.public.signing,
    user_box_key=NEW.keys.public.box,
)


def digits(request: JoinRequest, fingerprint: bytes = b"f" * 32) -> str:
    return comparison_digits(request, fingerprint, WEAK, weak_for_tests=True)


def test_an_invitation_reads_back_also_in_groups_as_people_type() -> None:
    text = invitation_text(INVITATION)
    assert read_invitation(text, AT) == INVITATION
    grouped = " ".join(text[i : i + 5] for i in range(0, len(text), 5)).lower()
    assert read_invitation(grouped, AT) == INVITATION


def test_an_expired_invitation_is_refused() -> None:
    assert (
        read_invitation(invitation_text(INVITATION), INVITATION.expires_at - timedelta(microseconds=1))
        == INVITATION
    )
    with pytest.raises(Refusal, match="expired"):
        read_invitation(invitation_text(INVITATION), INVITATION.expires_at)


@pytest.mark.parametrize("text", [
    write_code(CodeKind.JOIN, b"no record"), write_code(CodeKind.CARD, b"x" * 32), "", "1234", invitation_text(INVITATION)[:-2],
    write_code(CodeKind.JOIN, encode(replace(INVITATION, secret=b"short"))),
    write_code(CodeKind.JOIN, encode(replace(INVITATION, fingerprint=b""))),
    write_code(CodeKind.JOIN, encode(REQUEST)),
])  # fmt: skip
def test_corrupt_invitations_are_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(WrongCode):
        read_invitation(text, AT)


def test_the_mailbox_does_not_tell_the_secret() -> None:
    assert len(mailbox_id(INVITATION.secret)) == 26
    assert mailbox_id(INVITATION.secret) != mailbox_id(b"another secret!!")


def test_only_who_knows_the_secret_lays_letters_into_the_mailbox() -> None:
    request = seal_request(REQUEST, INVITATION.secret)
    answer = seal_answer(JoinAnswer(accepted=True, user="new"), INVITATION.secret)
    check_request(request, INVITATION.secret)
    check_answer(answer, INVITATION.secret)
    for bad in (REQUEST, replace(request, user_name="Mallory"), seal_request(REQUEST, b"another secret!!")):
        with pytest.raises(Unreadable):
            check_request(bad, INVITATION.secret)
    for worse in (
        replace(answer, accepted=False),
        seal_answer(answer, b"another secret!!"),
        replace(answer, mac=request.mac),
    ):
        with pytest.raises(Unreadable):
            check_answer(worse, INVITATION.secret)


def test_both_screens_show_the_same_six_digits_for_the_same_keys() -> None:
    assert digits(REQUEST) == digits(seal_request(REQUEST, INVITATION.secret))
    assert len(digits(REQUEST)) == 6 and digits(REQUEST).isdigit()
    changed = {digits(replace(REQUEST, user_signing_key=bytes([i]) * 32)) for i in range(20)}
    assert digits(REQUEST) not in changed and len(changed) == 20
    assert digits(REQUEST) != digits(REQUEST, b"g" * 32)


def test_the_real_digits_are_costly_and_the_same() -> None:
    assert comparison_digits(REQUEST, b"f" * 32) == comparison_digits(REQUEST, b"f" * 32)


def test_a_kiosks_invitation() -> None:
    kiosk = replace(INVITATION, role=Role.KIOSK, kind=DeviceKind.KIOSK, team=TeamId(""))
    assert isinstance(read_invitation(invitation_text(kiosk), AT), Invitation)
