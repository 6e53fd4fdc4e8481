# SPDX-License-Identifier: GPL-3.0-or-later
"""A sealed file that is written as it grows, and read up to where it ends: a recording.

The same construction as an attachment's (`clinic.keys.attachments`): a header, then pieces of libsodium's secretstream in
order, the last of which says so. The pieces are of 4 KiB, so that a program that is killed loses a moment and not half a
minute; what was cut off is readable up to its last whole piece. Nothing but ciphertext is ever handed to the sink.
"""

from collections.abc import Callable
from hashlib import blake2b
from typing import BinaryIO

from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_ABYTES as OVERHEAD,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_HEADERBYTES as HEADER_BYTES,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_init_pull,
    crypto_secretstream_xchacha20poly1305_init_push,
    crypto_secretstream_xchacha20poly1305_pull,
    crypto_secretstream_xchacha20poly1305_push,
    crypto_secretstream_xchacha20poly1305_state,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_TAG_FINAL as LAST,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_TAG_MESSAGE as MORE,
)
from nacl.exceptions import CryptoError

from clinic.keys.attachments import Stored
from clinic.keys.hashing import KEY_BYTES
from clinic.keys.refusals import Unreadable

SMALL_PIECE = 4096
"""Bytes of plaintext in a piece: at 32 kbit/s a second of speech."""
_SEALED = SMALL_PIECE + OVERHEAD


class Growing:
    """Seals what is added into `sink`, a whole piece at a time. Raises ValueError without a key; what the sink raises
    goes through, and then nothing may be added any more."""

    def __init__(self, key: bytes, sink: Callable[[bytes], object]) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("a recording needs a key of its own")
        self._state, self._sink = crypto_secretstream_xchacha20poly1305_state(), sink
        self._hash, self._left, self.size = blake2b(digest_size=32), bytearray(), 0
        self._give(bytes(crypto_secretstream_xchacha20poly1305_init_push(self._state, key)))

    def add(self, plain: bytes) -> None:
        """Plaintext of any length; what does not fill a piece waits in memory."""
        self._left += plain
        self.size += len(plain)
        while len(self._left) > SMALL_PIECE:  # one byte at least stays for the last piece
            self._push(bytes(self._left[:SMALL_PIECE]), MORE)
            del self._left[:SMALL_PIECE]

    def finish(self) -> Stored:
        """The last piece."""
        self._push(bytes(self._left), LAST)
        self._left.clear()
        return Stored(self._hash.hexdigest(), self.size)

    def _push(self, piece: bytes, tag: int) -> None:
        self._give(bytes(crypto_secretstream_xchacha20poly1305_push(self._state, piece, None, tag)))

    def _give(self, sealed: bytes) -> None:
        self._hash.update(sealed)
        self._sink(sealed)


class Grown:
    """Reads such a file at any place, as a decoder of media asks for it (`read`, `seek`, `tell`); clear bytes are in memory
    alone, a piece at a time. `whole`: True once the end was read and said that it is the end.

    Raises Unreadable where it was changed, reordered, or has another key; a piece that was cut off is where the file ends.
    """

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise Unreadable("This recording has no key here.")
        self._file, self._key, self.whole = file, key, False
        sealed = file.seek(0, 2) - HEADER_BYTES
        if sealed < 0:
            raise Unreadable("Nothing of this recording was written.")
        self._pieces, rest = divmod(sealed, _SEALED)
        self._end = self._pieces * SMALL_PIECE + max(0, rest - OVERHEAD)
        self._place = 0
        self._rewind()

    @property
    def size(self) -> int:
        """Bytes of plaintext, as far as is known."""
        return self._end

    def tell(self) -> int:
        return self._place

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, to: int, whence: int = 0) -> int:
        start = {0: 0, 1: self._place, 2: self._end}[whence]
        self._place = max(0, start + to)
        return self._place

    def read(self, most: int = -1) -> bytes:
        """At most so many bytes; b"" at the end."""
        most = self._end - self._place if most < 0 else most
        if most <= 0 or self._place >= self._end:
            return b""
        wanted, within = divmod(self._place, SMALL_PIECE)
        taken = bytearray()
        while len(taken) < most and (piece := self._piece(wanted)):
            taken += piece[within:]
            wanted, within = wanted + 1, 0
        del taken[most:]
        self._place += len(taken)
        return bytes(taken)

    def _rewind(self) -> None:
        self._file.seek(0)
        self._state = crypto_secretstream_xchacha20poly1305_state()
        crypto_secretstream_xchacha20poly1305_init_pull(self._state, self._file.read(HEADER_BYTES), self._key)
        self._number, self._held, self._over = -1, b"", False

    def _piece(self, wanted: int) -> bytes:
        """Pieces open in order alone: to go back is to begin anew."""
        if wanted < self._number:
            self._rewind()
        while self._number < wanted:
            if self._over:
                return b""
            self._held = self._pull(self._file.read(_SEALED))
            self._number += 1
        return self._held

    def _pull(self, sealed: bytes) -> bytes:
        torn = len(sealed) < _SEALED
        if torn and len(sealed) < OVERHEAD:
            return self._ended()
        try:
            plain, tag = crypto_secretstream_xchacha20poly1305_pull(self._state, sealed)
        except (CryptoError, RuntimeError) as error:
            if torn:
                return self._ended()
            raise Unreadable("This recording is damaged, or is another one than the chart names.") from error
        if tag == LAST:
            self._over = self.whole = True
            if self._file.read(1):
                raise Unreadable("This recording is longer than it should be.")
        return bytes(plain)

    def _ended(self) -> bytes:
        """Here somebody pulled the plug: what came before is all there is."""
        self._over, self._end = True, (self._number + 1) * SMALL_PIECE
        return b""
