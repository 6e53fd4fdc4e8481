# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the files that ship with the program are."""

import os
import sys
from pathlib import Path


def resource(*parts: str) -> Path:
    """A file or folder under resources/: beside the packages in a checkout, or where an installer says."""
    return _root().joinpath(*parts)


def _root() -> Path:
    told = os.environ.get("POSTA_RESOURCES")
    if told:
        return Path(told)
    beside = Path(__file__).resolve().parents[2] / "resources"
    return beside if beside.is_dir() else Path(sys.prefix) / "share" / "posta" / "resources"
