# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates a client believes: the clinic's own authority alone, where it was given one."""

import ssl

from clinic.domain.errors import Refusal


def believing(authority: bytes) -> ssl.SSLContext | None:
    """A context for TLS 1.3 that believes the authority in this PEM text and no other; None for b'' (then what the
    system believes). Raises Refusal."""
    if not authority:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_verify_locations(cadata=authority.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise Refusal(
            "This is no certificate of an authority in PEM form. Ask whoever keeps your server."
        ) from error
    return context


NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME (OpenSSL 1.1.0): Python has no name for it."""


def believing_one(der: bytes) -> ssl.SSLContext:
    """A context for TLS 1.3 that believes this very certificate, whatever its names and its dates: somebody who is known has
    signed it, and clocks on a cut-off network may be years off. Raises Refusal."""
    try:
        context = believing(ssl.DER_cert_to_PEM_cert(der).encode())
    except ValueError as error:
        raise Refusal("This is no certificate.") from error
    if context is None:
        raise TypeError("a certificate is not nothing")
    context.check_hostname = False
    context.verify_flags |= NO_CHECK_TIME
    return context


def believing_nobody() -> ssl.SSLContext:
    """A context that only sees which certificate is shown. Nothing that matters is said over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
