# SPDX-License-Identifier: GPL-3.0-or-later
"""What the screen process and the call engine say to each other over the engine's stdin and stdout.

A frame is a 4-byte big-endian length and one record in the codec. Nothing of the patient ever passes here.
"""

from typing import ClassVar

from clinic.domain.record import Record, Word, n, record
from clinic.protocol.codec import Malformed, decode, encode

MAX_FRAME = 1024 * 1024
"""Bytes; a session description is about 4 kB, so anything larger is damage."""


class Purpose(Word):
    """What the camera is opened for."""

    SCAN = "scan"
    PHOTO = "photo"
    CALL = "call"


class Medium(Word):
    CAMERA = "camera"
    MICROPHONE = "microphone"
    SPEAKER = "speaker"


# Commands, screen -> engine: 500-549


@record(500)
class OpenCamera(Record):
    """Show the camera in the ring `preview`; an open camera of another purpose is closed first."""

    purpose: Purpose = n(1)
    preview: str = n(2, default="")


@record(501)
class CloseCamera(Record):
    """Close the camera opened for a scan or a photo; a running call keeps its own."""


@record(502)
class IceServer(Record):
    """A STUN or TURN server; `url` as in RFC 7064 or 7065."""

    url: str = n(1)
    username: str = n(2, default="")
    credential: str = n(3, default="")
    authority: bytes = n(4, default=b"")
    """PEM text of the only authority that its certificate may come from; b"": those that the system believes."""


@record(503)
class StartCall(Record):
    """Open one transport attempt: the offerer describes itself at once, the other after AcceptRemote.

    A higher attempt of the same call is made beside the running one, which goes on until the new one carries.
    """

    call_id: str = n(1)
    attempt: int = n(2)
    offerer: bool = n(3)
    local_ring: str = n(4, default="")
    remote_ring: str = n(5, default="")
    ice_servers: tuple[IceServer, ...] = n(6, default=())


@record(504)
class AcceptRemote(Record):
    """The peer's description (offer or answer), its signed claim already checked."""

    call_id: str = n(1)
    attempt: int = n(2)
    sdp: str = n(3)
    type: str = n(4)


@record(505)
class Hangup(Record):
    call_id: str = n(1)


@record(506)
class Mute(Record):
    """True: silence is sent instead of the microphone, a still dark picture instead of the camera. `deaf`: nothing of the
    other side is played or recorded."""

    audio: bool = n(1, default=False)
    video: bool = n(2, default=False)
    deaf: bool = n(3, default=False)


@record(507)
class KeepReceived(Record):
    """Write what is received into a playable file. Without a consent id the engine refuses."""

    path: str = n(1)
    consent_id: str = n(2)


@record(508)
class StopKeeping(Record):
    pass


@record(509)
class Quit(Record):
    pass


@record(605)
class ReadyRelay(Record):
    """Open a way through one of these beforehand, so that an attempt that starts soon need not wait for it. None: let go of
    what was opened and is not used."""

    ice_servers: tuple[IceServer, ...] = n(1, default=())


@record(567)
class Carry(Record):
    """Whether our pictures are sent: False leaves the link to the voice. Holds for the call, through every attempt."""

    call_id: str = n(1)
    video: bool = n(2)


@record(568)
class SayToPeer(Record):
    """Hand this to the peer over the call's data channel; dropped where the channel is not open."""

    call_id: str = n(1)
    content: Record = n(2)


@record(576)
class RecordNote(Record):
    """True: a voice note begins, from the call's microphone or one opened for it. False: it ends; `keep` gives it out."""

    on: bool = n(1)
    keep: bool = n(2, default=True)


@record(578)
class PlayNote(Record):
    """Play a voice note; b"" stops the one that plays."""

    sound: bytes = n(1)


@record(366)
class ListenIn(Record):
    """True: say how loud the microphone is, and which devices there are as they come and go. A call ends it."""

    on: bool = n(1)


@record(367)
class PlayChime(Record):
    """A short sound, to hear whether the loudspeaker is on. Answered with NotePlayed."""


@record(582)
class RecordCall(Record):
    """Write the running call, both sides, into a new sealed file. `path`: it must not be there yet; `key`: 32 bytes, of this
    file alone; without a consent id the engine refuses."""

    call_id: str = n(1)
    path: str = n(2)
    key: bytes = n(3)
    consent_id: str = n(4)


@record(583)
class StopRecording(Record):
    """Finish that file; nothing happens where none is written."""

    call_id: str = n(1)


@record(586)
class PlayRecording(Record):
    """Play a sealed file, its pictures into `ring`; "" for the path ends the one that plays. Refused during a call, whose
    other side would hear it."""

    path: str = n(1)
    key: bytes = n(2, default=b"")
    ring: str = n(3, default="")


@record(587)
class PlayOn(Record):
    """Change what plays: pause, go to a second (below 0: stay), speed (0: as it is), loudness (below 0: as it is)."""

    playing: bool = n(1)
    at_s: float = n(2, default=-1.0)
    speed: float = n(3, default=0.0)
    loud: float = n(4, default=-1.0)


