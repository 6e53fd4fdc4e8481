# SPDX-License-Identifier: GPL-3.0-or-later
"""A voice note: bounded in time and bytes, the same words after its way, and nothing that merely looks like one."""

import numpy as np
import pytest

from clinic.domain.errors import Refusal
from clinic.media.microphone import BLOCK
from clinic.media.notes import MOST_BYTES, MOST_S, Note, decoded, encoded
from clinic.media.voice import RATE


def tone(seconds: float) -> np.ndarray:
    at = np.arange(int(seconds * RATE)) / RATE
    return (np.sin(at * 2 * np.pi * 300) * 9000).astype(np.int16)


def test_half_a_minute_is_what_a_letter_carries() -> None:
    note = Note()
    whole = tone(MOST_S + 5)
    for at in range(0, len(whole) - BLOCK, BLOCK):
        note.take(whole[at : at + BLOCK])
    assert note.full
    assert note.seconds == MOST_S
    data = note.sound()
    assert len(data) < 60_000, "a letter is 64 kB"
    back = decoded(data)
    assert abs(len(back) / RATE - MOST_S) < 0.1
    middle = back[RATE : 2 * RATE].astype(float)
    assert abs(np.abs(np.fft.rfft(middle)).argmax() - 300) <= 1, "the tone it was"


def test_a_touch_by_mistake_is_no_note_and_a_note_goes_on_after_its_call() -> None:
    short = Note()
    short.take(tone(0.02))
    assert short.sound() == b""
    longer = Note()
    for _ in range(50):
        longer.take(tone(0.02))
    after = Note()
    after.take(tone(0.02))
    after.go_on_from(longer)
    assert after.seconds == pytest.approx(51 * 0.02)


@pytest.mark.parametrize("data", [b"", b"OggS" + bytes(400), bytes(range(256)) * 4, bytes(MOST_BYTES + 1)])
def test_what_is_no_note_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(Refusal, match="voice note"):
        decoded(data)


def test_a_note_that_lies_about_its_length_is_cut() -> None:
    assert len(decoded(encoded(tone(70)))) / RATE < 2 * MOST_S + 2
