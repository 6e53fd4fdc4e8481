# SPDX-License-Identifier: GPL-3.0-or-later
"""One exchange without a wire: what to ask a remote from a snapshot of the store, and what its answer means.

The rules of the remote, which every client may rely on:

* `env_no` counts from 1 in each incarnation of a device, `seq` from 1 in each scope.
* A refused envelope has used up its number: the remote goes on with the next one. Only GAP, WRONG_SENDER and
  REVOKED leave the number free.
* After a change of the remote's epoch it may have forgotten things: cursors start at 0 again, and everything
  from its `acked_env_no` + 1 on is offered anew. Taking something twice changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from clinic.domain.ids import DeviceId, ScopeId
from clinic.protocol.codec import Malformed, dumps
from clinic.protocol.envelope import MAX_COUNT
from clinic.protocol.sync import (
    PROTOCOL_MAX,
    PROTOCOL_MIN,
    Cursor,
    EnvelopeRefused,
    Refused,
    SyncRequest,
    SyncResponse,
)
from clinic.sync.pace import DEFAULT_BUDGET

CHAIN_SAID = 8
"""Bytes of a scope's chain that a device says with its cursor: enough to tell two pasts apart."""
KEEPS_NUMBER = frozenset({Refused.GAP, Refused.WRONG_SENDER, Refused.REVOKED})
"""Refusals that leave the envelope's number free."""


def cursor_digest(cursors: Mapping[ScopeId, int]) -> bytes:
    """First 8 bytes of BLAKE2b-256 over the sorted cursor vector; scopes at 0 do not count."""
    vector = sorted([scope, seq] for scope, seq in cursors.items() if seq > 0)
    return blake2b(dumps(vector), digest_size=32).digest()[:8]


SUM_BYTES = 16
"""Of a `cursor_sum`, by which it is told from a `cursor_digest`."""


def cursor_sum(cursors: Mapping[ScopeId, int]) -> bytes:
    """What stands for a cursor vector and moves with it: the sum of the first SUM_BYTES of BLAKE2b over each (scope, seq), big
    endian, modulo 2^128; scopes at 0 do not count. Two vectors of one sum are the same but for chance: both sides count their
    own, and nobody gains by a wrong one."""
    return moved_sum(bytes(SUM_BYTES), {}, cursors)


def moved_sum(known: bytes, before: Mapping[ScopeId, int], now: Mapping[ScopeId, int]) -> bytes:
    """The sum after the scopes in `now` have moved there, from where they were `before` (0 for those not in it)."""
    total = int.from_bytes(known, "big")
    for scope, seq in now.items():
        total += _weight(scope, seq) - _weight(scope, before.get(scope, 0))
    return (total % (1 << 8 * SUM_BYTES)).to_bytes(SUM_BYTES, "big")


def _weight(scope: ScopeId, seq: int) -> int:
    return (
        int.from_bytes(blake2b(dumps([scope, seq]), digest_size=SUM_BYTES).digest(), "big") if seq > 0 else 0
    )


def envelope_hash(wire: bytes) -> bytes:
    """BLAKE2b-256 of an envelope as it travels."""
    return blake2b(wire, digest_size=32).digest()


def known_digest(digests: Iterable[bytes]) -> bytes:
    """Of a run of a device's envelopes, by their hashes in order of env_no: BLAKE2b-256 of them all."""
    return blake2b(b"".join(digests), digest_size=32).digest()


