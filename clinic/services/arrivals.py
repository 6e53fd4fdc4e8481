# SPDX-License-Identifier: GPL-3.0-or-later
"""What has come in of each sender in each scope, and how much is missing between; kept with the envelopes themselves."""

from dataclasses import dataclass, field

from clinic.domain.ids import DeviceId
from clinic.protocol.codec import dumps, loads
from clinic.protocol.envelope import Header
from clinic.store.page import Page
from clinic.store.writing import WritePage
from clinic.sync.seen import Runs, missing, with_first, with_number

_SEEN, _WITHHELD = "seen", "withheld"


def withheld(page: Page) -> int:
    """How many envelopes of others, by their own count, are missing before ones that came in."""
    return int(page.meta(_WITHHELD) or b"0")


def made_here(page: WritePage, scope: str, device: str, incarnation: int, up_to: int) -> None:
    """Envelopes up to this number of that incarnation of this device were made here: they are no hole when later
    ones of them come in from elsewhere."""
    key = _key(scope, device, incarnation)
    if up_to > 0 and page.meta(key) is None:
        page.put_meta(key, dumps(((1, up_to),)))


def seen_in(page: Page, scope: str) -> dict[tuple[DeviceId, int], Runs]:
    """(device, incarnation) -> what has come of it in a scope, or was made here in an earlier incarnation."""
    found: dict[tuple[DeviceId, int], Runs] = {}
    for key, kept in page.metas(f"{_SEEN} {scope} ").items():
        device, incarnation = key.split(" ")[2:]
        found[DeviceId(device), int(incarnation)] = _runs(kept)
    return found


def _runs(kept: bytes | None) -> Runs:
    return tuple((a, b) for a, b in loads(kept)) if kept else ()


def _key(scope: str, device: str, incarnation: int) -> str:
    return f"{_SEEN} {scope} {device} {incarnation}"


@dataclass(slots=True)
class Arrivals:
    """The arrivals of one exchange; `keep` files them in its transaction."""

    _before: dict[str, Runs] = field(default_factory=dict)
    _now: dict[str, Runs] = field(default_factory=dict)

    def note(self, page: Page, header: Header) -> None:
        """An envelope came in that its sender really signed."""
        key = self._known(page, header.scope, header.device, header.incarnation)
        self._now[key] = with_number(self._now[key], header.scope_no)

    def cover(self, page: Page, scope: str, device: str, incarnation: int, up_to: int) -> None:
        """Its envelopes up to that number came as part of a snapshot: they are not withheld, the centre let them go."""
        key = self._known(page, scope, device, incarnation)
        self._now[key] = with_first(self._now[key], up_to)

    def runs(self, page: Page, scope: str, device: str, incarnation: int) -> Runs:
        """What has come of it, this exchange included."""
        return self._now[self._known(page, scope, device, incarnation)]

    def _known(self, page: Page, scope: str, device: str, incarnation: int) -> str:
        key = _key(scope, device, incarnation)
        if key not in self._now:
            self._before[key] = self._now[key] = _runs(page.meta(key))
        return key

    def keep(self, page: WritePage) -> None:
        """File what changed, and the sum for the status."""
        more = 0
        for key, runs in self._now.items():
            if runs != self._before[key]:
                page.put_meta(key, dumps(runs))
                more += missing(runs) - missing(self._before[key])
        if more:
            page.put_meta(_WITHHELD, str(withheld(page) + more).encode())
