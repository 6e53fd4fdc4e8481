# SPDX-License-Identifier: GPL-3.0-or-later
"""Setting up a new organisation, page by page. Going back keeps what was typed; passwords are never part of the state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from clinic.keys.passwords import MIN_DIFFERENT, MIN_LENGTH, MIN_WORDS, PasswordTooShort, check_password
from desktop.kit.words import _, plural, tell


class Step(StrEnum):
    CENTRE = "centre"
    WHO = "who"
    PASSWORD = "password"
    SHEETS = "sheets"
    PROOF = "proof"
    FOUNDING = "founding"
    DONE = "done"


PAGES = (Step.CENTRE, Step.WHO, Step.PASSWORD, Step.SHEETS, Step.PROOF)
"""Those with something to fill in, in their order."""


class Paper(StrEnum):
    """What becomes of the sheets; '' in the state: nobody has said."""

    FOLDER = "folder"
    PRINTER = "printer"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class State:
    """`made`: of which organisation, and how, the sheets were made that lie ready; `proof`: (sheet, word) that is asked;
    `stage`: how far the founding is, as `clinic.services.founding.Stage` names it."""

    step: Step = Step.CENTRE
    busy: bool = False
    sentence: str = ""
    tone: str = "warn"
    server: str = ""
    authority: str = ""
    code: str = ""
    asks_code: bool = False
    organization: str = ""
    name: str = ""
    device: str = ""
    paper: str = ""
    folder: str = ""
    sure: bool = False
    made: tuple[str, ...] = ()
    proof: tuple[int, int] = (0, 0)
    proved: bool = False
    stage: str = ""
    stopping: bool = False
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class CentreSubmitted:
    """`authority`: path of a certificate file, '' for none; `code`: the founding code, '' for none."""

    server: str
    authority: str
    code: str


@dataclass(frozen=True, slots=True)
class CentreAnswered:
    asks_code: bool


@dataclass(frozen=True, slots=True)
class FoundBefore:
    """An earlier try has arrived at the centre."""


@dataclass(frozen=True, slots=True)
class WhoSubmitted:
    organization: str
    name: str
    device: str


@dataclass(frozen=True, slots=True)
class PasswordSubmitted:
    password: str
    again: str


@dataclass(frozen=True, slots=True)
class PaperChosen:
    paper: str


@dataclass(frozen=True, slots=True)
class FolderWanted:
    pass


@dataclass(frozen=True, slots=True)
class FolderChosen:
    """'' for none."""

    folder: str


@dataclass(frozen=True, slots=True)
class SureToggled:
    sure: bool


@dataclass(frozen=True, slots=True)
class SheetsSubmitted:
    pass


@dataclass(frozen=True, slots=True)
class SheetsMade:
    """The sheet (1 to 3) and the word on it that are asked."""

    sheet: int
    word: int


@dataclass(frozen=True, slots=True)
class WordSubmitted:
    word: str


@dataclass(frozen=True, slots=True)
class WordRead:
    right: bool


@dataclass(frozen=True, slots=True)
class StageReached:
    stage: str


@dataclass(frozen=True, slots=True)
class StopPressed:
    pass


@dataclass(frozen=True, slots=True)
class Founded:
    fingerprint: str


@dataclass(frozen=True, slots=True)
class BackPressed:
    pass


@dataclass(frozen=True, slots=True)
class Finished:
    """The last page has been read."""


@dataclass(frozen=True, slots=True)
class Failed:
    sentence: str


@dataclass(frozen=True, slots=True)
class AskCentre:
    """Effect: is there a centre, and is it nobody's?"""


@dataclass(frozen=True, slots=True)
class AskFolder:
    """Effect: where the sheets are to be written."""


@dataclass(frozen=True, slots=True)
class MakeSheets:
    """Effect: make them, and print or write them."""


@dataclass(frozen=True, slots=True)
class DropSheets:
    """Effect: those made before are not wanted."""


@dataclass(frozen=True, slots=True)
class ReadWord:
    """Effect: is that the word on the sheet?"""

    sheet: int
    word: int
    said: str


@dataclass(frozen=True, slots=True)
class Found:
    """Effect: found it, with the password that was typed."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Effect: stop if it is still time."""


@dataclass(frozen=True, slots=True)
class GoBack:
    """Effect: to the page where one joins with an invitation."""


@dataclass(frozen=True, slots=True)
class GoToLogin:
    """Effect: the home is ready."""


