# SPDX-License-Identifier: GPL-3.0-or-later
"""The sound of one attempt: what the microphone gives goes out as the link allows, what comes in is played out."""

import asyncio
import fractions
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aiortc import MediaStreamTrack, RTCPeerConnection
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket
from av import Packet

from clinic.calls.speech import START_BPS, START_LOSS, Speech, chosen, remembered
from clinic.media import doors
from clinic.media.capture import AudioPacket, MicrophoneFeed
from clinic.media.opus import make_decoder
from clinic.media.playout import Arrived, Playout, Tally
from clinic.media.redundancy import Damaged, Frame, unpacked
from clinic.media.speaking import Packing
from clinic.media.voice import RATE

TIME = fractions.Fraction(1, RATE)
START_RTT_S = 0.15
"""Planned for until it is measured."""


class MicrophoneTrack(MediaStreamTrack):
    """Encoded sound of the feed, each packet with the copies that `speech` asks for."""

    kind = "audio"

    def __init__(self, microphone: MicrophoneFeed) -> None:
        super().__init__()
        self.copies = 0
        self.opus, self.redundant = doors.OPUS_KIND, False
        self._outlets = microphone.outlets
        self._queue: asyncio.Queue[Frame] | None = None
        """From the first packet that can leave: what was said before is no wait for all that follows."""
        self._packing = Packing()

    async def recv(self) -> AudioPacket:
        if self.readyState != "live":
            raise MediaStreamError
        if self._queue is None:
            self._queue = self._outlets.open()
        frame = await self._queue.get()
        packet: Any = Packet(self._packing.payload(frame, self.copies, self.redundant, self.opus))
        packet.pts, packet.time_base = frame.at, TIME
        sent: AudioPacket = packet
        return sent

    def stop(self) -> None:
        super().stop()
        if self._queue is not None:
            self._outlets.close(self._queue)


class Talking:
    """`now`: seconds of the clock that the loudspeaker plays by."""

    def __init__(self, microphone: MicrophoneFeed, now: Callable[[], float]) -> None:
        self.track = MicrophoneTrack(microphone)
        self.playout = Playout(make_decoder())
        self.speech = Speech()
        self.damaged = 0
        self._microphone, self._now = microphone, now
        self._red: int | None = None
        self._told = Tally()
        self._budget_bps, self._loss, self._rtt_s = float(START_BPS), START_LOSS, START_RTT_S
        self._choose()

    @property
    def loss(self) -> float:
        """0..1 of what we send, as it is planned for."""
        return self._loss

    @property
    def redundant(self) -> bool:
        """Whether the peer takes copies."""
        return self.track.redundant

    def settle(self, peer: RTCPeerConnection, remote_sdp: str) -> None:
        """Once the peer has described itself. Raises ValueError where there is no sound we could make."""
        self.track.opus, self._red = doors.settle_speech(peer, remote_sdp)
        self.track.redundant = self._red is not None
        self._choose()

    def listen(self, peer: RTCPeerConnection, track: MediaStreamTrack, came: Callable[[], None]) -> None:
        """Take the packets of that track; `came` is told of each."""

        def take(packet: RtpPacket) -> None:
            came()
            self._take(packet)

        for receiver in peer.getReceivers():
            if receiver.track is track:
                doors.tap_speech(receiver, take)

    def send_on(self, peer: RTCPeerConnection) -> None:
        doors.carry_payloads(peer.addTrack(self.track))

    def allot(self, audio_bps: float) -> None:
        """What speech may take of the link, headers included. Raises ValueError below 1."""
        if not audio_bps >= 1:
            raise ValueError("speech needs bits")
        self._budget_bps = audio_bps
        self._choose()

    def allow(self, audio_bps: float, loss: float, rtt_s: float) -> None:
        """All three at once, from whoever measures the path (loss 0..1 of what we send, already evened out)."""
        self._loss, self._rtt_s = min(1.0, max(0.0, loss)), max(0.0, rtt_s)
        self.allot(audio_bps)

    def reported(self, loss: float | None, rtt_s: float | None) -> None:
        """What the peer says of our packets since its last report (0..1, seconds); None: nothing new."""
        if loss is not None:
            self._loss = remembered(self._loss, loss)
        if rtt_s is not None:
            self._rtt_s = rtt_s
        self._choose()

    def heard_shares(self) -> tuple[float, float]:
        """0..1 of the speech heard since the last question: brought back, and guessed."""
        before, self._told = self._told, replace(self.playout.tally)
        now = self._told
        back = now.copied + now.repaired - before.copied - before.repaired
        guessed = now.concealed - before.concealed
        whole = now.decoded + now.repaired + now.concealed
        heard = whole - before.decoded - before.repaired - before.concealed
        return (back / heard, guessed / heard) if heard > 0 else (0.0, 0.0)

    def speak(self) -> None:
        """From now on this attempt says how the microphone is encoded."""
        self._microphone.speech = self.speech

    def _choose(self) -> None:
        self.speech = chosen(self._budget_bps, self._loss, self._rtt_s, self.redundant, self.speech)
        self.track.copies = self.speech.copies

    def _take(self, packet: RtpPacket) -> None:
        try:
            frames = self._frames(packet)
        except Damaged:
            self.damaged += 1
            return
        self.playout.put(Arrived(packet.sequence_number, packet.timestamp, frames), self._now())

    def _frames(self, packet: RtpPacket) -> tuple[Frame, ...]:
        """Raises Damaged."""
        if packet.payload_type == self._red:
            return unpacked(packet.payload, packet.timestamp, self.track.opus)
        if packet.payload_type == self.track.opus:
            return (Frame(packet.timestamp, packet.payload),)
        raise Damaged("another codec")
