# SPDX-License-Identifier: GPL-3.0-or-later
"""What is drawn over a document: the tool in the hand, the line under it, what may be undone, whose marks are hidden.

Pure. Places are 0..1 of a page as it was filed, whichever way it is turned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from clinic.domain.facts import DocumentMark, MarkKind
from clinic.domain.ids import FactId, PatientId, UserId
from clinic.domain.strokes import Place, passes, places
from clinic.domain.values import Attachment

INKS = ("red", "blue", "green")
PEN, ARROW, NOTE, ERASER = "pen", "arrow", "note", "eraser"
TOOLS = (PEN, ARROW, NOTE, ERASER)
MOST_PLACES = 2000
"""Of one stroke; what is drawn on after that is not taken."""
STEP = 0.0015
"""Of the page: nearer than that to the last place, a place of a stroke says nothing new."""
SHORT = 0.01
"""Of the page: an arrow that is shorter was a slip."""
NEAR = 0.03
"""How near to the corner of a note the eraser must come."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A mark that is on its way into the record. `number`: of this page of the program."""

    number: int
    page: int
    kind: MarkKind
    line: tuple[Place, ...]
    ink: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Did:
    """One step that can be undone: drawn, or `rubbed` out."""

    mark: DocumentMark
    rubbed: bool


@dataclass(frozen=True, slots=True)
class State:
    """`marks`: what stands, of everybody; `coming`: drawn here and not yet written; `line` is under the pen, `note` is where a
    note is to stand. `busy`: writes on their way; `stale`: what stands is to be read again once they are done."""

    patient: PatientId = PatientId("")
    attachment: Attachment | None = None
    me: UserId = UserId("")
    marks: tuple[DocumentMark, ...] = ()
    coming: tuple[Draft, ...] = ()
    tool: str = ""
    ink: str = INKS[0]
    page: int = 0
    line: tuple[Place, ...] = ()
    note: Place | None = None
    words: str = ""
    done: tuple[Did, ...] = ()
    undone: tuple[Did, ...] = ()
    hidden: frozenset[UserId] = frozenset()
    number: int = 0
    busy: int = 0
    stale: bool = False
    whose: str = ""
    """A colleague whose mark the eraser was on."""
    sentence: str = ""

    @property
    def authors(self) -> tuple[tuple[UserId, str, int], ...]:
        """Who drew how many; whoever is here first."""
        names = {one.author: one.author_name for one in self.marks}
        counts = {author: sum(one.author == author for one in self.marks) for author in names}
        order = sorted(names, key=lambda author: (author != self.me, names[author].casefold()))
        return tuple((author, names[author], counts[author]) for author in order)

    @property
    def seen(self) -> tuple[DocumentMark, ...]:
        return tuple(one for one in self.marks if one.author not in self.hidden)


# events


@dataclass(frozen=True, slots=True)
class Shown:
    """This document is looked at; None for none."""

    patient: PatientId
    attachment: Attachment | None
    me: UserId


@dataclass(frozen=True, slots=True)
class Changed:
    """Somebody drew something, here or elsewhere."""


@dataclass(frozen=True, slots=True)
class MarksCame:
    attachment: str
    marks: tuple[DocumentMark, ...]


@dataclass(frozen=True, slots=True)
class ToolChosen:
    """The one that is held already is laid down."""

    tool: str


@dataclass(frozen=True, slots=True)
class InkChosen:
    ink: str


@dataclass(frozen=True, slots=True)
class Pressed:
    page: int
    at: Place


@dataclass(frozen=True, slots=True)
class Moved:
    at: Place


@dataclass(frozen=True, slots=True)
class Lifted:
    pass


@dataclass(frozen=True, slots=True)
class LetGo:
    """The line is not meant: a second finger came, Esc was pressed."""


@dataclass(frozen=True, slots=True)
class NoteTyped:
    words: str


@dataclass(frozen=True, slots=True)
class NotePut:
    pass


@dataclass(frozen=True, slots=True)
class UndoPressed:
    pass


@dataclass(frozen=True, slots=True)
class RedoPressed:
    pass


@dataclass(frozen=True, slots=True)
class LayerShown:
    author: UserId
    on: bool


