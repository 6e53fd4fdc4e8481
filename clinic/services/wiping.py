# SPDX-License-Identifier: GPL-3.0-or-later
"""A wipe that an administrator ordered: what waits is handed in, the slots are destroyed, the files deleted, a receipt
signed.

A local control (L): it is done by this program, when somebody has unlocked it and it has a connection. Only a statement in
the trust log orders it, signed by an administrator, as every client checks; nothing else does.
"""

import logging
import os
import shutil
from pathlib import Path

from clinic.domain.errors import PostaError, Refusal, Unavailable
from clinic.keys.receipts import sign_receipt
from clinic.protocol.codec import Malformed, decode, encode
from clinic.protocol.organisation import WipeReceipt
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
    desk.close()
    destroy(desk.home)
    receipt = WipeReceipt(device=device, position=position, at=clock.now(), waiting=waiting)
    receipt = sign_receipt(receipt, keys)
    _leave_letter(desk.home, receipt, server, authority)
    bring_receipt(desk.home)
    return receipt


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
    """Bring a receipt that waits to the centre; True once none waits. Never raises: the wipe is done either way."""
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
    keep(home.path / LETTER, encode(receipt))


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
