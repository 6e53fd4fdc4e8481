# SPDX-License-Identifier: GPL-3.0-or-later
"""An exchange in blocks: each is durable when it has come, whatever becomes of the rest; and what a device learns afterwards."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import ClientDisconnect

from clinic.keys.trust import say
from clinic.protocol.blocks import SEQUENCE, block
from clinic.protocol.codec import Malformed, decode, encode
from clinic.protocol.squeezed import squeezed
from clinic.protocol.sync import FaultNumber, MoreEnvelopes, Refused, SyncRequest, SyncResponse
from clinic.protocol.trust import Revoke
from clinic.sync.exchange import envelope_hash, known_digest
from sync_server import limits
from sync_server.app import build
from sync_server.routes import sync as route
from tests.small_clinic import AT, Somebody

from .conftest import Inside, fault_of


class Bells:
    """Hears what is rung."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []

    async def had(self, device: object, env_no: int) -> None:
        self.heard.append(("had", env_no))

    async def ring(self, rung: tuple[object, ...], writer: object) -> None:
        self.heard.append(("rung", len(rung)))


def asked(who: Somebody, *envelopes: bytes, **more: object) -> SyncRequest:
    return SyncRequest(
        device=who.device, incarnation=who.incarnation, envelopes=envelopes, sent_at=AT, **more  # type: ignore[arg-type]
    )  # fmt: skip


def blocks_of(who: Somebody, *pieces: tuple[bytes, ...]) -> list[bytes]:
    first, *rest = pieces
    return [
        block(squeezed(encode(asked(who, *first)))),
        *(block(squeezed(encode(MoreEnvelopes(envelopes=piece)))) for piece in rest),
    ]


def streamed(
    inside: Inside, who: Somebody, parts: list[bytes], lost: bool = False, bells: Bells | None = None
) -> httpx.Response:
    """The parts one after the other; `lost`: then the connection is."""
    token = inside.token_of(who)

    async def body() -> AsyncIterator[bytes]:
        for part in parts:
            yield part
        if lost:
            raise ClientDisconnect

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=build(inside.desk))
        inside.desk.bells = bells or inside.desk.bells  # type: ignore[assignment]
        async with httpx.AsyncClient(transport=transport, base_url="http://server") as client:
            headers = {"authorization": f"Bearer {token}", "content-type": SEQUENCE}
            return await client.post("/v1/sync", content=body(), headers=headers)

    return asyncio.run(send())


@pytest.fixture
def letters(inside: Inside) -> list[bytes]:
    return [inside.clinic.eva.envelope(inside.clinic.log, f"p:{number % 3}") for number in range(6)]


def held(inside: Inside) -> list[bytes]:
    return sorted(item.envelope for item in inside.sync(inside.clinic.ben).envelopes)


def test_all_blocks_are_one_exchange_and_each_is_told_when_it_is_there(
    inside: Inside, letters: list[bytes]
) -> None:
    bells, c = Bells(), inside.clinic
    parts = blocks_of(c.eva, tuple(letters[:1]), tuple(letters[1:4]), tuple(letters[4:]))
    answer = streamed(inside, c.eva, parts, bells=bells)
    assert decode(answer.content, SyncResponse).acked_env_no == 6
    assert [number for what, number in bells.heard if what == "had"] == [1, 4, 6]
    assert held(inside) == sorted(letters)


def test_what_came_whole_before_a_cut_is_there_and_nothing_twice(
    inside: Inside, letters: list[bytes]
) -> None:
    c = inside.clinic
    parts = blocks_of(c.eva, tuple(letters[:2]), tuple(letters[2:4]), tuple(letters[4:]))
    streamed(inside, c.eva, [*parts[:2], parts[2][:-1]], lost=True)
    assert held(inside) == sorted(letters[:4])
    known = decode(
        inside.say("POST", "/v1/sync", asked(c.eva, unsure_from=1), inside.token_of(c.eva)).content,
        SyncResponse,
    )
    assert known.acked_env_no == 4
    assert known.known == known_digest(map(envelope_hash, letters[:4]))
    answer = streamed(inside, c.eva, blocks_of(c.eva, tuple(letters[3:5]), tuple(letters[5:])))
    assert decode(answer.content, SyncResponse).acked_env_no == 6


