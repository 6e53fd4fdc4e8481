# SPDX-License-Identifier: GPL-3.0-or-later
"""Searching everything that was written on this computer, as on the desktop; the search is written down."""

import json
import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from clinic.domain.errors import Refusal
from clinic.domain.ids import PatientId
from clinic.services.desks import Desk
from clinic.services.people import person
from clinic.services.searching import KINDS, Found, search, unread
from clinic.services.timeline import kind_name
from clinic.station.command import Add, opened

MOST = 500
"""Finds that can be asked for at once."""


def add_verbs(add: Add) -> None:
    finding = add("search", _search, "find words in everything written on this computer (it is written down)")
    finding.add_argument(
        "words", nargs="+", metavar="WORD", help="every word must be there, or one that begins so"
    )
    finding.add_argument("--patient", default="", metavar="PATIENT", help="only on this chart")
    finding.add_argument(
        "--kind", action="append", choices=sorted(KINDS), default=[], help="may be given again"
    )
    finding.add_argument("--since", type=_day, metavar="YYYY-MM-DD", help="from the beginning of this day")
    finding.add_argument("--until", type=_day, metavar="YYYY-MM-DD", help="to the end of this day")
    finding.add_argument("--newest", action="store_true", help="newest first, not the best first")
    finding.add_argument("--limit", type=_count, default=50, metavar="N", help=f"at most, up to {MOST}")
    finding.add_argument("--json", action="store_true", help="one JSON object a find")


def _search(chosen: Namespace) -> int:
    """0 also when nothing is found."""
    since, until = _start(chosen.since), _start(chosen.until, days=1)
    if since and until and since >= until:
        raise Refusal("The search ends before it begins. Check --since and --until.")
    text = " ".join(chosen.words)
    if not any(letter.isalnum() for letter in text):
        raise Refusal("Write at least one word to look for.")
    with opened(chosen) as desk:
        found = _found(desk, chosen, text, since, until)
        waiting = unread(desk)
    _print(found, chosen.json)
    if not found:
        print("Nothing was found. Try fewer or shorter words.", file=sys.stderr)
    if waiting:
        print(f"{waiting:,} texts are still being read in: search again later.", file=sys.stderr)
    return 0


def _found(
    desk: Desk, chosen: Namespace, text: str, since: datetime | None, until: datetime | None
) -> tuple[Found, ...]:
    desk.require_someone()  # an unattended device searches nothing
    patient = PatientId(chosen.patient) if chosen.patient else None
    if patient is not None:
        person(desk, patient)
    kinds = [kind for name in chosen.kind for kind in KINDS[name]]
    return search(
        desk, text, patient=patient, kinds=kinds, since=since, until=until, best_first=not chosen.newest,
        limit=chosen.limit,
    )  # fmt: skip


def _print(found: Sequence[Found], as_json: bool) -> None:
    for one in found:
        print(json.dumps(_row(one), ensure_ascii=False) if as_json else _line(one))


def _row(one: Found) -> dict[str, object]:
    return {
        "at": one.at.isoformat(),
        "patient": one.person.patient if one.person else None,
        "name": one.person.name.full if one.person else None,
        "kind": kind_name(one.fact),
        "id": one.fact.id,
        "snippet": "".join(piece.text for piece in one.snippet),
        "found": [piece.text for piece in one.snippet if piece.found],
    }


def _line(one: Found) -> str:
    """Found words stand between guillemets."""
    words = "".join(f"«{piece.text}»" if piece.found else piece.text for piece in one.snippet)
    who = one.person.name.full if one.person else ""
    parts = (f"{one.at.astimezone():%Y-%m-%d %H:%M}", who, kind_name(one.fact), " ".join(words.split()))
    return " · ".join(_printable(part) for part in parts if part)


def _printable(text: str) -> str:
    """Nothing that a terminal would take for a command."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"write the day as YYYY-MM-DD, such as 2026-11-21, not {text!r}") from None


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST):
        raise ArgumentTypeError(f"write a number from 1 to {MOST}, not {text!r}")
    return int(text)


def _start(day: date | None, days: int = 0) -> datetime | None:
    """When a day begins where this computer is, or so many days later."""
    if day is None:
        return None
    try:
        return datetime.combine(day + timedelta(days=days), time()).astimezone()
    except (OverflowError, ValueError, OSError):
        raise Refusal("This day cannot be searched for. Take one between 1900 and 2100.") from None
