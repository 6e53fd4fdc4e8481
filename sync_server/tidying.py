# SPDX-License-Identifier: GPL-3.0-or-later
"""What the centre may let go: old envelopes of a patient that an attested snapshot holds, once nobody lacks them (decision 35).

Deciding is pure. What stays whatever a snapshot says: the organisation's and the teams' scopes with the trust log and the audit,
what is pressing (P0, P1), how a chart begins, and grants of keys; a new computer's first look needs them (decision 29).
"""

import json
import logging
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from clinic.domain.errors import PostaError
from clinic.domain.ids import patient_of
from clinic.keys.attesting import vouched
from clinic.keys.roster import TrustLog
from clinic.protocol.codec import Malformed
from clinic.protocol.envelope import ALG_KEY_GRANT, P2_RECORD, P3_SNAPSHOT, Header, unpack
from clinic.sync.snapshots import Lying, Whole, snapshots_in
from sync_server.access import rights_of
from sync_server.book.ingest import micros
from sync_server.book.port import Lain, Shelf
from sync_server.book.recent import BEGINNING
from sync_server.desk import Desk

ASKED, ANSWERED, DRY, DO = "tidy.ask", "tidy.answer", "dry", "do"
"""Files in a server's folder, and what stands in the first."""
OLD = timedelta(days=30)
"""An envelope that came later stays."""
STANDS = timedelta(days=7)
"""How long a snapshot and its attestations lie here first: time for a computer that made one to be revoked."""
ABSENT = timedelta(days=180)
"""A computer that was not here for so long is waited for no more: it gets the snapshot."""

NOT_ATTESTED, LAGS, OLD_PROGRAM, SHARED, STAYS = (
    "not attested", "a computer lags", "a computer has an older program", "shared by teams", "nothing to let go",
)  # fmt: skip
_log = logging.getLogger("posta.server")


@dataclass(slots=True)
class Tidied:
    """Counts alone: envelopes let go (or that would be) and their bytes; charts, by why nothing of them goes."""

    envelopes: int = 0
    bytes: int = 0
    charts: int = 0
    kept: Counter[str] = field(default_factory=Counter)

    def told(self) -> dict[str, object]:
        """For the log and the operator."""
        return {
            "envelopes": self.envelopes,
            "bytes": self.bytes,
            "charts": self.charts,
            "kept": dict(self.kept),
        }


class Tidying:
    """One round. `log`: the trust log of now."""

    def __init__(self, log: TrustLog, now: datetime) -> None:
        self._log, self._now, self.done = log, now, Tidied()

    def decide(self, shelf: Shelf) -> tuple[int, ...]:
        """The seqs whose bytes may go."""
        rows = list(self._may_go(shelf))
        self.done.charts += bool(rows)
        self.done.envelopes += len(rows)
        self.done.bytes += sum(len(row.wire) for row in rows)
        return tuple(row.seq for row in rows)

    def _may_go(self, shelf: Shelf) -> Iterator[Lain]:
        whole = self._snapshot(shelf) if patient_of(shelf.scope) is not None else None
        if whole is None:
            self.done.kept[NOT_ATTESTED] += 1
            return
        if shelf.tags != {whole.maker.team}:
            self.done.kept[SHARED] += 1
            return
        if why := self._waited_for(shelf, whole):
            self.done.kept[why] += 1
            return
        rows = [row for row in shelf.rows if row.seq <= whole.up_to and self._is_covered(row, whole)]
        if not rows:
            self.done.kept[STAYS] += 1
        yield from rows

    def _snapshot(self, shelf: Shelf) -> Whole | None:
        """The newest that lies here long enough, with enough attestations that do."""
        since = micros(self._now - STANDS)
        lying = [
            Lying(row.seq, row.chain, row.digest, header)
            for row in shelf.rows
            if row.priority == P3_SNAPSHOT
            and row.received_at <= since
            and (header := _header(row)) is not None
        ]
        found = [
            one for one in snapshots_in(lying) if one.covers_all and vouched(self._log, one.maker, one.words)
        ]
        return found[-1] if found else None

    def _waited_for(self, shelf: Shelf, whole: Whole) -> str:
        """Why it is too early for somebody, '' if nobody lacks anything."""
        long_ago = micros(self._now - ABSENT)
        why: set[str] = set()
        for device in self._log.devices():
            rights = rights_of(self._log, device.device)
            if rights is None or not rights.reads & shelf.tags:
                continue
            reader = shelf.readers.get(device.device)
            if reader is None or reader.seen_at < long_ago:
                continue  # it begins with the snapshot, or goes on with it
            if reader.cursor < whole.last:
                why.add(LAGS)
            elif not reader.takes_snapshots:
                why.add(OLD_PROGRAM)
        return next((one for one in (LAGS, OLD_PROGRAM) if one in why), "")

    def _is_covered(self, row: Lain, whole: Whole) -> bool:
        header = _header(row)
        counts = {(one.device, one.incarnation): one.up_to for one in whole.covered}
        return (
            header is not None
            and header.alg != ALG_KEY_GRANT
            and P2_RECORD <= row.priority <= P3_SNAPSHOT
            and row.seq > BEGINNING
            and row.received_at <= micros(self._now - OLD)
            and 0 < header.scope_no <= counts.get((row.device, row.incarnation), 0)
        )


def _header(row: Lain) -> Header | None:
    try:
        return unpack(row.wire).header
    except Malformed:
        return None


async def tidy_up(desk: Desk, dry: bool = False) -> Tidied:
    """One round while the server serves, a commit for each chart. Raises Unavailable."""
    await desk.catch_up()
    round_ = Tidying(desk.log, desk.clock.now())
    for scope in await desk.book.ask(lambda book: book.with_snapshots()):
        await desk.book.ask(lambda book, scope=scope: book.tidy(scope, round_.decide, dry))  # type: ignore[misc]
    _log.info("tidied%s: %s", " (dry)" if dry else "", json.dumps(round_.done.told()))
    return round_.done


async def tidy_as_asked(desk: Desk) -> None:
    """What `posta server tidy` asks of the server that holds the book; the answer lies beside the question."""
    asked = desk.folder / ASKED
    try:
        dry = asked.read_text(encoding="utf-8") == DRY
        done = await tidy_up(desk, dry)
        part = desk.folder / f"{ANSWERED}.part"
        part.write_text(json.dumps(done.told()), encoding="utf-8")
        os.replace(part, desk.folder / ANSWERED)
    except (OSError, UnicodeDecodeError, PostaError) as error:
        _log.error("not tidied: %s", type(error).__name__)
    finally:
        asked.unlink(missing_ok=True)


def asked_in(folder: Path) -> bool:
    """True if somebody waits for a round."""
    return (folder / ASKED).exists()
