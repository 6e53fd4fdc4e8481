# SPDX-License-Identifier: GPL-3.0-or-later
"""What the centre hands to a device that may have its call relayed (TURN, RFC 8656)."""

from clinic.domain.record import Record, n, record


@record(353)
class RelayPass(Record):
    """`urls` as in RFC 7064 and 7065, in the order in which they are to be tried. `username` and `credential` open an
    allocation for `seconds` from now (draft-uberti-behave-turn-rest-00); one that is open lives on."""

    urls: tuple[str, ...] = n(1)
    username: str = n(2)
    credential: str = n(3)
    seconds: int = n(4)
