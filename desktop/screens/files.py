# SPDX-License-Identifier: GPL-3.0-or-later
"""Files a person asked for, written whole or not at all; and one she chose."""

from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable
from desktop.kit.papers import MOST_FILE


def keep_file(path: Path, data: bytes) -> str:
    """Write the bytes; answers the path. Raises Unavailable with what to check."""
    fresh = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(data)
        fresh.replace(path)
    except OSError as error:
        raise Unavailable(
            "{path} could not be written. Check the disk and the folder's permissions.", path=path.name
        ) from error
    return str(path)


def read_shown(path: Path) -> bytes:
    """A file that is to be shown, not more of it than can be. Raises Unavailable."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_FILE + 1)
    except OSError as error:
        raise Unavailable("The file {path} cannot be read. Choose it again.", path=path.name) from error


def read_certificate(path: str) -> bytes:
    """The PEM text of a file that was chosen; b'' for none. Raises Refusal, Unavailable."""
    try:
        data = Path(path).read_bytes() if path else b""
    except OSError as error:
        raise Unavailable("The file {path} cannot be read. Choose it again.", path=path) from error
    if not data.isascii():
        raise Refusal("This is no certificate of an authority in PEM form. Ask whoever keeps your server.")
    return data