Event = (
    CentreSubmitted | CentreAnswered | FoundBefore | WhoSubmitted | PasswordSubmitted | PaperChosen | FolderWanted
    | FolderChosen | SureToggled | SheetsSubmitted | SheetsMade | WordSubmitted | WordRead | StageReached | StopPressed
    | Founded | BackPressed | Finished | Failed
)  # fmt: skip
Effect = AskCentre | AskFolder | MakeSheets | DropSheets | ReadWord | Found | Stop | GoBack | GoToLogin
Result = tuple[State, tuple[Effect, ...]]


def update(state: State, event: Event) -> Result:
    """What a busy page is told by its worker always counts; what is pressed meanwhile does not."""
    match event:
        case (
            CentreAnswered()
            | FoundBefore()
            | SheetsMade()
            | WordRead()
            | StageReached()
            | Founded()
            | Failed()
        ):
            return _heard(state, event)
        case StopPressed() if state.step == Step.FOUNDING and not state.stopping:
            return replace(state, stopping=True), (Stop(),)
        case Finished() if state.step == Step.DONE:
            return state, (GoToLogin(),)
        case _ if state.busy:
            return state, ()
        case BackPressed():
            return _back(state)
        case PaperChosen() | FolderWanted() | FolderChosen() | SureToggled():
            return _paper(state, event)
        case _:
            return _submitted(replace(state, sentence="", tone="warn"), event)


def _submitted(state: State, event: Event) -> Result:
    match event:
        case CentreSubmitted(server, authority, code):
            asked = replace(state, server=address(server), authority=authority, code=code.strip())
            return _unless(asked, _centre_mistake(asked), AskCentre())
        case WhoSubmitted(organization, name, device):
            said = replace(state, organization=organization.strip(), name=name.strip(), device=device.strip())
            return _on(said, Step.PASSWORD, _who_mistake(said))
        case PasswordSubmitted(password, again):
            return _on(state, Step.SHEETS, _password_mistake(state, password, again))
        case SheetsSubmitted():
            return _sheets(state)
        case WordSubmitted(word):
            if state.proved:
                return _found(state)
            wrong = "" if word.strip() else _("Type the word that stands there.")
            return _unless(state, wrong, ReadWord(*state.proof, word))
        case _:
            return state, ()


def _heard(state: State, event: Event) -> Result:
    done = replace(state, busy=False, sentence="")
    match event:
        case CentreAnswered(asks_code):
            missing = asks_code and not state.code
            wrong = _("This centre asks for the founding code that 'posta server init' printed.")
            return _on(replace(done, asks_code=asks_code), Step.WHO, wrong if missing else "")
        case FoundBefore():
            return done, (GoToLogin(),)
        case SheetsMade(sheet, word):
            made = (state.organization, state.paper, state.folder)
            return replace(done, step=Step.PROOF, made=made, proof=(sheet, word), proved=False), ()
        case WordRead(right) if right:
            return _found(replace(done, proved=True))
        case WordRead():
            return replace(done, tone="warn", sentence=_not_the_word(state)), ()
        case StageReached(stage):
            return replace(state, stage=stage), ()
        case Founded(fingerprint):
            return replace(done, step=Step.DONE, fingerprint=fingerprint), ()
        case Failed(sentence):
            step = state.step if state.step != Step.FOUNDING else _before(state)
            return replace(done, step=step, stage="", stopping=False, tone="danger", sentence=sentence), ()
        case _:
            return state, ()


def _paper(state: State, event: Event) -> Result:
    match event:
        case PaperChosen(paper):
            return replace(state, paper=paper, sure=False, sentence=""), ()
        case FolderWanted():
            return state, (AskFolder(),)
        case FolderChosen(folder):
            return replace(state, folder=folder or state.folder, paper=Paper.FOLDER, sentence=""), ()
        case SureToggled(sure):
            return replace(state, sure=sure, sentence=""), ()
        case _:
            return state, ()


def _sheets(state: State) -> Result:
    """Sheets that lie ready for the same organisation serve again; others are made anew."""
    match state.paper:
        case Paper.FOLDER if not state.folder:
            return _unless(state, _("Choose the folder first: a USB stick is best."))
        case Paper.NONE if not state.sure:
            return _unless(state, _("Tick the box if you really want no sheets."))
        case Paper.NONE:
            founding, effects = _found(replace(state, made=(), proved=False))
            return founding, (DropSheets(), *effects)
        case Paper.FOLDER | Paper.PRINTER:
            if state.made == (state.organization, state.paper, state.folder):
                return replace(state, step=Step.PROOF), ()
            return replace(state, busy=True, made=(), proved=False), (MakeSheets(),)
        case _:
            return _unless(state, _("Choose what is to become of the sheets."))


