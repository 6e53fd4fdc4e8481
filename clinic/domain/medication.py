# SPDX-License-Identifier: GPL-3.0-or-later
"""How a prescription and the forms of a medicine are said in words."""

_ROUTES = {
    "oral": {"es": "por boca", "en": "by mouth", "pt": "por via oral"},
    "inhaled": {"es": "inhalado", "en": "inhaled", "pt": "inalado"},
    "topical": {"es": "sobre la piel", "en": "on the skin", "pt": "na pele"},
    "subcutaneous": {"es": "bajo la piel", "en": "under the skin", "pt": "debaixo da pele"},
    "intramuscular": {"es": "intramuscular", "en": "into the muscle", "pt": "intramuscular"},
}
ROUTES = tuple(_ROUTES)
_EVERY = {"es": "cada {n} horas", "en": "every {n} hours", "pt": "a cada {n} horas"}
_DAILY = {"es": "una vez por día", "en": "once a day", "pt": "uma vez por dia"}
_ONCE = {"es": "una sola vez", "en": "once only", "pt": "uma única vez"}
_DAYS = {"es": "durante {n} días", "en": "for {n} days", "pt": "por {n} dias"}
_DAY = {"es": "durante 1 día", "en": "for 1 day", "pt": "por 1 dia"}
_UNTOLD = {"es": "(dosis no registrada)", "en": "(dose not on record)", "pt": "(dose não registrada)"}
_SOME = {
    "es": "(frecuencia no registrada)",
    "en": "(how often is not on record)",
    "pt": "(frequência não registrada)",
}
_ON = {"es": "hasta nuevo aviso", "en": "until further notice", "pt": "em uso contínuo"}


_FORMS = {
    "tab": {"es": "comprimido", "en": "tablet", "pt": "comprimido"},
    "cap": {"es": "cápsula", "en": "capsule", "pt": "cápsula"},
    "susp": {"es": "suspensión", "en": "suspension", "pt": "suspensão"},
    "syr": {"es": "jarabe", "en": "syrup", "pt": "xarope"},
    "sol": {"es": "solución", "en": "solution", "pt": "solução"},
    "drops": {"es": "gotas", "en": "drops", "pt": "gotas"},
    "inj": {"es": "inyectable", "en": "injection", "pt": "injetável"},
    "inh": {"es": "inhalador", "en": "inhaler", "pt": "inalador"},
    "spray": {"es": "aerosol", "en": "spray", "pt": "spray"},
    "cream": {"es": "crema", "en": "cream", "pt": "creme"},
    "oint": {"es": "ungüento", "en": "ointment", "pt": "pomada"},
    "gel": {"es": "gel", "en": "gel", "pt": "gel"},
    "shampoo": {"es": "champú", "en": "shampoo", "pt": "xampu"},
    "patch": {"es": "parche", "en": "patch", "pt": "adesivo"},
    "pess": {"es": "óvulo", "en": "pessary", "pt": "óvulo"},
    "supp": {"es": "supositorio", "en": "suppository", "pt": "supositório"},
    "pwd": {"es": "polvo", "en": "powder", "pt": "pó"},
    "gum": {"es": "chicle", "en": "gum", "pt": "goma"},
    "implant": {"es": "implante", "en": "implant", "pt": "implante"},
}


def forms_in_words(forms: str, language: str) -> tuple[str, ...]:
    """'tab 500 mg; inj 1 g' -> ('comprimido 500 mg', 'inyectable 1 g') in es, en or pt; English for another language."""
    tongue = language if language in _ON else "en"
    parts = (part.strip().partition(" ") for part in forms.split(";") if part.strip())
    return tuple(f"{_FORMS.get(form, {}).get(tongue, form)} {size}".strip() for form, _space, size in parts)


def directions(dose: str, route: str, every_hours: int, days: int, language: str) -> str:
    """'500 mg by mouth every 8 hours for 7 days' in es, en or pt; English for a language it does not have.

    Without a dose or a rhythm (below 0), as orders of other systems may be, it says that they are not on record: nobody said
    "once".
    """
    tongue = language if language in _ON else "en"
    by = _ROUTES.get(route, {}).get(tongue, route)
    if not dose.strip() and every_hours <= 0 and not days:
        return " ".join(filter(None, (by, _UNTOLD[tongue])))
    if every_hours == 0:
        return f"{dose} {by} {_ONCE[tongue]}"
    long = _ON[tongue] if days == 0 else _DAY[tongue] if days == 1 else _DAYS[tongue].format(n=days)
    if every_hours < 0:
        return " ".join(filter(None, (dose, by, _SOME[tongue], long if days else "")))
    often = _DAILY[tongue] if every_hours == 24 else _EVERY[tongue].format(n=every_hours)
    return f"{dose} {by} {often} {long}"
