# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server asks of its database. Every verb is one transaction, durable when it returns."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from clinic.domain.ids import DeviceId, ScopeId, TeamId
from clinic.protocol.sync import Cursor, EnvelopeRefused, Sequenced

Tag = TeamId
"""Who may read a scope: the id of a team, or EVERYBODY."""
EVERYBODY = TeamId("")
NO_SCOPE = ScopeId("")


@dataclass(frozen=True, slots=True)
class Incoming:
    """An envelope after the checks that need no database. `env_no` None: unreadable, counts as the next
    number."""

    env_no: int | None
    wire: bytes
    digest: bytes
    scope: ScopeId = NO_SCOPE
    tag: Tag = EVERYBODY
    priority: int = 2
    refusal: EnvelopeRefused | None = None


@dataclass(frozen=True, slots=True)
class Push:
    """What a device hands in, in order of env_no. `writes`: tags of which at least one must be on a scope
    that exists."""

    device: DeviceId
    incarnation: int
    items: tuple[Incoming, ...]
    writes: frozenset[Tag]
    at: datetime
    carried: bool = False
    """Somebody else brings it: what is refused uses up none of the device's numbers."""
    in_any_order: bool = False
    """On an island: earlier ones may be at the centre alone, and what is refused uses up no number."""


@dataclass(frozen=True, slots=True)
class Pull:
    """What a device wants: `reads` are its tags, `digest` that of its whole cursor vector after `cursors`."""

    device: DeviceId
    incarnation: int
    reads: frozenset[Tag]
    cursors: tuple[Cursor, ...]
    all_cursors: bool
    digest: bytes
    byte_budget: int
    epoch: str = ""
    """The epoch the device has cursors of; '' on first contact."""
    takes_snapshots: bool = True
    """It takes a snapshot in place of what was let go; a program that does not is told to update before it lacks anything."""
    unsure_from: int = 0
    """Number from which on the device wants to know what came and what was refused; 0: it knows."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a new computer wants to see first (`sync_server.book.recent`)."""

    reads: frozenset[Tag]
    since: datetime
    alerts: bool
    after_scope: ScopeId
    after_seq: int
    byte_budget: int


@dataclass(frozen=True, slots=True)
class Looked:
    """Envelopes of a look, and where it goes on."""

    envelopes: tuple[bytes, ...]
    scope: ScopeId
    seq: int
    more: bool


@dataclass(frozen=True, slots=True)
class Rung:
    """A scope with something new, its last seq, and who may read it. `urgent`: new envelopes that cannot wait for an exchange."""

    scope: ScopeId
    seq: int
    tags: frozenset[Tag]
    urgent: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a push: all of the device's envelopes up to `acked_env_no` are durable, but for `refused`."""

    acked_env_no: int
    refused: tuple[EnvelopeRefused, ...]
    rung: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class Exchanged:
    """The book's half of a SyncResponse, and the bells to ring."""

    epoch: str
    acked_env_no: int
    refused: tuple[EnvelopeRefused, ...]
    envelopes: tuple[Sequenced, ...]
    heads: tuple[Cursor, ...]
    more: bool
    want_cursors: bool
    rung: tuple[Rung, ...]
    known: bytes = b""
    """`known_digest` of what came from `unsure_from` on."""
    too_old: bool = False
    """It is sent nothing: it needs what was let go, and takes no snapshots."""


