# SPDX-License-Identifier: GPL-3.0-or-later
"""What a driver said that no session has answered yet: `update(open, …)` without a pipe or a thread.

A session that ends takes its unread commands with it. Those that only look are asked again of the next
session; those
that act are answered with a sentence: nobody knows whether they were done.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

LOOKING = frozenset({"wait", "exists", "read", "shot", "tree", "stalls"})


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Command lines in the order they came, each with its id."""

    commands: tuple[tuple[object, bytes], ...] = ()


def said(unanswered: Unanswered, line: bytes) -> Unanswered:
    """A command went to the session of the moment."""
    return Unanswered((*unanswered.commands, (_parsed(line).get("id"), line)))


def answered(unanswered: Unanswered, line: bytes) -> Unanswered:
    """A line of a session: an answer settles its command, anything else changes nothing."""
    answer = _parsed(line)
    if "ok" not in answer:
        return unanswered
    return Unanswered(tuple(pair for pair in unanswered.commands if pair[0] != answer.get("id")))


def orphaned(unanswered: Unanswered) -> tuple[Unanswered, tuple[bytes, ...]]:
    """The session ended: what is asked again of the next one, and the answers the driver gets now."""
    again = tuple(pair for pair in unanswered.commands if _parsed(pair[1]).get("do") in LOOKING)
    lost = (number for number, line in unanswered.commands if _parsed(line).get("do") not in LOOKING)
    return Unanswered(again), tuple(_refusal(number) for number in lost)


def _refusal(number: object) -> bytes:
    return (
        json.dumps({"id": number, "ok": False, "error": "the session ended before it answered"}).encode()
        + b"\n"
    )


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
