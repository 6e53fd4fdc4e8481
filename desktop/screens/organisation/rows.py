# SPDX-License-Identifier: GPL-3.0-or-later
"""People, computers and teams as rows, and in words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from clinic.domain import questionnaires as q
from clinic.keys.glass import ADMIN_TEAM, AUDIT_TEAM, WIDE_TEAM
from desktop.kit.people import Mark
from desktop.kit.words import _, fmt_ago, fmt_date, fmt_moment, language, plural
from desktop.screens.lines import Line
from desktop.screens.organisation.logic import State, version_key
from desktop.screens.organisation.rules import TITLES, about_setting, setting_line

if TYPE_CHECKING:
    from clinic.domain.facts import Questionnaire
    from clinic.services.organising import CareTeam, Colleague, Computer


def role_names() -> dict[str, str]:
    """What people read for a role."""
    return {
        "administrator": _("Administrator"), "compliance": _("Compliance officer"), "clinician": _("Clinician"),
        "nurse": _("Nurse, field worker"), "receptionist": _("Reception"), "kiosk": _("Kiosk"), "gateway": _("Gateway"),
        "custodian": _("Custodian"),
    }  # fmt: skip


def team_called(name: str) -> str:
    """A team's name; those that programs make are called in the reader's language."""
    made = {AUDIT_TEAM: _("Audit"), ADMIN_TEAM: _("Administration"), WIDE_TEAM: _("Whole organisation")}
    return made.get(name, name)


def kind_names() -> dict[str, str]:
    """What people read for a kind of computer."""
    return {"desktop": _("Desktop"), "kiosk": _("Kiosk"), "station": _("Station")}


def rows(state: State, now: datetime) -> list[Line]:
    """The rows of the tab that shows."""
    found = state.found
    if found is None:
        return []
    match state.tab:
        case "people":
            return [_person(one) for one in found.people]
        case "computers":
            return [_computer(one, now) for one in found.computers]
        case "questionnaires":
            chosen = {
                url: one
                for purpose in ("", q.CLINICIAN)
                for url, one in q.in_use(found.questionnaires, purpose)[0].items()
            }
            return [_asked(one, chosen.get(one.url) == one) for one in found.questionnaires]
        case "rules":
            return [setting_line(one) for one in found.settings]
        case _:
            return [_team(one) for one in found.teams]


def _person(one: Colleague) -> Line:
    roles = ", ".join(role_names().get(role, role) for role in one.roles)
    gone = (Mark(_("No computer"), "warn"),) if not one.computers else ()
    return Line(
        one.user,
        one.name,
        " · ".join(part for part in (roles, ", ".join(map(team_called, one.teams))) if part),
        marks=gone,
        face=one.name,
    )


def _computer(one: Computer, now: datetime) -> Line:
    marks = []
    if one.here:
        marks.append(Mark(_("This one"), "primary"))
    if one.session_since is not None and one.revoked is None:
        marks.append(Mark(_("Logged in"), "ok"))
    if one.revoked is not None:
        marks.append(Mark(_("Revoked"), "danger"))
    if one.wipe_ordered:
        marks.append(Mark(_("Wiped"), "ok") if one.receipt else Mark(_("To be wiped"), "warn"))
    people = ", ".join(one.people)
    detail = " · ".join(part for part in (kind_names().get(one.kind, one.kind), people) if part)
    when = fmt_ago(one.seen_at, now) if one.seen_at else ""
    return Line(one.device, one.name, detail, when, tuple(marks), icon="screen")


def _asked(one: Questionnaire, chosen: bool) -> Line:
    former = Mark(_("Former"), "neutral") if one.status == "active" else Mark(_("Retired"), "warn")
    mark = Mark(_("In use"), "ok") if chosen else former
    whose = _("comes with the program") if one.published_at is None else fmt_date(one.published_at.date())
    detail = f"{_('version %(n)d') % {'n': one.version}} · {whose}"
    return Line(version_key(one), q.title(one, language()), detail, marks=(mark,), icon="clipboard")


def _about_asked(one: Questionnaire) -> str:
    """How many questions, the first of them, and its red flags, in the reader's language."""
    asked = [item for item in one.items if item.kind in q.FILLED_IN and not item.hidden]
    flags = [flag for item in one.items for flag in item.red_flags]
    said = [one.url, plural("%(n)d question", "%(n)d questions", len(asked))]
    said += [f"· {q.question(item, language())}" for item in asked[:8]]
    words = dict.fromkeys(q.said_in(flag.words, language(), flag.code) for flag in flags)
    said += [_("Red flags: %(what)s") % {"what": ", ".join(words)}] if words else []
    why = q.strange(one)
    said += [_("This program does not understand it and asks the version before.")] if why else []
    return "\n".join(said)


def _team(one: CareTeam) -> Line:
    marks = (Mark(_("Waits for the key"), "warn"),) if one.waiting else ()
    members = plural("%(n)d member", "%(n)d members", len(one.members))
    return Line(
        one.team,
        team_called(one.name),
        f"{members} · {_('key %(n)d') % {'n': one.epoch}}",
        marks=marks,
        icon="users",
    )


def about(state: State) -> tuple[str, str]:
    """Heading and text of what is chosen."""
    if state.person is not None:
        return state.person.name, _person(state.person).detail
    if state.computer is not None:
        return state.computer.name, _about_computer(state.computer)
    if state.team is not None:
        return team_called(state.team.name), _about_team(state.team)
    if state.asked is not None:
        return q.title(state.asked, language()), _about_asked(state.asked)
    if state.setting is not None:
        return _(TITLES[state.setting.key]), about_setting(state.setting)
    return "", ""


def _about_computer(one: Computer) -> str:
    said = [kind_names().get(one.kind, one.kind)]
    said += [_("Works here: %(names)s") % {"names": ", ".join(one.people)}] if one.people else []
    said += [_("Revoked: %(why)s") % {"why": one.revoked}] if one.revoked is not None else []
    said += [session_words(one)] if one.session_since else []
    if one.receipt is not None:
        said.append(
            _("Wiped on %(day)s; the receipt is signed by it.") % {"day": fmt_date(one.receipt.at.date())}
        )
        if one.receipt.waiting:
            said.append(
                plural(
                    "%(n)d record could not be handed in before.",
                    "%(n)d records could not be handed in before.",
                    one.receipt.waiting,
                )
            )
    elif one.wipe_ordered:
        said.append(_("A wipe is ordered; it has not been here since, or nobody has unlocked it."))
    return "\n".join(said)


def session_words(one: Computer) -> str:
    """Since when its session is open, and from where; '' for none."""
    if one.session_since is None:
        return ""
    where = {
        "here": _("on the centre's own machine"), "local": _("from the local network"), "internet": _("from the internet"),
    }.get(one.came_from, "")  # fmt: skip
    since = _("Logged in at the centre since %(when)s") % {"when": fmt_moment(one.session_since)}
    return f"{since}, {where}." if where else f"{since}."


def _about_team(one: CareTeam) -> str:
    said = [", ".join(name for _user, name in one.members)]
    if one.waiting:
        said.append(
            _("Wait for a colleague's computer to pass the key on: %(names)s")
            % {"names": ", ".join(one.waiting)}
        )
    return "\n".join(part for part in said if part)
