# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms of consent: data, one file for each jurisdiction, form, version and language. A version that was published
stays for ever, as it is: what somebody signed years ago must still be shown and checked.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import Consent
from clinic.exchange.resources import resource
from clinic.keys.consenting import SCOPES
from clinic.keys.consents import template_hash
from clinic.keys.hashing import same

VISIT, SPOKEN, WITHDRAWAL = "teleconsultation", "spoken", "withdrawal"
"""What a patient signs at a kiosk, what is read to her and answered aloud, what takes a permit back."""
GENERIC = "generic"
"""The jurisdiction of the forms for places that have none of their own."""
_NAME = re.compile(r"(?P<id>[a-z_]+)-v(?P<version>[1-9][0-9]*)\.(?P<language>[a-z]{2})\.toml")


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


def load_template(jurisdiction: str, language: str, form: str = VISIT) -> Template:
    """The newest version of a form in a jurisdiction and language; the generic one where there is none.
    Raises Unavailable when the forms are not there."""
    for folder in (jurisdiction, GENERIC):
        for tongue in (language, "es", "en"):
            found = [path for path in _files(folder) if _name(path)[::2] == (form, tongue)]
            if found:
                return _read(max(found, key=lambda path: _name(path)[1]))
    raise Unavailable("The consent forms are missing from this installation. Install Posta again.")


def form_of(consent: Consent) -> Template | None:
    """The very text a statement was given under, whatever its version; None if it is not in this installation."""
    wanted = (consent.template, consent.template_version, consent.language)
    for path in _files(consent.jurisdiction):
        if _name(path) == wanted:
            form = _read(path)
            return form if same(template_hash(form.text), consent.template_hash) else None
    return None


def forms() -> tuple[Template, ...]:
    """Every form of this installation: all jurisdictions, versions and languages."""
    folders = sorted(path.name for path in resource("consents").iterdir() if path.is_dir())
    return tuple(_read(path) for folder in folders for path in _files(folder))


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


def _files(folder: str) -> list[Path]:
    """The forms of one jurisdiction. A name from a statement never leads out of the folder of forms."""
    if not re.fullmatch(r"[A-Za-z0-9-]+", folder):
        return []
    return sorted(path for path in resource("consents", folder).glob("*.toml") if _NAME.fullmatch(path.name))


def _name(path: Path) -> tuple[str, int, str]:
    """(form, version, language) in the name of a file."""
    found = _NAME.fullmatch(path.name)
    assert found is not None  # `_files` gives no others
    return found["id"], int(found["version"]), found["language"]


def _read(path: Path) -> Template:
    return parse_template(path.read_text(encoding="utf-8"))
