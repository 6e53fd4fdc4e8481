# SPDX-License-Identifier: GPL-3.0-or-later
"""Opus for speech (RFC 6716), 48 kHz mono, from the library that PyAV brings along.

PyAV reaches neither the repair of a lost packet nor a change of bit rate on a running encoder, so the copy of
libopus in its wheel is loaded beside it. Where that copy cannot be found, PyAV's own codec does the work:
a lost packet fades instead of being repaired, and there is no silence suppression (`whole()` tells which one).
"""

import ctypes
import fractions
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
from av import AudioCodecContext

from clinic.media.voice import RATE, Sound

LEAST_BPS, MOST_BPS = 6_000, 64_000
PACKET_MS = (20, 40, 60)
MAX_PAYLOAD = 1_275
"""Bytes of one Opus frame (RFC 6716, section 3.2)."""
MAX_PACKET = 1_500
LONGEST = RATE * 120 // 1000
"""Samples of the longest packet, 120 ms."""
LOOKAHEAD = 312
"""Samples by which an encoded sound lags, 6.5 ms (`OPUS_GET_LOOKAHEAD` of libopus at 48 kHz for speech)."""
STEP = RATE // 400
"""Samples of 2.5 ms: lengths that can be repaired or concealed are multiples of it."""
RESTING = 2
"""Bytes: a packet that is no longer says nothing but "silence goes on" (RFC 6716, section 3.1; DTX)."""
_WIDE_BELOW = 28_000
"""bit/s below which the upper octave (8-12 kHz) is given up for cleaner speech."""

_VOIP, _VOICE, _WIDEBAND, _SUPERWIDE = 2048, 3001, 1103, 1104
_BITRATE, _BANDWIDTH, _COMPLEXITY, _FEC, _LOSS, _DTX, _SIGNAL = 4002, 4004, 4010, 4012, 4014, 4016, 4024
_TOC_MS = {"silk": (10, 20, 40, 60), "hybrid": (10, 20), "celt": (2.5, 5, 10, 20)}


class BadPacket(ValueError):
    """These bytes are no Opus packet."""


@dataclass(frozen=True, slots=True)
class Coding:
    """How speech is encoded now. Raises ValueError for what no encoder can do."""

    bitrate: int = 24_000
    packet_ms: int = 20
    fec: bool = False
    loss: float = 0.0
    dtx: bool = True

    def __post_init__(self) -> None:
        if not LEAST_BPS <= self.bitrate <= MOST_BPS:
            raise ValueError(f"speech needs {LEAST_BPS} to {MOST_BPS} bit/s")
        if self.packet_ms not in PACKET_MS:
            raise ValueError("a packet of speech lasts 20, 40 or 60 ms")
        if not 0.0 <= self.loss <= 1.0:
            raise ValueError("a loss is between 0 and 1")

    @property
    def samples(self) -> int:
        return RATE * self.packet_ms // 1000


class Encoder(Protocol):
    """Sound of exactly one packet in, its bytes out."""

    def encode(self, sound: Sound, coding: Coding) -> bytes: ...


class Decoder(Protocol):
    """Keeps the state of one stream; what comes out is 48 kHz mono."""

    def decode(self, payload: bytes) -> Sound:
        """The samples of a packet. Raises BadPacket."""

    def repair(self, following: bytes, samples: int) -> Sound:
        """The `samples` that were lost just before the packet `following`. Raises BadPacket."""

    def conceal(self, samples: int) -> Sound:
        """A guess of the next `samples`, of which nothing arrived."""


def duration(payload: bytes) -> int:
    """Samples at 48 kHz that a packet holds (RFC 6716, section 3.1 and 3.2). Raises BadPacket."""
    if not 1 <= len(payload) <= MAX_PACKET:
        raise BadPacket("length")
    samples = _frame_samples(payload[0] >> 3) * _frames(payload)
    if not 0 < samples <= LONGEST:
        raise BadPacket("duration")
    return samples


def _frame_samples(config: int) -> int:
    if config < 12:
        return int(_TOC_MS["silk"][config % 4] * RATE / 1000)
    if config < 16:
        return int(_TOC_MS["hybrid"][config % 2] * RATE / 1000)
    return int(_TOC_MS["celt"][config % 4] * RATE / 1000)


def _frames(payload: bytes) -> int:
    code = payload[0] & 3
    if code < 3:
        return 1 if code == 0 else 2
    if len(payload) < 2:
        raise BadPacket("no frame count")
    return payload[1] & 63


