# SPDX-License-Identifier: GPL-3.0-or-later
"""The store's side of an exchange with an island: nothing is settled, cursors stand apart, and only what is agreed is told."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clinic.domain.facts import Communication
from clinic.domain.ids import DeviceId, PatientId
from clinic.keys.roster import Distrust
from clinic.protocol.envelope import unpack
from clinic.protocol.sync import Sequenced, SyncRequest, SyncResponse
from clinic.services.desks import Desk
from clinic.services.island_exchange import Shore, offer, take, turned_to, waits_for
from clinic.services.leaving import make_ready
from clinic.services.messages import send_message
from clinic.services.serving import charter
from clinic.store.rows import Changes
from clinic.sync.exchange import envelope_hash, next_chain
from tests.clinic.services.local import AT, Local, clinic

ISLE = DeviceId("isle")
ENOUGH = 1_000_000


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with clinic(tmp_path / "homes") as both:
        yield both


def answer(request: SyncRequest, *wires: bytes, life: str = "one", **more: object) -> SyncResponse:
    """An island that takes everything, and has these, each scope's in order."""
    seqs: dict[str, tuple[int, bytes]] = {}
    items = []
    for wire in wires:
        scope = unpack(wire).header.scope
        seq, chain = seqs.get(scope, (0, b""))
        seqs[scope] = seq + 1, next_chain(chain, envelope_hash(wire))
        items.append(Sequenced(scope=scope, seq=seq + 1, chain=seqs[scope][1], envelope=wire))
    numbers = [unpack(wire).header.env_no for wire in request.envelopes]
    said = {"trust_position": request.trust_position, **more}
    return SyncResponse(
        protocol=1, epoch=life, acked_incarnation=request.incarnation, acked_env_no=max(numbers, default=0), server_time=AT,
        envelopes=tuple(items), **said,  # type: ignore[arg-type]
    )  # fmt: skip


def met(desk: Desk) -> Shore:
    """After the first words, in which nothing is handed over."""
    first = offer(desk, Shore(ISLE), ENOUGH)
    assert first.envelopes == () and first.trust == ()
    return take(desk, Shore(ISLE), first, answer(first)).shore


def stands(desk: Desk) -> object:
    return desk.book.read(lambda page: (page.outbox_left()[0], page.last_acknowledged(), page.cursors()))


def written(local: Local) -> tuple[PatientId, tuple[bytes, ...]]:
    """Somebody whom both know, and the envelopes in which Ben wrote of her."""
    patient = local.person()
    send_message(local.ben, patient, "hola")
    return patient, offer(local.ben, met(local.ben), ENOUGH).envelopes


def test_it_is_handed_over_once_and_settled_by_nobody(local: Local) -> None:
    _, wires = written(local)
    shore = met(local.ben)
    assert waits_for(local.ben, shore)
    request = offer(local.ben, shore, ENOUGH)
    assert request.envelopes == wires
    before = stands(local.ben)
    landed = take(local.ben, shore, request, answer(request))
    assert stands(local.ben) == before and landed.more
    assert offer(local.ben, landed.shore, ENOUGH).envelopes == () and not waits_for(local.ben, landed.shore)


def test_what_it_brings_is_filed_once_and_moves_no_cursor_of_the_centre(local: Local) -> None:
    patient, wires = written(local)
    shore, before = met(local.eva), stands(local.eva)
    request = offer(local.eva, shore, ENOUGH)
    landed = take(local.eva, shore, request, answer(request, *wires))
    texts = [one.text for one in local.eva.book.read(lambda page: page.facts(Communication, patient))]
    assert texts == ["hola"] and landed.new > 0 and stands(local.eva) == before
    again = offer(local.eva, landed.shore, ENOUGH)
    assert {one.seq for one in again.cursors} and take(
        local.eva, landed.shore, again, answer(again, *wires)
    ).new == 0


def test_an_island_that_began_anew_is_told_everything_once_more(local: Local) -> None:
    _, wires = written(local)
    shore = met(local.ben)
    request = offer(local.ben, shore, ENOUGH)
    shore = take(local.ben, shore, request, answer(request)).shore
    request = offer(local.ben, shore, ENOUGH)
    landed = take(local.ben, shore, request, answer(request, life="two"))
    assert landed.more
    shore = take(local.ben, landed.shore, request, answer(request, life="two")).shore
    assert offer(local.ben, shore, ENOUGH).envelopes == wires


@pytest.mark.parametrize("before", [False, True])
def test_what_the_centre_takes_while_an_island_is_met_goes_there_too(local: Local, before: bool) -> None:
    """Whoever is on the island alone hears nothing of the centre; the island is a new one, or began anew."""
    desk, patient = local.ben, local.person()
    make_ready(desk, ENOUGH)
    known = max(desk.book.read(lambda page: page.numbered_after(0)))
    desk.book.keep(lambda page: page.acknowledge(known, (), AT), Changes())
    if before:
        met(desk)
    shore = turned_to(desk, ISLE)
    send_message(desk, patient, "meanwhile")
    make_ready(desk, ENOUGH)
    late = desk.book.read(lambda page: page.numbered_after(known))
    desk.book.keep(lambda page: page.acknowledge(max(late), (), AT), Changes())
    handed = list[bytes]()
    for _ in range(3):
        request = offer(desk, shore, ENOUGH)
        shore = take(desk, shore, request, answer(request, life="two")).shore
        handed += request.envelopes
    assert late and handed == list(late.values())


def test_statements_that_wait_for_the_centre_are_told_no_island(local: Local) -> None:
    desk, agreed = local.ben, local.ben.trust.statements
    desk.book.keep(lambda page: page.add_trust(len(agreed), b"not agreed", sent=False), Changes())
    assert charter(desk, bytes(32)).statements == agreed
    shore = replace(met(desk), position=-1)
    request = offer(desk, shore, ENOUGH)
    assert request.trust == agreed and request.trust_position == len(agreed) - 1


def test_a_log_that_does_not_follow_from_ours_is_not_taken(local: Local) -> None:
    desk, shore = local.ben, met(local.ben)
    request = offer(desk, shore, ENOUGH)
    before = desk.trust.position
    with pytest.raises(Distrust):
        take(desk, shore, request, answer(request, trust=(b"a forged one",), trust_position=before + 1))
    with pytest.raises(Distrust):
        take(desk, shore, request, answer(request, trust_position=before + 1))
    assert desk.trust.position == before
