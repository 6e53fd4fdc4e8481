# SPDX-License-Identifier: GPL-3.0-or-later
"""From the blocks of a microphone to the payloads that are sent: collected, encoded, silent ones left out, each
with copies of those before it. Pure but for the codec's own state.
"""

from collections import deque

import numpy as np

from clinic.media.opus import RESTING, Coding, Encoder
from clinic.media.redundancy import MAX_COPIES, Frame, packed
from clinic.media.voice import RATE, Sound

BLOCK = RATE // 50
STILL_THERE = RATE // 5
"""Samples of silence after which a packet is sent all the same: six of them must be lost before the other side
thinks that the path is broken.
"""


class Speaking:
    """Blocks of 20 ms in, frames out; a new coding holds from the next packet on."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._coding = Coding()
        self._blocks: list[Sound] = []
        self._at = 0
        self._resting = 0
        self._sent_at = 0

    def put(self, block: Sound, coding: Coding) -> Frame | None:
        """The frame that this block completes; None while it is collected, or where silence goes on.
        The first frames of a silence are sent, so that the last copies of speech arrive.
        """
        if not self._blocks:
            self._coding = coding
        self._blocks.append(block)
        if len(self._blocks) * BLOCK < self._coding.samples:
            return None
        payload = self._encoder.encode(np.concatenate(self._blocks), self._coding)
        self._blocks = []
        frame, self._at = Frame(self._at, payload), self._at + self._coding.samples
        self._resting = self._resting + 1 if len(payload) <= RESTING else 0
        if self._resting > MAX_COPIES and self._at - self._sent_at < STILL_THERE:
            return None
        self._sent_at = self._at
        return frame


NEAR = MAX_COPIES * RATE * 60 // 1000
"""Samples: what is older lies before a silence, and nobody waits for it."""


class Packing:
    """Payloads of one attempt: plain, or with copies where the peer understands RFC 2198."""

    def __init__(self) -> None:
        self._before: deque[Frame] = deque(maxlen=MAX_COPIES)

    def payload(self, frame: Frame, copies: int, redundant: bool, kind: int) -> bytes:
        """`kind`: the payload type of Opus; `redundant`: the peer takes RFC 2198."""
        last = list(self._before)[len(self._before) - min(copies, len(self._before)) :]
        before = tuple(old for old in last if frame.at - old.at <= NEAR and len(old.payload) > RESTING)
        self._before.append(frame)
        return packed(frame, before, kind) if redundant else frame.payload
