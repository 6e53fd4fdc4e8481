# SPDX-License-Identifier: GPL-3.0-or-later
"""One transport attempt of a call: a peer connection, what goes out on it and what comes in."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcrtpparameters import RTCRtpCodecCapability
from av import VideoFrame

from clinic.calls.fingerprints import fingerprints
from clinic.calls.relays import FRESH_S, HOLD_S, LATER_FRESH_S, WAIT_S, mirror
from clinic.domain.record import Record
from clinic.media import doors, parity, spent
from clinic.media.capture import VIDEO_TIME, CameraFeed, MicrophoneFeed, Outlets
from clinic.media.coder import Coder, VideoPacket
from clinic.media.holes import Missing, PictureBuffer
from clinic.media.path import Path
from clinic.media.relays import Opened, Relays
from clinic.media.showing import Showing
from clinic.media.stills import Channel
from clinic.media.talking import Talking
from clinic.protocol.engine import AcceptRemote, LocalDescription, PathChosen, StartCall

CLOSE_S = 3.0
AGAIN_MOST = 400_000
GUESSED_S = 6.0
"""So long a first guess of the link grows before it says anything about the link."""
LOOKS = 3
IDLE_RELAY_S = 15.0
"""An allocation that nothing came through for that long, beside a path that carries, is given back."""
IN_ORDER_S = 0.001
"""Between two pictures at least, so that none overtakes another."""


class Listener(Protocol):
    """Who wants to know what an attempt receives."""

    def heard(self, session: Session) -> None: ...

    def saw(self, session: Session, frame: VideoFrame) -> None: ...

    def connection(self, session: Session, state: str) -> None: ...

    @property
    def carries_video(self) -> bool: ...

    def tell(self, message: Record) -> None: ...

    async def newest_picture(self) -> VideoFrame | None: ...

    def link_kbps(self) -> float | None: ...


class CameraTrack(MediaStreamTrack):
    """The newest picture of the feed, coded as the path wishes (aiortc takes packets as well as frames)."""

    kind = "video"

    def __init__(self, outlets: Outlets[VideoFrame], path: Path) -> None:
        super().__init__()
        self.coder: Coder | None = None
        self.whole_wanted = True
        self.sent: tuple[int, int, int] = (0, 0, 0)
        """Width, height and count of what was coded."""
        self._outlets, self._queue, self._path = outlets, outlets.open(), path

    async def recv(self) -> VideoPacket:
        while self.readyState == "live":
            frame = await self._queue.get()
            packet = await self._coded(frame) if self.coder is not None else None
            if packet is not None:
                return packet
        raise MediaStreamError

    async def _coded(self, frame: VideoFrame) -> VideoPacket | None:
        taken_s = float((frame.pts or 0) * (frame.time_base or VIDEO_TIME))
        wish = self._path.wish(frame.width, frame.height, taken_s)
        coder = self.coder
        if wish is None or coder is None:
            self.whole_wanted |= not self._path.pictures_wanted
            return None
        if self.whole_wanted:
            self.whole_wanted = False
            coder.ask_whole()
        shape, bps = wish
        doors.largest_payload(self._path.shares.payload)
        try:
            packet = await asyncio.get_running_loop().run_in_executor(None, coder.code, frame, shape, bps)
        except spent.MEMORY as problem:
            spent.end(problem)
        if packet is not None:
            self.sent = shape.width, shape.height, self.sent[2] + 1
            if packet.is_keyframe:
                self._path.coded_whole()
        return packet

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
    up_bps: int = 0
    down_bps: int = 0
    queue_s: float = 0.0
    frozen: float = 0.0
    """Share of the time since the last look."""
    size: tuple[int, int] = (0, 0)
    sent_size: tuple[int, int] = (0, 0)
    sent_pictures: int = 0


class Session:
    """Lives from StartCall until it is replaced or hung up."""

    def __init__(
        self,
        start: StartCall,
        camera: CameraFeed | None,
        microphone: MicrophoneFeed,
        listener: Listener,
        start_bps: int | None = None,
        relays: Relays | None = None,
    ) -> None:
        """`start_bps`: what an attempt before this one knew of the link; `relays`: where ways through a relay are opened."""
        self.start = start
        self.camera, self.microphone, self.listener = camera, microphone, listener
        self.last_media: float | None = None
        self.pictures = 0
        self._relays: Relays | None = relays if start.ice_servers else None
        self._opened: Opened | None = None
        seen = mirror(start.ice_servers) if relays is None or relays.reachable else None
        servers = [RTCIceServer(f"stun:{seen[0]}:{seen[1]}")] if seen and ":" not in seen[0] else []
        self._peer = RTCPeerConnection(
            RTCConfiguration(iceServers=servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self.talking, self._reported_at = Talking(microphone, self._loop.time), 0.0
        self._path = Path(self._loop, start_bps, self._want_whole)
        self._path.on_sound = self.allot
        self._camera_track: CameraTrack | None = None
        self._buffer, self._missing, self._showing = PictureBuffer(), Missing(), Showing()
        self._size = (0, 0)
        self._show_at, self._closed = 0.0, False
        self._looks: deque[tuple[int, int]] = deque(maxlen=LOOKS)
        self._start_known = start_bps is not None
        self._reached_at: float | None = None
        self._tapped = False
        self.channel: Channel | None = None
        self.send_pictures(listener.carries_video)
        self._peer.on("track", self._on_track)
        self._peer.on("connectionstatechange", self._on_state)
        self._peer.on("iceconnectionstatechange", self._on_reached)

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

    @property
    def believed_bps(self) -> int:
        """What an attempt after this one may begin with: the way may be another by then."""
        return min(AGAIN_MOST, self._path.outgoing.believed)

    def send_pictures(self, wanted: bool) -> None:
        """Whether our pictures go out: without them not a packet of video is sent, and the link is the voice's."""
        self._path.show(wanted)

    def sound_is_late(self, seconds: float) -> None:
        """How long after its quickest passage sound is heard now; pictures go with it."""
        self._showing.sound_s = seconds

    async def offer(self) -> LocalDescription:
        """Our offer with its candidates."""
        self._send_all()
        if self.camera is None:
            self._peer.addTransceiver("video", direction="recvonly")
        self._open_channel()
        self._fit()
        self._relay_beside()
        await self._peer.setLocalDescription(await self._peer.createOffer())
        return self._described()

    async def accept(self, remote: AcceptRemote) -> LocalDescription | None:
        """Take the peer's description; answers an offer.
        Raises ValueError or InvalidStateError for nonsense.
        """
        self._path.parity_understood = parity.understood(remote.sdp)
        await self._peer.setRemoteDescription(RTCSessionDescription(remote.sdp, remote.type))
        self.talking.settle(self._peer, remote.sdp)
        if remote.type != "offer":
            self._tap()
            return None
        if "m=application" in remote.sdp:  # an older peer offers none
            self._open_channel()
        self._send_all()
        self._fit()
        self._relay_beside()
        await self._peer.setLocalDescription(await self._peer.createAnswer())
        self._tap()
        return self._described()

    async def traffic(self) -> Traffic:
        """Counters since the beginning."""
        path, at = self._path, self._loop.time()
        now = Traffic(at=at, pictures=self.pictures)
        now.up_bps, now.down_bps = self._known(at)
        now.queue_s, now.frozen, now.size = path.incoming.queue_s, self._showing.frozen(at), self._size
        if self._camera_track is not None:
            width, height, now.sent_pictures = self._camera_track.sent
            now.sent_size = width, height
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
        if path.outgoing.least_rtt_s is not None:
            now.rtt_s = path.outgoing.rtt_s
        self.talking.speak()
        self.sound_is_late(self.talking.playout.delay_s)
        return now

    def _known(self, now: float) -> tuple[int, int]:
        """bit/s that both ways carry, the most of the last looks: less for a moment is a queue that is emptied. 0 while it
        is only guessed.
        """
        self._looks.append((self._path.outgoing.bps(now), self._path.incoming.bps))
        if not self._start_known and now - (self._reached_at or now) < GUESSED_S:
            return 0, 0
        return max(up for up, _ in self._looks), max(down for _, down in self._looks)

    def allot(self, audio_bps: float) -> int:
        """What speech may take of the link, headers included (`clinic.calls.speech.share_of`); gives what it takes."""
        self.talking.allot(audio_bps)
        self.talking.speak()
        return self.talking.speech.wire_bps

    def _speech_report(self, report: Any) -> None:
        """What the peer says of our sound; the same report is read again until there is a new one."""
        at = report.timestamp.timestamp()
        loss = report.fractionLost / 256 if at > self._reported_at else None
        self._reported_at = at
        self.talking.reported(loss, report.roundTripTime)
        self._path.speaks(self.talking.speech.wire_bps)

    def refresh(self) -> None:
        """After a silence the peer may have lost the pictures that ours build on."""
        self._want_whole()

    async def close(self) -> None:
        if self.channel is not None:
            self.channel.close()
        self._path.close()
        self._closed = True
        for task in self._tasks:
            task.cancel()
        try:
            await asyncio.wait_for(self._peer.close(), CLOSE_S)
        except (TimeoutError, ConnectionError):
            return  # the peer finds out by silence

    def _relay_beside(self) -> None:
        doors.relay_beside(self._peer, self._open_relay, WAIT_S, HOLD_S)

    async def _open_relay(self) -> doors.Relayed | None:
        if self._relays is None:
            return None
        fresh_s = FRESH_S if self.attempt == 1 else LATER_FRESH_S
        self._opened = await self._relays.take(self.start.ice_servers, WAIT_S, fresh_s)
        return self._opened.protocol if self._opened is not None else None

    def _tell_way(self) -> None:
        ours, theirs = doors.way_of(self._peer)
        way = self._opened.way if ours and self._opened is not None else "peer" if theirs else ""
        self.listener.tell(PathChosen(call_id=self.start.call_id, attempt=self.attempt, relay=way))
        if self._opened is not None:
            self._keep(self._give_back_unused(self._opened.protocol))

    async def _give_back_unused(self, relayed: doors.Relayed) -> None:
        """The peer may send through our relay while we send to it directly: so only what nobody uses goes."""
        while True:
            began = self._loop.time()
            await asyncio.sleep(IDLE_RELAY_S)
            if not doors.way_of(self._peer)[0] and (relayed.heard_at or 0.0) < began:
                await doors.give_back(self._peer, relayed)
                return

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Until the attempt is over."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _open_channel(self) -> None:
        """After the tracks: whatever is first of a bundle owns its transport, and the library stops the others'."""
        listener = self.listener
        self.channel = Channel(
            self._peer,
            self.start.call_id,
            listener.tell,
            listener.newest_picture,
            listener.link_kbps,
            self._still_leaves,
        )

    def _still_leaves(self, leaving: bool) -> None:
        self._path.sends_still = leaving

    def _send_all(self) -> None:
        self.talking.send_on(self._peer)
        if self.camera is not None:
            self._camera_track = CameraTrack(self.camera.outlets, self._path)
            self._peer.addTrack(self._camera_track)
            self._path.sends_pictures = True

    def _fit(self) -> None:
        """Before the first packet: our way of putting pictures together, and the codecs in our order."""
        for transceiver in self._peer.getTransceivers():
            if transceiver.kind == "video":
                transceiver.setCodecPreferences(_preferred())
                doors.fit_receiver(transceiver.receiver, self._buffer, self._missing, self._loop.time)

    def _tap(self) -> None:
        """Both descriptions are there: from here on packets pass through the path."""
        if self._tapped:
            return
        self._tapped = True
        carried = {each.kind: each for each in self._peer.getTransceivers()}
        sound, picture = carried["audio"], carried.get("video")
        of_sound, of_picture = doors.streams_of(sound.sender), (0, 0)
        if picture is not None:
            of_picture = doors.streams_of(picture.sender)
            if self._camera_track is not None:
                self._camera_track.coder = Coder(doors.codec_of(picture), self._loop.time)
        numbered = next((i for each in (picture, sound) if each and (i := doors.send_time_id_of(each))), 0)
        send = doors.tap(sound.sender.transport, self._path, {*of_sound, *of_picture})
        self._path.open(send, picture=of_picture, sound=of_sound[0], send_time_id=numbered, remb=doors.remb)

    def _want_whole(self) -> None:
        if self._camera_track is not None:
            self._camera_track.whole_wanted = True

    def _described(self) -> LocalDescription:
        made = self._peer.localDescription
        return LocalDescription(
            call_id=self.start.call_id,
            attempt=self.attempt,
            sdp=parity.offered(made.sdp),
            type=made.type,
            fingerprints=fingerprints(made.sdp),
        )

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self.talking.listen(self._peer, track, self._hear)
            return
        self._keep(_drain(track, self._see))

    def _hear(self) -> None:
        self.last_media = self._loop.time()
        self.listener.heard(self)

    def _see(self, frame: VideoFrame) -> None:
        """A picture that was decoded waits for the sound of its moment; those behind it do not wait for that."""
        now = self.last_media = self._loop.time()
        rtt_s, showing = self._path.outgoing.rtt_s, self._showing
        self._buffer.rtt_s = self._missing.rtt_s = showing.rtt_s = rtt_s
        showing.loss = self._path.outgoing.loss
        taken_s = float((frame.pts or 0) * (frame.time_base or VIDEO_TIME))
        self._show_at = max(self._show_at + IN_ORDER_S, now + showing.wait_s(taken_s, now))
        self._loop.call_at(self._show_at, self._show, frame, taken_s)

    def _show(self, frame: VideoFrame, taken_s: float) -> None:
        if self._closed:
            return
        self._showing.shown(taken_s, self._loop.time())
        self._size = frame.width, frame.height
        self.pictures += 1
        self.listener.saw(self, frame)

    def _on_reached(self) -> None:
        """Candidates found each other; from here on the keys are agreed on."""
        if self._reached_at is None and self._peer.iceConnectionState in ("connected", "completed"):
            self._reached_at = self._loop.time()

    def _on_state(self) -> None:
        if self.state == "connected" and self._reached_at is not None:
            self._path.agreed(self._loop.time() - self._reached_at)
            self._tell_way()
        self.listener.connection(self, self.state)


def _preferred() -> list[RTCRtpCodecCapability]:
    """H.264 first, whose rate follows the link without a new whole picture; VP8 is always there."""
    known = RTCRtpSender.getCapabilities("video").codecs
    return sorted(known, key=lambda codec: codec.mimeType.lower() != "video/h264")


async def _drain(track: MediaStreamTrack, take: Callable[..., None]) -> None:
    try:
        while True:
            take(await track.recv())
    except MediaStreamError:
        return
