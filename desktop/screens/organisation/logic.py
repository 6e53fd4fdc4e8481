# SPDX-License-Identifier: GPL-3.0-or-later
"""People and computers of the organisation: what is chosen, which order waits for a second press, who knocks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from clinic.domain.ids import ADMINISTRATORS, AUDITORS
from clinic.keys.rights import CHARTLESS, HOMES
from desktop.kit.words import N_, _

if TYPE_CHECKING:
    from clinic.domain.facts import Questionnaire
    from clinic.services.enrolment import Admission
    from clinic.services.organising import CareTeam, Colleague, Computer, Organisation, Setting


class Order(StrEnum):
    """What an administrator can want."""

    REVOKE = "revoke"
    WIPE = "wipe"
    REMOVE = "remove"
    ROLE = "role"
    ADD_MEMBER = "add member"
    REMOVE_MEMBER = "remove member"
    TEAM = "team"
    RULE = "rule"
    LET_GO = "let go"
    END_SESSION = "end session"
    BRING_IN = "bring in"
    RETIRE = "retire"
    PUT_BACK = "put back"
    SAVE_FILE = "save file"


SURE = frozenset({Order.REVOKE, Order.WIPE, Order.REMOVE})
"""Orders that ask once more, with the name of what they are about."""


@dataclass(frozen=True, slots=True)
class Inviting:
    """`code`: the text of the QR; `short`: what is typed instead, together with the address of the centre, `server`."""

    code: str
    short: str
    server: str


_CHARTLESS = {
    AUDITORS: N_("The audit of all teams, no charts"),
    ADMINISTRATORS: N_("Administration, no charts"),
}
"""What the homes of those roles are called here."""
_HOMES = {str(role): team for role, team in HOMES.items()}


def version_key(form: Questionnaire) -> str:
    """What names a version in the list."""
    return f"{form.url}|{form.version}"


def proposed_team(role: str) -> str:
    """The team that is chosen for a role until somebody chooses otherwise; '' for whichever was chosen before."""
    return _HOMES.get(role, "")


@dataclass(frozen=True, slots=True)
class State:
    """`tab`: people, computers, teams, rules or questionnaires; `sure`: the order that is carried out when it is pressed again;
    `out`: an invitation that waits for somebody; `knocking`: a newcomer whose six digits are to be compared."""

    found: Organisation | None = None
    tab: str = "people"
    chosen: str = ""
    busy: bool = False
    sure: Order | None = None
    out: Inviting | None = None
    knocking: Admission | None = None
    tone: str = ""
    sentence: str = ""

    @property
    def care_teams(self) -> tuple[CareTeam, ...]:
        """Teams with patients that a newcomer can be invited into: all but the organisation-wide one, which everybody enters."""
        return (
            tuple(one for one in self.found.teams if not one.everybody and one.team not in CHARTLESS)
            if self.found
            else ()
        )

    def teams_for(self, role: str) -> list[tuple[str, str]]:
        """(key, name) of the teams somebody of that role can be invited into."""
        home = _HOMES.get(role)
        proposed = [(str(home), _(_CHARTLESS[home]))] if home is not None else []
        return [*proposed, *((str(one.team), one.name) for one in self.care_teams)]

    @property
    def person(self) -> Colleague | None:
        people = self.found.people if self.found and self.tab == "people" else ()
        return next((one for one in people if one.user == self.chosen), None)

    @property
    def computer(self) -> Computer | None:
        computers = self.found.computers if self.found and self.tab == "computers" else ()
        return next((one for one in computers if one.device == self.chosen), None)

    @property
    def team(self) -> CareTeam | None:
        teams = self.found.teams if self.found and self.tab == "teams" else ()
        return next((one for one in teams if one.team == self.chosen), None)

    @property
    def asked(self) -> Questionnaire | None:
        held = self.found.questionnaires if self.found and self.tab == "questionnaires" else ()
        return next((one for one in held if version_key(one) == self.chosen), None)

    @property
    def setting(self) -> Setting | None:
        settings = self.found.settings if self.found and self.tab == "rules" else ()
        return next((one for one in settings if one.key == self.chosen), None)


@dataclass(frozen=True, slots=True)
class Shown:
    """The page comes to the front, or the trust log has grown."""


@dataclass(frozen=True, slots=True)
class Read:
    found: Organisation


@dataclass(frozen=True, slots=True)
class TabChosen:
    tab: str


@dataclass(frozen=True, slots=True)
class RowChosen:
    key: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """`about`: the role, the person or the wish it is about; `why`: the reason as typed."""

    order: Order
    about: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Unsure:
    """Not after all."""


@dataclass(frozen=True, slots=True)
class Said:
    """The order was carried out; `held`: the centre has it."""

    held: bool
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class InvitePressed:
    """`team`: which one the newcomer enters, '' for one's own."""

    role: str
    kind: str
    team: str = ""


@dataclass(frozen=True, slots=True)
class Invited:
    out: Inviting


@dataclass(frozen=True, slots=True)
class Knocked:
    newcomer: Admission