# Events, engine -> screen: 550-599


@record(550)
class Device(Record):
    medium: Medium = n(1)
    name: str = n(2)
    real: bool = n(3, default=True)


@record(551)
class Ready(Record):
    """Commands are taken from now on; the heavy libraries load beside it."""

    pid: int = n(1)
    devices: tuple[Device, ...] = n(2, default=())


@record(552)
class Heartbeat(Record):
    """Every 0.5 s from the loop that carries the media."""

    beat: int = n(1)


@record(553)
class CameraOpened(Record):
    purpose: Purpose = n(1)
    name: str = n(2)


@record(554)
class FrameReady(Record):
    """A new picture lies in `slot` of the shared-memory ring `ring`."""

    ring: str = n(1)
    slot: int = n(2)
    seq: int = n(3)
    width: int = n(4)
    height: int = n(5)


@record(555)
class LocalDescription(Record):
    """Our offer or answer, candidates included. `fingerprints`: sorted `"sha-256 AA:BB…"` of it."""

    call_id: str = n(1)
    attempt: int = n(2)
    sdp: str = n(3)
    type: str = n(4)
    fingerprints: tuple[str, ...] = n(5)


@record(556)
class MediaState(Record):
    """`connection`: new, connecting, connected, failed or closed (W3C WebRTC, RTCPeerConnectionState)."""

    call_id: str = n(1)
    attempt: int = n(2)
    connection: str = n(3)
    receiving: bool = n(4, default=False)


@record(557)
class MediaSilent(Record):
    """Nothing has been received for that long."""

    call_id: str = n(1)
    attempt: int = n(2)
    seconds: float = n(3)


@record(558)
class MediaBack(Record):
    """The first media of a call, or the first after a silence."""

    call_id: str = n(1)
    attempt: int = n(2)


@record(559)
class FirstFrame(Record):
    """The first picture of the peer was decoded."""

    call_id: str = n(1)
    attempt: int = n(2)


@record(560)
class CallStats(Record):
    """Once a second. Rates in kbit/s (0: not known), loss 0..1 of what the peer sent,
    level 0..1 of its sound.

    What each direction of the link is believed to carry in bit/s; how long a packet from the peer stands in a
    queue; the share 0..1 of the second in which the shown picture stood still; the size of the peer's pictures and
    of ours, and how many of ours left a second. 0: not known.
    """

    call_id: str = n(1)
    attempt: int = n(2)
    sent_kbps: float = n(3, default=0.0)
    received_kbps: float = n(4, default=0.0)
    loss: float = n(5, default=0.0)
    rtt_ms: float = n(6, default=0.0)
    video_fps: float = n(7, default=0.0)
    audio_level: float = n(8, default=0.0)
    silent_s: float = n(9, default=0.0)
    estimate_up_bps: int = n(10, default=0)
    estimate_down_bps: int = n(11, default=0)
    queue_ms: float = n(12, default=0.0)
    frozen: float = n(13, default=0.0)
    width: int = n(14, default=0)
    height: int = n(15, default=0)
    sent_width: int = n(16, default=0)
    sent_height: int = n(17, default=0)
    sent_fps: float = n(18, default=0.0)
    packets: int = n(19, default=0)
    """Of the peer in that second, those that were lost included: what `loss` is a share of. 0: not known."""
    channel: bool = n(30, default=False)
    """Whether the data channel is open, and the peer has said something over it."""


class RelayWord(Word):
    """How the relay took us."""

    OPEN = "open"
    REFUSED = "refused"
    """Its name and password are wrong, or over."""
    FULL = "full"
    """It has, or gives this device, no more at once."""
    UNREACHABLE = "unreachable"
    """Neither over UDP nor TCP nor TLS."""


@record(606)
class RelayTold(Record):
    """Whether a way through the relay could be opened. `way`: udp, tcp or tls of one that is open."""

    state: RelayWord = n(1)
    way: str = n(2, default="")


@record(607)
class PathChosen(Record):
    """Which way that attempt goes. `relay`: udp, tcp or tls where it is our way into the relay, peer where it is the other
    side's alone, '' for a direct path."""

    call_id: str = n(1)
    attempt: int = n(2)
    relay: str = n(3, default="")


@record(561)
class DeviceMissing(Record):
    """The call goes on without that medium; the sentence says what to check."""

    medium: Medium = n(1)
    sentence: str = n(2)


@record(562)
class Keeping(Record):
    """The file is open; after an engine's death the next part has another name."""

    path: str = n(1)


@record(563)
class Saved(Record):
    path: str = n(1)
    seconds: float = n(2, default=0.0)
    pictures: int = n(3, default=0)


@record(564)
class CommandRefused(Record):
    """A command that was damaged or could not be done; the engine goes on."""

    sentence: str = n(1)


@record(565)
class Notice(Record):
    """Something worth telling an installer, e.g. a voice made by ourselves because espeak-ng is not there."""

    sentence: str = n(1)


@record(566)
class AttemptFailed(Record):
    """That transport attempt is over; another one may work."""

    call_id: str = n(1)
    attempt: int = n(2)
    sentence: str = n(3)


