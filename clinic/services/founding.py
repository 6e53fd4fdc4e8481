# SPDX-License-Identifier: GPL-3.0-or-later
"""Founding an organisation from this computer: the centre asked, the root key on paper, a profile, the first statements.

All or nothing, also after a power cut: what is being founded stands in HOME/founding until the centre has said yes, and
`settle` finishes or forgets it. Until then nobody is let in here (`Home.enrolled`).
"""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from clinic.domain.clock import Clock, Random
from clinic.domain.errors import PostaError, Refusal, Unavailable
from clinic.domain.ids import OrgId, TeamId, UserId, short_hash_id
from clinic.domain.wording import name_as_said
from clinic.keys.founding import Founder, found
from clinic.keys.hashing import same
from clinic.keys.identity import DeviceKeys, RootKeys, UserKeys
from clinic.keys.passwords import check_password
from clinic.keys.trust import TrustLog
from clinic.protocol.sync import Challenge, FaultNumber
from clinic.protocol.trust import DeviceKind
from clinic.services.desks import Desk
from clinic.services.enrolment import DeviceSetup, set_up
from clinic.services.link import with_remote
from clinic.services.recovery import MadeSheets
from clinic.services.root_sheets import RootPapers, drop_files, keep_papers, root_papers
from clinic.services.sitting import open_desk
from clinic.store.home import Home, keep, sync_folder
from clinic.transport.http import NotReached, RefusedByServer, Remote
from clinic.transport.tls import believing

TRIES, PAUSE_S = 5, 1.0
"""How often an answer that was lost is asked for again."""
_UNSURE = (
    "The centre stopped answering while the organisation was being set up. Everything is kept on this computer: "
    "start again when the centre answers, and it is finished or taken back."
)


class Stage(StrEnum):
    """How far a founding is; after HANDING_IN nothing is taken back."""

    CENTRE = "centre"
    PROFILE = "profile"
    HANDING_IN = "handing in"


