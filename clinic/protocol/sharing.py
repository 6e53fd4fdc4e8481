# SPDX-License-Identifier: GPL-3.0-or-later
"""What two sides of a call say to each other about a shared document, over the data channel of the call.

A page goes as a picture in pieces, asked for by how much of it is there; no name, no path and no file ever does. Places on a
page are whole numbers, 0 the left or upper edge, `clinic.calls.board.EDGE` the right or lower one.
"""

from clinic.domain.record import Record, n, record


@record(355)
class PageShown(Record):
    """This page is to be shown now: `size` bytes of WebP whose BLAKE2b-128 is `digest`. Said again until it was seen.
    `share` only grows within a call."""

    call_id: str = n(1)
    share: int = n(2)
    page: int = n(3)
    pages: int = n(4)
    size: int = n(5)
    digest: bytes = n(6)


@record(356)
class PagePiece(Record):
    """Bytes of the page from `at` on."""

    call_id: str = n(1)
    share: int = n(2)
    page: int = n(3)
    at: int = n(4)
    data: bytes = n(5)


@record(357)
class PageGot(Record):
    """So much of the page is there without a hole: go on from `at`. `seen`: it is on the screen. `trouble` ends the share:
    damaged, busy, over."""

    call_id: str = n(1)
    share: int = n(2)
    page: int = n(3)
    at: int = n(4)
    seen: bool = n(5, default=False)
    trouble: str = n(6, default="")


@record(358)
class ShareOver(Record):
    """Nothing is shown any more; answered with PageGot, trouble `over`."""

    call_id: str = n(1)
    share: int = n(2)


@record(359)
class Pointed(Record):
    """Somebody points there; `on` False: no longer."""

    call_id: str = n(1)
    share: int = n(2)
    page: int = n(3)
    x: int = n(4, default=0)
    y: int = n(5, default=0)
    on: bool = n(6, default=True)


@record(364)
class Inked(Record):
    """Points of a stroke of the one who says it, from its point `first` on: x and y as two bytes each, big-endian."""

    call_id: str = n(1)
    share: int = n(2)
    page: int = n(3)
    stroke: int = n(4)
    first: int = n(5)
    points: bytes = n(6)


@record(365)
class Rubbed(Record):
    """That stroke is gone; 0: all of them on this page. `others`: of the other side, which only who shares may say."""

    call_id: str = n(1)
    share: int = n(2)
    page: int = n(3)
    stroke: int = n(4, default=0)
    others: bool = n(5, default=False)


ShareWord = PageShown | PagePiece | PageGot | ShareOver | Pointed | Inked | Rubbed
"""Everything that is said about a share."""