@dataclass(frozen=True, slots=True)
class Written:
    attachment: str
    number: int
    mark: DocumentMark


@dataclass(frozen=True, slots=True)
class Turned:
    """It was rubbed out, or put back."""


@dataclass(frozen=True, slots=True)
class NotWritten:
    """`number`: of the draft that was not taken; 0 for something that was not rubbed out or put back."""

    number: int
    sentence: str


Event = (
    Shown | Changed | MarksCame | ToolChosen | InkChosen | Pressed | Moved | Lifted | LetGo | NoteTyped | NotePut
    | UndoPressed | RedoPressed | LayerShown | Written | Turned | NotWritten
)  # fmt: skip

# effects


@dataclass(frozen=True, slots=True)
class Look:
    patient: PatientId
    attachment: Attachment


@dataclass(frozen=True, slots=True)
class Put:
    patient: PatientId
    attachment: Attachment
    draft: Draft


@dataclass(frozen=True, slots=True)
class RubOut:
    patient: PatientId
    mark: FactId


@dataclass(frozen=True, slots=True)
class PutBack:
    patient: PatientId
    mark: FactId


Effect = Look | Put | RubOut | PutBack
Step = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Step:  # noqa: PLR0911, PLR0912 - one line a case
    match event:
        case Shown(patient, attachment, me):
            return _shown(state, patient, attachment, me)
        case Changed():
            return _looking(state)
        case MarksCame(attachment, marks):
            return (replace(state, marks=marks) if _is(state, attachment) and not state.busy else state), ()
        case ToolChosen(tool):
            dropped = replace(state, line=(), whose="", sentence="")
            return _put_note(replace(dropped, tool="" if tool == state.tool else tool))
        case InkChosen(ink):
            return replace(state, ink=ink, tool=state.tool if state.tool in (PEN, ARROW, NOTE) else PEN), ()
        case Pressed(page, at):
            return _pressed(replace(state, page=page, whose="", sentence=""), at)
        case Moved(at):
            return _moved(state, at)
        case Lifted():
            return _lifted(state)
        case LetGo():
            return replace(state, line=(), note=None, words=""), ()
        case NoteTyped(words):
            return replace(state, words=words), ()
        case NotePut():
            return _put_note(state)
        case UndoPressed():
            return _undone(state)
        case RedoPressed():
            return _redone(state)
        case LayerShown(author, on):
            return replace(state, hidden=state.hidden - {author} if on else state.hidden | {author}), ()
        case Written(attachment, number, mark):
            return _written(state, attachment, number, mark)
        case Turned():
            return _settled(state)
        case NotWritten(number, sentence):
            coming = tuple(one for one in state.coming if one.number != number)
            failed = replace(state, coming=coming, sentence=sentence, done=(), undone=(), stale=True)
            return _settled(failed)


def _is(state: State, attachment: str) -> bool:
    return state.attachment is not None and state.attachment.id == attachment


def _shown(state: State, patient: PatientId, attachment: Attachment | None, me: UserId) -> Step:
    """What was typed for a note stays on the document it was typed over."""
    if patient == state.patient and attachment == state.attachment:
        return state, ()
    before, effects = _put_note(state)
    fresh = State(
        patient=patient, attachment=attachment, me=me, tool=state.tool, ink=state.ink, number=before.number,
        busy=before.busy, hidden=state.hidden if patient == state.patient else frozenset(),
    )  # fmt: skip
    looking, more = _looking(fresh)
    return looking, (*effects, *more)


def _looking(state: State) -> Step:
    if state.attachment is None:
        return state, ()
    if state.busy:
        return replace(state, stale=True), ()
    return replace(state, stale=False), (Look(state.patient, state.attachment),)


def _settled(state: State) -> Step:
    """One write is over."""
    state = replace(state, busy=max(0, state.busy - 1))
    return _looking(state) if state.stale and not state.busy else (state, ())


def _pressed(state: State, at: Place) -> Step:
    match state.tool:
        case "pen" | "arrow":
            return replace(state, line=(at,)), ()
        case "note":
            put, effects = _put_note(state)
            return replace(put, note=at), effects
        case "eraser":
            return _rubbed(state, at, told=True)
    return state, ()


