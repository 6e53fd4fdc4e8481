# SPDX-License-Identifier: GPL-3.0-or-later
"""What the list of doses says against a dose, in a pregnancy, or for these kidneys: what, what to do, and where it is from."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from desktop.kit.words import _, fmt_date, fmt_number

if TYPE_CHECKING:
    from clinic.services.prescribing import Caution

_OWN = frozenset(
    {
        "tenfold",
        "overdose",
        "too-often",
        "too-little",
        "pregnancy",
        "pregnancy-care",
        "ask-pregnancy",
        "kidney",
        "kidney-care",
    }
)
_WHYS = ("dose-", "kidney-")


def by_the_list(caution: Caution) -> bool:
    """Whether these words are for it."""
    return caution.severity in _OWN or (
        caution.severity == "unchecked" and caution.mechanism.startswith(_WHYS)
    )


def dose_line(caution: Caution) -> str:
    """One sentence or two, and the source. No clinician has signed the list, and that is said with it."""
    source = _("Source: %(source)s; unsigned list") % {"source": caution.source}
    return f"{_said(caution)} {source}"


def _said(caution: Caution) -> str:
    words = caution.mechanism.split()
    match caution.severity:
        case "tenfold" if len(words) > 2:
            return _by_weight(_("May be ten times too much:"), words)
        case "tenfold":
            text = _("May be ten times too much: %(dose)s; %(tenth)s is usual. Check the decimal point.")
            return text % {"dose": _mg(words[0]), "tenth": _mg(words[1])}
        case "overdose" if words[0] == "once":
            text = _("Too much at once: %(dose)s; at most %(most)s a dose. Write a smaller dose.")
            return text % {"dose": _mg(words[1]), "most": _mg(words[2])}
        case "overdose" if len(words) > 2:
            return _by_weight(_("Too much:"), words)
        case "overdose":
            text = _("Too much: %(day)s a day; at most %(most)s. Write less, or less often.")
            return text % {"day": _mg(words[0]), "most": _mg(words[1])}
        case "too-often":
            return _("Too often: at least %(hours)s hours between two doses.") % {"hours": words[0]}
        case "too-little":
            text = _("May be ten times too little: %(dose)s; %(ten)s is usual. Check the decimal point.")
            return text % {"dose": _mg(words[0]), "ten": _mg(words[1])}
        case "kidney":
            text = _("Not for these kidneys: eGFR %(egfr)s on %(day)s, not below %(least)s. Choose another.")
            return text % _kidneys(words)
        case "kidney-care":
            text = _("Kidneys: eGFR %(egfr)s on %(day)s, below %(least)s. Lower the dose or choose another.")
            return text % _kidneys(words)
        case "unchecked":
            return _unchecked(caution)
    return _pregnant(caution)


def _pregnant(caution: Caution) -> str:
    if caution.severity == "ask-pregnancy":
        asks = {
            "stop": _("Could she be pregnant? Ask before you prescribe: not to be taken in a pregnancy."),
            "care": _("Could she be pregnant? Ask: in a pregnancy only if nothing safer will do."),
        }
        return asks.get(
            caution.mechanism, _("Could she be pregnant? Ask: not to be taken from 20 weeks of a pregnancy.")
        )
    if caution.severity == "pregnancy":
        return _("Pregnant: it harms the unborn. Choose another medicine.")
    if caution.mechanism == "late":
        return _("Pregnant: not from 20 weeks on. Look how far she is, or choose another.")
    return _("Pregnant: only if nothing safer will do. Weigh it, or choose another.")


def _unchecked(caution: Caution) -> str:
    what = {"what": caution.with_what}
    whys = {
        "kidney-unknown": _("Kidneys not checked: no eGFR of the last year on the chart: %(what)s.") % what,
        "dose-route": _("Dose not checked, no figures for this route: %(what)s.") % what,
        "dose-several": _("Dose not checked, several substances: %(what)s.") % what,
        "dose-child": _("Dose not checked, no figures for children: %(what)s.") % what,
        "dose-weight": _("Dose not checked, no recent weight on the chart: %(what)s.") % what,
    }
    return whys.get(
        caution.mechanism, _("Dose not checked, it is not an amount in g, mg or mcg: %(what)s.") % what
    )


def _by_weight(begins: str, words: list[str]) -> str:
    day, most, kg, on = words[0], words[1], words[2], words[3] if len(words) > 3 else ""
    text = _("%(begins)s %(day)s a day; at most %(most)s for %(kg)s kg (%(on)s). Reckon it again.")
    return text % {
        "begins": begins,
        "day": _mg(day),
        "most": _mg(most),
        "kg": fmt_number(Decimal(kg)),
        "on": _day(on),
    }


def _kidneys(words: list[str]) -> dict[str, str]:
    return {"egfr": words[0], "least": words[1], "day": _day(words[2]) if len(words) > 2 else "?"}


def _mg(text: str) -> str:
    """Micrograms below a tenth of a milligram; else milligrams, at most two decimals."""
    amount = Decimal(text)
    if amount < Decimal("0.1"):
        return f"{fmt_number(round(amount * 1000, 1))} mcg"
    return f"{fmt_number(round(amount, 2))} mg"


def _day(text: str) -> str:
    return fmt_date(date.fromisoformat(text)) if text else "?"
