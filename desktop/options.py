# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the clinician's desktop."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from clinic.media.sources import CAMERA_KINDS, MICROPHONE_KINDS, source_of
from desktop.kit.program import add_options


class Geometry(NamedTuple):
    """Size and, if given, place of the window in pixels."""

    width: int
    height: int
    left: int | None = None
    top: int | None = None


def geometry(text: str) -> Geometry:
    """`1366x768` or `1366x768+0+0`."""
    found = re.fullmatch(r"(\d+)x(\d+)(?:\+(\d+)\+(\d+))?", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text} is not a geometry such as 1366x768+0+0")
    numbers = [int(part) if part else None for part in found.groups()]
    return Geometry(numbers[0] or 0, numbers[1] or 0, numbers[2], numbers[3])


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options as a namespace; wrong use ends the process with code 2."""
    parser = argparse.ArgumentParser(prog="posta desktop", description="The clinician's desktop.")
    parser.add_argument(
        "--home", type=Path, required=True, metavar="DIR", help="folder of this computer's store and keys"
    )
    parser.add_argument(
        "--server", default="", metavar="URL", help="the clinic's sync server, if not the one it joined"
    )
    parser.add_argument("--join", default="", metavar="CODE", help="join a clinic with this invitation code")
    parser.add_argument(
        "--camera",
        type=source_of(CAMERA_KINDS),
        default="auto",
        metavar="SPEC",
        help="auto, clip:SIDE, image:PATH, file:PATH, none",
    )
    parser.add_argument(
        "--microphone",
        type=source_of(MICROPHONE_KINDS),
        default="auto",
        metavar="SPEC",
        help="auto, clip:SIDE, file:PATH, none",
    )
    parser.add_argument("--speaker", choices=("auto", "null"), default="auto", help="where a call is heard")
    parser.add_argument(
        "--keep-received",
        type=Path,
        default=None,
        metavar="FILE",
        help="write what a call brings into this file, if the patient allowed recording",
    )
    parser.add_argument(
        "--save-to",
        type=Path,
        default=None,
        metavar="DIR",
        help="save summaries and cards here without asking",
    )
    parser.add_argument(
        "--geometry", type=geometry, default=None, metavar="WxH+X+Y", help="size and place of the window"
    )
    parser.add_argument(
        "--password-file", type=Path, default=None, metavar="FILE", help="unlock with it (for shows only)"
    )
    add_options(parser)
    return parser.parse_args(arguments)
