# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's own certificate, read and tried before anything listens."""

import ssl
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable
from clinic.keys.sessions import certificate_mark


def own_certificate(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """A context for TLS 1.3 from two PEM files; None without them. Raises Refusal, Unavailable."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise Refusal("TLS needs both files: --tls-cert and --tls-key.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(certificate, key, password=lambda: "")
    except ssl.SSLError as error:
        raise Refusal(
            "{certificate} and {key} do not belong together, or are not in PEM form, or the key has a password. "
            "Check both files.",
            certificate=certificate,
            key=key,
        ) from error
    except OSError as error:
        raise Unavailable(
            "The certificate {certificate} or its key {key} cannot be read ({why}). Check both paths.",
            certificate=certificate,
            key=key,
            why=error.strerror,
        ) from error
    return context


def mark_of(certificate: Path | None) -> bytes:
    """`certificate_mark` of the first certificate of a chain that was read before; b'' without one."""
    if certificate is None:
        return b""
    text = certificate.read_text(encoding="ascii", errors="replace")
    begin, end = text.index(ssl.PEM_HEADER), text.index(ssl.PEM_FOOTER) + len(ssl.PEM_FOOTER)
    return certificate_mark(ssl.PEM_cert_to_DER_cert(text[begin:end]))
