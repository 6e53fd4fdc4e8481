# SPDX-License-Identifier: GPL-3.0-or-later
"""The organisation's own recovery sheets: three on paper, any two of which name a new administrator when all are lost.

They open no record: the new administrator admits people and computers, and whoever still holds a team's key passes it on.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from clinic.domain.clock import Clock, Random
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import DeviceId, PatientId, UserId, short_hash_id
from clinic.domain.wording import name_as_said
from clinic.exchange.sheet_pdf import Sheet, SheetUse, sheet_pdf
from clinic.keys.hashing import same
from clinic.keys.identity import SEED_BYTES, DeviceKeys, RootKeys, UserKeys, device_id
from clinic.keys.passwords import check_password
from clinic.keys.sheets import SHEETS, SheetWords, join, read_sheet, split
from clinic.keys.trust import EMPTY, Signer, TrustLog, as_device, as_user, follow, say
from clinic.protocol.trust import DeviceKind, RecoveryUsed, Role
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.enrolment import DeviceSetup, set_up
from clinic.services.link import with_remote
from clinic.services.recovery import MadeSheets
from clinic.services.sitting import open_desk
from clinic.store.home import Home, keep
from clinic.transport.http import Remote
from clinic.transport.tls import believing

_NOBODY = UserId(""), DeviceId("")


@dataclass(frozen=True, slots=True)
class RootPapers:
    """Three sheets before they are printed or kept: `words` of each, `pages` as PDF."""

    mark: str
    words: tuple[SheetWords, ...] = field(repr=False)
    pages: tuple[bytes, ...] = field(repr=False)


def root_papers(root: RootKeys, organization: str, language: str, at: datetime) -> RootPapers:
    """Three sheets of the root key, any two of which have been proved to give it back. `at` in UTC."""
    seed = root.signing_secret[:SEED_BYTES]
    words = split(seed)
    for left_out in words:
        if not same(join([read_sheet(w.qr_text) for w in words if w is not left_out]), seed):
            raise Unavailable("The new sheets do not give the key back. Nothing was changed; try again.")
    pages = tuple(sheet_pdf(_sheet(part, organization, at), language) for part in words)
    return RootPapers(words[0].mark, words, pages)


def keep_papers(papers: RootPapers, folder: Path) -> MadeSheets:
    """Three files, all or none, read back from the disk. Raises Refusal where files of that name are, Unavailable."""
    files = tuple(folder / f"posta-root-{part.mark}-{part.number}.pdf" for part in papers.words)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = [file for file in files if file.exists()]
    except OSError as error:
        raise Unavailable("The sheets could not be written to {path}.", path=folder) from error
    if taken:
        raise Refusal("{path} is there already. Name an empty folder.", path=taken[0])
    try:
        for file, page in zip(files, papers.pages, strict=True):
            keep(file, page)
            if file.read_bytes() != page:
                raise Unavailable("The sheets could not be written to {path}.", path=folder)
    except BaseException as error:
        drop_files(files)
        if isinstance(error, OSError):
            raise Unavailable("The sheets could not be written to {path}.", path=folder) from error
        raise
    return MadeSheets(papers.mark, files)


def drop_files(files: Iterable[Path]) -> None:
    """Take sheets away that hold nothing; what cannot be taken away stays, and opens nothing."""
    for file in files:
        with suppress(OSError):
            file.unlink(missing_ok=True)


def write_root_sheets(
    root: RootKeys, organization: str, folder: Path, language: str, clock: Clock
) -> MadeSheets:
    """Three PDFs, each proved with the others before anybody relies on them. Raises as `keep_papers`."""
    return keep_papers(root_papers(root, organization, language, clock.now()), folder)


def _sheet(part: SheetWords, organization: str, at: datetime) -> Sheet:
    return Sheet(
        organization=organization, person="", device="", made_at=at, mark=part.mark, number=part.number, of=SHEETS,
        words=part.words, qr_text=part.qr_text, use=SheetUse.ROOT,
    )  # fmt: skip


def take_over(
    path: Path, server: str, texts: Sequence[str], admin: str, password: str, device_name: str, reason: str,
    sheets: Path, language: str, clock: Clock, random: Random, authority: bytes = b"",
) -> Desk:  # fmt: skip
    """A new administrator on a new computer, with two sheets. New ones are written before the old ones stop counting.

    Raises Refusal for sheets that are not the present ones, a profile that is set up, a weak password; Unavailable."""
    home = Home(path)
    if home.enrolled or home.founding.exists():
        raise Refusal("This computer belongs to an organisation already. Use a new one, or another --home.")
    admin, device_name = name_as_said(admin), name_as_said(device_name)
    check_password(password, names=(admin,))
    old = _root_of(join([read_sheet(text) for text in texts]))
    remote = Remote(server, tls=believing(authority))
    log = follow(EMPTY, 0, with_remote(remote, lambda remote: remote.trust_by_root(old.sign)))
    if not same(log.root_key, old.public.signing):
        raise Refusal("These are not the present recovery sheets of this organisation.")
    new, device, user = RootKeys.make(random), DeviceKeys.make(random), UserKeys.make(random)
    user_id = UserId(short_hash_id(random(10)))
    after = _recovered(log, old, new, (admin, user_id, user), (device_name, device), reason, clock.now())
    write_root_sheets(new, log.organization().name, sheets, language, clock)
    home.check_room()
    setup = DeviceSetup(device_name, DeviceKind.DESKTOP, server, log.teams()[0].team, authority)
    set_up(home, after, setup, device, user_id, user, admin, password, random)
    try:
        _hand_in(remote, log, after, old, new)
    except Unavailable as silent:
        home.unmake()
        raise Unavailable(
            "The centre did not answer, and may have taken it all the same. Try again: with the new sheets in {folder}, and "
            "if they are not the present ones, with the old ones.", folder=sheets,
        ) from silent  # fmt: skip
    except BaseException:
        home.unmake()
        raise
    desk = open_desk(path, password, clock, random)
    audit(desk, "recovery sheets", PatientId(""), entity="used: the organisation's")
    return desk


def _hand_in(remote: Remote, log: TrustLog, after: TrustLog, old: RootKeys, new: RootKeys) -> None:
    """An answer that was lost is asked for: whoever has the new root may read the log once it is the root."""
    made = after.statements[len(log.statements) :]
    try:
        with_remote(remote, lambda remote: remote.add_by_root(old.sign, len(log.statements), made))
    except Unavailable:
        try:
            there = with_remote(remote, lambda remote: remote.trust_by_root(new.sign))
        except Refusal:
            there = ()
        if tuple(there[: len(after.statements)]) != after.statements:
            raise


def _root_of(seed: bytes) -> RootKeys:
    """Nothing is ever sealed to the root: its box key is not on paper."""
    return RootKeys.decode(RootKeys.MARK + seed + seed)


def _recovered(
    log: TrustLog, old: RootKeys, new: RootKeys, who: tuple[str, UserId, UserKeys], where: tuple[str, DeviceKeys],
    reason: str, at: datetime,
) -> TrustLog:  # fmt: skip
    (name, user, keys), (device_name, device) = who, where
    here = device_id(device.public.signing)
    log = say(log, RecoveryUsed(new_signing_key=new.public.signing, reason=reason), Signer(*_NOBODY, old), at)
    log = say(log, as_device(here, device_name, DeviceKind.DESKTOP, device), Signer(*_NOBODY, new), at)
    return say(log, as_user(user, name, Role.ADMINISTRATOR, here, keys), Signer(*_NOBODY, new), at)
