# SPDX-License-Identifier: GPL-3.0-or-later
"""A statement of consent as a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.kit.words import N_, _, fmt_date, fmt_moment
from desktop.screens.lines import Line
from desktop.screens.phrases import LANGUAGES, SCOPES, named

if TYPE_CHECKING:
    from clinic.domain.facts import Consent

TEMPLATES = {
    "teleconsultation": N_("Consent for a video visit"),
    "spoken": N_("Consent given by word of mouth"),
    "withdrawal": N_("Permission taken back"),
}
HOW = {
    "touch": N_("signed with a finger"),
    "voice": N_("said aloud"),
    "phone": N_("said by phone"),
    "video": N_("said in the video visit"),
    "imported": N_("from elsewhere"),
}


def consent_line(one: Consent, witness: str) -> Line:
    """`witness`: the name of who heard it, '' for nobody."""
    said = [
        f"{named(SCOPES, item.scope)}: {_('yes') if item.decision == 'permit' else _('no')}"
        for item in one.items
    ]
    return Line(
        one.id,
        named(TEMPLATES, one.template),
        " · ".join(said) + "\n" + " · ".join(part for part in _how(one, witness) if part),
        fmt_moment(one.given_at),
        icon="shield",
        tone="ok" if any(item.decision == "permit" for item in one.items) else "warn",
    )


def _how(one: Consent, witness: str) -> tuple[str, ...]:
    read = _("read aloud for %(s)d s") % {"s": one.read_aloud_seconds} if one.read_aloud_seconds else ""
    until = _("until %(date)s") % {"date": fmt_date(one.valid_until)} if one.valid_until else ""
    version = _("version %(n)d, %(language)s") % {
        "n": one.template_version,
        "language": named(LANGUAGES, one.language),
    }
    heard = _("witness: %(name)s") % {"name": witness} if witness else ""
    return named(HOW, one.how), heard, until, read, version
