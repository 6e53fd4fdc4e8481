# SPDX-License-Identifier: GPL-3.0-or-later
"""One exchange with any remote (POST /v1/sync), the session before it, and the numbered refusals of envelopes.

Bodies are records of the codec, content type application/cbor; those of an exchange go without saying so, for there are many
with nothing in them. All else (attachments, enrolment mailbox) is below.
"""

from datetime import datetime
from enum import IntEnum

from clinic.domain.ids import DeviceId, OrgId, ScopeId
from clinic.domain.record import Record, n, record

PROTOCOL_MIN = PROTOCOL_MAX = 1
CONTENT_TYPE = "application/cbor"
FOUNDING = "posta-founding"
"""Header with the founding code."""


class Refused(IntEnum):
    """Why a remote did not take an envelope; a number for ever."""

    MALFORMED = 1
    TOO_LARGE = 2
    WRONG_SENDER = 3
    BAD_SIGNATURE = 4
    UNKNOWN_DEVICE = 5
    REVOKED = 6
    NOT_ALLOWED = 7
    CONFLICTING_NUMBER = 8
    """The same (device, incarnation, env_no) is there with other bytes."""
    GAP = 9
    """An earlier env_no is missing; send that first."""


@record(310)
class Challenge(Record):
    """GET /v1/challenge: sign `clinic.keys.sessions.session_proof` with the device key."""

    nonce: bytes = n(1)
    server: str = n(2)
    organization: OrgId = n(3, default=OrgId(""))
    asks_code: bool = n(4, default=False)
    """It belongs to nobody yet, and whoever founds must know the code its keeper was given."""
    proofs: int = n(5, default=1)
    """The newest form of proof that this centre takes: 3, a root key's too is bound to the centre; 2, a device's
    is; 1, the nonce alone (before it was named)."""


@record(311)
class SessionRequest(Record):
    """POST /v1/session."""

    device: DeviceId = n(1)
    nonce: bytes = n(2)
    signature: bytes = n(3)
    certificate: bytes = n(4, default=b"")
    """`certificate_mark` of what the device was shown: signed too, and compared where the centre speaks TLS itself."""


@record(312)
class Session(Record):
    """An opaque bearer token. `squeezes`: bodies of exchanges may be zstd, each way."""

    token: str = n(1)
    expires_at: datetime = n(2)
    squeezes: bool = n(3, default=False)
    streams: bool = n(4, default=False)
    """An exchange may come in blocks (`clinic.protocol.blocks`): a SyncRequest, then MoreEnvelopes, each of them squeezed."""
    sums: bool = n(5, default=False)
    """`cursor_digest` of a request may be a `clinic.sync.exchange.cursor_sum`."""


@record(313)
class TrustPart(Record):
    """A run of the trust log from position `first` on: body of POST /v1/trust, answer of GET /v1/trust?from=N."""

    first: int = n(1)
    statements: tuple[bytes, ...] = n(2, default=())


@record(320)
class Cursor(Record):
    """A place in a scope. `chain`: the first 8 bytes of the scope's chain there, where a device says what it holds; b'' from
    an older one. The same place under another chain is of another past."""

    scope: ScopeId = n(1)
    seq: int = n(2)
    chain: bytes = n(3, default=b"")


@record(321)
class SyncRequest(Record):
    """`cursor_digest`: first 8 bytes of BLAKE2b over the sorted cursor vector, or the 16 of its sum; `cursors`: what changed
    since the last exchange (or all, when the remote asked with `want_cursors`)."""

    protocol_min: int = n(1, default=1)
    protocol_max: int = n(2, default=1)
    """Left out, both mean the first version for ever, whatever this program speaks."""
    device: DeviceId = n(3)
    incarnation: int = n(4)
    server_epoch: str = n(5, default="")
    cursor_digest: bytes = n(6, default=b"")
    cursors: tuple[Cursor, ...] = n(7, default=())
    all_cursors: bool = n(8, default=False)
    trust_position: int = n(9, default=-1)
    """Position of the last statement the client holds."""
    trust: tuple[bytes, ...] = n(10, default=())
    envelopes: tuple[bytes, ...] = n(11, default=())
    byte_budget: int = n(12, default=262_144)
    """How many bytes of envelopes the answer may hold."""
    sent_at: datetime = n(13)
    unsure_from: int = n(14, default=0)
    """The first of its envelopes whose fate the device does not know, after an answer that was lost; 0: it knows."""
    squeezes: bool = n(20, default=False)
    """The answer may be zstd."""
    takes_snapshots: bool = n(21, default=False)
    """The device takes an attested snapshot in place of envelopes that the centre let go."""