def test_what_was_refused_in_a_lost_answer_is_said_when_asked(inside: Inside, letters: list[bytes]) -> None:
    c = inside.clinic
    spoilt = letters[1][:-1] + bytes([letters[1][-1] ^ 1])
    streamed(inside, c.eva, blocks_of(c.eva, (letters[0], spoilt), (letters[2],)), lost=True)
    known = inside.sync(c.eva, unsure_from=1)
    assert known.acked_env_no == 3
    assert [(no.env_no, no.why) for no in known.refused] == [(2, Refused.BAD_SIGNATURE)]
    assert known.known == known_digest(map(envelope_hash, (letters[0], spoilt, letters[2])))


@pytest.mark.parametrize("unsure", [5, 2**61])
def test_who_asks_after_what_never_came_is_told_nothing(
    inside: Inside, letters: list[bytes], unsure: int
) -> None:
    assert inside.sync(inside.clinic.eva, *letters[:3], unsure_from=unsure).known == b""


def test_a_stream_says_all_that_was_refused_in_it(inside: Inside, letters: list[bytes]) -> None:
    c = inside.clinic
    theirs = c.ola.envelope(c.log, "p:9")
    answer = streamed(inside, c.eva, blocks_of(c.eva, (letters[0], theirs), (letters[1],), (theirs,)))
    said = decode(answer.content, SyncResponse)
    assert [no.why for no in said.refused] == [Refused.WRONG_SENDER, Refused.WRONG_SENDER]
    assert said.acked_env_no == 2


@pytest.mark.parametrize(
    "damage", [b"\x00", block(b"not a record"), block(encode(MoreEnvelopes(envelopes=())))[:-1]]
)
def test_a_damaged_block_ends_it_and_takes_nothing_away(
    inside: Inside, letters: list[bytes], damage: bytes
) -> None:
    c = inside.clinic
    answer = streamed(inside, c.eva, [*blocks_of(c.eva, tuple(letters[:2])), damage])
    assert (answer.status_code, fault_of(answer).number) == (400, FaultNumber.MALFORMED)
    assert held(inside) == sorted(letters[:2])


def test_a_stream_has_an_end(inside: Inside, letters: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "SYNC_STREAM", 5_000)
    assert limits.SYNC_STREAM > limits.SYNC_BODY
    c = inside.clinic
    parts = blocks_of(c.eva, tuple(letters[:1]), *[tuple(letters[1:])] * 9)
    answer = streamed(inside, c.eva, parts)
    assert fault_of(answer).number == FaultNumber.TOO_LARGE


def test_a_server_that_stops_ends_a_stream_between_blocks(inside: Inside, letters: list[bytes]) -> None:
    c = inside.clinic
    parts = blocks_of(c.eva, tuple(letters[:2]), tuple(letters[2:]))

    class Stopping(Bells):
        async def had(self, device: object, env_no: int) -> None:
            inside.desk.stopping = True

    answer = streamed(inside, c.eva, parts, bells=Stopping())
    inside.desk.stopping = False
    assert fault_of(answer).number == FaultNumber.STOPPING
    assert held(inside) == sorted(letters[:2])


def test_a_device_that_is_revoked_while_it_streams_is_not_taken_on(inside: Inside) -> None:
    c = inside.clinic
    written = [c.ben.envelope(c.log, "p:1") for _ in range(4)]

    class Revoking(Bells):
        async def had(self, device: object, env_no: int) -> None:
            inside.desk.log = say(
                c.log, Revoke(device=c.ben.device, incarnation=1, last_env_no=2), c.eva.signer, AT
            )

    parts = blocks_of(c.ben, tuple(written[:2]), tuple(written[2:]))
    answer = streamed(inside, c.ben, parts, bells=Revoking())
    assert {no.why for no in decode(answer.content, SyncResponse).refused} == {Refused.REVOKED}
    assert sorted(item.envelope for item in inside.sync(c.eva).envelopes) == sorted(written[:2])


def test_a_block_is_no_bomb() -> None:
    with pytest.raises(Malformed):
        list(route.Blocks(10).fed(block(bytes(11))))
