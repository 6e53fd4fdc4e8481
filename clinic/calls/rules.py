# SPDX-License-Identifier: GPL-3.0-or-later
"""The transition table: one rule for each phase and event, entered by the rule itself (`@on`), drawn by `table()`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clinic.calls.call import Call, Phase
from clinic.calls.events import Effect

Result = tuple[Call, tuple[Effect, ...]]
Rule = Callable[[Call, Any], Result]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the transition table."""

    rule: Rule
    to: tuple[Phase, ...]


_rows: dict[tuple[Phase, type], Row] = {}


def rule_for(phase: Phase, event: type) -> Rule | None:
    """The rule of that phase for that kind of event, if there is one."""
    row = _rows.get((phase, event))
    return row.rule if row else None


def table() -> str:
    """The transition table as a Mermaid state diagram."""
    edges: dict[tuple[Phase, Phase], list[str]] = {}
    for (source, event), row in _rows.items():
        for target in row.to:
            if target is not source:
                edges.setdefault((source, target), []).append(event.__name__)
    order = list(Phase)
    lines = ["stateDiagram-v2", "    [*] --> idle"]
    for source, target in sorted(edges, key=lambda edge: (order.index(edge[0]), order.index(edge[1]))):
        lines.append(f"    {source} --> {target}: {', '.join(sorted(edges[source, target]))}")
    return "\n".join(lines) + "\n"


def targets(phase: Phase, event: type) -> tuple[Phase, ...]:
    """The phases the table allows after that event (the phase itself where there is no row)."""
    row = _rows.get((phase, event))
    return row.to if row else (phase,)


def on(event: type, *phases: Phase, to: tuple[Phase, ...] = ()) -> Callable[[Rule], Rule]:
    """Enter a rule into the table; `to` are the phases it may lead to besides staying where it is."""

    def enter(rule: Rule) -> Rule:
        for phase in phases:
            if (phase, event) in _rows:
                raise ValueError(f"two rules for {event.__name__} in {phase}")
            _rows[phase, event] = Row(rule, (phase, *to))
        return rule

    return enter
