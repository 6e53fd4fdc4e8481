# SPDX-License-Identifier: GPL-3.0-or-later
"""What one step saw: expectations that did not hold, sentences for the report, numbers."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """What was expected, and whether it held."""

    expected: str
    held: bool


@dataclass(slots=True)
class Findings:
    """A step is right when nothing is in `failed`. `checks`: all that was looked at, in order."""

    notes: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    measured: dict[str, object] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)

    def expect(self, holds: bool, expected: str, seen: object = "") -> bool:
        """Note what was expected and what was seen instead."""
        self.checks.append(Check(expected, bool(holds)))
        if not holds:
            self.failed.append(f"expected {expected}" + (f", saw {_short(seen)}" if seen != "" else ""))
        return holds

    def note(self, sentence: str, **measured: object) -> None:
        self.notes.append(sentence)
        self.measured |= measured

    @property
    def ok(self) -> bool:
        return not self.failed

    @property
    def detail(self) -> str:
        return "; ".join([*self.failed, *self.notes])


def _short(seen: object) -> str:
    text = str(seen)
    return text if len(text) <= 160 else text[:157] + "…"
