# SPDX-License-Identifier: GPL-3.0-or-later
"""Who rings."""

from desktop.kit.words import _
from kiosk.flow import Journey


def caller(journey: Journey) -> str:
    """The clinician's name, or a plain word where none came."""
    return journey.clinician or _("The clinic")
