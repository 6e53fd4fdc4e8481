# SPDX-License-Identifier: GPL-3.0-or-later
"""What this floor refuses with. All are Refusals; the kinds tell a caller what could help."""

from clinic.domain.errors import Refusal


class Unreadable(Refusal):
    """Damaged, forged, or sealed to somebody else: trying again does not help."""


class TooLong(Refusal):
    """More than one envelope carries: nobody else would ever see it."""


class KeyMissing(Refusal):
    """Sealed with a key that has not reached this device: worth another try when keys arrive."""
