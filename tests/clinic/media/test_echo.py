# SPDX-License-Identifier: GPL-3.0-or-later
"""An echo is told from a talk: by the loudness of what is played and of what the microphone takes."""

import numpy as np
import pytest

from clinic.media.echo import BLOCKS, OFTEN, EchoWatch, alike
from clinic.media.microphone import BLOCK
from clinic.media.speaker import loudness
from clinic.media.voice import RATE, Sound, melody

ROOM = np.random.default_rng(5)
EAR, MOUTH = melody("A")[: 5 * RATE], melody("B")[: 5 * RATE]


def levels(sound: Sound) -> list[float]:
    noisy = sound + 20 * ROOM.standard_normal(len(sound))
    blocks = noisy[: len(noisy) // BLOCK * BLOCK].reshape(-1, BLOCK)
    return [loudness(block) for block in blocks][-BLOCKS:]


def late(sound: Sound, seconds: float, share: float) -> Sound:
    gone = int(seconds * RATE)
    return (np.concatenate([np.zeros(gone), sound])[: len(sound)] * share).astype(np.int16)


@pytest.mark.parametrize(("seconds", "share"), [(0.02, 0.5), (0.15, 0.3), (0.45, 0.2)])
def test_the_loudspeaker_in_the_microphone_is_an_echo(seconds: float, share: float) -> None:
    assert alike(levels(EAR), levels(late(EAR, seconds, share))) > 0.85


def test_two_who_talk_at_once_are_no_echo() -> None:
    assert alike(levels(EAR), levels(MOUTH)) < 0.7
    assert alike(levels(EAR), levels(MOUTH + late(EAR, 0.1, 0.1))) < 0.75


def test_silence_and_little_are_no_echo() -> None:
    assert alike(levels(EAR), levels(EAR * 0)) == 0.0
    assert alike(levels(EAR * 0), levels(EAR)) == 0.0
    assert alike(levels(EAR)[:10], levels(EAR)[:10]) == 0.0


def test_it_is_told_once_and_again_only_after_it_was_gone() -> None:
    watch = EchoWatch()

    def hear(taken: Sound) -> bool:
        for played, mouth in zip(levels(EAR), levels(taken), strict=True):
            watch.played(played)
            watch.taken(mouth)
        return watch.look()

    echo = late(EAR, 0.1, 0.3)
    assert [hear(echo) for _ in range(4)] == [n == OFTEN - 1 for n in range(4)]
    assert not hear(MOUTH)
    assert [hear(echo) for _ in range(2)] == [False, True]
