# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be typed and yet cannot be: dates of birth, times of appointments, numbers of identity cards."""

from datetime import date, datetime, timedelta

from clinic.domain.errors import Refusal

OLDEST_YEARS = 130
"""The oldest person whose age was ever proven lived 122 years."""
AHEAD = timedelta(days=3 * 366)
MOST_DIGITS = 15


def check_birth_date(born: date | None, today: date) -> None:
    """Raises Refusal for a day that is still to come, or on which nobody alive was born."""
    if born is None:
        return
    if born > today:
        raise Refusal("The birth date lies in the future. Check the year.")
    if today.year - born.year > OLDEST_YEARS:
        raise Refusal("The birth date lies more than {years} years back. Check the year.", years=OLDEST_YEARS)


def check_appointment(start: datetime, now: datetime) -> None:
    """Raises Refusal for a time that is over, or so far away that it was mistyped."""
    if start <= now:
        raise Refusal("The next appointment must lie in the future.")
    if start - now > AHEAD:
        raise Refusal("An appointment can be made for the next 3 years. Check the year.")


def digits_of(typed: str) -> str:
    """The digits of an identity number typed with dots and spaces. Raises Refusal for anything else in it."""
    digits = typed.replace(".", "").replace(" ", "")
    if digits and not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
        raise Refusal("A DNI has only digits. Leave it empty if it is not known.")
    return digits
