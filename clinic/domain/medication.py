# SPDX-License-Identifier: GPL-3.0-or-later
"""How a prescription is said in words, and which substances belong together."""

_ROUTES = {
    "oral": {"es": "por boca", "en": "by mouth", "pt": "por boca"},
    "inhaled": {"es": "inhalado", "en": "inhaled", "pt": "inalado"},
    "topical": {"es": "sobre la piel", "en": "on the skin", "pt": "sobre a pele"},
    "subcutaneous": {"es": "bajo la piel", "en": "under the skin", "pt": "sob a pele"},
    "intramuscular": {"es": "intramuscular", "en": "into the muscle", "pt": "intramuscular"},
}
ROUTES = tuple(_ROUTES)
_EVERY = {"es": "cada {n} horas", "en": "every {n} hours", "pt": "a cada {n} horas"}
_DAILY = {"es": "una vez por día", "en": "once a day", "pt": "uma vez por dia"}
_ONCE = {"es": "una sola vez", "en": "once only", "pt": "uma única vez"}
_DAYS = {"es": "durante {n} días", "en": "for {n} days", "pt": "durante {n} dias"}
_DAY = {"es": "durante 1 día", "en": "for 1 day", "pt": "durante 1 dia"}
_ON = {"es": "hasta nuevo aviso", "en": "until further notice", "pt": "até novo aviso"}


def directions(dose: str, route: str, every_hours: int, days: int, language: str) -> str:
    """'500 mg by mouth every 8 hours for 7 days' in es, en or pt; English for a language it does not have."""
    tongue = language if language in _ON else "en"
    parts = [dose, _ROUTES.get(route, {}).get(tongue, route)]
    if every_hours == 0:
        return " ".join([*parts, _ONCE[tongue]])
    parts.append(_DAILY[tongue] if every_hours == 24 else _EVERY[tongue].format(n=every_hours))
    parts.append(_ON[tongue] if days == 0 else _DAY[tongue] if days == 1 else _DAYS[tongue].format(n=days))
    return " ".join(parts)


def family_of(atc: str) -> str:
    """The chemical subgroup of an ATC code (its first five letters), '' for anything shorter."""
    return atc[:5] if len(atc) >= 5 else ""
