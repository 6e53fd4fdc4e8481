# SPDX-License-Identifier: GPL-3.0-or-later
"""A clinic's own network without the internet: a desktop serves as an island, and says so in a paper its device key signed.

On the network: the paper (GET /v1/island), and to the computer that serves, what lies there (POST /v1/laid). Over the pipe to
the island's process: its charter, once, before it listens.
"""

from datetime import datetime

from clinic.domain.ids import DeviceId
from clinic.domain.record import Record, n, record
from clinic.protocol.carried import CarriedUpTo

SERVICE = "_posta._tcp.local."
"""DNS-SD (RFC 6763): the name of an instance is the id of the computer that serves."""
PAPER_CONTEXT = b"posta island 1"
CHARTER_MOST = 32 * 1024 * 1024
"""Bytes of a charter; before it come four that say how many, the highest first."""


@record(510)
class IslandPaper(Record):
    """`certificate`: `clinic.keys.sessions.certificate_mark` of the one the island shows, made anew at each start; `signature`:
    of `clinic.keys.islands.paper_message` by the key of the computer that serves."""

    device: DeviceId = n(1)
    certificate: bytes = n(2)
    made_at: datetime = n(3)
    signature: bytes = n(4)


@record(511)
class IslandCharter(Record):
    """What an island is told by its computer. `fingerprint`: of the organisation, as pinned when the computer joined; the
    statements are verified against it, and no network can found another one."""

    fingerprint: bytes = n(1)
    statements: tuple[bytes, ...] = n(2)
    paper: IslandPaper = n(3)


@record(514)
class IslandMark(Record):
    """Kept by a client for each island. `life`: the epoch of its book; `sent_up_to`: our last envelope it was handed."""

    life: str = n(1, default="")
    sent_up_to: int = n(2, default=0)


@record(515)
class IslandTurnedAway(Record):
    """Kept by a client: the last that it found on its network and did not believe. `why`: the sentence in English."""

    at: datetime = n(1)
    device: DeviceId = n(2, default=DeviceId(""))
    why: str = n(3, default="")


@record(512)
class LaidPull(Record):
    """`beyond`: what of each author is at the centre already; of an author that is not named, the first alone is given."""

    beyond: tuple[CarriedUpTo, ...] = n(1, default=())
    byte_budget: int = n(2, default=262_144)


@record(513)
class Laid(Record):
    """Envelopes as their authors signed them, each author's by number."""

    envelopes: tuple[bytes, ...] = n(1, default=())
