# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the supervisor and of its sessions. No Qt here: the supervisor stays small."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from clinic.devices.port import Instrument
from clinic.domain.instruments.kinds import Kind
from clinic.media.sources import CAMERA_KINDS, MICROPHONE_KINDS, source_of
from desktop.kit.tokens import LOOKS, SCALES
from desktop.kit.words import LANGUAGES


def parse(arguments: Sequence[str] | None, program: str = "posta kiosk") -> argparse.Namespace:
    """The options as a namespace; wrong use ends the process with code 2."""
    parser = argparse.ArgumentParser(
        prog=program, description="The patient's kiosk: one visit after the other."
    )
    parser.add_argument(
        "--home", type=Path, required=True, metavar="DIR", help="folder of this kiosk's store and keys"
    )
    parser.add_argument("--server", default="", metavar="URL", help="the clinic's sync server")
    parser.add_argument(
        "--join",
        default="",
        metavar="CODE",
        help="set this kiosk up with an invitation code; a short one needs --server. Ignored once it is set up",
    )
    parser.add_argument("--device-name", default="", metavar="NAME", help="what --join calls this kiosk")
    parser.add_argument(
        "--staff-pin",
        action="store_true",
        help="set the PIN of the staff's page of this kiosk, and end; asks for it, or reads a line of standard input",
    )
    parser.add_argument(
        "--camera",
        type=source_of(CAMERA_KINDS),
        default="auto",
        metavar="SPEC",
        help="auto, clip:SIDE, image:PATH, file:PATH, none",
    )
    parser.add_argument(
        "--camera-scan",
        type=lambda text: text and source_of(CAMERA_KINDS)(text),
        default="",
        metavar="SPEC",
        help="another camera for reading cards",
    )
    parser.add_argument(
        "--microphone",
        type=source_of(MICROPHONE_KINDS),
        default="auto",
        metavar="SPEC",
        help="auto, clip:SIDE, file:PATH, none",
    )
    parser.add_argument(
        "--instrument",
        action="append",
        default=[],
        type=instrument,
        metavar="KIND=ADDRESS",
        help="a Bluetooth instrument that stands here: cuff, oximeter, thermometer, scale, glucometer or heart; one "
        "option for each. Others are not listened to",
    )
    parser.add_argument(
        "--find-instruments",
        action="store_true",
        help="name the Bluetooth instruments that are switched on nearby, as --instrument wants them, and end",
    )
    parser.add_argument("--speaker", choices=("auto", "null"), default="auto", help="where a call is heard")
    parser.add_argument(
        "--keep-received",
        default="",
        metavar="FILE",
        help="write what a call brings, if the patient allowed recording",
    )
    parser.add_argument(
        "--lang", choices=sorted(LANGUAGES), default="es", help="language of the first screen"
    )
    parser.add_argument("--theme", choices=sorted(LOOKS), default="light", help="colours of the screen")
    parser.add_argument("--scale", choices=sorted(SCALES), default="kiosk", help="reading distance")
    parser.add_argument(
        "--size", type=size, default=None, metavar="WxH", help="size of the window, such as 1280x800"
    )
    parser.add_argument("--window", action="store_true", help="a window instead of the full screen")
    parser.add_argument("--hands", action="store_true", help="take commands as JSON lines on standard input")
    parser.add_argument("--number", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--wait-fd", type=int, default=None, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def instrument(text: str) -> Instrument:
    """`cuff=C0:FF:EE:01:02:03`; on a Mac the address is a UUID."""
    kind, _is, address = text.partition("=")
    if kind not in set(Kind) or not re.fullmatch(r"[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5,15}", address):
        raise argparse.ArgumentTypeError(f"{text} is not KIND=ADDRESS such as cuff=C0:FF:EE:01:02:03")
    return Instrument(Kind(kind), address.upper())


def size(text: str) -> tuple[int, int]:
    """`1280x800` as (1280, 800)."""
    width, _x, height = text.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"{text} is not a size such as 1280x800")
    return int(width), int(height)
