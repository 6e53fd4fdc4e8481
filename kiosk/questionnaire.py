# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions of the intake as data: reasons, symptoms in pictures and red flags, from
resources/questionnaires/*.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from clinic.domain.red_flags import RED_FLAG, Answers, Rule, raised
from clinic.domain.values import Coding

REASON = "urn:posta:reason"
SYMPTOM = "urn:posta:symptom"
FILE = Path(__file__).resolve().parents[1] / "resources" / "questionnaires" / "general-v1.toml"


@dataclass(frozen=True, slots=True)
class Choice:
    """One tile: a drawing and its word in every language. `leads_to`: ids of the symptoms asked after a
    reason.
    """

    id: str
    system: str
    picture: str
    words: Mapping[str, str]
    leads_to: tuple[str, ...] = ()

    def word(self, language: str) -> str:
        """The word in that language, in Spanish where there is none."""
        return self.words.get(language) or self.words["es"]

    def coding(self, language: str) -> Coding:
        """Our own code; `display` as the patient saw it."""
        return Coding(system=self.system, code=self.id, display=self.word(language))


@dataclass(frozen=True, slots=True)
class Questionnaire:
    reasons: tuple[Choice, ...]
    symptoms: Mapping[str, Choice]
    rules: tuple[Rule, ...] = ()
    flag_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What each rule is called, in every language."""

    def reason(self, key: str) -> Choice:
        return next(choice for choice in self.reasons if choice.id == key)

    def symptoms_of(self, reason: str) -> tuple[Choice, ...]:
        """The tiles shown after that reason."""
        return tuple(self.symptoms[key] for key in self.reason(reason).leads_to)

    def flags(self, told: Answers, today: date, language: str) -> tuple[Coding, ...]:
        """The red flags of what was told so far."""
        found = raised(self.rules, told, today)
        words = {key: self.flag_words[key] for key in found}
        return tuple(
            Coding(system=RED_FLAG, code=key, display=said.get(language) or said["es"])
            for key, said in words.items()
        )


def load(file: Path = FILE) -> Questionnaire:
    """Read a questionnaire; a KeyError here is a fault of our own data, found by its test."""
    data: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    reasons = tuple(_choice(row, REASON) for row in data["reasons"])
    symptoms = {row["id"]: _choice(row, SYMPTOM) for row in data["symptoms"]}
    flags = data.get("red_flags", ())
    return Questionnaire(
        reasons, symptoms, tuple(map(_rule, flags)), {row["id"]: dict(row["words"]) for row in flags}
    )


def _rule(row: dict[str, Any]) -> Rule:
    return Rule(
        row["id"],
        frozenset(row["symptoms"]),
        row["source"],
        row.get("reason", ""),
        row.get("under_days", 0),
        row.get("unless", ""),
    )


def _choice(row: dict[str, Any], system: str) -> Choice:
    return Choice(row["id"], system, row["picture"], dict(row["words"]), tuple(row.get("symptoms", ())))