def next_chain(chain: bytes, digest: bytes) -> bytes:
    """The chain of a scope after one more envelope: BLAKE2b-256(chain before + hash of the envelope); b'' at
    the start."""
    return blake2b(chain + digest, digest_size=32).digest()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the store knows of one remote: `told` are the cursors the remote has confirmed, `cursors` ours of
    today."""

    device: DeviceId
    incarnation: int
    server_epoch: str
    cursors: Mapping[ScopeId, int]
    told: Mapping[ScopeId, int]
    trust_position: int
    trust: tuple[bytes, ...]
    """Statements we hold from the position the remote lacks."""
    envelopes: tuple[bytes, ...]
    """Picked by `clinic.sync.batch.pick`."""
    want_cursors: bool = False
    """The remote asked for the whole vector."""
    unsure_from: int = 0
    """The first number whose fate we do not know; then no envelopes are offered, only asked after."""
    rest: bool = False
    """More waits than these envelopes."""
    chains: Mapping[ScopeId, bytes] = field(default_factory=dict)
    """The chain of each scope at our cursor, where we know it."""
    sum: bytes = b""
    """`cursor_sum` of all our cursors, for a remote that reckons with sums; `cursors` are then those it was not told of."""


def request_for(snapshot: Snapshot, sent_at: datetime, byte_budget: int = DEFAULT_BUDGET) -> SyncRequest:
    """The request of one exchange."""
    every = snapshot.want_cursors
    said = {} if every else snapshot.told
    changed = sorted((scope, seq) for scope, seq in snapshot.cursors.items() if seq != said.get(scope, 0))
    return SyncRequest(
        protocol_min=PROTOCOL_MIN,
        protocol_max=PROTOCOL_MAX,
        device=snapshot.device,
        incarnation=snapshot.incarnation,
        server_epoch=snapshot.server_epoch,
        cursor_digest=snapshot.sum or cursor_digest(snapshot.cursors),
        cursors=tuple(
            Cursor(scope=scope, seq=seq, chain=snapshot.chains.get(scope, b"")[:CHAIN_SAID])
            for scope, seq in changed
        ),
        all_cursors=every,
        trust_position=snapshot.trust_position,
        trust=snapshot.trust,
        envelopes=snapshot.envelopes,
        byte_budget=byte_budget,
        sent_at=sent_at,
        unsure_from=snapshot.unsure_from,
        takes_snapshots=True,
    )


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the store has to do with an answer, in one transaction together with the envelopes it applies."""

    acked_env_no: int
    """Outbox rows up to this number are durable at the remote, but for `refused`."""
    refused: tuple[EnvelopeRefused, ...]
    """These go to quarantine; they are never sent again."""
    lost_some: bool
    """The remote has less than it said: what is there and is ours has to be asked, and the rest offered anew."""
    forget_cursors: bool
    """The remote is not the one it was: our cursors of it start at 0."""
    tell_all_cursors: bool
    more: bool
    copied: bool = False
    """The remote holds under our numbers what we never sent: a copy of this computer is in use beside it."""


def meaning_of(
    request: SyncRequest, response: SyncResponse, acknowledged: int = 0, given: int = MAX_COUNT
) -> Meaning:
    """What an answer to that request means. `acknowledged`: the highest number it said before was durable; a remote
    that now says less has lost it, whatever it calls its epoch. `given`: the highest number we ever gave. Raises Malformed for
    numbers that no store could keep."""
    counts = (response.acked_env_no, *(n for item in response.refused for n in (item.env_no, item.why)))
    if not all(0 <= count < MAX_COUNT for count in counts):
        raise Malformed("The centre's answer counts as no centre counts. Call whoever keeps your server.")
    another = bool(request.server_epoch) and response.epoch != request.server_epoch
    ours = response.acked_incarnation == request.incarnation
    gap = any(item.why == Refused.GAP for item in response.refused)
    gap = gap or (ours and response.acked_env_no < acknowledged)
    return Meaning(
        acked_env_no=response.acked_env_no if ours else 0,
        refused=tuple(item for item in response.refused if item.why != Refused.GAP),
        lost_some=another or gap,
        forget_cursors=another,
        tell_all_cursors=response.want_cursors,
        more=response.more or response.want_cursors or another or gap,
        copied=(ours and response.acked_env_no > given)
        or any(item.why == Refused.CONFLICTING_NUMBER for item in response.refused),
    )


def keeps_back_trust(request: SyncRequest, response: SyncResponse) -> bool:
    """True for a remote that says its trust log is longer than ours and hands out nothing of it: an honest one always
    gives at least one statement."""
    return not response.trust and response.trust_position > request.trust_position
