# SPDX-License-Identifier: GPL-3.0-or-later
"""Enrolment: the mailbox, and the trust log for whoever has an invitation."""

import pytest

from clinic.protocol.codec import decode
from clinic.protocol.sync import FaultNumber, TrustPart

from .conftest import Inside, fault_of

BOX = "/v1/mailbox/abcdefghijklmnopqrstuvwxyz"


def opened(inside: Inside, seconds: int = 3600) -> str:
    token = inside.token_of(inside.clinic.eva)
    assert inside.send("PUT", f"{BOX}?seconds={seconds}", token=token).status_code == 204
    return token


def test_a_newcomer_asks_and_hears_the_answer(inside: Inside) -> None:
    token = opened(inside)
    assert inside.send("GET", BOX, token=token).status_code == 204
    assert inside.send("POST", BOX, b"let me in").status_code == 204
    assert inside.send("GET", BOX, token=token).content == b"let me in"
    assert inside.send("GET", BOX).status_code == 204
    assert inside.send("POST", BOX, b"welcome", token).status_code == 204
    assert inside.send("GET", BOX).content == b"welcome"


def test_a_mailbox_is_used_once(inside: Inside) -> None:
    opened(inside)
    assert inside.send("POST", BOX, b"let me in").status_code == 204
    assert inside.send("POST", BOX, b"let me in").status_code == 204
    answer = inside.send("POST", BOX, b"no, let me in")
    assert (answer.status_code, fault_of(answer).number) == (409, FaultNumber.CONFLICT)


def test_whoever_was_answered_before_asking_asks_no_more(inside: Inside) -> None:
    """What lies there for a newcomer who only reads it: nobody makes a mailbox of its name."""
    token = opened(inside)
    assert inside.send("POST", BOX, b"sealed", token).status_code == 204
    answer = inside.send("POST", BOX, b"let me in")
    assert (answer.status_code, fault_of(answer).number) == (409, FaultNumber.CONFLICT)
    assert inside.send("GET", BOX).content == b"sealed"


def test_a_mailbox_nobody_opened_is_not_there(inside: Inside) -> None:
    assert inside.send("POST", BOX, b"let me in").status_code == 404
    assert inside.send("GET", BOX).status_code == 404


def test_a_mailbox_ends(inside: Inside) -> None:
    opened(inside, seconds=60)
    inside.clock.advance(61)
    assert inside.send("POST", BOX, b"let me in").status_code == 404


def test_a_mailbox_lasts_a_day_at_most(inside: Inside) -> None:
    opened(inside, seconds=10_000_000)
    inside.clock.advance(24 * 3600 + 1)
    assert inside.send("POST", BOX, b"let me in").status_code == 404


def test_only_staff_opens_and_only_the_opener_answers(inside: Inside) -> None:
    assert inside.send("PUT", BOX, token=inside.token_of(inside.clinic.kiosk)).status_code == 403
    assert inside.send("PUT", BOX).status_code == 401
    opened(inside)
    assert inside.send("POST", BOX, b"welcome", inside.token_of(inside.clinic.ben)).status_code == 404
    assert inside.send("PUT", BOX, token=inside.token_of(inside.clinic.ben)).status_code == 403


@pytest.mark.parametrize(("body", "status"), [(b"", 400), (bytes(70_000), 413)])
def test_letters_have_a_size(inside: Inside, body: bytes, status: int) -> None:
    opened(inside)
    assert inside.send("POST", BOX, body).status_code == status


def test_the_trust_log_is_for_sessions_and_invitations(inside: Inside) -> None:
    token = opened(inside)
    box = {"posta-mailbox": BOX.rsplit("/", 1)[1]}
    assert inside.send("GET", "/v1/trust?from=1", **box).status_code == 403, "nobody has asked"
    inside.send("POST", BOX, b"let me in")
    assert inside.send("GET", "/v1/trust?from=1", **box).status_code == 403, "nobody has let her in"
    inside.send("POST", BOX, b"welcome", token)
    for answer in (
        inside.send("GET", "/v1/trust?from=1", token=token),
        inside.send("GET", "/v1/trust?from=1", **box),
    ):
        assert decode(answer.content, TrustPart) == TrustPart(
            first=1, statements=inside.clinic.log.statements[1:]
        )
    assert inside.send("GET", "/v1/trust").status_code == 401
    inside.clock.advance(3601)
    assert inside.send("GET", "/v1/trust?from=1", **box).status_code == 403


def test_a_long_log_comes_in_parts(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync_server.ledger.TRUST_ANSWER", 1)
    answer = inside.send("GET", "/v1/trust?from=0", token=inside.token_of(inside.clinic.ben))
    assert len(decode(answer.content, TrustPart).statements) == 1
    assert inside.sync(inside.clinic.ben).more
