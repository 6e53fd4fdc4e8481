# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a profile before anybody opens it. Light: the log-in screen loads no store."""

from pathlib import Path

from clinic.domain.errors import Unavailable
from clinic.keys.slots import Slots
from clinic.protocol.codec import Malformed
from clinic.store.home import Home


def people_of(path: Path) -> tuple[str, ...]:
    """The names on the login screen."""
    return read_slots(Home(path)).labels


def is_enrolled(path: Path) -> bool:
    """Whether somebody has a slot here."""
    return Home(path).enrolled


def read_slots(home: Home) -> Slots:
    """The slots of a profile, from the copy that is whole. Raises Unavailable."""
    for copy in home.read_slots():
        try:
            return Slots.read(copy)
        except Malformed:
            continue
    raise Unavailable(
        "The file {path} that lets people in is damaged, and so is its copy. Restore a backup of this folder.",
        path=home.slots,
    )
