# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers are given when something leaves: urgent first, of one patient together, never twice and never anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.domain.facts import Communication
from clinic.domain.ids import FactId, PatientId, patient_scope
from clinic.keys.sealing import Keyring, open_envelope
from clinic.protocol.envelope import ALG_KEY_GRANT, P0_ALERT, P1_TALK, Envelope, unpack
from clinic.protocol.op import Ops
from clinic.services import messages
from clinic.services.leaving import Line, make_ready
from clinic.services.syncing import following, snapshot
from clinic.store.page import Page
from clinic.store.rows import UNNUMBERED
from clinic.sync.batch import Unnumbered
from tests.clinic.services.local import Local, clinic

BUDGET = 262_144


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as made:
        yield made


@pytest.fixture
def backlog(local: Local) -> list[PatientId]:
    """Two patients, thirty messages in turn, nothing sent yet."""
    patients = [local.person(), local.person()]
    for number in range(30):
        messages.send_message(local.ben, patients[number % 2], f"mensaje {number}")
    return patients


def offered(local: Local, budget: int = BUDGET) -> list[Envelope]:
    return [unpack(wire) for wire in snapshot(local.ben, budget).envelopes]


def texts(local: Local, envelope: Envelope) -> list[str]:
    scope = envelope.header.scope
    if envelope.header.alg == ALG_KEY_GRANT:
        return []
    keys = local.ben.book.read(lambda page: page.scope_keys(scope))
    inside = open_envelope(envelope, Keyring({scope: keys}), {})
    return (
        [op.fact.text for op in inside.ops if isinstance(op.fact, Communication)]
        if isinstance(inside, Ops)
        else []
    )


def test_what_waits_is_of_one_patient_together(local: Local, backlog: list[PatientId]) -> None:
    told = [texts(local, one) for one in offered(local)]
    assert [f"mensaje {n}" for n in range(0, 30, 2)] in told and [
        f"mensaje {n}" for n in range(1, 30, 2)
    ] in told
    assert len(told) < 20


def test_numbers_are_without_gaps_for_the_device_and_in_each_scope(
    local: Local, backlog: list[PatientId]
) -> None:
    found = offered(local)
    assert [one.header.env_no for one in found] == list(range(1, len(found) + 1))
    for scope in {one.header.scope for one in found}:
        inside = [one.header.scope_no for one in found if one.header.scope == scope]
        assert inside == list(range(1, len(inside) + 1))


def test_what_was_offered_is_offered_again_as_it_was(local: Local, backlog: list[PatientId]) -> None:
    before = snapshot(local.ben, BUDGET).envelopes
    messages.send_message(local.ben, backlog[0], "uno más")
    after = snapshot(local.ben, BUDGET).envelopes
    assert after[: len(before)] == before and len(after) == len(before) + 1


def test_an_urgent_word_behind_a_backlog_goes_first(local: Local, backlog: list[PatientId]) -> None:
    pain = Communication(
        id=FactId(local.ben.new_id()),
        patient=backlog[1],
        sent_at=local.ben.clock.now(),
        sender="u",
        text="urgente",
    )
    local.ben.write(pain, priority=P0_ALERT)
    key, word, *rest = offered(local)
    assert key.header.alg == ALG_KEY_GRANT and texts(local, word) == ["urgente"]
    assert {key.header.scope, word.header.scope} == {patient_scope(backlog[1])}
    assert all(one.header.priority > P0_ALERT for one in rest)


def test_only_what_goes_now_is_numbered(local: Local, backlog: list[PatientId]) -> None:
    make_ready(local.ben, 500)
    numbered = local.ben.book.read(lambda page: page.numbered())
    left = local.ben.book.read(lambda page: page.unnumbered())
    assert 1 <= len(numbered) <= 2 and left and all(row.no >= UNNUMBERED for row in left)
    counts = local.ben.book.read(lambda page: page.outbox_counts())
    assert counts.waiting == sum(row.ops for row in numbered) + sum(row.ops for row in left)


def test_urgency_is_not_mixed(local: Local, backlog: list[PatientId]) -> None:
    assert {one.header.priority for one in offered(local)} >= {P1_TALK}
    for one in offered(local):
        assert one.header.env_no < UNNUMBERED


def test_a_long_line_is_read_once(
    local: Local, backlog: list[PatientId], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = list[int]()
    whole = Page.unnumbered

    def counted(page: Page, limit: int = -1) -> tuple[Unnumbered, ...]:
        read.extend([1] if limit < 0 else [])
        return whole(page, limit)

    monkeypatch.setattr(Page, "unnumbered", counted)
    line, last, times = Line(), 0, 0
    while rows := following(local.ben, last, 200, 200, line):
        last, times = rows[-1].env_no, times + 1
    assert times > 2 and len(read) == 1


def test_an_urgent_word_goes_before_the_rest_of_a_line(local: Local, backlog: list[PatientId]) -> None:
    line = Line()
    make_ready(local.ben, 500, line=line)
    first = local.ben.book.read(lambda page: page.numbered())
    local.ben.write(
        Communication(
            id=FactId(local.ben.new_id()),
            patient=backlog[1],
            sent_at=local.ben.clock.now(),
            sender="u",
            text="urgente",
        ),
        priority=P0_ALERT,
    )
    make_ready(local.ben, 500, first[-1].env_no, line)
    rest = local.ben.book.read(lambda page: page.numbered(after=first[-1].env_no))
    said = [text for row in rest for text in texts(local, unpack(row.envelope))]
    assert said[0] == "urgente"


def test_what_another_link_has_numbered_is_not_numbered_again(local: Local) -> None:
    for number in range(6):
        messages.send_message(local.ben, local.person(), f"mensaje {number}")
    line = Line()
    make_ready(local.ben, 300, line=line)
    make_ready(local.ben, 1_500)
    told = local.ben.book.read(lambda page: page.numbered())
    assert len(told) > 2 and local.ben.book.read(lambda page: page.unnumbered())
    make_ready(local.ben, BUDGET, line=line)
    after = local.ben.book.read(lambda page: page.numbered())
    assert after[: len(told)] == told
    said = [text for row in after for text in texts(local, unpack(row.envelope))]
    assert sorted(said) == [f"mensaje {number}" for number in range(6)]
