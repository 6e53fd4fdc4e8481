# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done to bytes before they are sealed: zstd makes them small, PADMÉ hides their length.

Small things become much smaller with a dictionary of what clinics write (decision 24). Dictionaries are numbered and kept for
ever: 0 is none, and the newest is what we pack with.
"""

from functools import cache
from pathlib import Path

import zstandard

from clinic.keys.refusals import Unreadable

MAX_PLAIN = 8 * 1024 * 1024
"""Bytes a packed message may become: 64 kB can claim to hold gigabytes."""
NEWEST_DICTIONARY = 1
_LEVEL, _WITH_DICTIONARY, _THIN, _HARD = 3, 6, 15, 19
_END = b"\x80"


def squeeze(data: bytes, dictionary: int = 0, thin: bool = False) -> bytes:
    """Compressed, then padded to a PADMÉ length. `dictionary`: its number; `thin`: with it, for a link on which bytes are dearer
    than time."""
    if not dictionary:
        return pad(zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True).compress(data))
    level = _THIN if thin else _WITH_DICTIONARY
    words = _dictionary(dictionary, level)
    return pad(zstandard.ZstdCompressor(level, words, write_dict_id=False).compress(data))


def squeeze_hard(data: bytes, dictionary: int) -> bytes:
    """The same, smaller, in fifty times the time."""
    words = zstandard.ZstdCompressionDict(
        _trained(dictionary)
    )  # of its own: one made ready for a level keeps to it
    return pad(zstandard.ZstdCompressor(_HARD, words, write_dict_id=False).compress(data))


def expand(packed: bytes, dictionary: int = 0) -> bytes:
    """The inverse of `squeeze`. Raises Unreadable, also for more than 8 MiB and a dictionary that is not known."""
    frame = unpad(packed)
    try:
        size = zstandard.get_frame_parameters(frame).content_size
        if size > MAX_PLAIN:  # covers "unknown", which is 2**64 - 1
            raise Unreadable("This message would grow beyond 8 MiB.")
        words = _dictionary(dictionary) if dictionary else None
        return zstandard.ZstdDecompressor(words).decompress(
            frame, max_output_size=size, allow_extra_data=False
        )
    except zstandard.ZstdError as error:
        raise Unreadable("This message was not packed by Posta.") from error


@cache
def _dictionary(number: int, level: int = _WITH_DICTIONARY) -> zstandard.ZstdCompressionDict:
    made = zstandard.ZstdCompressionDict(_trained(number))
    made.precompute_compress(level=level)
    return made


def _trained(number: int) -> bytes:
    if not 0 < number <= NEWEST_DICTIONARY:
        raise Unreadable("This was sealed by a newer Posta. Update this computer.")
    return Path(__file__).with_name(f"dictionary-{number}.zdict").read_bytes()


def padded_length(length: int) -> int:
    """PADMÉ (Nikitin et al., PoPETs 2019): at most 12 % more, and only O(log log) bits of the length leak."""
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    mantissa = exponent.bit_length()
    mask = (1 << max(exponent - mantissa, 0)) - 1
    return (length + mask) & ~mask


def pad(data: bytes) -> bytes:
    """Data, the byte 0x80, then zeros up to a PADMÉ length (ISO/IEC 7816-4)."""
    length = len(data) + 1
    return data + _END + bytes(padded_length(length) - length)


def unpad(padded: bytes) -> bytes:
    """The inverse of `pad`. Raises Unreadable."""
    data, end, zeros = padded.rpartition(_END)
    if not end or any(zeros):
        raise Unreadable("This message was not packed by Posta.")
    return data
