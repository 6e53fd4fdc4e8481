# SPDX-License-Identifier: GPL-3.0-or-later
"""One transport attempt of a call: a peer connection, what goes out on it and what comes in."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from av import VideoFrame

from clinic.calls.fingerprints import fingerprints
from clinic.domain.record import Record
from clinic.media import doors
from clinic.media.capture import CameraFeed, MicrophoneFeed, Outlets
from clinic.media.stills import Channel
from clinic.media.talking import Talking
from clinic.protocol.engine import AcceptRemote, LocalDescription, StartCall

CLOSE_S = 3.0


class Listener(Protocol):
    """Who wants to know what an attempt receives."""

    def heard(self, session: "Session") -> None: ...

    def saw(self, session: "Session", frame: VideoFrame) -> None: ...

    def connection(self, session: "Session", state: str) -> None: ...

    @property
    def carries_video(self) -> bool: ...

    def tell(self, message: Record) -> None: ...

    async def newest_picture(self) -> VideoFrame | None: ...

    def link_kbps(self) -> float | None: ...


class CameraTrack(MediaStreamTrack):
    """The newest picture of the feed."""

    kind = "video"

    def __init__(self, outlets: Outlets[VideoFrame], showing: asyncio.Event) -> None:
        super().__init__()
        self._outlets, self._queue, self._showing = outlets, outlets.open(), showing

    async def recv(self) -> VideoFrame:
        if self.readyState != "live":
            raise MediaStreamError
        await self._showing.wait()
        return await self._queue.get()

    def stop(self) -> None:
        super().stop()
        self._outlets.close(self._queue)


@dataclass(slots=True)
class Traffic:
    """Counters of one moment."""

    at: float = 0.0
    sent: int = 0
    received: int = 0
    lost: int = 0
    packets: int = 0
    rtt_s: float = 0.0
    pictures: int = 0
    of_video: tuple[int, int] = (0, 0)
    """Packets that came, and that were lost, of pictures alone."""


class Session:
    """Lives from StartCall until it is replaced or hung up."""

    def __init__(
        self, start: StartCall, camera: CameraFeed | None, microphone: MicrophoneFeed, listener: Listener
    ) -> None:
        self.start = start
        self.camera, self.microphone, self.listener = camera, microphone, listener
        self.last_media: float | None = None
        self.pictures = 0
        servers = [RTCIceServer(s.url, s.username or None, s.credential or None) for s in start.ice_servers]
        self._peer = RTCPeerConnection(
            RTCConfiguration(iceServers=servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self.talking, self._reported_at = Talking(microphone, self._loop.time), 0.0
        self._showing = asyncio.Event()
        self.send_pictures(listener.carries_video)
        self.channel: Channel | None = None
        self._peer.on("track", self._on_track)
        self._peer.on("connectionstatechange", self._on_state)

    @property
    def attempt(self) -> int:
        return self.start.attempt

    @property
    def speaks(self) -> bool:
        """Whether words go over the data channel, both ways."""
        return self.channel is not None and self.channel.lives

    @property
    def state(self) -> str:
        return str(self._peer.connectionState)

    async def offer(self) -> LocalDescription:
        """Our offer with its candidates."""
        self._send_all()
        if self.camera is None:
            self._peer.addTransceiver("video", direction="recvonly")
        self._open_channel()
        await self._peer.setLocalDescription(await self._peer.createOffer())
        return self._described()

    async def accept(self, remote: AcceptRemote) -> LocalDescription | None:
        """Take the peer's description; answers an offer.
        Raises ValueError or InvalidStateError for nonsense.
        """
        await self._peer.setRemoteDescription(RTCSessionDescription(remote.sdp, remote.type))
        self.talking.settle(self._peer, remote.sdp)
        if remote.type != "offer":
            return None
        if "m=application" in remote.sdp:  # an older peer offers none
            self._open_channel()
        self._send_all()
        await self._peer.setLocalDescription(await self._peer.createAnswer())
        return self._described()

    async def traffic(self) -> Traffic:
        """Counters since the beginning."""
        now = Traffic(at=self._loop.time(), pictures=self.pictures)
        for report in (await self._peer.getStats()).values():
            if report.type == "transport":
                now.sent, now.received = report.bytesSent, report.bytesReceived
            elif report.type == "inbound-rtp":
                now.lost += max(0, report.packetsLost)
                now.packets += report.packetsReceived
                if report.kind == "video":
                    now.of_video = report.packetsReceived, max(0, report.packetsLost)
            elif report.type == "remote-inbound-rtp":
                now.rtt_s = max(now.rtt_s, float(report.roundTripTime or 0.0))
                if report.kind == "audio":
                    self._speech_report(report)
        self.talking.speak()
        return now

    def allot(self, audio_bps: float) -> None:
        """What speech may take of the link, headers included (`clinic.calls.speech.share_of`)."""
        self.talking.allot(audio_bps)
        self.talking.speak()

    def _speech_report(self, report: Any) -> None:
        """What the peer says of our sound; the same report is read again until there is a new one."""
        at = report.timestamp.timestamp()
        loss = report.fractionLost / 256 if at > self._reported_at else None
        self._reported_at = at
        self.talking.reported(loss, report.roundTripTime)

    def send_pictures(self, wanted: bool) -> None:
        """Whether our pictures go out: without them not a packet of video is sent, and the link is the voice's."""
        if not wanted:
            self._showing.clear()
        elif not self._showing.is_set():
            self._showing.set()
            self.refresh()

    def refresh(self) -> None:
        """After a silence the peer may have lost the pictures that ours build on."""
        for sender in self._peer.getSenders():
            if sender.kind == "video":
                doors.send_whole_picture(sender)

    async def close(self) -> None:
        if self.channel is not None:
            self.channel.close()
        self._showing.set()  # whoever waits to send sees that it is over
        for task in self._tasks:
            task.cancel()
        try:
            await asyncio.wait_for(self._peer.close(), CLOSE_S)
        except (TimeoutError, ConnectionError):
            return  # the peer finds out by silence

    def _open_channel(self) -> None:
        """After the tracks: whatever is first of a bundle owns its transport, and the library stops the others'."""
        listener = self.listener
        self.channel = Channel(
            self._peer, self.start.call_id, listener.tell, listener.newest_picture, listener.link_kbps
        )

    def _send_all(self) -> None:
        self.talking.send_on(self._peer)
        if self.camera is not None:
            self._peer.addTrack(CameraTrack(self.camera.outlets, self._showing))

    def _described(self) -> LocalDescription:
        made = self._peer.localDescription
        return LocalDescription(
            call_id=self.start.call_id,
            attempt=self.attempt,
            sdp=made.sdp,
            type=made.type,
            fingerprints=fingerprints(made.sdp),
        )

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self.talking.listen(self._peer, track, self._hear)
            return
        task = asyncio.ensure_future(_drain(track, self._see))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _hear(self) -> None:
        self.last_media = self._loop.time()
        self.listener.heard(self)

    def _see(self, frame: VideoFrame) -> None:
        self.last_media = self._loop.time()
        self.pictures += 1
        self.listener.saw(self, frame)

    def _on_state(self) -> None:
        self.listener.connection(self, self.state)


async def _drain(track: MediaStreamTrack, take: Callable[..., None]) -> None:
    try:
        while True:
            take(await track.recv())
    except MediaStreamError:
        return
