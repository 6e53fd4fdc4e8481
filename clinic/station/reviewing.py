# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit without a screen: who did what with which chart, and the reviews that rules asked for."""

import json
import sys
from argparse import Namespace

from clinic.domain.errors import Refusal
from clinic.domain.facts import Finding
from clinic.domain.ids import DeviceId, FactId, PatientId, UserId
from clinic.domain.misuse.lists import Entry, Filters
from clinic.services.access import again, read_audit
from clinic.services.desks import Desk
from clinic.services.reviews import Review, assign, close, evidence, look, reviewers, reviews, watch_chart
from clinic.station.command import Add, opened
from clinic.station.finding import _count, _day, _printable, _start


def add_verbs(add: Add) -> None:
    reading = add(
        "audit", _audit, "who did what with which chart, newest first (that you looked is written down)"
    )
    reading.add_argument("words", nargs="*", metavar="WORD", help="of a name, an action or a detail")
    reading.add_argument("--user", default="", metavar="USER", help="only what this person did")
    reading.add_argument("--patient", default="", metavar="PATIENT", help="only on this chart")
    reading.add_argument("--action", default="", help="open, search, print, export, attempt, failed unlock …")
    reading.add_argument("--device", default="", metavar="DEVICE", help="only on this computer")
    reading.add_argument("--outcome", default="", help="success, failure, denied")
    reading.add_argument("--since", type=_day, metavar="YYYY-MM-DD", help="from the beginning of this day")
    reading.add_argument("--until", type=_day, metavar="YYYY-MM-DD", help="to the end of this day")
    reading.add_argument("--limit", type=_count, default=100, metavar="N", help="at most so many")
    reading.add_argument("--json", action="store_true", help="one JSON object an entry")
    judging = add(
        "reviews", _reviews, "look through the audit with the rules; list, assign and close reviews"
    )
    what = judging.add_mutually_exclusive_group()
    what.add_argument("--closed", action="store_true", help="those that were judged")
    what.add_argument("--show", metavar="REVIEW", default="", help="the entries it stands on")
    what.add_argument("--assign", metavar="REVIEW", default="", help="give it to --to, or take it yourself")
    what.add_argument("--close", metavar="REVIEW", default="", help="with --finding and --note")
    what.add_argument("--watch", metavar="PATIENT", default="", help="look at every opening of this chart")
    what.add_argument("--unwatch", metavar="PATIENT", default="", help="no longer")
    judging.add_argument("--to", metavar="USER", default="", help="whom to assign it to")
    judging.add_argument("--finding", choices=[f.value for f in Finding if f.value], default="")
    judging.add_argument("--note", default="", help="how you know")
    judging.add_argument("--json", action="store_true", help="one JSON object a line")


def _audit(chosen: Namespace) -> int:
    """0 also when nothing is found."""
    since, until = _start(chosen.since), _start(chosen.until, days=1)
    if since and until and since >= until:
        raise Refusal("The search ends before it begins. Check --since and --until.")
    filters = Filters(
        " ".join(chosen.words), UserId(chosen.user), PatientId(chosen.patient), chosen.action, DeviceId(chosen.device),
        chosen.outcome, since, until,
    )  # fmt: skip
    with opened(chosen) as desk:
        found = _whole(desk, filters, chosen.limit)
    for entry in found:
        _tell(_entry_row(entry), _entry_line(entry), chosen.json)
    if not found:
        print("No entry matches. Take away a word or a filter.", file=sys.stderr)
    return 0


def _whole(desk: Desk, filters: Filters, limit: int) -> list[Entry]:
    listed = read_audit(desk, filters, limit)
    found = list(listed.entries)
    while listed.next is not None and len(found) < limit:
        listed = again(desk, filters, listed.next, limit - len(found))
        found += listed.entries
    return found


def _reviews(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        if chosen.assign:
            assign(desk, FactId(chosen.assign), _user(desk, chosen.to))
        elif chosen.close:
            close(desk, FactId(chosen.close), Finding(chosen.finding), chosen.note)
        elif chosen.watch or chosen.unwatch:
            watch_chart(desk, PatientId(chosen.watch or chosen.unwatch), bool(chosen.watch), chosen.note)
        elif chosen.show:
            for entry in evidence(desk, FactId(chosen.show)):
                _tell(_entry_row(entry), _entry_line(entry), chosen.json)
        else:
            if not chosen.closed:
                look(desk)
            listed = reviews(desk, closed=chosen.closed)
            for review in listed:
                _tell(_review_row(review), _review_line(review), chosen.json)
            if not listed:
                print("No review here.", file=sys.stderr)
    return 0


def _user(desk: Desk, name: str) -> UserId:
    """Whom a user id or a name means. Raises Refusal."""
    if not name:
        return UserId("")
    found = [user for user, called in reviewers(desk) if name in (user, called)]
    if len(found) != 1:
        known = ", ".join(called for _, called in reviewers(desk))
        raise Refusal("Nobody who may judge reviews is called so. Choose one of: {known}.", known=known)
    return found[0]


def _tell(row: dict[str, object], line: str, as_json: bool) -> None:
    print(json.dumps(row, ensure_ascii=False) if as_json else line)


def _entry_row(entry: Entry) -> dict[str, object]:
    act = entry.act
    return {
        "at": act.at.isoformat(), "action": act.action, "outcome": act.outcome, "user": act.user, "name": act.name,
        "patient": act.patient, "person": entry.person, "device": act.device, "device_name": entry.device,
        "detail": act.entity, "id": act.entry,
    }  # fmt: skip


def _entry_line(entry: Entry) -> str:
    act = entry.act
    outcome = "" if act.outcome == "success" else act.outcome
    parts = (
        f"{act.at.astimezone():%Y-%m-%d %H:%M}",
        act.name,
        act.action,
        outcome,
        entry.person,
        entry.device,
        act.entity,
    )
    return " · ".join(_printable(part) for part in parts if part)


def _review_row(row: Review) -> dict[str, object]:
    one = row.review
    return {
        "id": one.id, "rule": one.rule, "severity": one.severity, "status": one.status.value, "concerns": one.concerns,
        "name": one.concerns_name, "patient": one.about, "person": row.person.name.full if row.person else "",
        "device": one.device, "since": one.since.isoformat(), "identified_at": one.identified_at.isoformat(),
        "evidence": list(one.evidence), "owner": one.owner, "finding": one.finding.value, "note": one.note,
        "closed_by": one.closed_by, "closed_at": one.closed_at.isoformat() if one.closed_at else None,
    }  # fmt: skip


def _review_line(row: Review) -> str:
    one = row.review
    title = row.rule.title if row.rule else one.rule
    whose = row.person.name.full if row.person else row.device
    said = (
        f"{one.identified_at.astimezone():%Y-%m-%d}", one.severity, title, one.concerns_name, whose,
        f"{len(one.evidence)} entries", row.owner, one.finding.value, one.note, one.id,
    )  # fmt: skip
    return " · ".join(_printable(part) for part in said if part)
