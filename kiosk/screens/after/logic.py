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
    """`parts`: (caption, words), what to take and when to come first."""

    clinician: str
    parts: tuple[tuple[str, str], ...]
    qr: str


def shown(over: VisitOver) -> Shown:
    """Display texts of a finished visit."""
    by = _("With %(name)s") % {"name": over.clinician} if over.clinician else ""
    when = over.next_appointment
    appointment = _("%(day)s at %(time)s") % {"day": fmt_day(when), "time": fmt_time(when)} if when else ""
    own = ((_("Your medicine"), "\n".join(over.prescriptions)), (_("Your next visit"), appointment))
    parts = (*(part for part in own if part[1]), *told(over))
    return Shown(by, parts, qr_text(over, appointment))


def told(over: VisitOver) -> tuple[tuple[str, str], ...]:
    """The lines "Heading: words" of the summary that say something else than medicine and next visit. Lines
    without a heading (her own name, who saw her) are for the QR, unless there are no others.
    """
    when = over.next_appointment
    said = (*over.prescriptions, *((f"{when.astimezone():%d/%m/%Y %H:%M}",) if when else ()))
    lines = [line for line in over.summary.split("\n") if not any(words in line for words in said)]
    pairs = [line.partition(": ") for line in lines]
    headed = tuple((heading, words) for heading, colon, words in pairs if colon)
    plain = "\n".join(line for line in lines if line)
    return headed or (((_("What was said"), plain),) if plain else ())


def qr_text(over: VisitOver, appointment: str) -> str:
    """The whole as plain text, cut at a line where it would not fit a QR of a screen."""
    said = (over.clinician, over.summary, *over.prescriptions, appointment)
    lines = ["Posta", *(line for line in said if line == over.summary or line not in over.summary)]
    text = "\n".join(line for line in lines if line)
    while len(text.encode()) > QR_BYTES:
        text = text[: -max(1, len(text) // 20)].rsplit("\n", 1)[0] if "\n" in text else text[: QR_BYTES // 2]
    return text