def _found(state: State) -> Result:
    return replace(state, step=Step.FOUNDING, busy=True, stage="", stopping=False), (Found(),)


def _back(state: State) -> Result:
    if state.step not in PAGES:
        return state, ()
    place = PAGES.index(state.step)
    if place == 0:
        return replace(state, sentence=""), (GoBack(),)
    return replace(state, step=PAGES[place - 1], sentence=""), ()


def _before(state: State) -> Step:
    """Where a founding that failed goes back to."""
    return Step.SHEETS if state.paper == Paper.NONE else Step.PROOF


def _on(state: State, step: Step, wrong: str) -> Result:
    return (replace(state, sentence=wrong), ()) if wrong else (replace(state, step=step), ())


def _unless(state: State, wrong: str, *effects: Effect) -> Result:
    return (replace(state, sentence=wrong), ()) if wrong else (replace(state, busy=True), effects)


def address(text: str) -> str:
    """An address as it is asked: spaces and a last stroke away, https where nothing is said."""
    bare = text.strip()
    return bare.rstrip("/") if not bare or "://" in bare else f"https://{bare}".rstrip("/")


def _centre_mistake(state: State) -> str:
    scheme, _colon, rest = state.server.partition("://")
    if not rest.strip("/"):
        return _("Type the address of the centre, such as https://posta.example.org.")
    if scheme not in ("https", "http") or any(sign.isspace() for sign in rest):
        return _("An address begins with https:// and has no spaces.")
    return ""


def _who_mistake(state: State) -> str:
    if not state.organization:
        return _("Give the organisation a name, such as Northern Health Network.")
    if not state.name:
        return _("Type your name as your patients and colleagues know it.")
    if not state.device:
        return _("Give this computer a name, such as Consulting room 2.")
    return ""


def _password_mistake(state: State, password: str, again: str) -> str:
    wrong = _refused(password, state)
    if not wrong and password != again:
        return _("The two passwords are not the same. Type the second one again.")
    return wrong


def _refused(password: str, state: State) -> str:
    try:
        check_password(password, names=(state.name, state.organization))
    except PasswordTooShort as no:
        return tell(no)
    return ""


def _not_the_word(state: State) -> str:
    sheet, word = state.proof
    return _("That is not word %(word)d of sheet %(sheet)d. Look at the paper again.") % {
        "word": word,
        "sheet": sheet,
    }


@dataclass(frozen=True, slots=True)
class Strength:
    """How near a password is: `share` of the way (0 to 100), whether it will do, and what is missing."""

    share: int
    good: bool
    sentence: str


def strength(password: str, again: str, state: State) -> Strength:
    """As it is typed: how long, how different, then whether anybody would guess it, then the second time."""
    words = len({word for word in password.split() if len(word) > 1})
    long = min(1.0, max(len(password.strip()) / MIN_LENGTH, words / MIN_WORDS))
    share = round(100 * min(long, len(set(password)) / MIN_DIFFERENT))
    if not password:
        return Strength(0, False, "")
    if long < 1.0:
        missing = MIN_LENGTH - len(password.strip())
        said = plural(
            "%(n)d character more, or five words.", "%(n)d characters more, or five words.", missing
        )
        return Strength(share, False, said)
    wrong = _refused(password, state)
    if wrong:
        return Strength(min(share, 70), False, wrong)
    if not again:
        return Strength(100, True, _("Good. Now the same once more."))
    if again != password:
        return Strength(100, False, _("The second one is different so far."))
    return Strength(100, True, _("Good: both are the same."))


def stage_words() -> dict[str, str]:
    """What people read while it is founded."""
    return {
        "": _("Starting …"),
        "centre": _("Asking the centre …"),
        "profile": _("Making your keys and this computer's store …"),
        "handing in": _("Handing the organisation to the centre: this cannot be stopped any more …"),
    }


def stage_share(stage: str) -> int:
    """Of 100."""
    return {"": 5, "centre": 20, "profile": 45, "handing in": 85}.get(stage, 5)


def sheet_names() -> tuple[tuple[str, str], ...]:
    """What can become of the sheets."""
    return (
        (Paper.FOLDER, _("Write them into a folder (a USB stick), to be printed elsewhere")),
        (Paper.PRINTER, _("Print them now")),
        (Paper.NONE, _("No sheets")),
    )


Randomly = Callable[[int], bytes]


def word_to_ask(random: Randomly, sheets: int, words: int) -> tuple[int, int]:
    """(sheet, word), both counted from 1, so that nobody types what stands on the first line of the first one."""
    drawn = random(2)
    return 1 + drawn[0] % sheets, 4 + drawn[1] % max(1, words - 3)
