# SPDX-License-Identifier: GPL-3.0-or-later
"""Files a person asked for: written whole or not at all."""

from pathlib import Path

from clinic.domain.errors import Unavailable


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
