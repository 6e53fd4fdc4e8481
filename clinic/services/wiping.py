# SPDX-License-Identifier: GPL-3.0-or-later
"""A wipe that an administrator ordered: what waits is handed in, the slots are destroyed, the files deleted, a receipt
signed. A kiosk keeps one note: who closed it and whom to phone, for its screen.

A local control (L): it is done by this program, when somebody has unlocked it and it has a connection. Only a statement in
the trust log orders it, signed by an administrator, as every client checks; nothing else does.
"""

import json
import logging
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from clinic.domain.errors import PostaError, Refusal, Unavailable
from clinic.domain.ids import UserId
from clinic.domain.policies import help_phone
from clinic.keys.receipts import sign_receipt
from clinic.keys.trust import open_statement
from clinic.protocol.codec import Malformed, decode, encode
from clinic.protocol.organisation import WipeReceipt
from clinic.protocol.trust import DeviceKind, Wipe
from clinic.services.desks import Desk
from clinic.services.link import authority_text, exchange_now, with_remote
from clinic.services.syncing import sync_status
from clinic.store.home import Home, keep
from clinic.transport.http import Remote
from clinic.transport.tls import believing

log = logging.getLogger(__name__)
_SLOTS = ("slots.bin", "slots.bak", "slots.next", "device.key")
_KEPT = frozenset({"lock", "log"})
LETTER, ADDRESS, AUTHORITY_FILE = "wiped.receipt", "wiped.server", "wiped.ca"
_SIGNED, _NOTE = "wiped.signed", "wiped.note"
_NOTE_CHARACTERS = 200
"""Policy: the number a closed kiosk says to phone."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What is left on a wiped kiosk: names from its trust log, '' for what it did not know."""

    organization: str
    administrator: str
    phone: str


def is_ordered(desk: Desk) -> bool:
    """True if an administrator ordered this computer to be wiped."""
    return desk.trust.is_wiped(desk.device)


def wipe(desk: Desk) -> WipeReceipt:
    """Do it; the desk is closed afterwards. Raises Refusal where nobody ordered it; Unavailable for the disk, and then the
    slots are gone first of all.

    The receipt is brought to the centre; where that fails it waits in the folder for `bring_receipt`."""
    if not is_ordered(desk):
        raise Refusal("No administrator ordered this computer to be wiped.")
    waiting = _handed_in(desk)
    keys, clock, server = desk.device_keys, desk.clock, desk.server
    authority = authority_text(desk)
    device, position = desk.device, desk.trust.position
    if desk.kind == DeviceKind.KIOSK:
        keep(desk.home.path / _NOTE, json.dumps(asdict(_closed(desk))).encode())
    desk.close()
    receipt = WipeReceipt(device=device, position=position, at=clock.now(), waiting=waiting)
    receipt = sign_receipt(receipt, keys)
    _leave_letter(desk.home, receipt, server, authority)
    destroy(desk.home)
    bring_receipt(desk.home)
    return receipt


def closed(home: Home) -> Closed | None:
    """Who closed this kiosk; None for one that was never wiped, or is set up again. Raises Unavailable."""
    if home.enrolled or not (home.path / _NOTE).exists():
        return None
    try:
        said = json.loads((home.path / _NOTE).read_bytes())
        words = [str(said[name])[:_NOTE_CHARACTERS] for name in ("organization", "administrator", "phone")]
    except (OSError, ValueError, KeyError, TypeError):
        return Closed("", "", "")
    return Closed(*words)


def destroy(home: Home) -> None:
    """Slots first: from then on the book is noise. Then everything else but the lock and the program's log, which names
    no patient. Raises Unavailable; calling it again goes on."""
    try:
        for name in _SLOTS:
            _shred(home.path / name)
        for thing in home.path.iterdir():
            if thing.name not in _KEPT and not thing.name.startswith("wiped."):
                _delete(thing)
    except OSError as error:
        raise Unavailable(
            "The folder {path} could not be emptied. Check the disk.", path=home.path
        ) from error


def bring_receipt(home: Home) -> bool:
    """Bring a receipt that waits to the centre; True once none waits. Never raises: the wipe is done either way. A wipe
    that a power cut stopped behind the slots is ended first."""
    try:
        _go_on(home)
    except (OSError, Unavailable) as error:
        log.warning("a wipe could not be ended: %s", error)
        return False
    letter = home.path / LETTER
    try:
        receipt = decode(letter.read_bytes(), WipeReceipt)
        server = (home.path / ADDRESS).read_text(encoding="utf-8")
        authority = (home.path / AUTHORITY_FILE).read_bytes()
    except (OSError, Malformed, UnicodeDecodeError):
        return True
    try:
        with_remote(Remote(server, tls=believing(authority)), lambda remote: remote.bring_receipt(receipt))
    except Unavailable as error:
        log.info("the receipt waits: %s", error.sentence)
        return False
    except PostaError as error:
        log.warning("the receipt was refused: %s", error.sentence)
    for name in (LETTER, ADDRESS, AUTHORITY_FILE):
        (home.path / name).unlink(missing_ok=True)
    return True


def _handed_in(desk: Desk) -> int:
    """How many envelopes could not be handed in. A computer that was revoked is not listened to any more."""
    try:
        exchange_now(desk)
    except PostaError as error:
        log.warning("before the wipe not everything was handed in: %s", error.sentence)
    return sync_status(desk).waiting


def _leave_letter(home: Home, receipt: WipeReceipt, server: str, authority: bytes) -> None:
    keep(home.path / ADDRESS, server.encode())
    keep(home.path / AUTHORITY_FILE, authority)
    keep(home.path / _SIGNED, encode(receipt))


def _go_on(home: Home) -> None:
    """The receipt counts once everything is gone; it is signed before, while the key is there."""
    if not (home.path / _SIGNED).exists() or home.enrolled:
        return
    destroy(home)
    os.replace(home.path / _SIGNED, home.path / LETTER)


def _closed(desk: Desk) -> Closed:
    log, signer = desk.trust, UserId("")
    for data in log.statements:
        said, _message, _signature = open_statement(data)
        if isinstance(said.body, Wipe) and said.body.device == desk.device:
            signer = said.signer_user
    return Closed(log.organization().name, log.name_of(signer), help_phone(log.policies))


def _shred(path: Path) -> None:
    """Overwritten before it goes, for disks where that means something."""
    if not path.exists():
        return
    with open(path, "r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
