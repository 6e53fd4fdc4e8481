# SPDX-License-Identifier: GPL-3.0-or-later
"""What the patient takes along: the summary in words, and as a QR for her own telephone."""

from __future__ import annotations

from dataclasses import dataclass

from clinic.protocol.letters import VisitOver
from desktop.kit.words import _, fmt_day, fmt_time

QR_BYTES = 1200
"""More than that a telephone camera reads badly from a screen."""


@dataclass(frozen=True, slots=True)
class Shown:
    clinician: str
    summary: str
    prescriptions: tuple[str, ...]
    appointment: str
    qr: str


def shown(over: VisitOver) -> Shown:
    """Display texts of a finished visit."""
    by = _("With %(name)s") % {"name": over.clinician} if over.clinician else ""
    when = over.next_appointment
    appointment = _("%(day)s at %(time)s") % {"day": fmt_day(when), "time": fmt_time(when)} if when else ""
    return Shown(by, over.summary, over.prescriptions, appointment, qr_text(over, appointment))


def qr_text(over: VisitOver, appointment: str) -> str:
    """The whole as plain text, cut at a line where it would not fit a QR of a screen."""
    lines = ["Posta", over.clinician, over.summary, *over.prescriptions, appointment]
    text = "\n".join(line for line in lines if line)
    while len(text.encode()) > QR_BYTES:
        text = text[: -max(1, len(text) // 20)].rsplit("\n", 1)[0] if "\n" in text else text[: QR_BYTES // 2]
    return text