def carries_repair(payload: bytes) -> bool:
    """Whether a packet says the one before it again, coarsely (in-band FEC: the LBRR flag of RFC 6716,
    section 4.2.3, which follows one voice flag for each 20 ms). Only packets of one frame are looked into.
    """
    if len(payload) <= RESTING or payload[0] >> 3 >= 16 or payload[0] & 3:
        return False
    voice_flags = max(1, _frame_samples(payload[0] >> 3) // (RATE // 50))
    return bool(payload[1] >> (7 - voice_flags) & 1)


def whole() -> bool:
    """Whether libopus itself was found, with all it can do."""
    return _library() is not None


def make_encoder() -> Encoder:
    """One that follows every change of the coding; without libopus the one of PyAV."""
    library = _library()
    return LibopusEncoder(library) if library else PyavEncoder()


def make_decoder() -> Decoder:
    library = _library()
    return LibopusDecoder(library) if library else PyavDecoder()


class LibopusEncoder:
    """libopus through ctypes."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library, error = library, ctypes.c_int()
        self._encoder = library.opus_encoder_create(RATE, 1, _VOIP, ctypes.byref(error))
        if not self._encoder or error.value:
            raise MemoryError("opus_encoder_create")
        self._set_before: dict[int, int] = {}
        self._out = ctypes.create_string_buffer(MAX_PACKET)
        self._set(_COMPLEXITY, 9)
        self._set(_SIGNAL, _VOICE)

    def encode(self, sound: Sound, coding: Coding) -> bytes:
        """Raises ValueError when the sound is not one packet long."""
        samples = _packet_of(sound, coding)
        self._set(_BITRATE, coding.bitrate)
        self._set(_BANDWIDTH, _WIDEBAND if coding.bitrate < _WIDE_BELOW else _SUPERWIDE)
        self._set(_FEC, int(coding.fec))
        self._set(_LOSS, min(30, math.ceil(coding.loss * 100)) if coding.fec else 0)
        self._set(_DTX, int(coding.dtx))
        made = self._library.opus_encode(
            self._encoder, samples.ctypes.data, len(samples), self._out, MAX_PACKET
        )
        if made <= 0:
            raise ValueError(f"opus_encode: {made}")
        return self._out.raw[:made]

    def _set(self, what: int, value: int) -> None:
        if self._set_before.get(what) != value:
            if self._library.opus_encoder_ctl(self._encoder, ctypes.c_int(what), ctypes.c_int(value)):
                raise ValueError(f"opus_encoder_ctl {what} {value}")
            self._set_before[what] = value

    def __del__(self) -> None:
        if getattr(self, "_encoder", None):
            self._library.opus_encoder_destroy(self._encoder)


class LibopusDecoder:
    """libopus through ctypes."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library, error = library, ctypes.c_int()
        self._decoder = library.opus_decoder_create(RATE, 1, ctypes.byref(error))
        if not self._decoder or error.value:
            raise MemoryError("opus_decoder_create")
        self._out = np.zeros(LONGEST, np.int16)

    def decode(self, payload: bytes) -> Sound:
        duration(payload)
        return self._decode(payload, LONGEST, 0)

    def repair(self, following: bytes, samples: int) -> Sound:
        duration(following)
        return self._decode(following, _stepped(samples), 1)

    def conceal(self, samples: int) -> Sound:
        return self._decode(b"", _stepped(samples), 0)

    def _decode(self, payload: bytes, samples: int, repair: int) -> Sound:
        made = self._library.opus_decode(
            self._decoder,
            payload or None,
            len(payload),
            self._out.ctypes.data,
            samples,
            repair,
        )
        if made <= 0:
            raise BadPacket(f"opus_decode: {made}")
        return self._out[:made].copy()

    def __del__(self) -> None:
        if getattr(self, "_decoder", None):
            self._library.opus_decoder_destroy(self._decoder)


class PyavEncoder:
    """PyAV's encoder, made anew when the bit rate or the packet's length changes; never rests."""

    def __init__(self) -> None:
        self._made_for: tuple[int, int, bool] | None = None
        self._context: AudioCodecContext | None = None
        self._at = 0

    def encode(self, sound: Sound, coding: Coding) -> bytes:
        samples = _packet_of(sound, coding)
        made = b"".join(bytes(packet) for packet in self._encoder(coding).encode(self._frame(samples)))
        return made or silence_packet(coding.packet_ms)

    def _encoder(self, coding: Coding) -> AudioCodecContext:
        wanted = (coding.bitrate, coding.packet_ms, coding.fec)
        if self._context is None or self._made_for != wanted:
            self._context, self._made_for, self._at = _pyav_encoder(coding), wanted, 0
        return self._context

    def _frame(self, sound: Sound) -> av.AudioFrame:
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(sound))
        frame.planes[0].update(sound.tobytes())
        frame.sample_rate, frame.pts = RATE, self._at
        frame.time_base = fractions.Fraction(1, RATE)
        self._at += len(sound)
        return frame