class Stopped(Refusal):
    """Somebody stopped it in time."""

    def __init__(self) -> None:
        super().__init__("Stopped: nothing was set up.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`server`: the centre's address; `admin`: the first administrator; `authority`: PEM text, b'' for what the system
    believes; `code`: the centre's founding code, '' where it asks for none."""

    server: str
    name: str
    admin: str
    device_name: str
    team_name: str = ""
    authority: bytes = b""
    code: str = field(default="", repr=False)


def as_said(plan: Plan) -> Plan:
    """The same with its names as others will read them. Raises Refusal."""
    return replace(
        plan,
        name=name_as_said(plan.name),
        admin=name_as_said(plan.admin),
        device_name=name_as_said(plan.device_name),
        team_name=plan.team_name and name_as_said(plan.team_name),
    )


class Founding:
    """An organisation that is being founded from the profile at `home`. The root key lives here alone, and on paper."""

    def __init__(self, home: Path, clock: Clock, random: Random) -> None:
        self._home, self._clock, self._random = Home(home), clock, random
        self._root: RootKeys | None = None
        self._papers: RootPapers | None = None
        self._files: tuple[Path, ...] = ()
        self._turn = threading.Lock()
        """Sheets are given up before they are handed in, or not at all."""

    def look(self, server: str, authority: bytes = b"", code: str = "") -> Challenge | None:
        """What the centre says, as `centre_is_free`; None: an earlier try has arrived there, and the profile is ready."""
        if self._arrived_before():
            forget_note(self._home)
            return None
        return centre_is_free(server, authority, code)

    def make_papers(self, name: str, language: str) -> RootPapers:
        """A new root key on three sheets, to be printed or kept; earlier ones of this founding are taken away."""
        if self._waits():
            raise Unavailable(_UNSURE)
        self.drop_sheets()
        self._root = RootKeys.make(self._random)
        self._papers = root_papers(self._root, name, language, self._clock.now())
        return self._papers

    def keep_sheets(self, name: str, folder: Path, language: str) -> MadeSheets:
        """The same as three files in a folder. Raises Refusal, Unavailable."""
        papers = self.make_papers(name, language)
        self._home.make()
        names = tuple(folder / f"posta-root-{papers.mark}-{part.number}.pdf" for part in papers.words)
        self._note(
            _Note(sheets=tuple(str(file.absolute()) for file in names))
        )  # first: a power cut leaves none unknown
        try:
            made = keep_papers(papers, folder)
        except BaseException:
            self.drop_sheets()
            raise
        self._files = made.files
        return made

    def proves(self, sheet: int, word: int, said: str) -> bool:
        """True if that is the word (counted from 1) on that sheet (1 to 3): somebody can read it."""
        if self._papers is None:
            return False
        part = next((part for part in self._papers.words if part.number == sheet), None)
        given = said.strip().casefold().encode()
        return part is not None and same(given, part.words[word - 1].encode())

    @property
    def words_a_sheet(self) -> int:
        return len(self._papers.words[0].words) if self._papers else 0

    def drop_sheets(self) -> None:
        """Nothing was founded: its root key and the files of its sheets go. Not while a centre may have them."""
        with self._turn:
            if self._waits():
                return
            drop_files(self._files)
            self._files, self._root, self._papers = (), None, None
            forget_note(self._home)

    def found(self, plan: Plan, password: str, told: Callable[[Stage], None] = lambda stage: None) -> Desk:
        """The desk of the first administrator. `told` hears each stage before it begins and may raise `Stopped`.

        After Refusal or Unavailable nothing is half-made, but for what `settle` can finish; sheets stay good for the next
        try of this object.
        """
        plan = as_said(plan)
        told(Stage.CENTRE)
        if not self._arrived_before():
            self.check(plan, password)
            told(Stage.PROFILE)
            self._home.check_room()
            self._say_it(plan, self._set_up(plan, password), told)
        forget_note(self._home)
        self._root, self._papers, self._files = None, None, ()
        return open_desk(self._home.path, password, self._clock, self._random)

    def check(self, plan: Plan, password: str) -> None:
        """Raises Refusal or Unavailable for what would keep it from being founded; changes nothing."""
        if self._home.enrolled:
            raise Refusal("This computer belongs to an organisation already.")
        check_password(password, names=(plan.admin, plan.name))
        if centre_is_free(plan.server, plan.authority, plan.code).asks_code and not plan.code:
            raise Refusal("This centre asks for the founding code that 'posta server init' printed.")

    def _arrived_before(self) -> bool:
        """True if the centre has what an earlier try of ours handed in; else nothing of that try is left but its sheets."""
        if not self._home.founding.exists():
            return False
        note = _read_note(self._home)
        if _arrived(note):
            return True
        drop_files(Path(file) for file in note.sheets if file not in self._names())
        self._undo()
        return False

    def _waits(self) -> bool:
        """True while a centre may have what was handed in."""
        return self._home.founding.exists() and bool(_read_note(self._home).organization)

    def _say_it(self, plan: Plan, log: TrustLog, told: Callable[[Stage], None]) -> None:
        whose = log.organization().organization
        try:
            with self._turn:
                told(Stage.HANDING_IN)
                self._note(_Note(plan.server, plan.authority.decode("ascii"), whose, self._names()))
            _hand_in(plan, log)
        except Unsure:
            raise
        except PostaError:  # after anything else the note stays: it may have arrived
            self._undo()
            raise

    def _set_up(self, plan: Plan, password: str) -> TrustLog:
        """The profile, first: so that no server follows keys that are nowhere."""
        random = self._random
        device, user = DeviceKeys.make(random), UserKeys.make(random)
        team, user_id = TeamId(short_hash_id(random(10))), UserId(short_hash_id(random(10)))
        founder = Founder(
            user=user_id, name=plan.admin, keys=user, device_name=plan.device_name, device_keys=device
        )
        log = found(
            organization=OrgId(short_hash_id(random(10))), name=plan.name, team=team, team_name=plan.team_name or plan.name,
            founder=founder, root=self._root or RootKeys.make(random), at=self._clock.now(), random=random,
        )  # fmt: skip
        setup = DeviceSetup(plan.device_name, DeviceKind.DESKTOP, plan.server, team, plan.authority)
        self._home.make()
        self._note(_Note(sheets=self._names()))
        try:
            set_up(self._home, log, setup, device, user_id, user, plan.admin, password, random)
        except BaseException:
            self._undo()
            raise
        return log

    def _undo(self) -> None:
        """The profile goes, the sheets stay for the next try."""
        self._home.unmake()
        if self._files:
            self._note(_Note(sheets=self._names()))
        else:
            forget_note(self._home)

    def _names(self) -> tuple[str, ...]:
        return tuple(str(file.absolute()) for file in self._files)

    def _note(self, note: "_Note") -> None:
        keep(self._home.founding, json.dumps(asdict(note)).encode())


@dataclass(frozen=True, slots=True)
class _Note:
    """HOME/founding, in JSON. `organization` '': nothing has been handed in yet."""

    server: str = ""
    authority: str = ""
    organization: str = ""
    sheets: tuple[str, ...] = ()


class Unsure(Unavailable):
    """Nobody knows yet whether the centre has the first statements."""


def centre_is_free(server: str, authority: bytes = b"", code: str = "") -> Challenge:
    """What the centre at that address says; it belongs to nobody yet. Raises Refusal for one that does, and for a wrong or
    missing founding code (`asks_code`), Unavailable where none answers."""
    said = _centre(server, authority, code)
    if said.organization:
        raise Refusal("This server serves an organisation already. Join it with an invitation code.")
    return said


def settle(path: Path) -> bool:
    """Finish or forget a founding that was cut off here. True: it is founded now, and somebody can be let in.

    Raises Unavailable while the centre it concerns cannot be asked: then nothing is changed.
    """
    home = Home(path)
    if not home.founding.exists():
        return False
    note = _read_note(home)
    if _arrived(note):
        forget_note(home)
        return True
    home.unmake()
    drop_files(Path(file) for file in note.sheets)
    forget_note(home)
    return False


def found_organization(
    home: Path, server: str, name: str, admin: str, password: str, device_name: str, clock: Clock, random: Random,
    team_name: str = "", authority: bytes = b"", sheets: Path | None = None, language: str = "es", code: str = "",
) -> Desk:  # fmt: skip
    """Found it in one go, with its sheets in a folder if one is named. What a failed try wrote is taken away."""
    if settle(home):
        return open_desk(home, password, clock, random)
    founding = Founding(home, clock, random)
    plan = as_said(
        Plan(
            server=server, name=name, admin=admin, device_name=device_name, team_name=team_name, authority=authority,
            code=code,
        )
    )  # fmt: skip
    founding.check(plan, password)
    if sheets is not None:
        founding.keep_sheets(plan.name, sheets, language)
    try:
        return founding.found(plan, password)
    except Unsure:
        raise
    except PostaError:
        founding.drop_sheets()
        raise


def _read_note(home: Home) -> _Note:
    try:
        said = json.loads(home.founding.read_bytes())
        texts = {key: str(said[key]) for key in ("server", "authority", "organization")}
        return _Note(**texts, sheets=tuple(str(file) for file in said["sheets"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unavailable("The file {path} is damaged. Run 'posta doctor'.", path=home.founding) from error


def _arrived(note: _Note) -> bool:
    """True if the centre serves the organisation the note names."""
    return (
        bool(note.organization) and _whose(note.server, note.authority.encode("ascii")) == note.organization
    )


def forget_note(home: Home) -> None:
    """Durable when it returns."""
    with suppress(FileNotFoundError):
        home.founding.unlink()
        sync_folder(home.path)


def _whose(server: str, authority: bytes) -> OrgId:
    return _centre(server, authority).organization


def _centre(server: str, authority: bytes, code: str = "") -> Challenge:
    remote = Remote(server, tls=believing(authority))
    try:
        return with_remote(remote, lambda remote: remote.challenge(code))
    except RefusedByServer as no:
        if code and no.number == FaultNumber.NOT_ALLOWED:
            raise Refusal("This is not the founding code of this centre. Compare it sign by sign.") from no
        raise
    except NotReached as lost:
        raise NotReached(
            "No centre answers at {url}. Check the address, the connection and the certificate file, then try again.",
            url=server,
        ) from lost


def _hand_in(plan: Plan, log: TrustLog) -> None:
    """An answer that was lost is asked for again. Raises Unsure where that did not help."""
    whose, sent = log.organization().organization, False
    why: PostaError = Unavailable(_UNSURE)
    for _try in range(TRIES):
        try:
            if sent and _whose(plan.server, plan.authority) == whose:
                return
            remote = Remote(plan.server, tls=believing(plan.authority))
            with_remote(remote, lambda remote: remote.found(log.statements, plan.code))
            return
        except Refusal:
            if sent and _whose(plan.server, plan.authority) == whose:
                return  # ours came in between
            raise
        except Unavailable as lost:
            why, sent = lost, sent or not isinstance(lost, NotReached)
        time.sleep(PAUSE_S)
    if sent and _unheard(plan, whose):
        return
    raise why


def _unheard(plan: Plan, whose: OrgId) -> bool:
    """After the last try: True if it arrived all the same. Raises Unsure where the centre does not say."""
    try:
        return _whose(plan.server, plan.authority) == whose
    except PostaError as error:
        raise Unsure(_UNSURE) from error
