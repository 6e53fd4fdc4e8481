# SPDX-License-Identifier: GPL-3.0-or-later
"""What the story says in each language: resources/demo/trust.LANGUAGE.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from clinic.exchange.resources import resource


@dataclass(frozen=True, slots=True)
class Words:
    """`steps`: name of a step -> (title, what it promises); `pictures`: name of a picture -> its one sentence;
    `looked`: heading of what was checked; `checks`: a check as the code says it -> the same in this language."""

    title: str
    enter: str
    passwords: str
    held: str
    broken: str
    steps: Mapping[str, tuple[str, str]]
    pictures: Mapping[str, str]
    looked: str
    files: str
    checks: Mapping[str, str]


@cache
def words(language: str) -> Words:
    """The story's words in es, en or pt."""
    with resource("demo", f"trust.{language}.toml").open("rb") as file:
        told = tomllib.load(file)
    steps = {name: (one["title"], one["promise"]) for name, one in told["steps"].items()}
    return Words(
        title=told["title"], enter=told["enter"], passwords=told["passwords"], held=told["held"], broken=told["broken"],
        steps=steps, pictures=told["pictures"], looked=told["looked"], files=told["files"], checks=told.get("checks", {}),
    )  # fmt: skip