@record(322)
class EnvelopeRefused(Record):
    env_no: int = n(1)
    why: int = n(2)
    sentence: str = n(3, default="")


@record(323)
class Sequenced(Record):
    """An envelope with its place in the scope: gap-free `seq` from 1, chain = BLAKE2b(chain before + hash of envelope)."""

    scope: ScopeId = n(1)
    seq: int = n(2)
    chain: bytes = n(3)
    envelope: bytes = n(4)


@record(324)
class SyncResponse(Record):
    """`acked_env_no`: all of the device's envelopes up to this number (but for `refused`) are durable at the remote."""

    protocol: int = n(1)
    epoch: str = n(2)
    acked_incarnation: int = n(3)
    acked_env_no: int = n(4)
    refused: tuple[EnvelopeRefused, ...] = n(5, default=())
    trust: tuple[bytes, ...] = n(6, default=())
    trust_refused: str = n(7, default="")
    envelopes: tuple[Sequenced, ...] = n(8, default=())
    heads: tuple[Cursor, ...] = n(9, default=())
    """Last seq of the scopes that have more than what was sent here."""
    more: bool = n(10, default=False)
    want_cursors: bool = n(11, default=False)
    server_time: datetime = n(12)
    trust_position: int = n(13, default=-1)
    """Position of the last statement the remote holds; a client that has more hands in the rest next time."""
    known: bytes = n(14, default=b"")
    """To `unsure_from`: `clinic.sync.exchange.known_digest` of all that came from there to `acked_env_no`; `refused` names those
    that were refused then."""


@record(326)
class MoreEnvelopes(Record):
    """A block of an exchange after the first: the device's next envelopes."""

    envelopes: tuple[bytes, ...] = n(1)


@record(325)
class Fault(Record):
    """The body of every HTTP answer that is not 2xx."""

    number: int = n(1)
    sentence: str = n(2)
    """For the server's own log and for people who look at the wire. No program shows it."""
    code: int = n(3, default=0)
    """Of `clinic.protocol.faults.CODES`: which of our sentences it means; 0 for none of them."""


class FaultNumber(IntEnum):
    MALFORMED = 1
    NOT_LOGGED_IN = 2
    NOT_ALLOWED = 3
    NOT_FOUND = 4
    TOO_LARGE = 5
    TOO_MANY = 6
    VERSION = 7
    FULL = 8
    CONFLICT = 9
    """Taken already by something else (a mailbox, a place in an upload)."""
    GONE = 10
    """Withdrawn for ever (a card)."""
    STOPPING = 12
    """The server is being stopped; try again in a moment."""
    BUG = 99


@record(330)
class JoinRequest(Record):
    """Laid into the enrolment mailbox by a new device, or one that somebody else joins on: POST /v1/mailbox/{id}. `mac`: keyed
    BLAKE2b by the code's secret."""

    device: DeviceId = n(1)
    kind: str = n(2)
    device_name: str = n(3)
    device_signing_key: bytes = n(4)
    device_box_key: bytes = n(5)
    user_name: str = n(6, default="")
    user_signing_key: bytes = n(7, default=b"")
    user_box_key: bytes = n(8, default=b"")
    mac: bytes = n(9, default=b"")
    device_signature: bytes = n(10, default=b"")
    """Of a computer that has been admitted before: it vouches for the person who joins on it."""


@record(331)
class JoinAnswer(Record):
    """Laid back by the admitting device: the whole trust log so far, or why not. `mac` as above."""

    accepted: bool = n(1)
    user: str = n(2, default="")
    sentence: str = n(3, default="")
    mac: bytes = n(4, default=b"")
