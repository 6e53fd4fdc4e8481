# SPDX-License-Identifier: GPL-3.0-or-later
"""A result as it stands on paper, read as it is typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from clinic.domain.values import Coding
from desktop.kit.words import _, language


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields of one line, as texts. `code`: the test that was ordered or found before, if it is still that one."""

    name: str
    value: str
    unit: str = ""
    low: str = ""
    high: str = ""
    code: Coding | None = None

    @property
    def empty(self) -> bool:
        return not self.value.strip()


@dataclass(frozen=True, slots=True)
class Found:
    """One line of a report: a number, or words."""

    code: Coding
    value: Decimal | None = None
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    text: str = ""


def read(typed: Typed) -> Found | str:
    """The line, or the first thing to mend. What does not begin like a number is taken as words."""
    name = typed.name.strip()
    if not name:
        return _("Write which test it is.")
    if typed.empty:
        return _("Write the value, or the words of the result.")
    code = typed.code if typed.code is not None and typed.code.display == name else None
    test = code or Coding(system="", code="", display=name)
    value = _number(typed.value)
    if value is None and typed.value.strip()[0].isdigit() and typed.unit.strip():
        return _("%(name)s: write a number.") % {"name": name}
    if any(_thousands(part) for part in (typed.value, typed.low, typed.high)):
        return _("%(name)s: write the number without marks for thousands, such as 150000.") % {"name": name}
    edges = []
    for edge in (typed.low, typed.high):
        number = _number(edge)
        if edge.strip() and number is None:
            return _("Write the reference range as two numbers; leave one empty where there is none.")
        edges.append(number)
    if value is None:
        return Found(test, text=typed.value.strip())
    return Found(test, value, typed.unit.strip(), *edges)


def _thousands(text: str) -> bool:
    """Whether it may be meant as thousands where the reader is: 150.000 platelets are not 150."""
    mark = "," if language() == "en" else r"\."
    return re.fullmatch(rf"\s*\d{{1,3}}({mark}\d{{3}})+\s*", text) is not None


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
