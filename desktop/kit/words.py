# SPDX-License-Identifier: GPL-3.0-or-later
"""The words people read: gettext catalogues, and numbers, dates and clinical values by locale. No Qt here.

`python -m desktop.kit.words extract|update|compile` keeps the catalogues in resources/translations (docs/recipes/words.md).
"""

from __future__ import annotations

import gettext
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise
from typing import ClassVar

from babel.dates import format_date, format_datetime, format_time, format_timedelta, get_timezone
from babel.numbers import format_decimal

from desktop.kit.tokens import RESOURCES

CATALOGUES = RESOURCES / "translations"
DOMAIN = "posta"
LANGUAGES = {"es": "es_AR", "en": "en_GB", "pt": "pt_BR"}
OWN_NAMES = {"es": "Español", "en": "English", "pt": "Português"}
_FALLBACKS = {"es": ("es",), "pt": ("pt", "es"), "en": ()}
_FIRST_ISOLATE, _POP_ISOLATE = "\u2066", "\u2069"


class _Spoken:
    language = "es"
    stretch = 0.0
    catalogue: gettext.NullTranslations = gettext.NullTranslations()
    listeners: ClassVar[list[Callable[[], object]]] = []


def set_language(language: str) -> None:
    """Speak es, en or pt from now on; an unknown language is refused with a ValueError."""
    if language not in LANGUAGES:
        raise ValueError(language)
    chain = [_catalogue(code) for code in _FALLBACKS[language]]
    for this, that in pairwise(chain):
        this.add_fallback(that)
    _Spoken.language = language
    _Spoken.catalogue = chain[0] if chain else gettext.NullTranslations()
    for tell in list(_Spoken.listeners):
        tell()


def _catalogue(code: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, str(CATALOGUES), [code], fallback=True)


def language() -> str:
    """The language spoken now: es, en or pt."""
    return _Spoken.language


def on_language(listener: Callable[[], object]) -> None:
    """Call `listener()` after each change of language."""
    _Spoken.listeners.append(listener)


def _(message: str) -> str:
    """The message in the reader's language; the English message itself where there is no translation."""
    return _longer(_Spoken.catalogue.gettext(message)) if message else ""


@contextmanager
def stretched(share: float = 0.4) -> Iterator[None]:
    """Inside, every message is longer by this share: a screen built then must still fit (see `audit`)."""
    before, _Spoken.stretch = _Spoken.stretch, share
    try:
        yield
    finally:
        _Spoken.stretch = before


def _longer(text: str) -> str:
    more = round(len(text) * _Spoken.stretch)
    return text + (" " + "wo " * more)[: more + 1].rstrip() if more else text


def N_(message: str) -> str:
    """Mark a message for the catalogue without translating it here."""
    return message


def plural(one: str, many: str, n: int) -> str:
    """The right form for n things, with %(n)d filled in."""
    return _Spoken.catalogue.ngettext(one, many, n) % {"n": n}


def tell(error: Exception) -> str:
    """The sentence of a Refusal or Unavailable in the reader's language, its values filled in."""
    sentence = getattr(error, "sentence", None) or str(error)
    values: dict[str, object] = getattr(error, "values", {})
    told = _(sentence)
    return told.format(**values) if values else told


def _locale() -> str:
    return LANGUAGES[_Spoken.language]


def fmt_number(value: float | Decimal, digits: int | None = None) -> str:
    """A number by locale; `digits` fixes the decimals."""
    pattern = None if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, format=pattern, locale=_locale())


def fmt_value(value: float | Decimal | str, unit: str = "", digits: int | None = None) -> str:
    """A clinical value that never reorders: isolated left-to-right (U+2066…U+2069), unit after a no-break space."""
    shown = value if isinstance(value, str) else fmt_number(value, digits)
    return f"{_FIRST_ISOLATE}{shown}{chr(0xA0) + unit if unit else ''}{_POP_ISOLATE}"


def fmt_pair(high: float, low: float, unit: str = "") -> str:
    """Two numbers that belong together (blood pressure): 148 / 92 mmHg, never the other way round."""
    return fmt_value(f"{fmt_number(high)} / {fmt_number(low)}", unit)


def fmt_date(day: date | datetime) -> str:
    """A date as people say it: 14 nov 2026."""
    return format_date(_local(day), format="d MMM y", locale=_locale()).replace(".", "")


def fmt_day(day: date | datetime) -> str:
    """A date with its weekday: sábado, 21 de noviembre."""
    skeleton = "EEEE, d MMMM" if _Spoken.language == "en" else "EEEE, d 'de' MMMM"
    return format_date(_local(day), format=skeleton, locale=_locale())


def fmt_weekday(day: date) -> str:
    """A day of a week, in little room: lun 23."""
    return format_date(day, format="EEE d", locale=_locale()).replace(".", "")


def read_day(text: str) -> date | None:
    """A day typed as 3/3/1974, 03-03-1974, 3.3.1974 or 1974-03-03; None if it is none."""
    parts = [part.strip() for part in text.replace("-", "/").replace(".", "/").split("/")]
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return None
    year, month, day = parts if len(parts[0]) == 4 else reversed(parts)
    try:
        return date(int(year), int(month), int(day)) if len(year) == 4 else None
    except ValueError:
        return None


def fmt_dayname(day: date) -> str:
    """A day of any week: lunes."""
    return format_date(day, format="EEEE", locale=_locale())


def fmt_month(day: date) -> str:
    """The month of a day: noviembre de 2026."""
    return format_date(day, format="MMMM y" if _Spoken.language == "en" else "MMMM 'de' y", locale=_locale())


def fmt_time(at: datetime) -> str:
    """Hours and minutes where the reader is: 08:12."""
    return format_time(at, format="HH:mm", tzinfo=_zone(), locale=_locale())


def fmt_moment(at: datetime) -> str:
    """Date and time: 14 nov 2026 08:12."""
    return format_datetime(at, format="d MMM y HH:mm", tzinfo=_zone(), locale=_locale()).replace(".", "")


def fmt_ago(at: datetime, now: datetime, short: bool = False) -> str:
    """How long ago: hace 12 minutos (`short`: hace 12 min); a moment in the future is said as such."""
    gone = at - now
    if abs(gone) < timedelta(minutes=1):
        return _("just now")
    return format_timedelta(
        gone,
        granularity="minute",
        threshold=1.2,
        add_direction=True,
        format="short" if short and abs(gone) < timedelta(weeks=4) else "long",  # "3 m" could be minutes
        locale=_locale(),
    )


def fmt_span(span: timedelta) -> str:
    """A length of time: 12 minutos."""
    return format_timedelta(span, granularity="minute", threshold=1.2, locale=_locale())


def fmt_age(born: date, today: date) -> str:
    """Age in years; in months below two years, in days below one month."""
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    if months < 1:
        return plural("%(n)d day", "%(n)d days", (today - born).days)
    if months < 24:
        return plural("%(n)d month", "%(n)d months", months)
    return plural("%(n)d year", "%(n)d years", months // 12)


def zone_here() -> str:
    """The IANA name of this computer's time zone; UTC where it has none."""
    return str(getattr(_zone(), "key", "") or "UTC")


def _zone() -> tzinfo:
    return get_timezone()


def _local(day: date | datetime) -> date:
    return day.astimezone(_zone()).date() if isinstance(day, datetime) else day


if __name__ == "__main__":
    from desktop.kit.catalogue import main

    sys.exit(main(sys.argv[1:]))
