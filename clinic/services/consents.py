# SPDX-License-Identifier: GPL-3.0-or-later
"""Consent: the templates as data, and the one gate that is asked before a call, a recording, sharing, a print, an export."""

import tomllib
from dataclasses import dataclass, replace

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import Consent, Decision
from clinic.domain.ids import PatientId
from clinic.exchange.fhir.context import FOREIGN
from clinic.exchange.resources import resource
from clinic.keys.rights import Action
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.sync.merge import standing_decision

SCOPES = ("treatment", "teleconsultation", "recording", "sharing", "analytics")


@dataclass(frozen=True, slots=True)
class TemplateItem:
    scope: str
    question: str


@dataclass(frozen=True, slots=True)
class Template:
    """A consent form of one jurisdiction, version and language. `text` is what is shown, read aloud and hashed."""

    id: str
    version: int
    language: str
    jurisdiction: str
    title: str
    intro: str
    items: tuple[TemplateItem, ...]
    closing: str

    @property
    def text(self) -> str:
        questions = [f"[{item.scope}] {item.question}" for item in self.items]
        return "\n\n".join(
            [
                f"{self.id} {self.version} {self.jurisdiction} {self.language}",
                self.title,
                self.intro,
                *questions,
                self.closing,
            ]
        )


@needs(Action.LOOK_UP)
def template(desk: Desk, language: str) -> Template:
    """The newest form of this organisation's jurisdiction in that language; the generic one where there is none."""
    return load_template(desk.jurisdiction, language)


def load_template(jurisdiction: str, language: str) -> Template:
    for folder in (jurisdiction, "generic"):
        for tongue in (language, "es", "en"):
            found = sorted(resource("consents", folder).glob(f"*.{tongue}.toml"))
            if found:
                return parse_template(found[-1].read_text(encoding="utf-8"))
    raise Unavailable("The consent forms are missing from this installation. Install Posta again.")


def parse_template(text: str) -> Template:
    """A template from TOML. Refused when something is missing or an item has a scope nobody knows."""
    try:
        data = tomllib.loads(text)
        items = tuple(TemplateItem(item["scope"], item["question"].strip()) for item in data["items"])
        made = Template(
            data["id"], data["version"], data["language"], data["jurisdiction"], data["title"].strip(),
            data["intro"].strip(), items, data["closing"].strip(),
        )  # fmt: skip
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise Refusal("This consent form is not complete: {what}", what=str(error)) from error
    if not items or any(item.scope not in SCOPES for item in items):
        raise Refusal("This consent form asks about something Posta does not know.")
    return made


def may(desk: Desk, patient: PatientId, scope: str) -> bool:
    """The gate: has this patient permitted it, and not withdrawn since? A permit counts only if it was given to us;
    a denial that came with a record from elsewhere counts too."""
    said = desk.book.read(lambda page: page.facts(Consent, patient))
    return standing_decision([_ours(consent) for consent in said], scope) == Decision.PERMIT


def _ours(consent: Consent) -> Consent:
    """A statement from elsewhere without what it permits."""
    if not consent.device.startswith(FOREIGN):
        return consent
    return replace(consent, items=tuple(item for item in consent.items if item.decision != Decision.PERMIT))