def _moved(state: State, at: Place) -> Step:
    if state.tool == ERASER:
        return _rubbed(state, at, told=False)
    if not state.line:
        return state, ()
    if state.tool == ARROW:
        return replace(state, line=(state.line[0], at)), ()
    near = _way(state.line[-1], at) < STEP or len(state.line) >= MOST_PLACES
    return (state if near else replace(state, line=(*state.line, at))), ()


def _lifted(state: State) -> Step:
    line, state = state.line, replace(state, line=())
    if not line or (state.tool == ARROW and (len(line) < 2 or _way(line[0], line[1]) < SHORT)):
        return state, ()
    return _put(state, MarkKind.ARROW if state.tool == ARROW else MarkKind.PEN, line)


def _put_note(state: State) -> Step:
    at, words = state.note, state.words.strip()
    state = replace(state, note=None, words="")
    return _put(state, MarkKind.NOTE, (at,), words) if at is not None and words else (state, ())


def _put(state: State, kind: MarkKind, line: tuple[Place, ...], text: str = "") -> Step:
    """What is drawn shows at once, one's own marks with it."""
    if state.attachment is None:
        return state, ()
    draft = Draft(state.number + 1, state.page, kind, line, state.ink, text)
    coming = replace(
        state, number=draft.number, coming=(*state.coming, draft), busy=state.busy + 1, hidden=state.hidden - {state.me}
    )  # fmt: skip
    return coming, (Put(state.patient, state.attachment, draft),)


def _written(state: State, attachment: str, number: int, mark: DocumentMark) -> Step:
    if not _is(state, attachment):
        return _settled(state)
    coming = tuple(one for one in state.coming if one.number != number)
    marks = (*(one for one in state.marks if one.id != mark.id), mark)
    return _settled(
        replace(state, coming=coming, marks=marks, done=(*state.done, Did(mark, rubbed=False)), undone=())
    )


def _rubbed(state: State, at: Place, told: bool) -> Step:
    """The newest of one's own that passes there. `told`: a colleague's is said to be hers."""
    passing = [one for one in state.seen if one.page == state.page and touches(one, at)]
    mine = [one for one in passing if one.author == state.me]
    if mine:
        did = Did(mine[-1], rubbed=True)
        return _turn(replace(state, done=(*state.done, did), undone=()), did.mark, rubbed=True)
    if passing and told:
        return replace(state, whose=passing[-1].author_name), ()
    return state, ()


def _turn(state: State, mark: DocumentMark, rubbed: bool) -> Step:
    others = tuple(one for one in state.marks if one.id != mark.id)
    marks = others if rubbed else (*others, mark)
    effect = (RubOut if rubbed else PutBack)(state.patient, FactId(mark.id))
    return replace(state, marks=marks, busy=state.busy + 1, whose="", sentence=""), (effect,)


def _undone(state: State) -> Step:
    """While a line is on its way into the record there is nothing to undo yet."""
    if not state.done or state.coming:
        return state, ()
    did = state.done[-1]
    state = replace(state, done=state.done[:-1], undone=(*state.undone, did))
    return _turn(state, did.mark, rubbed=not did.rubbed)


def _redone(state: State) -> Step:
    if not state.undone or state.coming:
        return state, ()
    did = state.undone[-1]
    state = replace(state, undone=state.undone[:-1], done=(*state.done, did))
    return _turn(state, did.mark, rubbed=did.rubbed)


def touches(mark: DocumentMark, at: Place) -> bool:
    """Whether the eraser is on it."""
    line = places(mark.points)
    return passes(line, *at, NEAR) if mark.kind == MarkKind.NOTE else passes(line, *at)


def tagged(marks: tuple[DocumentMark, ...]) -> frozenset[FactId]:
    """Of marks on one page, those that carry the name of who drew them: a name stands once near what belongs together."""
    found: list[tuple[UserId, Place]] = []
    tags = []
    for one in marks:
        line = places(one.points)
        if one.kind == MarkKind.NOTE or not line:
            continue
        if not any(author == one.author and _way(at, line[0]) < 0.2 for author, at in found):
            found.append((one.author, line[0]))
            tags.append(FactId(one.id))
    return frozenset(tags)


def _way(one: Place, other: Place) -> float:
    return float(((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5)
