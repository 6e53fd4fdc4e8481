# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is whom: what the links between records come to. Depends on the links that are active, never on their order.

Each record points at most at one other: of several links the one made last counts. A chain ends at its last record. Links that go
round in a circle (made on two computers at once) are cut where the last of them was made. Undoing one brings back what was
before it: no fact ever changes its patient.
"""

from collections.abc import Callable, Iterable

from clinic.domain.facts import Link
from clinic.domain.ids import PatientId


def chosen(links: Iterable[Link]) -> Link | None:
    """The link of a record that counts: of its active ones the last, by time, then by id."""
    return max((link for link in links if link.active and link.other != link.patient), key=_age, default=None)


def whole(start: PatientId, chosen_of: Callable[[PatientId], Link | None]) -> PatientId:
    """The record at the end of the chain from `start`; `start` itself if it points nowhere."""
    path: list[Link] = []
    at = start
    while (link := chosen_of(at)) is not None:
        if link in path:
            circle = path[path.index(link) :]
            return max(circle, key=_age).patient
        path.append(link)
        at = link.other
    return at


def _age(link: Link) -> tuple[object, str]:
    return (link.linked_at, link.id)
