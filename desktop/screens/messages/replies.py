# SPDX-License-Identifier: GPL-3.0-or-later
"""Ready answers, in the patient's language: put into the field, and sent by nobody but a person."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache

from clinic.exchange.resources import resource

LANGUAGES = ("es", "en", "pt")


@dataclass(frozen=True, slots=True)
class Reply:
    title: str
    text: str


@lru_cache
def replies(language: str) -> tuple[Reply, ...]:
    """Those of a language; the Spanish ones for a language that has none."""
    spoken = language if language in LANGUAGES else LANGUAGES[0]
    with resource("replies", f"{spoken}.toml").open("rb") as file:
        found = tomllib.load(file)
    return tuple(Reply(one["title"], one["text"]) for one in found["reply"])