@dataclass(frozen=True, slots=True)
class Computer:
    """A computer that was here: when last, the receipt of its wipe or b''. `numbers`: each of its incarnations, with the last
    number of that, in their order."""

    device: DeviceId
    seen_at: datetime
    numbers: tuple[tuple[int, int], ...]
    receipt: bytes

    @property
    def newest(self) -> tuple[int, int]:
        """Its newest incarnation and number; zeros if it never sent anything."""
        return self.numbers[-1] if self.numbers else (0, 0)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An enrolment mailbox: opened by staff, one letter in, one answer back."""

    opened_by: DeviceId
    expires_at: datetime
    request: bytes | None
    answer: bytes | None


@dataclass(frozen=True, slots=True)
class Lain:
    """An envelope whose bytes are here. `received_at`: microseconds."""

    seq: int
    device: DeviceId
    incarnation: int
    priority: int
    received_at: int
    digest: bytes
    chain: bytes
    wire: bytes


@dataclass(frozen=True, slots=True)
class Reader:
    """A computer that was here: when last, in microseconds; whether it takes snapshots; how far it has come in a scope."""

    seen_at: int
    takes_snapshots: bool
    cursor: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """One scope as tidying sees it. `readers`: every computer that was ever here, whatever it may read."""

    scope: ScopeId
    tags: frozenset[Tag]
    rows: tuple[Lain, ...]
    readers: Mapping[DeviceId, Reader]


class Book(Protocol):
    """The database. One caller at a time for SQLite: see `sync_server.book.thread`."""

    def epoch(self) -> str:
        """Random text; another one after a restore from backup."""
        ...

    def renew_epoch(self) -> str:
        """A new epoch, all cursors forgotten: the book is not the one it was."""
        ...

    def statements(self, first: int) -> tuple[bytes, ...]:
        """The trust log from position `first` on."""
        ...

    def append_statements(self, first: int, statements: tuple[bytes, ...]) -> None:
        """Lays down verified statements. Raises Refusal if `first` is not the next position."""
        ...

    def keep_session(self, token_hash: bytes, device: DeviceId, expires_at: datetime) -> None:
        """One more for that device; of many, the oldest end."""
        ...

    def session_device(self, token_hash: bytes, now: datetime) -> DeviceId | None:
        """Whose session it is, or None when there is none or it is over."""
        ...

    def caller(
        self, token_hash: bytes, now: datetime, first: int
    ) -> tuple[DeviceId | None, tuple[bytes, ...]]:
        """What every request asks, at once: `session_device`, and `statements` from `first` on."""
        ...

    def live_sessions(self, now: datetime) -> dict[DeviceId, datetime]:
        """When the oldest live session of each device is over."""
        ...

    def end_sessions(self, device: DeviceId) -> None:
        """All of that device: it must prove its key anew."""
        ...

    def exchange(self, push: Push, pull: Pull) -> Exchanged:
        """Takes envelopes, moves cursors, gives what is next: one commit."""
        ...

    def push(self, push: Push) -> Taken:
        """Takes envelopes and gives nothing: a block of an exchange that goes on, or what somebody else brings of a device, which
        does not count as seen by it."""
        ...

    def laid(self, beyond: Mapping[tuple[DeviceId, int], int], byte_budget: int) -> tuple[bytes, ...]:
        """Envelopes of every author (device, incarnation) after that number; of others the first alone."""
        ...

    def look(self, wanted: Look) -> Looked:
        """What is needed first of what a device may read; no cursor moves."""
        ...

    def scope_part(self, scope: ScopeId, after: int, byte_budget: int) -> tuple[tuple[Sequenced, ...], bool]:
        """Envelopes of one scope after a seq, in order; whether there are more."""
        ...

    def has_gone(self, scope: ScopeId, after: int) -> bool:
        """True if envelopes of a scope behind that place were let go."""
        ...

    def with_snapshots(self) -> tuple[ScopeId, ...]:
        """The patients' scopes in which there is something to tidy, perhaps."""
        ...

    def tidy(self, scope: ScopeId, decide: Callable[[Shelf], Iterable[int]], dry: bool) -> int:
        """Lets go of the bytes of the envelopes at those places; their rows stay. How many; with `dry`, how many would."""
        ...

    def scope_tags(self, scope: ScopeId) -> frozenset[Tag]:
        """Whose scope it is."""
        ...

    def open_mailbox(self, box: str, device: DeviceId, expires_at: datetime, now: datetime) -> None:
        """Raises Refusal if the box is somebody else's."""
        ...

    def mailbox(self, box: str, now: datetime) -> Mailbox | None: ...

    def fill_mailbox(self, box: str, side: str, letter: bytes, now: datetime) -> bool:
        """Lays a letter on side 'request' or 'answer'; the same again is fine. False: taken by another
        letter, or a request where the answer lies already."""
        ...

    def put_capsule(self, lookup: str, body: bytes, device: DeviceId, at: datetime) -> bool:
        """False for a card that was withdrawn: it gets nothing any more."""
        ...

    def capsule(self, lookup: str) -> bytes | None: ...

    def withdraw_card(self, lookup: str, body: bytes, at: datetime) -> None:
        """Deletes the capsule for ever and keeps the signed word of it; the same again is fine."""
        ...

    def is_withdrawn(self, lookup: str) -> bool: ...

    def withdrawals(self, after: int, limit: int) -> tuple[tuple[int, bytes], ...]:
        """(number, signed word), in order, those with a higher number than `after`."""
        ...

    def put_code(
        self, lookup: str, body: bytes, device: DeviceId, expires_at: datetime, now: datetime
    ) -> None:
        """Lays down a parcel until that time; what is over goes."""
        ...

    def take_code(self, lookup: str, now: datetime) -> bytes | None:
        """The parcel, which is gone afterwards; None when there is none, or it is over."""
        ...

    def keep_attachment(self, attachment: str, size: int, device: DeviceId, at: datetime) -> None: ...

    def attachment(self, attachment: str) -> tuple[int, DeviceId] | None:
        """(size in bytes, who brought it) of a whole attachment."""
        ...

    def attachments(self) -> tuple[str, ...]:
        """The names of all whole ones."""
        ...

    def computers(self) -> tuple[Computer, ...]:
        """Every computer that ever exchanged."""
        ...

    def keep_receipt(self, device: DeviceId, body: bytes, at: datetime) -> None:
        """A wiped computer's last word; the first one stays."""
        ...

    def copy_to(self, file: Path) -> None:
        """All of the book as it is at one moment, as a SQLite file. Raises Unavailable."""
        ...

    def check(self) -> int:
        """How many envelopes there are, each scope seen to be whole. Raises Refusal."""
        ...

    def counts(self) -> dict[str, int]:
        """Rows: envelopes, scopes, statements."""
        ...

    def close(self) -> None: ...
