# SPDX-License-Identifier: GPL-3.0-or-later
"""A still is as large as the link bears in ten seconds, whole or not at all, and only one that was asked for."""

import asyncio
import io

import numpy as np
import pytest
from aiortc import RTCPeerConnection
from av import VideoFrame
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from clinic.calls.allot import CONTROL
from clinic.calls.speech import share_of
from clinic.domain.record import Record
from clinic.media.stills import (
    HEADS,
    LEAST_KBPS,
    MOST_BYTES,
    MOST_KBPS,
    PART,
    SECONDS,
    Channel,
    Coming,
    most_bytes,
    parts_of,
    share_kbps,
    squeezed,
)
from clinic.protocol.calling import StillAsked, StillPart
from clinic.protocol.engine import StillCame, StillMoved


def noise(width: int = 640, height: int = 480) -> Image.Image:
    """The hardest picture there is: nothing of it can be foretold."""
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8))


def test_at_64_kbit_a_still_is_14_kilobytes_and_the_voice_keeps_its_own() -> None:
    assert share_kbps(64) == share_kbps(None) == 14
    assert most_bytes(14) == 14_000
    assert share_kbps(20) == LEAST_KBPS
    assert share_kbps(5000) == MOST_KBPS


@given(st.floats(62, 5000))
def test_never_more_than_ten_seconds_beside_the_voice(link: float) -> None:
    size = most_bytes(share_kbps(link))
    wire = (size + -(-size // PART) * HEADS) * 8 / 1000
    assert wire / (link - (share_of(1000 * link) + CONTROL) / 1000) <= SECONDS


@pytest.mark.parametrize("most", [6_000, 24_000, 120_000])
def test_even_noise_is_squeezed_into_its_bytes(most: int) -> None:
    data = squeezed(noise(), most)
    assert len(data) <= most
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == "WEBP"
        assert picture.width <= 640


def test_a_plain_picture_keeps_its_size() -> None:
    with Image.open(io.BytesIO(squeezed(Image.new("RGB", (640, 480), "teal"), 24_000))) as picture:
        assert picture.size == (640, 480)


@given(st.binary(min_size=1, max_size=5 * PART))
def test_parts_make_the_whole_again(data: bytes) -> None:
    parts = parts_of("c1", 7, data)
    coming = Coming.begun_by(parts[0])
    assert coming is not None
    assert all(not coming.whole and coming.take(part) for part in parts)
    assert coming.whole
    assert bytes(coming.data) == data


def part(**values: object) -> StillPart:
    return StillPart(**{"call_id": "c1", "number": 7, "index": 0, "count": 2, "size": 1500,
                        "data": bytes(PART), **values})  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize(
    "first", [part(count=0), part(count=10_000), part(size=0), part(size=MOST_BYTES + 1), part(index=1)]
)
def test_what_cannot_be_a_still_is_not_begun(first: StillPart) -> None:
    assert Coming.begun_by(first) is None


REST = bytes(500)


@pytest.mark.parametrize(
    "second",
    [
        part(data=REST), part(index=2, data=REST), part(index=1, number=8, data=REST),
        part(index=1, size=1400, data=REST), part(index=1, count=3, data=REST), part(index=1, data=bytes(900)),
    ],
)  # fmt: skip
def test_a_part_out_of_its_place_is_not_taken(second: StillPart) -> None:
    coming = Coming.begun_by(part())
    assert coming is not None and coming.take(part())
    assert not coming.take(second)
    assert not coming.whole
    assert coming.take(part(index=1, data=REST))
    assert coming.whole


async def test_whoever_asks_while_one_goes_is_answered_after_it() -> None:
    """The last part is followed by a pause too, so that the voice keeps its own: the next may be asked for in it."""
    peers = RTCPeerConnection(), RTCPeerConnection()
    heard = asyncio.Queue[StillCame | StillMoved]()

    async def picture() -> VideoFrame:
        return VideoFrame.from_image(Image.new("RGB", (640, 480), "teal"))  # type: ignore[no-untyped-call]

    def tell(said: Record) -> None:
        if isinstance(said, StillCame) or (isinstance(said, StillMoved) and said.trouble):
            heard.put_nowait(said)

    def ask(number: int) -> None:
        asking.say(StillAsked(call_id="c1", number=number))

    channels = [Channel(peer, "c1", tell, picture, lambda: None) for peer in peers]
    asking, opened = channels[0], [asyncio.Event() for _ in channels]
    for channel, event in zip(channels, opened, strict=True):
        channel._channel.on("open", event.set)
    try:
        await peers[0].setLocalDescription(await peers[0].createOffer())
        await peers[1].setRemoteDescription(peers[0].localDescription)
        await peers[1].setLocalDescription(await peers[1].createAnswer())
        await peers[0].setRemoteDescription(peers[1].localDescription)
        async with asyncio.timeout(60):
            await asyncio.gather(*(event.wait() for event in opened))
            for number in (1, 2, 3):
                ask(number)
                came = await heard.get()
                assert isinstance(came, StillCame) and came.number == number
            for asked, answered in (((4, 5), 5), ((6, 6), 6)):
                for number in asked:
                    ask(number)
                assert (await heard.get()).number == answered
                await asyncio.sleep(1)
                assert heard.empty(), "the last of several, and what is asked for twice goes once"
    finally:
        for peer in peers:
            await peer.close()