@record(595)
class SpeechStats(Record):
    """Once a second: how we speak (`copies`: of earlier packets in each; `planned_loss` of what we send) and how
    the peer is heard. `delay_ms`: from the microphone's end of a packet's first sample to the ear, the fastest
    path not counted; the picture follows it. Shares 0..1 of the sound that was heard: `recovered` by copies or
    repair, `guessed` where nothing came.
    """

    call_id: str = n(1)
    attempt: int = n(2)
    bitrate: int = n(3, default=0)
    packet_ms: int = n(4, default=0)
    copies: int = n(5, default=0)
    planned_loss: float = n(6, default=0.0)
    delay_ms: float = n(7, default=0.0)
    recovered: float = n(8, default=0.0)
    guessed: float = n(9, default=0.0)


@record(596)
class EchoHeard(Record):
    """This microphone hears this loudspeaker, so the other side hears itself: headphones would help. Once, and
    again after it was gone.
    """

    call_id: str = n(1)


@record(569)
class PeerSaid(Record):
    """This came from the peer over the data channel of the call."""

    call_id: str = n(1)
    content: Record = n(2)


@record(574)
class StillMoved(Record):
    """How far a still is: `done` of `total` bytes; `trouble` ends it: camera off, no camera, too slow, damaged."""

    call_id: str = n(1)
    number: int = n(2)
    done: int = n(3)
    total: int = n(4)
    outgoing: bool = n(5, default=False)
    trouble: str = n(6, default="")


@record(575)
class StillCame(Record):
    """A whole still of the peer's camera: a WebP or JPEG, not yet looked at."""

    call_id: str = n(1)
    number: int = n(2)
    picture: bytes = n(3)


@record(577)
class NoteRecorded(Record):
    """A voice note is whole: Opus in Ogg. Empty where nothing could be recorded; `trouble` says why."""

    sound: bytes = n(1, default=b"")
    seconds: float = n(2, default=0.0)
    trouble: str = n(3, default="")


@record(579)
class NotePlayed(Record):
    """The voice note came to its end, or was stopped; `trouble`: it could not be played."""

    whole: bool = n(1, default=True)
    trouble: str = n(2, default="")


@record(368)
class MicrophoneLevel(Record):
    """Ten times a second while listening in: 0..1 of a meter in decibels. `silent`: nothing at all has come for two seconds."""

    level: float = n(1)
    silent: bool = n(2, default=False)


@record(369)
class DevicesSeen(Record):
    """What there is now: when listening in begins, and each time it is another."""

    devices: tuple[Device, ...] = n(1, default=())


@record(584)
class RecordingMoved(Record):
    """The film is being written, said each second. `free`: bytes that the disk has left."""

    call_id: str = n(1)
    path: str = n(2)
    seconds: float = n(3, default=0.0)
    size: int = n(4, default=0)
    free: int = n(5, default=0)
    little: bool = n(6, default=False)
    """Little room is left: it will stop by itself soon."""


@record(585)
class RecordingEnded(Record):
    """The film is finished. `id`: the hash of its ciphertext; '' where it has no end of its own, but plays up to there.
    `why`: '' as it was asked, 'over' with the call, 'disk', 'trouble', or 'refused', and then `sentence` says why."""

    call_id: str = n(1)
    path: str = n(2)
    seconds: float = n(3, default=0.0)
    size: int = n(4, default=0)
    id: str = n(5, default="")
    why: str = n(6, default="")
    sentence: str = n(7, default="")


@record(588)
class PlayMoved(Record):
    """Where the recording that plays stands, four times a second. `trouble`: 'missing', 'damaged', 'no loudspeaker', 'in a
    call', or ''. `cut_off`: its end was never written."""

    at_s: float = n(1, default=0.0)
    seconds: float = n(2, default=0.0)
    playing: bool = n(3, default=False)
    over: bool = n(4, default=False)
    cut_off: bool = n(5, default=False)
    trouble: str = n(6, default="")


def frame(message: Record) -> bytes:
    """The message with its length before it."""
    body = encode(message)
    if len(body) > MAX_FRAME:
        raise Malformed("This message is too large for the call engine.")
    return len(body).to_bytes(4, "big") + body


class Framing:
    """Cuts a byte stream into messages; a damaged message is reported in its place and the next one is read.

    >>> list(Framing().feed(frame(Quit())))
    [Quit()]
    """

    HEAD: ClassVar[int] = 4

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> "list[Record | Malformed]":
        """Whole messages that `data` completed. Raises Malformed when the stream itself has lost step."""
        self._buffer += data
        found: list[Record | Malformed] = []
        while (body := self._next()) is not None:
            try:
                found.append(decode(body))
            except Malformed as problem:
                found.append(problem)
        return found

    def _next(self) -> bytes | None:
        if len(self._buffer) < self.HEAD:
            return None
        length = int.from_bytes(self._buffer[: self.HEAD], "big")
        if length > MAX_FRAME:
            raise Malformed("The pipe to the call engine has lost step.")
        end = self.HEAD + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[self.HEAD : end])
        del self._buffer[:end]
        return body
