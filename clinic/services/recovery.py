# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery sheets of one person on one computer: three on paper, any two of which set a new password."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clinic.domain.clock import Clock, Random
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.ids import PatientId
from clinic.exchange.sheet_pdf import Sheet, sheet_pdf
from clinic.keys.factors import SecondFactor
from clinic.keys.passwords import check_password
from clinic.keys.rights import Action
from clinic.keys.sheets import SHEETS, SheetWords, join, read_sheet, split
from clinic.keys.slots import Slots, WayIn
from clinic.protocol.custody import SlotKind
from clinic.services.audits import audit
from clinic.services.desks import Desk
from clinic.services.door import change_slots, read_slots
from clinic.services.gate import needs
from clinic.services.sitting import sit_down
from clinic.services.ways_in import own
from clinic.store.home import Home, keep

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class MadeSheets:
    """The set that holds now, and its three files."""

    mark: str
    files: tuple[Path, ...]


@needs(Action.SELF)
def make_sheets(
    desk: Desk, password: str, folder: Path, language: str, factor: SecondFactor | None = None
) -> MadeSheets:
    """Write three PDFs for the person here, and nothing else; sheets she made before open nothing from now on.

    Her own password is asked. Raises as `ways_in.own`, Refusal where files of that name are, Unavailable for the disk:
    then the older sheets still hold.
    """
    opened = own(desk, password, factor)
    secret = desk.random(SECRET_BYTES)
    words = split(secret)
    files = _write(desk, words, folder, language)
    try:
        change_slots(desk.home, _with_sheets(desk, opened.label, secret, words))
    except BaseException:
        for file in files:
            file.unlink(missing_ok=True)
        raise
    audit(desk, "recovery sheets", PatientId(""), entity=f"made: set {words[0].mark}")
    return MadeSheets(words[0].mark, files)


def recover(
    path: Path, texts: Sequence[str], new_password: str, clock: Clock, random: Random,
    told: Callable[[str], None] = lambda name: None,
) -> str:  # fmt: skip
    """Set a new password with two sheets, words or QR texts; second factors are let go. Returns the person's name.

    Raises Refusal for wrong, mixed or old sheets, PasswordTooShort; Unavailable. The sheets hold until new ones are made.
    """
    home, sheets = Home(path), [read_sheet(text) for text in texts]
    way = _way_of(read_slots(home), sheets)
    secret = join(sheets, way.mark)
    opened = read_slots(home).open_recovery(secret, way.label)
    check_password(new_password, names=(opened.label,))
    bare = replace(opened, totp=b"", credential=b"", worn=False)
    change_slots(home, lambda slots: slots.with_password(opened.label, new_password, bare, random))
    told(opened.label)
    desk = sit_down(home, bare, clock, random)
    try:
        audit(desk, "recovery sheets", PatientId(""), entity=f"used: set {way.mark}")
    finally:
        desk.close()
    return opened.label


def _with_sheets(
    desk: Desk, label: str, secret: bytes, words: tuple[SheetWords, ...]
) -> Callable[[Slots], Slots]:
    """The change that makes the new set the one that opens, proved with each pair of sheets."""

    def change(slots: Slots) -> Slots:
        content = replace(desk.content, worn=False, totp=b"", credential=b"")
        changed = slots.with_recovery(label, secret, content, desk.random, words[0].mark)
        for left_out in words:
            pair = [read_sheet(sheet.qr_text) for sheet in words if sheet is not left_out]
            if changed.open_recovery(join(pair, words[0].mark), label).store_key != content.store_key:
                raise Unavailable("The new sheets do not open the store. Nothing was changed; try again.")
        return changed

    return change


def _way_of(slots: Slots, sheets: Sequence[SheetWords]) -> WayIn:
    """The way in these sheets are for; where none fits, the one whose sentence helps."""
    ways = [way for way in slots.ways if way.kind == SlotKind.RECOVERY]
    if not ways:
        raise Refusal(
            "No recovery sheets were made on this computer. Ask your administrator for an invitation."
        )
    marks = {sheet.mark for sheet in sheets}
    fitting = [way for way in ways if way.mark in marks]
    if fitting:
        return fitting[0]
    if len(ways) > 1:
        raise Refusal("These sheets are not of this computer, or newer ones have taken their place.")
    return ways[0]


def _write(desk: Desk, words: tuple[SheetWords, ...], folder: Path, language: str) -> tuple[Path, ...]:
    sheets = [_sheet(desk, part, language) for part in words]
    files = tuple(folder / f"posta-{part.mark}-{part.number}.pdf" for part in words)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = [file for file in files if file.exists()]
        if taken:
            raise Refusal("{path} is there already. Name an empty folder.", path=taken[0])
        for file, sheet in zip(files, sheets, strict=True):
            keep(file, sheet_pdf(sheet, language))
    except OSError as error:
        raise Unavailable(
            "The sheets could not be written to {path}. The older ones still hold.", path=folder
        ) from error
    return files


def _sheet(desk: Desk, part: SheetWords, language: str) -> Sheet:
    return Sheet(
        organization=desk.trust.organization().name,
        person=desk.someone.name,
        device=desk.device_name,
        made_at=desk.clock.now(),
        mark=part.mark,
        number=part.number,
        of=SHEETS,
        words=part.words,
        qr_text=part.qr_text,
    )
