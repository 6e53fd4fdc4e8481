# SPDX-License-Identifier: GPL-3.0-or-later
"""A backlog leaves in one exchange; over a link that is cut little is said twice; what is urgent comes with the bell."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.bench.syncing.clinic import Client, Measured
from clinic.bench.syncing.clinic import clinic as behind_a_link
from clinic.bench.syncing.link import Shape
from clinic.domain.facts import Communication
from clinic.domain.ids import FactId, PatientId, patient_scope
from clinic.protocol.envelope import P0_ALERT
from clinic.protocol.sync import EnvelopeRefused, Refused, SyncRequest, SyncResponse
from clinic.services import messages
from clinic.services.desks import Desk
from clinic.services.syncing import begin_stream, following, snapshot, sync_status, take, take_ahead
from clinic.sync.exchange import envelope_hash, known_digest, request_for
from tests.clinic.services.local import AT, Local, clinic

BUDGET = 262_144


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    with behind_a_link(tmp_path_factory.mktemp("clinic")) as made:
        made.a.listen()
        yield made


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path) as made:
        yield made


def written(client: Client, count: int, name: str) -> list[Communication]:
    """Messages about forty patients of her own."""
    desk = client.desk
    facts = [
        Communication(
            id=FactId(desk.new_id()), patient=PatientId(f"{desk.device}.{name}{number % 40}"), sent_at=desk.clock.now(),
            sender=desk.someone.user, text=f"{name} {number} {desk.random(60).hex()}",
        )
        for number in range(count)
    ]  # fmt: skip
    for fact in facts:
        desk.write(fact)
    return facts


def missing(client: Client, facts: list[Communication]) -> int:
    held = client.desk.book.read(lambda page: [page.fact(Communication, fact.id) for fact in facts])
    return sum(one is None for one in held)


@pytest.mark.slow
def test_a_backlog_is_one_exchange(there: Measured) -> None:
    there.a.sync()
    facts = written(there.a, 1_200, "todo")
    there.a.exchanges, asked_for = 0, there.a.pace.budget
    there.link.be()
    there.a.sync()
    assert there.a.exchanges == 1
    assert there.link.be().up > 1.5 * asked_for
    assert sync_status(there.a.desk).waiting == 0
    there.b.sync()
    assert missing(there.b, facts) == 0


@pytest.mark.slow
def test_over_a_link_that_is_cut_little_is_said_twice(there: Measured) -> None:
    there.a.sync()
    facts = written(there.a, 1_200, "corte")
    there.a.hang_up()
    there.a.listen()
    last = there.a.desk.book.read(lambda page: page.last_acknowledged())
    cut = 40_000
    there.link.be(Shape(cut=cut))
    lost = there.a.sync_through_cuts()
    counted = there.link.be()
    assert lost >= 2
    left = there.a.desk.book.read(lambda page: page.offered(last + 1, last + 10_000))
    assert counted.up < sum(map(len, left.values())) + cut + counted.cuts * cut / 2, (
        "the first cut comes as a surprise"
    )
    there.b.sync()
    assert missing(there.b, facts) == 0


# what a device makes of an answer to its question


def offering(local: Local) -> tuple[Desk, list[bytes]]:
    """Ben has sent some envelopes in a stream that was cut; and these."""
    patient = local.person()
    for number in range(4):
        messages.send_message(local.ben, patient, f"mensaje {number}")
    begin_stream(local.ben)
    rows = following(local.ben, 0, BUDGET, BUDGET)
    assert len(rows) > 1
    return local.ben, [row.wire for row in rows]


def asks(desk: Desk) -> SyncRequest:
    return request_for(snapshot(desk, BUDGET), AT, BUDGET)


def says(request: SyncRequest, acked: int, known: bytes, *refused: EnvelopeRefused) -> SyncResponse:
    return SyncResponse(
        protocol=1, epoch="e", acked_incarnation=request.incarnation, acked_env_no=acked, refused=refused,
        server_time=AT, trust_position=request.trust_position, known=known,
    )  # fmt: skip


def test_after_a_cut_it_asks_before_it_says_anything_twice(local: Local) -> None:
    desk, wires = offering(local)
    asked = asks(desk)
    assert (asked.envelopes, asked.unsure_from) == ((), 1)
    taken = take(desk, asked, says(asked, 2, known_digest(map(envelope_hash, wires[:2]))))
    assert taken.more
    again = asks(desk)
    assert (list(again.envelopes), again.unsure_from) == (wires[2:], 0)


@pytest.mark.parametrize("known", [b"", known_digest([envelope_hash(b"of a copy of this computer")])])
def test_what_the_centre_has_under_our_numbers_is_ours_or_all_is_offered_again(
    local: Local, known: bytes
) -> None:
    desk, wires = offering(local)
    asked = asks(desk)
    assert take(desk, asked, says(asked, 2, known)).more
    assert list(asks(desk).envelopes) == wires


def test_what_was_refused_meanwhile_is_shown_as_refused(local: Local) -> None:
    desk, wires = offering(local)
    asked = asks(desk)
    no = EnvelopeRefused(env_no=2, why=Refused.NOT_ALLOWED)
    take(desk, asked, says(asked, 2, known_digest(map(envelope_hash, wires[:2])), no))
    assert [item[0] for item in desk.book.read(lambda page: page.refused_by_centre())] == [2]


def test_a_centre_that_claims_more_than_left_is_not_believed(local: Local) -> None:
    desk, wires = offering(local)
    asked = asks(desk)
    take(desk, asked, says(asked, 99, known_digest(map(envelope_hash, wires))))
    messages.send_message(desk, local.person(), "después")
    assert sync_status(desk).waiting > 0
    assert asks(desk).envelopes


# what comes with the bell


def urgent(local: Local) -> tuple[PatientId, list[bytes]]:
    patient = local.person()
    message = Communication(
        id=FactId(local.ben.new_id()),
        patient=patient,
        sent_at=AT,
        sender=local.ben.someone.user,
        text="no autorizo más",
    )
    local.ben.write(message, priority=P0_ALERT)
    return patient, list(snapshot(local.ben, BUDGET).envelopes)


def texts(desk: Desk, patient: PatientId) -> list[str]:
    return [one.text for one in desk.book.read(lambda page: page.facts(Communication, patient))]


def test_what_rang_is_filed_at_once_and_counts_only_with_its_exchange(local: Local) -> None:
    patient, wires = urgent(local)
    for _ in range(2):
        take_ahead(local.eva, wires)
        assert texts(local.eva, patient) == ["no autorizo más"]
    assert local.eva.book.read(lambda page: page.cursor(patient_scope(patient))[0]) == 0
    assert sync_status(local.eva).withheld == 0


def test_what_rang_and_cannot_be_believed_leaves_no_trace(local: Local) -> None:
    patient, wires = urgent(local)
    forged = [wire[:-1] + bytes([wire[-1] ^ 1]) for wire in wires]
    take_ahead(local.eva, [*forged, b"", b"\x00" * 40])
    assert texts(local.eva, patient) == []
    assert sync_status(local.eva).quarantined == 0
