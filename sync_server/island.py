# SPDX-License-Identifier: GPL-3.0-or-later
"""What an island has of its own: a certificate that lives as long as its process, and its charter from the computer it serves.

The computer signs the certificate's mark with its device key and hands over the trust log. Nothing is taken from the network
before that, and no key outlives the process: whoever steals the folder cannot stand in for the island.
"""

import os
import signal
import ssl
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable
from clinic.keys.islands import check_paper
from clinic.keys.sessions import certificate_mark
from clinic.keys.trust import follow, verify_all
from clinic.protocol.codec import decode
from clinic.protocol.island import CHARTER_MOST, IslandCharter
from sync_server.certificates import own_certificate
from sync_server.desk import Desk

_NAME = "posta-island"
_BEFORE, _AFTER = timedelta(days=1), timedelta(days=400)
"""Who believes the certificate does not ask how old it is: clocks on a cut-off network may be years off."""
PATIENCE_S = 5.0
"""So long an island whose computer has gone finishes what is under way."""
_CUT_OFF = "The computer this island serves has gone."


def new_certificate(folder: Path, now: datetime) -> tuple[ssl.SSLContext, bytes]:
    """A context for TLS 1.3 and `certificate_mark`; the key is on the disk only while it is read. Raises Unavailable."""
    from cryptography import x509  # 8 MB, which a centre has no use for
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - _BEFORE)
        .not_valid_after(now.astimezone(UTC) + _AFTER)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = (folder / "once.pem", folder / "once.key")
    try:
        for file in files:
            file.unlink(missing_ok=True)  # of a start that was cut short: a key nobody ever showed
        _write(files[0], made.public_bytes(Encoding.PEM))
        _write(files[1], key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        context = own_certificate(*files)
        for file in files:
            file.unlink()
    except OSError as error:
        raise Unavailable("Cannot write in {folder} ({why}).", folder=folder, why=error.strerror) from error
    if context is None:
        raise TypeError("a certificate was made")
    return context, certificate_mark(made.public_bytes(Encoding.DER))


def read_charter(mark: bytes) -> IslandCharter:
    """Says the certificate's mark on stdout and reads the charter on stdin. Raises Refusal, Unavailable."""
    print(f"certificate {mark.hex()}", flush=True)
    size = int.from_bytes(_read(4), "big")
    if size > CHARTER_MOST:
        raise Refusal("This charter is longer than any charter.")
    return decode(_read(size), IslandCharter)


def take_charter(desk: Desk, charter: IslandCharter) -> None:
    """Whose island it is. What the book knows more of the trust log stays. Raises Refusal for a log of another root, a paper
    that is not signed, or a book of another organisation; Unavailable."""
    log = verify_all(charter.statements, charter.fingerprint)
    check_paper(log, charter.paper, desk.certificate)
    known = desk.log
    desk.log = follow(known, 0, log.statements)
    new = desk.log.statements[len(known.statements) :]
    if new:
        desk.book.at_start(lambda book: book.append_statements(len(known.statements), new))


def end_with_parent() -> None:
    """Stops in good order when stdin ends, however the computer's program came to its end."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        after = threading.Timer(PATIENCE_S, os._exit, (0,))
        after.daemon = True
        after.start()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def _read(size: int) -> bytes:
    """Without a buffer, which would keep the end of the stream from `end_with_parent`."""
    data = b""
    while len(data) < size:
        try:
            part = os.read(sys.stdin.fileno(), size - len(data))
        except OSError as error:
            raise Unavailable(_CUT_OFF) from error
        if not part:
            raise Unavailable(_CUT_OFF)
        data += part
    return data


def _write(file: Path, data: bytes) -> None:
    with open(file, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
        out.write(data)
