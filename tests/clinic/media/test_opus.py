# SPDX-License-Identifier: GPL-3.0-or-later
"""The codec: what it makes has the length that was asked for, what is lost is repaired, nonsense is refused."""

import numpy as np
import pytest

from clinic.media import opus
from clinic.media.opus import (
    RESTING,
    BadPacket,
    Coding,
    Decoder,
    Encoder,
    PyavDecoder,
    PyavEncoder,
    carries_repair,
    duration,
    make_decoder,
    make_encoder,
    silence_packet,
)
from clinic.media.voice import RATE, Sound, melody

HUM = melody("A")
BOTH = [(make_encoder, make_decoder), (PyavEncoder, PyavDecoder)]


def packets(encoder: Encoder, coding: Coding, sound: Sound = HUM[:RATE]) -> list[bytes]:
    count = len(sound) // coding.samples
    return [encoder.encode(block, coding) for block in sound[: count * coding.samples].reshape(count, -1)]


def loudness(sound: Sound) -> float:
    return float(np.sqrt(np.mean(sound.astype(np.float64) ** 2)))


def test_the_library_comes_with_the_wheel() -> None:
    assert opus.whole()


@pytest.mark.parametrize(("encoder", "decoder"), BOTH)
@pytest.mark.parametrize("packet_ms", opus.PACKET_MS)
def test_what_is_encoded_is_heard_again(
    encoder: type[Encoder], decoder: type[Decoder], packet_ms: int
) -> None:
    coding, ear = Coding(24_000, packet_ms), decoder()
    made = packets(encoder(), coding)
    assert {duration(packet) for packet in made} == {coding.samples}
    heard = np.concatenate([ear.decode(packet) for packet in made])
    assert len(heard) == len(made) * coding.samples
    assert loudness(heard) == pytest.approx(loudness(HUM[: len(heard)]), rel=0.3)


@pytest.mark.parametrize("encoder", [make_encoder, PyavEncoder])
def test_the_bit_rate_changes_while_it_runs(encoder: type[Encoder]) -> None:
    made = encoder()
    rich, poor = (sum(map(len, packets(made, Coding(rate, 40)))) * 8 for rate in (32_000, 8_000))
    assert 20_000 < rich < 40_000
    assert 5_000 < poor < 12_000


def test_what_was_lost_comes_back_from_the_next_packet() -> None:
    coding = Coding(24_000, 20, fec=True, loss=0.2)
    made = packets(make_encoder(), coding, HUM[: 2 * RATE])
    assert sum(carries_repair(packet) for packet in made) > len(made) // 2
    assert not any(carries_repair(packet) for packet in packets(make_encoder(), Coding(24_000, 20)))

    def heard(mend: bool) -> Sound:
        """Every fifth packet lost."""
        ear, parts = make_decoder(), []
        for number, packet in enumerate(made[:-1]):
            if number % 5 != 4:
                parts.append(ear.decode(packet))
            else:
                parts.append(ear.repair(made[number + 1], 960) if mend else ear.conceal(960))
        return np.concatenate(parts).astype(np.float64)

    ear = make_decoder()
    right = np.concatenate([ear.decode(packet) for packet in made[:-1]]).astype(np.float64)
    assert loudness(heard(mend=True) - right) < 0.8 * loudness(heard(mend=False) - right)


@pytest.mark.parametrize("decoder", [make_decoder, PyavDecoder])
def test_a_guess_fades_where_nothing_comes(decoder: type[Decoder]) -> None:
    ear = decoder()
    for packet in packets(make_encoder(), Coding(24_000, 20)):
        ear.decode(packet)
    guesses = [ear.conceal(960) for _ in range(50)]
    assert {len(guess) for guess in guesses} == {960}
    assert loudness(guesses[0]) > 100
    assert loudness(guesses[-1]) < 0.2 * loudness(guesses[0])
    assert len(ear.repair(packets(make_encoder(), Coding())[0], 1920)) == 1920


def test_silence_is_not_sent() -> None:
    quiet = np.zeros(2 * RATE, np.int16)
    assert len(packets(make_encoder(), Coding(24_000, 20, dtx=True), quiet)[-1]) <= RESTING
    assert len(packets(make_encoder(), Coding(24_000, 20, dtx=False), quiet)[-1]) > RESTING


@pytest.mark.parametrize("packet_ms", opus.PACKET_MS)
def test_a_packet_of_silence_has_its_length(packet_ms: int) -> None:
    assert duration(silence_packet(packet_ms)) == packet_ms * RATE // 1000
    assert len(make_decoder().decode(silence_packet(packet_ms))) == packet_ms * RATE // 1000


@pytest.mark.parametrize(
    ("head", "samples"), [(0x08, 960), (0x18, 2880), (0x60, 480), (0xE8, 240), (0x09, 1920), (0xFC, 960)]
)
def test_durations_are_those_of_the_standard(head: int, samples: int) -> None:
    assert duration(bytes([head])) == samples


@pytest.mark.parametrize("decoder", [make_decoder, PyavDecoder])
@pytest.mark.parametrize("nonsense", [b"", b"\x03", b"\x0b\x00", b"\x1b\x3f", bytes(1501)])
def test_nonsense_is_no_packet(decoder: type[Decoder], nonsense: bytes) -> None:
    with pytest.raises(BadPacket):
        decoder().decode(nonsense)
    with pytest.raises(BadPacket):
        decoder().repair(nonsense, 960)


def test_random_bytes_never_break_the_decoder() -> None:
    draw, ear = np.random.default_rng(7), make_decoder()
    heard = 0
    for _ in range(300):
        data = draw.bytes(int(draw.integers(1, 200)))
        try:
            heard += len(ear.decode(data)) + len(ear.repair(data, 960))
        except BadPacket:
            continue
    assert heard > 0


@pytest.mark.parametrize(
    "wrong", [{"bitrate": 100}, {"bitrate": 1_000_000}, {"packet_ms": 10}, {"loss": 2.0}, {"loss": -0.1}]
)
def test_what_no_encoder_can_do_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"speech|packet|loss"):
        Coding(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("encoder", [make_encoder, PyavEncoder])
@pytest.mark.parametrize("sound", [HUM[:959], HUM[:960].astype(np.float32), HUM[:1920].reshape(2, 960)])
def test_only_whole_packets_are_encoded(encoder: type[Encoder], sound: Sound) -> None:
    with pytest.raises(ValueError, match="960 samples"):
        encoder().encode(sound, Coding(packet_ms=20))


def test_without_the_library_the_codec_of_pyav_works(monkeypatch: pytest.MonkeyPatch) -> None:
    opus._library.cache_clear()
    monkeypatch.setattr(opus, "_places", lambda: iter(()))
    try:
        assert not opus.whole()
        assert isinstance(make_encoder(), PyavEncoder)
        assert isinstance(make_decoder(), PyavDecoder)
    finally:
        opus._library.cache_clear()
