# SPDX-License-Identifier: GPL-3.0-or-later
"""What was set aside: envelopes that came and were not believed or not readable, and ones of ours that the centre refused.

They hold up nothing and are never thrown away; trying again is safe at any time.
"""

from dataclasses import dataclass
from datetime import datetime

from clinic.domain.ids import DeviceId, PatientId, TeamId
from clinic.keys.refusals import Unreadable
from clinic.keys.rights import Action
from clinic.keys.roster import TrustLog
from clinic.protocol.codec import Malformed
from clinic.protocol.envelope import Header, unpack
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.services.people import PersonLine, line
from clinic.services.syncing import retry_set_aside
from clinic.store.page import Page

OURS = "ours "
"""How the key of an envelope of ours begins that the centre refused."""


@dataclass(frozen=True, slots=True)
class Aside:
    """`key`: names it here; `why`: the sentence; `team`: the name of whose records it belongs to; `device_name`: where it
    was written, '' if nobody knows; `person`: whose chart, where that is here; `waits`: a key may still open it."""

    key: str
    why: str
    at: datetime | None
    size: int
    team: str = ""
    device: DeviceId = DeviceId("")
    device_name: str = ""
    person: PersonLine | None = None
    waits: bool = False
    ours: bool = False


@needs(Action.FIND)
def set_aside(desk: Desk) -> tuple[Aside, ...]:
    """Everything that was set aside, the newest first; what the centre refused of ours before it."""

    def look(page: Page) -> tuple[Aside, ...]:
        refused = [
            _aside(desk.trust, page, f"{OURS}{row[0]}", row[1] or _refused_words(row[2]), None, row[3])
            for row in page.refused_by_centre()
        ]
        others = [
            _aside(desk.trust, page, f"{no}", why, at, data) for no, why, at, data in page.in_quarantine()
        ]
        return (*refused, *others[::-1])

    return desk.book.read(look)


@needs(Action.FIND)
def try_again(desk: Desk, key: str) -> bool:
    """Read one once more with the keys and the trust log of now. True if its records are on their charts now."""
    return not key.startswith(OURS) and retry_set_aside(desk, int(key))


@needs(Action.FIND)
def report_of(desk: Desk, key: str) -> str:
    """A text for whoever helps: what was set aside and why, by numbers, with nothing of what is in it or whom it is about."""
    found = next((one for one in set_aside(desk) if one.key == key), None)
    if found is None:
        return ""
    header = desk.book.read(lambda page: _header(_bytes_of(page, key)))
    lines = [
        f"set aside: {key}",
        f"why: {found.why}",
        f"at: {found.at.isoformat() if found.at else '-'}",
        f"bytes: {found.size}",
        f"written on: {found.device or '-'}",
        f"read on: {desk.device}, incarnation {desk.incarnation}",
        f"trust log: {desk.trust.position}",
    ]
    if header is not None:
        lines.append(
            f"envelope: incarnation {header.incarnation}, number {header.env_no}, in its scope {header.scope_no}, "
            f"sealing {header.alg}, priority {header.priority}, version {header.version}"
        )
    return "\n".join(lines) + "\n"


def _aside(log: TrustLog, page: Page, key: str, why: str, at: datetime | None, data: bytes) -> Aside:
    header = _header(data)
    waits = why == "no key"
    if header is None:
        return Aside(key, why, at, len(data), ours=key.startswith(OURS))
    device = log.device(header.device)
    return Aside(
        key, "The key of this record has not arrived yet." if waits else why, at, len(data), _team(log, header.team),
        header.device, device.name if device else "", _person(page, header.scope), waits, key.startswith(OURS),
    )  # fmt: skip


def _header(data: bytes) -> Header | None:
    try:
        return unpack(data).header
    except (Malformed, Unreadable):
        return None


def _bytes_of(page: Page, key: str) -> bytes:
    if key.startswith(OURS):
        number = int(key.removeprefix(OURS))
        return next((row[3] for row in page.refused_by_centre() if row[0] == number), b"")
    return next((data for no, _why, _at, data in page.in_quarantine() if no == int(key)), b"")


def _team(log: TrustLog, team: TeamId) -> str:
    known = log.by_team.get(team)
    return known.name if known else ""


def _person(page: Page, scope: str) -> PersonLine | None:
    if not scope.startswith("p:"):
        return None
    patient = PatientId(scope.removeprefix("p:"))
    row = page.person(page.linked_to(patient) or patient)
    return None if row is None else line(page, row)


def _refused_words(why: int) -> str:
    return f"The centre refused it ({why})."
