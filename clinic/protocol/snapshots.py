# SPDX-License-Identifier: GPL-3.0-or-later
"""What the header of an envelope says of a snapshot (decision 35): read without a key, covered by the signature.

A snapshot is a run of envelopes of one patient's scope, each right behind the other, that hold all records up to a place
once more. An attestation is an empty envelope of somebody who holds the originals and found the same in it.
"""

from clinic.domain.ids import DeviceId
from clinic.domain.record import Record, n, record


@record(540)
class Covered(Record):
    """Envelopes 1 to `up_to` of a device in that scope, by its own count, are in the snapshot."""

    device: DeviceId = n(1)
    incarnation: int = n(2)
    up_to: int = n(3)


@record(541)
class Part(Record):
    """One part. It counts only right behind `seq`, and only where the chain is `chain` there: whatever came between, or a book
    that was put back, makes it void."""

    seq: int = n(1)
    chain: bytes = n(2)
    number: int = n(3)
    """From 1."""
    of: int = n(4)
    covered: tuple[Covered, ...] = n(5, default=())
    """In the first part alone."""

    @property
    def up_to(self) -> int:
        """The seq up to which the snapshot holds everything."""
        return self.seq - self.number + 1


@record(542)
class Attested(Record):
    """The snapshot of `parts` parts behind `up_to` holds what I hold. `digest`: `clinic.sync.snapshots.parts_digest` of them."""

    up_to: int = n(1)
    parts: int = n(2)
    digest: bytes = n(3)
