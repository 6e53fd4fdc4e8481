# SPDX-License-Identifier: GPL-3.0-or-later
"""People as the kit's widgets want them: banner, rows, marks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from desktop.kit.people import Identity, Mark, PatientBanner, PersonRow
from desktop.kit.words import _, fmt_ago, fmt_date
from desktop.screens.phrases import (
    LANGUAGES,
    SEXES,
    Flag,
    age_text,
    coded,
    named,
    number_text,
    person_detail,
    points,
    red_flags,
    urgency,
    waited,
)

if TYPE_CHECKING:
    from clinic.domain.facts import VerificationResult
    from clinic.services.charts import Chart
    from clinic.services.people import PersonLine
    from clinic.services.waiting import Waiting

MOST_CHIPS = 3


def mark(flag: Flag) -> Mark:
    return Mark(flag.text, flag.tone, flag.icon)


def identity(person: PersonLine, today: date, chips: Iterable[Mark] = (), as_of: str = "") -> Identity:
    """A person for the banner."""
    sex = named(SEXES, person.gender) if str(person.gender) in SEXES else ""
    return Identity(
        person.patient,
        person.name.full,
        fmt_date(person.birth_date) if person.birth_date else "",
        age_text(person.birth_date, today),
        number_text(person.dni),
        sex,
        person.photo,
        tuple(chips),
        as_of,
        person.provisional,
    )


def charted_identity(chart: Chart, now: datetime) -> Identity:
    """The same with allergies, consent and how old the data is."""
    chips = [
        Mark(coded(one.substance), "danger" if one.severe else "warn", "alert-triangle")
        for one in chart.allergies
    ]
    spare = len(chips) - (MOST_CHIPS - 1)
    if spare > 0:
        chips = [
            *chips[: MOST_CHIPS - 1],
            Mark(_("+%(n)d allergies") % {"n": spare}, "warn", "alert-triangle"),
        ]
    if not chart.allergies:
        chips.append(Mark(_("No allergy on record"), "neutral"))
    as_of = _("data as of %(ago)s") % {"ago": fmt_ago(chart.as_of, now)} if chart.as_of else ""
    return identity(chart.person, now.date(), chips, as_of)


def show_identity(banner: PatientBanner, who: Identity) -> None:
    """Put the person on the banner, if anything about them differs from what stands there."""
    if banner.person() != who:
        banner.show_person(who)


def person_row(person: PersonLine, now: datetime) -> PersonRow:
    """A person in a list."""
    seen = fmt_ago(person.last_seen_at, now) if person.last_seen_at else ""
    marks = (Mark(_("Not verified"), "warn", "help-circle"),) if person.provisional else ()
    return PersonRow(
        person.patient, person.name.full, person_detail(person, now.date()), seen, marks, person.photo
    )


def waiting_row(row: Waiting, now: datetime, reachable: bool) -> PersonRow:
    """One who waits: red flag or urgency first, then who, why, where, how long."""
    visit, flag = row.encounter, urgency(row.news2)
    news2 = Mark(f"NEWS2 {points(row.news2)} · {flag.text}", flag.tone)
    marks = list(_marks(row, reachable))
    first = news2
    if visit.red_flags:  # what stands first is never left out where a row is narrow
        first, marks = Mark(red_flags(visit, short=True), "danger"), [news2, *marks]
    parts = (
        age_text(row.person.birth_date, now.date()),
        visit.ticket,
        coded(visit.reason),
        visit.device_name,
    )
    return PersonRow(
        visit.id,
        row.person.name.full,
        " · ".join(part for part in parts if part),
        waited(visit.arrived_at, now),
        tuple(marks),
        row.person.photo,
        first.text,
        first.tone,
    )


def _marks(row: Waiting, reachable: bool) -> Iterable[Mark]:
    if row.encounter.status == "in-progress":
        yield Mark(_("in visit"), "info", "stethoscope")
    if row.encounter.status == "arrived":
        yield Mark(_("answering questions"), "neutral", "clock")
    if not row.verified:
        yield Mark(_("Not verified"), "warn", "help-circle")
    if row.encounter.kiosk and not reachable:
        yield Mark(_("offline"), "neutral", "wifi-off")
    if row.encounter.language not in ("", "es"):
        yield Mark(named(LANGUAGES, row.encounter.language), "neutral", "globe")


def alarm_words(rows: Iterable[Waiting]) -> str:
    """Who must not wait, where and why: a line for each."""
    said = []
    for row in rows:
        visit = row.encounter
        who = (red_flags(visit), row.person.name.full, visit.ticket, visit.device_name)
        said.append(" · ".join(part for part in who if part))
    return "\n".join(said)


def claim_words(row: Waiting) -> str:
    """What the person says of herself, for whoever is asked to vouch."""
    visit, person = row.encounter, row.person
    words = {
        "ticket": visit.ticket,
        "kiosk": visit.device_name,
        "name": person.name.spoken,
        "number": number_text(person.dni),
    }
    if not visit.ticket:
        return _("Who is %(name)s?") % words
    return _("%(ticket)s at %(kiosk)s says: %(name)s, %(number)s. Do you know who it is?") % words


def known_by(found: VerificationResult | None) -> tuple[str, ...]:
    """What showed who the person of a visit is, as a line; none for a claim."""
    if found is None:
        return ()
    match str(found.how):
        case "card":
            return (_("Known by her card"),)
        case "code":
            return (_("Known by a code of %(name)s") % {"name": found.by_name},)
    return (_("Vouched for by %(name)s") % {"name": found.by_name},)