@dataclass(frozen=True, slots=True)
class Answered:
    same: bool


@dataclass(frozen=True, slots=True)
class LetIn:
    pass


@dataclass(frozen=True, slots=True)
class NotLetIn:
    sentence: str


@dataclass(frozen=True, slots=True)
class Look:
    """Effect: read how things stand."""


@dataclass(frozen=True, slots=True)
class Do:
    """Effect: give the order about what is chosen."""

    order: Order
    chosen: str
    about: str
    why: str


@dataclass(frozen=True, slots=True)
class Invite:
    """Effect: make an invitation, and wait for whoever uses it."""

    role: str
    kind: str
    team: str = ""


@dataclass(frozen=True, slots=True)
class Await:
    """Effect: wait for a newcomer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Effect: the six digits were the same, or not."""

    same: bool


Event = (
    Shown | Read | TabChosen | RowChosen | Ordered | Unsure | Said | Failed | InvitePressed | Invited | Knocked
    | Answered | LetIn | NotLetIn
)  # fmt: skip
Effect = Look | Do | Invite | Await | Answer
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:  # noqa: PLR0911 - one line a case
    match event:
        case Shown():
            return state, (Look(),)
        case Read(found):
            return replace(state, found=found), ()
        case TabChosen(tab):
            return replace(state, tab=tab, chosen="", sure=None, sentence=""), ()
        case RowChosen(key):
            return replace(state, chosen=key, sure=None, sentence=""), ()
        case Ordered():
            return _ordered(state, event)
        case Unsure():
            return replace(state, sure=None), ()
        case Said(held, Order.END_SESSION):
            said = _(
                "Ended: it must prove its key anew, which its program does by itself. To keep it out, revoke it."
            )
            return replace(state, busy=False, tone="ok" if held else "warn", sentence=said), (Look(),)
        case Said(_, Order.SAVE_FILE):
            return replace(state, busy=False, tone="ok", sentence=_("The file is written.")), ()
        case Said(_, Order.BRING_IN | Order.RETIRE | Order.PUT_BACK):
            said = _("Done. Each kiosk asks by it from the next patient on, once it has heard of it.")
            return replace(state, busy=False, tone="ok", sentence=said), (Look(),)
        case Said(held):
            said = _("Done: the centre has it, every computer hears of it.") if held else _waits()
            return replace(state, busy=False, tone="ok" if held else "warn", sentence=said), (Look(),)
        case Failed(sentence):
            return replace(state, busy=False, tone="danger", sentence=sentence), (Look(),)
        case _:
            return _invitations(state, event)


def _invitations(state: State, event: Event) -> Result:
    match event:
        case InvitePressed(role, kind, team):
            if state.busy:
                return state, ()
            return replace(state, busy=True, sentence=""), (Invite(role, kind, team),)
        case Invited(out):
            return replace(state, busy=False, out=out, knocking=None), (Await(),)
        case Knocked(newcomer):
            return replace(state, knocking=newcomer, out=None), ()
        case Answered(same) if state.knocking is not None:
            return replace(state, busy=True), (Answer(same),)
        case LetIn():
            done = replace(state, busy=False, out=None, knocking=None, tone="ok", sentence=_("Let in."))
            return done, (Look(),)
        case NotLetIn(sentence):
            return replace(state, busy=False, out=None, knocking=None, tone="warn", sentence=sentence), (
                Look(),
            )
        case _:
            return state, ()


def _ordered(state: State, asked: Ordered) -> Result:
    if state.busy:
        return state, ()
    if asked.order in SURE and not asked.why.strip():
        return replace(
            state, tone="warn", sentence=_("Write why first: everybody in the organisation reads it.")
        ), ()
    if asked.order in SURE and state.sure != asked.order:
        return replace(state, sure=asked.order, sentence=""), ()
    effect = Do(asked.order, state.chosen, asked.about, asked.why)
    return replace(state, busy=True, sure=None, sentence=""), (effect,)


def _waits() -> str:  # noqa: N802 - a sentence
    return _("The centre cannot be reached. This waits here, and is signed anew and said once it can.")


def warning(state: State) -> str:
    """What the order that is to be pressed again does, and what it does not do; '' for none."""
    name = _name(state)
    match state.sure:
        case Order.REVOKE:
            return _(
                "Revoke “%(name)s”? Nothing it sends from now on is believed, what it has not handed in yet is lost, and its "
                "teams get new keys. What it has read stays on it: order a wipe too if it may come back into good hands."
            ) % {"name": name}
        case Order.WIPE:
            return _(
                "Have “%(name)s” wiped? When somebody next unlocks it with a connection, it hands in what waits, destroys its "
                "store and sends a receipt. Somebody who keeps it off the network, or reads the disk, is not stopped by this."
            ) % {"name": name}
        case Order.REMOVE:
            return _(
                "Remove %(name)s? She or he comes in on no computer any more and leaves every team, whose keys change. What "
                "she or he wrote stands, what was read is known."
            ) % {"name": name}
        case _:
            return ""


def _name(state: State) -> str:
    thing = state.person or state.computer
    return thing.name if thing else ""
