# SPDX-License-Identifier: GPL-3.0-or-later
"""What one computer leaves on a stick: the envelopes of an exchange in one file, and who has read which file before.

On the stick: CBOR array `[signature (64), manifest bytes, body bytes]`; the signature of the computer that wrote it covers
``b"posta stick 1" + manifest``, the manifest holds BLAKE2b-256 of the body. The body is a CBOR array `[statements,
envelopes]`: its trust log from the first statement on, and its envelopes as they travel. Beside it, in `files/`, lie the sealed
attachments that the manifest lists, each under its id.
"""

from datetime import datetime

from clinic.domain.ids import DeviceId, OrgId
from clinic.domain.record import Record, n, record

STICK_CONTEXT = b"posta stick 1"
STICK_VERSION = 1
MAX_STICK = 256 * 1024 * 1024
"""Bytes of a file that are read: years of a post's records, less than would fill the memory."""


@record(395)
class StickHeard(Record):
    """The acknowledgement: this computer has taken in all envelopes of `device` up to `up_to`, as file `number` held them."""

    device: DeviceId = n(1)
    incarnation: int = n(2)
    up_to: int = n(3)
    number: int = n(4)


@record(520)
class StickFile(Record):
    """An attachment that its computer still has to bring to the centre. `size`: bytes of it, sealed."""

    id: str = n(1)
    size: int = n(2)


@record(521)
class StickBrought(Record):
    """The computer that signed the manifest has brought envelopes `first` to `up_to` of `device` to the centre, which has them.
    `digest`: `clinic.sync.exchange.known_digest` of them, so that their author sees they are her own."""

    device: DeviceId = n(1)
    incarnation: int = n(2)
    first: int = n(3)
    up_to: int = n(4)
    digest: bytes = n(5)
    at: datetime = n(6)


@record(522)
class RelayMark(Record):
    """Kept by a bearer, of each computer. `done`: the last envelope that is surely at the centre, 0 for none, from `first` on;
    `left`: the file of which the centre left something, 0 for none; `tried_at`, `trust_position`: when, under which log."""

    device: DeviceId = n(1)
    incarnation: int = n(2)
    tried_at: datetime = n(3)
    trust_position: int = n(4)
    left: int = n(5, default=0)
    first: int = n(6, default=0)
    done: int = n(7, default=0)
    digest: bytes = n(8, default=b"")


@record(396)
class StickManifest(Record):
    """`number`: the computer's own count of the files it wrote; `first`, `last`: numbers of its envelopes in it, 0 for none."""

    version: int = n(1)
    organization: OrgId = n(2)
    device: DeviceId = n(3)
    incarnation: int = n(4)
    number: int = n(5)
    made_at: datetime = n(6)
    body_hash: bytes = n(7)
    envelopes: int = n(8, default=0)
    first: int = n(9, default=0)
    last: int = n(10, default=0)
    heard: tuple[StickHeard, ...] = n(11, default=())
    files: tuple[StickFile, ...] = n(12, default=())
    brought: tuple[StickBrought, ...] = n(13, default=())
