# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that rest on paper: three sheets, any two of which give the key back (SLIP-39). The organisation's root, a clinic's
backup key, the key of a custodian's station.

Each set is proved, two by two, before its first file is written; the files are what is printed, and then deleted.
"""

from collections.abc import Sequence
from pathlib import Path

from clinic.domain.clock import Clock
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import PatientId
from clinic.domain.record import Record
from clinic.exchange.sheet_pdf import Sheet, SheetUse, sheet_pdf
from clinic.keys.backups import BackupKey
from clinic.keys.boxes import public_box_key
from clinic.keys.epochs import TeamKeys, open_epochs, share_epochs_with, waiting_for_keys
from clinic.keys.factors import SecondFactor
from clinic.keys.hashing import same
from clinic.keys.identity import UserKeys
from clinic.keys.roster import TrustLog, User
from clinic.keys.sheets import SHEETS, SheetWords, join, read_sheet, split
from clinic.protocol.trust import Role
from clinic.services.audits import audit
from clinic.services.custodian import check_post
from clinic.services.desks import Desk
from clinic.services.enrolment import state
from clinic.services.link import exchange_now
from clinic.services.recovery import MadeSheets
from clinic.services.ways_in import own
from clinic.store.home import keep


def write_sheets(
    secret: bytes, use: SheetUse, organization: str, device: str, folder: Path, language: str, clock: Clock
) -> MadeSheets:
    """Three PDFs `posta-USE-SET-1.pdf` … of a secret of 32 bytes. Raises Refusal where files of that name are, Unavailable
    for the disk."""
    words = split(secret)
    _prove(words, secret)
    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part in words:
            file = folder / f"posta-{use}-{part.mark}-{part.number}.pdf"
            if file.exists():
                raise Refusal("{path} is there already. Name an empty folder.", path=file)
            sheet = Sheet(
                organization=organization, person="", device=device, made_at=clock.now(), mark=part.mark,
                number=part.number, of=SHEETS, words=part.words, qr_text=part.qr_text, use=use,
            )  # fmt: skip
            keep(file, sheet_pdf(sheet, language))
            files.append(file)
    except OSError as error:
        raise Unavailable("The sheets could not be written to {path}.", path=folder) from error
    return MadeSheets(words[0].mark, tuple(files))


def backup_sheets(key: BackupKey, organization: str, folder: Path, language: str, clock: Clock) -> MadeSheets:
    """The private half of a backup key, of computers or of the centre. Raises as `write_sheets`."""
    return write_sheets(key.private, SheetUse.BACKUP, organization, "", folder, language, clock)


def backup_key_of(texts: Sequence[str]) -> BackupKey:
    """From two sheets, QR texts or words. Raises Refusal for one alone, a mixed set, a misspelt word. That it is the right
    key shows when it opens a backup."""
    return BackupKey(join([read_sheet(text) for text in texts]))


def escrow_sheets(
    desk: Desk, password: str, folder: Path, language: str, factor: SecondFactor | None = None
) -> MadeSheets:
    """The key that teams' keys are sealed to for the custodian here; with two of them a new custodian reads on.

    Raises Refusal where no custodian sits, for a wrong password, as `write_sheets`; Unavailable."""
    check_post(desk)
    own(desk, password, factor)
    name = desk.trust.organization().name
    made = write_sheets(
        desk.user_keys.box_private, SheetUse.ESCROW, name, desk.device_name, folder, language, desk.clock
    )
    audit(desk, "recovery sheets", PatientId(""), entity=f"made: the custodian's, set {made.mark}")
    return made


def take_up_escrow(desk: Desk, texts: Sequence[str]) -> int:
    """At a new custodian's station, with two sheets of one that is gone: seal to this one the keys of every team it is a
    member of. Returns how many keys came back; members get them as from any colleague (`tend`).

    Raises Refusal for sheets of no custodian here, a computer that is no custodian; Unavailable without the centre."""
    check_post(desk)
    private = join([read_sheet(text) for text in texts])
    exchange_now(desk)
    old = _custodian_of(desk.trust, private)
    keys = UserKeys.decode(
        UserKeys.MARK + private + private
    )  # it signs nothing: only its box key is on paper
    said: list[Record] = []

    def missing(log: TrustLog) -> list[Record]:
        said[:] = _shares(log, desk, {**desk.team_keys, **open_epochs(log, keys, old.user, old.device)})
        return said

    state(desk, missing)
    audit(desk, "recovery sheets", PatientId(""), entity=f"used: the custodian's, of {old.device}")
    return len(said)


def _prove(words: tuple[SheetWords, ...], secret: bytes) -> None:
    for left_out in words:
        if not same(join([read_sheet(w.qr_text) for w in words if w is not left_out]), secret):
            raise Unavailable("The new sheets do not give the key back. Nothing was changed; try again.")


def _custodian_of(log: TrustLog, private: bytes) -> User:
    public = public_box_key(private)
    for user in log.users():
        if same(user.box_key, public) and Role.CUSTODIAN in user.roles:
            return user
    raise Refusal(
        "These are not sheets of a custodian of this organisation. Look for the word on their title."
    )


def _shares(log: TrustLog, desk: Desk, mine: TeamKeys) -> list[Record]:
    me = desk.someone.user
    found = share_epochs_with(log, me, desk.device, mine)
    return [
        s for s in found if (me, desk.device) in {(u.user, u.device) for u in waiting_for_keys(log, s.team)}
    ]
