# SPDX-License-Identifier: GPL-3.0-or-later
"""Each side is heard as itself: through Opus, lost packets and gaps, and never as the other,
as noise or as silence.
"""

from pathlib import Path

import numpy as np
import pytest

from clinic.media.microphone import BLOCK
from clinic.media.opus import Coding, make_decoder, make_encoder
from clinic.media.recognise import HEARD, hears, spectrogram
from clinic.media.voice import RATE, Sound, melody, read_wave, voice, write_wave


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("voices")


def excerpt(side: str, cache: Path) -> Sound:
    return voice(side, cache).sound[RATE // 3 :][: 8 * RATE]


def through_opus(sound: Sound, lost: float) -> Sound:
    """Encoded for the wire, some packets missing, decoded again."""
    encoder, decoder, coding = make_encoder(), make_decoder(), Coding(dtx=False)
    draw, out = np.random.default_rng(7), []
    for block in sound[: len(sound) // BLOCK * BLOCK].reshape(-1, BLOCK):
        packet = encoder.encode(block, coding)
        out.append(decoder.decode(packet) if draw.random() >= lost else np.zeros(BLOCK, np.int16))
    return np.concatenate(out)


@pytest.mark.parametrize(("side", "other"), [("A", "B"), ("B", "A")])
@pytest.mark.parametrize("lost", [0.0, 0.03])
def test_a_side_is_heard_through_a_call(side: str, other: str, lost: float, cache: Path) -> None:
    heard = through_opus(excerpt(side, cache), lost)
    assert hears(heard, side, cache) > HEARD + 0.15
    assert hears(heard, other, cache) < HEARD - 0.15


def test_noise_silence_hum_and_nothing_are_nobody(cache: Path) -> None:
    noise = (np.random.default_rng(3).standard_normal(6 * RATE) * 3000).astype(np.int16)
    for sound in (noise, noise * 0, melody("C")[: 8 * RATE], noise[:100]):
        assert hears(sound, "A", cache) < HEARD - 0.15
        assert hears(sound, "B", cache) < HEARD - 0.15
    assert spectrogram(noise[:10]).shape[0] == 0


def test_speech_with_a_cut_and_in_noise_is_still_heard(cache: Path) -> None:
    sound = excerpt("A", cache).copy()
    noise = (np.random.default_rng(3).standard_normal(len(sound)) * 250).astype(np.int16)
    sound[2 * RATE : 5 * RATE] = 0
    assert hears(sound // 2 + noise, "A", cache) > HEARD
    assert hears(sound // 2 + noise, "B", cache) < HEARD


def test_a_file_is_heard(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(write_wave(excerpt("A", cache)))
    assert hears(path, "A", cache) > 0.9


def test_a_voice_is_kept_and_read_back(cache: Path) -> None:
    kept = voice("D", cache).sound
    voice.cache_clear()
    assert np.array_equal(voice("D", cache).sound, kept)
    assert len(list(cache.glob("voice-D-*.wav"))) == 1
    assert np.array_equal(read_wave(write_wave(kept)), kept)


def test_without_espeak_a_hum_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinic.media.voice.shutil.which", lambda name: None)
    voice.cache_clear()
    hummed = voice("E")
    voice.cache_clear()
    assert not hummed.spoken
    assert 8 * RATE < len(hummed.sound) < 20 * RATE
    assert np.abs(hummed.sound).max() > 10_000


def test_the_two_sides_say_different_things(cache: Path) -> None:
    assert voice("A", cache).spoken
    assert hears(voice("A", cache).sound, "B", cache) < 0.5
