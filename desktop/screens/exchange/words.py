# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits and what was set aside, in words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from clinic.sync.forecast import Goes
from desktop.kit.people import Mark
from desktop.kit.words import N_, _, fmt_ago, fmt_value, plural, tell
from desktop.screens.exchange.logic import WITHIN_S, State
from desktop.screens.lines import Line
from desktop.screens.phrases import others_here

if TYPE_CHECKING:
    from clinic.services.islands import Network
    from clinic.services.set_aside import Aside

PRIORITIES = (
    N_("Alerts and withdrawals"),
    N_("Messages, consents, appointments, prescriptions"),
    N_("Notes, readings, audit"),
    N_("Small pictures"),
    N_("Pictures and files"),
)
SPEED_NAMES = {
    32_000: N_("A bad line"),
    64_000: N_("Satellite"),
    128_000: N_("A thin mobile network"),
    512_000: N_("A fair mobile network"),
    2_000_000: N_("Cable"),
}


def size_words(size: int) -> str:
    """Bytes in kB or MB."""
    if size < 1_000_000:
        return fmt_value(max(1, round(size / 1000)), "kB")
    return fmt_value(round(size / 1_000_000, 1), "MB")


def time_words(seconds: float) -> str:
    """How long that takes, roughly."""
    if seconds < 60:
        return plural("%(n)d second", "%(n)d seconds", max(1, round(seconds)))
    if seconds < 5400:
        return plural("%(n)d minute", "%(n)d minutes", round(seconds / 60))
    return plural("%(n)d hour", "%(n)d hours", round(seconds / 3600))


def goes_lines(state: State) -> list[Line]:
    """A row of each urgency: how much, and when the last of it has left."""
    return [_goes(one) for one in state.goes]


def _goes(one: Goes) -> Line:
    count = plural("%(n)d record", "%(n)d records", one.records)
    whole = one.in_time == one.size
    word = _("leaves whole") if whole else _("%(size)s of it leave") % {"size": size_words(one.in_time)}
    if not one.in_time:
        word = _("waits for the next time")
    done = _("all of it after %(time)s") % {"time": time_words(one.done_s)}
    tone = "ok" if whole else "warn" if one.in_time else "neutral"
    name = _(PRIORITIES[min(max(one.priority, 0), len(PRIORITIES) - 1)])
    detail = f"{count} · {size_words(one.size)} · {done}"
    return Line(f"{one.priority}", name, detail, "", (Mark(word, tone, "check" if whole else "clock"),))


def goes_words(state: State) -> str:
    """The answer in one sentence."""
    if not state.goes:
        return _("Nothing waits to leave this computer.")
    leaves = sum(one.in_time for one in state.goes)
    return _("In %(time)s of this link %(some)s of %(all)s leave, in this order:") % {
        "time": time_words(WITHIN_S), "some": size_words(leaves), "all": size_words(sum(one.size for one in state.goes)),
    }  # fmt: skip


def aside_lines(state: State, now: datetime) -> list[Line]:
    return [_aside(one, now) for one in (state.found.aside if state.found else ())]


def _aside(one: Aside, now: datetime) -> Line:
    title = one.person.name.full if one.person else one.team or _("Somebody's record")
    where = (
        _("from “%(name)s”") % {"name": one.device_name} if one.device_name else _("from an unknown computer")
    )
    marks = (Mark(_("Waits for a key"), "info", "clock"),) if one.waits else ()
    if one.ours:
        marks = (Mark(_("The centre refused it"), "danger", "alert-triangle"),)
    when = fmt_ago(one.at, now) if one.at else ""
    return Line(one.key, title, f"{where} · {_(one.why)}", when, marks, icon="alert-triangle", tone="warn")


def aside_words(one: Aside) -> str:
    """What it is, whose, and what to do."""
    owner = _("Belongs to the team %(team)s.") % {"team": one.team} if one.team else ""
    if one.ours:
        todo = _("It is still here. Save a report for whoever keeps your server.")
    elif one.waits:
        todo = _("It opens by itself once a colleague's computer has passed the key on.")
    else:
        todo = _(
            "It is kept as it came and holds up nothing. Try again after an update, or save a report for whoever helps you."
        )
    return " ".join(part for part in (_(one.why), owner, todo) if part)


def network_words(network: Network | None, serves: bool) -> str:
    """By which way work goes on when the centre cannot be reached."""
    said = []
    if network is not None and network.serves:
        others = ", ".join(network.beside) or others_here(0)
        said.append(_("This computer serves this network: %(others)s.") % {"others": others})
    elif serves:
        said.append(_("This computer is about to serve this network."))
    if network is not None and network.through:
        said.append(_("Records and calls go through “%(name)s” on this network.") % {"name": network.through})
    if network is not None and network.refused is not None:
        said.append(tell(network.refused))
    return "\n".join(said) or _(
        "When the centre cannot be reached, a computer that serves this network is looked for. None is in use now."
    )
