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
