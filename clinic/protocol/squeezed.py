# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies of an exchange made smaller on the way: what the headers of many envelopes have in common is sent once.

What is sealed does not become smaller, and its length tells no more than before.
"""

import zstandard

from clinic.protocol.codec import Malformed

ENCODING = "zstd"
_LEVEL = 3
_MAGIC = b"\x28\xb5\x2f\xfd"
_WORTH_IT = 1_024
"""Bytes below which a frame would be about as long."""


def squeezed(body: bytes) -> bytes:
    """The body as a zstd frame (RFC 8878), or as it is where that saves nothing."""
    if len(body) < _WORTH_IT:
        return body
    frame = zstandard.ZstdCompressor(level=_LEVEL).compress(body)
    return frame if len(frame) < len(body) else body


def unsqueezed(data: bytes, most: int) -> bytes:
    """The inverse; a record never begins as a frame does. Raises Malformed, also for more than `most` bytes."""
    if not data.startswith(_MAGIC):
        return data
    try:
        size = zstandard.get_frame_parameters(data).content_size
        if size > most:  # covers "unknown", which is 2**64 - 1
            raise Malformed("This message would grow beyond what is taken at once.")
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=size, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise Malformed("This message is damaged or was not made by Posta.") from error