class PyavDecoder:
    """PyAV's decoder; what is lost fades away over 60 ms."""

    FADE = RATE * 60 // 1000

    def __init__(self) -> None:
        context = av.CodecContext.create("libopus", "r")
        assert isinstance(context, AudioCodecContext)
        context.sample_rate, context.layout, context.format = RATE, "mono", "s16"
        self._context = context
        self._last: Sound = np.zeros(self.FADE, np.int16)
        self._faded = 0

    def decode(self, payload: bytes) -> Sound:
        duration(payload)
        try:
            frames = self._context.decode(av.Packet(payload))
        except av.FFmpegError as error:
            raise BadPacket("decoder") from error
        made = [frame.to_ndarray().reshape(-1).astype(np.int16) for frame in frames]
        sound: Sound = np.concatenate(made) if made else np.zeros(duration(payload), np.int16)
        self._last, self._faded = np.concatenate([self._last, sound])[-self.FADE :], 0
        return sound

    def repair(self, following: bytes, samples: int) -> Sound:
        duration(following)
        return self.conceal(samples)

    def conceal(self, samples: int) -> Sound:
        count = _stepped(samples)
        gain = np.clip(1 - (self._faded + np.arange(count)) / self.FADE, 0, 1)
        backward = np.concatenate([self._last[::-1], self._last])
        self._faded += count
        sound: Sound = (np.resize(backward, count) * gain).astype(np.int16)
        return sound


def silence_packet(packet_ms: int) -> bytes:
    """The shortest packet of that length: wide-band SILK without a frame in it."""
    if packet_ms not in PACKET_MS:
        raise ValueError("a packet of speech lasts 20, 40 or 60 ms")
    return bytes([(8 + (1, 2, 3)[PACKET_MS.index(packet_ms)]) << 3])


def _pyav_encoder(coding: Coding) -> AudioCodecContext:
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.bit_rate, encoder.sample_rate, encoder.layout, encoder.format = (
        coding.bitrate,
        RATE,
        "mono",
        "s16",
    )
    encoder.time_base = fractions.Fraction(1, RATE)
    loss = str(min(30, math.ceil(coding.loss * 100)) if coding.fec else 0)
    encoder.options = {
        "application": "voip",
        "frame_duration": str(coding.packet_ms),
        "fec": str(int(coding.fec)),
        "packet_loss": loss,
    }
    return encoder


def _packet_of(sound: Sound, coding: Coding) -> Sound:
    if sound.dtype != np.int16 or sound.shape != (coding.samples,):
        raise ValueError(f"one packet is {coding.samples} samples of 16 bit")
    return np.ascontiguousarray(sound)


def _stepped(samples: int) -> int:
    """The nearest length that can be concealed, at least 2.5 and at most 120 ms."""
    return max(STEP, min(LONGEST, round(samples / STEP) * STEP))


@cache
def _library() -> ctypes.CDLL | None:
    for place in _places():
        try:
            library = ctypes.CDLL(str(place))
            _declare(library)
        except (OSError, AttributeError):
            continue
        return library
    return None


def _places() -> Iterator[Path]:
    """Where the wheel of PyAV keeps its libraries: auditwheel's and delvewheel's folder beside the package,
    delocate's inside it.
    """
    package = Path(av.__file__).parent
    ending = {"win32": "*opus*.dll", "darwin": "*opus*.dylib"}.get(sys.platform, "*opus*.so*")
    for folder in (package.parent / "av.libs", package / ".dylibs", package):
        yield from sorted(folder.glob(ending))


def _declare(library: Any) -> None:
    """Argument types, so that a wrong call is an error here and not in the library's memory."""
    pointer, integer = ctypes.c_void_p, ctypes.c_int
    library.opus_encoder_create.restype = library.opus_decoder_create.restype = pointer
    library.opus_encoder_create.argtypes = [ctypes.c_int32, integer, integer, ctypes.POINTER(integer)]
    library.opus_decoder_create.argtypes = [ctypes.c_int32, integer, ctypes.POINTER(integer)]
    library.opus_encode.argtypes = [pointer, pointer, integer, ctypes.c_char_p, ctypes.c_int32]
    library.opus_decode.argtypes = [pointer, ctypes.c_char_p, ctypes.c_int32, pointer, integer, integer]
    library.opus_encoder_ctl.argtypes = [pointer, integer]
    library.opus_encoder_destroy.argtypes = library.opus_decoder_destroy.argtypes = [pointer]
    library.opus_encoder_destroy.restype = library.opus_decoder_destroy.restype = None
