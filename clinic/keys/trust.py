# SPDX-License-Identifier: GPL-3.0-or-later
"""The trust log as every client checks it: `extend` takes one statement into an immutable state, or refuses
it.

It refuses (Distrust) whatever is not the next statement of this very log, signed by somebody who had that
right at that position. The state and its questions are in `clinic.keys.roster`, who may say what in
`clinic.keys.rights`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId, UserId
from clinic.domain.record import Record
from clinic.keys.hashing import same
from clinic.keys.identity import Keys, UserKeys, verify
from clinic.keys.rights import accepted, signing_key
from clinic.keys.roster import Distrust, Epoch, Reason, Team, TrustLog, User, statement_hash
from clinic.protocol.codec import decode, dumps, encode, loads
from clinic.protocol.trust import SIGNING_CONTEXT, AddDevice, AddUser, Beacon, DeviceKind, Role, Statement

__all__ = [
    "EMPTY",
    "Distrust",
    "Epoch",
    "Reason",
    "Signer",
    "Team",
    "TrustLog",
    "User",
    "as_device",
    "as_user",
    "extend",
    "follow",
    "is_sign",
    "last_but_signs",
    "make_statement",
    "open_statement",
    "say",
    "statement_hash",
    "verify_all",
]


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs a statement: a user on a device, or nobody with the root keys."""

    user: UserId
    device: DeviceId
    keys: Keys = field(repr=False)


EMPTY = TrustLog()


def open_statement(data: bytes) -> tuple[Statement, bytes, bytes]:
    """(statement, its body bytes, signature). Form only. Raises Distrust."""
    try:
        raw = loads(data)
        if not (isinstance(raw, list) and len(raw) == 2 and all(isinstance(part, bytes) for part in raw)):
            raise Distrust(Reason.MALFORMED, "This is no statement of a trust log.")
        statement = decode(raw[0], Statement)
    except Distrust:
        raise
    except Refusal as error:
        raise Distrust(Reason.MALFORMED, "This is no statement of a trust log.") from error
    if dumps(raw) != data:
        raise Distrust(Reason.MALFORMED, "This statement was wrapped anew on its way.")
    return statement, raw[0], raw[1]


def extend(log: TrustLog, data: bytes) -> TrustLog:
    """The log with one more statement. Raises Distrust; the log you have stays as it is."""
    statement, body, signature = open_statement(data)
    if statement.position != log.position + 1:
        raise Distrust(
            Reason.BROKEN_CHAIN,
            "Statement {position} does not follow statement {last}.",
            position=statement.position,
            last=log.position,
        )
    if not same(statement.previous, log.head):
        raise Distrust(
            Reason.FORK,
            "Statement {position} belongs to another history of this organisation. "
            "Call whoever keeps your server.",
            position=statement.position,
        )
    if not verify(signing_key(log, statement), SIGNING_CONTEXT + body, signature):
        raise Distrust(
            Reason.BAD_SIGNATURE,
            "Statement {position} was not signed by the one it names.",
            position=statement.position,
        )
    after = accepted(log, statement)
    return replace(
        after,
        statements=(*log.statements, data),
        head=statement_hash(data),
        founding=after.founding and (not statement.signer_device),
    )


def follow(log: TrustLog, position: int, statements: Iterable[bytes]) -> TrustLog:
    """The log with `statements` from `position` on; those we have already must be the same bytes. Raises
    Distrust."""
    for number, data in enumerate(statements, position):
        if number > log.position:
            log = extend(log, data)
        elif number < 0 or log.statements[number] != data:
            raise Distrust(
                Reason.FORK,
                "Statement {position} is not the one this device has seen. Call whoever keeps your server.",
                position=number,
            )
    return log


def last_but_signs(log: TrustLog) -> int:
    """The position of the last statement that is more than a sign of life."""
    at = log.position
    while at > 0 and is_sign(log.statements[at]):
        at -= 1
    return at


def is_sign(statement: bytes) -> bool:
    """True for a sign of life, which admits and revokes nobody. Raises Distrust."""
    return isinstance(open_statement(statement)[0].body, Beacon)


def verify_all(statements: Iterable[bytes], pinned_fingerprint: bytes, height: int = -1) -> TrustLog:
    """A whole log, checked against the fingerprint pinned at enrolment and the highest position ever seen.
    Raises Distrust."""
    log = EMPTY
    for data in statements:
        log = extend(log, data)
        if not same(log.fingerprint, pinned_fingerprint):
            raise Distrust(
                Reason.OTHER_ROOT, "This is the log of another organisation than the one you joined."
            )
    if log.position < max(height, 0):
        raise Distrust(
            Reason.ROLLBACK,
            "This log ends at {last}, but {height} has been seen. The server lost or hides something.",
            last=log.position,
            height=height,
        )
    return log


def make_statement(log: TrustLog, body: Record, signer: Signer, at: datetime) -> bytes:
    """The next statement, signed; take it in with `extend`. Raises Distrust if the signer has no right to
    say it."""
    statement = Statement(
        position=log.position + 1,
        previous=log.head,
        at=at,
        body=body,
        signer_user=signer.user,
        signer_device=signer.device,
    )
    encoded = encode(statement)
    data = dumps([encoded, signer.keys.sign(SIGNING_CONTEXT + encoded)])
    extend(log, data)
    return data


def say(log: TrustLog, body: Record, signer: Signer, at: datetime) -> TrustLog:
    """The log after a statement of ours. Raises Distrust as `make_statement` does."""
    return extend(log, make_statement(log, body, signer, at))


def as_device(device: DeviceId, name: str, kind: DeviceKind, keys: Keys) -> AddDevice:
    """The statement that admits a device with these keys."""
    return AddDevice(
        device=device, kind=kind, name=name, signing_key=keys.public.signing, box_key=keys.public.box
    )


def as_user(user: UserId, name: str, role: Role, device: DeviceId, keys: UserKeys) -> AddUser:
    """The statement that admits a user with these keys on a device."""
    return AddUser(
        user=user,
        name=name,
        role=role,
        device=device,
        signing_key=keys.public.signing,
        box_key=keys.public.box,
    )
