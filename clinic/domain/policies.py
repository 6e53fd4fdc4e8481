# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules an organisation sets for itself, as its trust log holds them: key -> value, each with what holds where nobody said
anything. Pure; what is not known here is kept and left alone.
"""

import re
from collections.abc import Mapping

from clinic.domain.errors import Refusal
from clinic.domain.misuse.hours import hours_of
from clinic.domain.retention import years_by_law

HOURS = "opening hours"
IDLE_LOCK = "idle lock minutes"
KEEP_YEARS = "keep years"
HELP_PHONE = "help phone"
"""Whom a kiosk that was closed says to phone."""
SIGN_AGAIN = "password at signing"
"""Whether a note is signed with the password typed once more."""
YES, NO = "yes", "no"
SETTABLE = (HOURS, IDLE_LOCK, KEEP_YEARS, HELP_PHONE, SIGN_AGAIN)
"""What an administrator sets by hand; others follow from what she does."""
MOST_MINUTES = 5
MOST_YEARS = 100
_TELEPHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{1,38}", re.ASCII)


def checked(key: str, value: str, jurisdiction: str) -> str:
    """The value as it is signed; '' takes the rule back, so that the default holds. Raises Refusal, with how to write it."""
    said = " ".join(value.split())
    if key not in SETTABLE:
        raise Refusal("This rule is not set by hand.")
    if not said:
        return ""
    if key == HOURS:
        hours_of(said)
    elif key == HELP_PHONE:
        if not _TELEPHONE.fullmatch(said):
            raise Refusal("That is no telephone number. Give digits, such as +54 385 421 0000.")
    elif key == SIGN_AGAIN:
        if said.casefold() not in (YES, NO):
            raise Refusal("Write yes or no.")
        return said.casefold()
    elif key == IDLE_LOCK:
        if not _within(said, 1, MOST_MINUTES):
            raise Refusal("Write a number of minutes from {least} to {most}.", least=1, most=MOST_MINUTES)
    elif not _within(said, years_by_law(jurisdiction), MOST_YEARS):
        raise Refusal(
            "Write a number of years from {least}, which the law asks for, to {most}.",
            least=years_by_law(jurisdiction), most=MOST_YEARS,
        )  # fmt: skip
    return said


def years_kept(policies: Mapping[str, str], jurisdiction: str) -> int:
    """How many years a chart is kept after its last entry: what the organisation says, never less than the law."""
    least = years_by_law(jurisdiction)
    return max(least, _number(policies.get(KEEP_YEARS, ""), least, MOST_YEARS))


def minutes_allowed(policies: Mapping[str, str]) -> int:
    """1 to 5 untouched minutes until a screen covers itself; 5 where nothing is said that can be read."""
    return _number(policies.get(IDLE_LOCK, ""), 1, MOST_MINUTES, MOST_MINUTES)


def help_phone(policies: Mapping[str, str]) -> str:
    """The number that a closed kiosk shows; '' where none was said that is one."""
    said = policies.get(HELP_PHONE, "")
    return said if _TELEPHONE.fullmatch(said) else ""


def signs_again(policies: Mapping[str, str]) -> bool:
    """Whether a note is signed only with the password typed again; no where nothing is said that can be read."""
    return policies.get(SIGN_AGAIN, "") == YES


def holds(key: str, policies: Mapping[str, str], jurisdiction: str) -> str:
    """What counts now, whether it was said or is the default; '' for no hours or no number, as the program itself reads it."""
    if key == HELP_PHONE:
        return help_phone(policies)
    if key == SIGN_AGAIN:
        return YES if signs_again(policies) else NO
    if key == IDLE_LOCK:
        return str(minutes_allowed(policies))
    if key == KEEP_YEARS:
        return str(years_kept(policies, jurisdiction))
    try:
        hours_of(policies.get(HOURS, ""))
    except Refusal:
        return ""
    return policies.get(HOURS, "")


def _within(said: str, least: int, most: int) -> bool:
    return said.isascii() and said.isdigit() and len(said) < 4 and least <= int(said) <= most


def _number(said: str, least: int, most: int, otherwise: int = 0) -> int:
    """Within bounds; `otherwise` (or `least`) for what is no number."""
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else otherwise or least
    return min(max(number, least), most)
