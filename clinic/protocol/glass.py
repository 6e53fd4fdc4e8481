# SPDX-License-Identifier: GPL-3.0-or-later
"""Break-glass: a signed request for one chart of another team, the custodian's answer, and its permit for the centre.

A request travels in a letter (so the computer signed it) and carries the asking person's own signature, over
``b"posta glass request 1" + request bytes``. A permit is signed by the custodian's computer, over
``b"posta glass permit 1" + permit bytes``.
"""

from datetime import datetime

from clinic.domain.ids import DeviceId, PatientId, ScopeId, TeamId, UserId
from clinic.domain.record import Record, n, record
from clinic.protocol.sync import Sequenced

REQUEST_CONTEXT = b"posta glass request 1"
PERMIT_CONTEXT = b"posta glass permit 1"


@record(370)
class GlassRequest(Record):
    """`position`, `head`: the asking computer's trust log, by number and hash of its last statement."""

    request: str = n(1)
    """32 hexadecimal digits, made anew for each request."""
    patient: PatientId = n(2)
    user: UserId = n(3)
    device: DeviceId = n(4)
    reason: str = n(5)
    asked_at: datetime = n(6)
    position: int = n(7)
    head: bytes = n(8)


@record(371)
class SignedGlass(Record):
    """The letter's content: an encoded GlassRequest and the person's signature."""

    request: bytes = n(1)
    user_signature: bytes = n(2)


@record(372)
class GlassAnswer(Record):
    """`keys`: the patient's scope keys, each sealed to the asking (user, device) alone; `sentence`: why not."""

    request: str = n(1)
    given: bool = n(2)
    sentence: str = n(3, default="")
    team: TeamId = n(4, default=TeamId(""))
    keys: tuple[bytes, ...] = n(5, default=())
    permit: bytes = n(6, default=b"")
    signature: bytes = n(7, default=b"")


@record(373)
class GlassPermit(Record):
    """The centre may hand that computer the sealed records of one scope until then."""

    scope: ScopeId = n(1)
    user: UserId = n(2)
    device: DeviceId = n(3)
    custodian: DeviceId = n(4)
    request: str = n(5)
    until: datetime = n(6)


@record(374)
class ScopePull(Record):
    """POST /v1/scope: what a scope holds after `after`. A custodian needs no permit, and is given grants and names of
    keys only."""

    scope: ScopeId = n(1)
    after: int = n(2, default=0)
    permit: bytes = n(3, default=b"")
    signature: bytes = n(4, default=b"")
    takes_snapshots: bool = n(5, default=False)
    """As in an exchange."""


@record(375)
class ScopePart(Record):
    """`up_to`: ask for what comes after it next; `more`: there is more."""

    envelopes: tuple[Sequenced, ...] = n(1, default=())
    up_to: int = n(2)
    more: bool = n(3, default=False)
    key_ids: tuple[bytes, ...] = n(4, default=())
    """To a custodian: the names of the keys that what was passed over is sealed with, each once."""


@record(376)
class GlassOpen(Record):
    """At rest on the asking computer: a chart that is shown until `until`. `key`: of the book beside the own one;
    `seen_at`: the latest time seen while it was open, so that a clock set back shows nothing longer."""

    request: str = n(1)
    patient: PatientId = n(2)
    user: UserId = n(3)
    opened_at: datetime = n(4)
    until: datetime = n(5)
    seen_at: datetime = n(6)
    key: bytes = n(7)
    closed: int = n(8, default=0)
    """Parts of the record that were sealed to the team itself, which one patient's key does not open."""
