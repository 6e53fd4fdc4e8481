# SPDX-License-Identifier: GPL-3.0-or-later
"""Help, decided: which part shows, and the report of a problem before it is saved."""

from __future__ import annotations

from dataclasses import dataclass, replace

from clinic.domain.redacted import redacted
from desktop.kit.words import _

LINES = 200
"""Of the log, the last ones."""


@dataclass(frozen=True, slots=True)
class About:
    """What a report says of this computer: (name, value), without names of people or places."""

    facts: tuple[tuple[str, str], ...] = ()
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """`part`: keys, guide or report."""

    part: str = "keys"
    said: str = ""
    about: About = About()
    tone: str = ""
    sentence: str = ""

    @property
    def report(self) -> str:
        """All that leaves, as it is shown before."""
        return report(self.said, self.about)


def report(said: str, about: About) -> str:
    """What somebody says happened, how the computer stands, and the end of its log with everything covered that could name
    anybody."""
    facts = [f"{name}: {value}" for name, value in about.facts]
    log = [redacted(line) for line in about.log[-LINES:]]
    return "\n".join([said.strip(), "", *facts, "", *log]).strip() + "\n"


@dataclass(frozen=True, slots=True)
class PartChosen:
    part: str


@dataclass(frozen=True, slots=True)
class Typed:
    text: str


@dataclass(frozen=True, slots=True)
class Looked:
    about: About


@dataclass(frozen=True, slots=True)
class SavePressed:
    pass


@dataclass(frozen=True, slots=True)
class CopyPressed:
    pass


@dataclass(frozen=True, slots=True)
class Saved:
    name: str


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


Event = PartChosen | Typed | Looked | SavePressed | CopyPressed | Saved | Failed


@dataclass(frozen=True, slots=True)
class Look:
    """Effect: how this computer stands."""


@dataclass(frozen=True, slots=True)
class Save:
    """Effect: into a file that somebody names."""

    text: str


@dataclass(frozen=True, slots=True)
class Copy:
    """Effect: to the clipboard."""

    text: str


Effect = Look | Save | Copy
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:
    match event:
        case PartChosen(part):
            looked = replace(state, part=part, tone="", sentence="")
            return looked, ((Look(),) if part == "report" else ())
        case Typed(text):
            return replace(state, said=text, tone="", sentence=""), ()
        case Looked(about):
            return replace(state, about=about), ()
        case SavePressed() | CopyPressed():
            return _let_out(state, event)
        case Saved(name):
            said = _("Saved as %(name)s. Send it to whoever looks after this computer.") % {"name": name}
            return replace(state, tone="ok", sentence=said), ()
        case Failed(sentence):
            return replace(state, tone="danger", sentence=sentence), ()


def _let_out(state: State, event: SavePressed | CopyPressed) -> Result:
    if not state.said.strip():
        return replace(state, tone="warn", sentence=_("Write in a few words what happened, first.")), ()
    if isinstance(event, SavePressed):
        return state, (Save(state.report),)
    copied = _("Copied. Paste it into a message to whoever looks after this computer.")
    return replace(state, tone="ok", sentence=copied), (Copy(state.report),)
