# SPDX-License-Identifier: GPL-3.0-or-later
"""The roof of the engine process: options, log, loop."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from clinic.domain.errors import Refusal
from clinic.domain.record import Record
from clinic.media.engine import Engine, Options
from clinic.media.pipe import Writer, die_with_parent, find_system_sound, read_commands
from clinic.media.sources import CAMERA_KINDS, MICROPHONE_KINDS, SPEAKER_KINDS, parse_spec
from clinic.media.spent import watch_loop, watch_threads
from clinic.protocol.codec import Malformed

WRONG_USE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until Quit or until the screen is gone. 0 done, 2 wrong use."""
    args = _parser().parse_args(arguments)
    try:
        options = _options(args)
    except Refusal as problem:
        sys.stderr.write(f"{problem}\n")
        return WRONG_USE
    die_with_parent()
    watch_threads()
    find_system_sound()
    _log_to(args.log)
    asyncio.run(_serve(options))
    return 0


async def _serve(options: Options) -> None:
    watch_loop(asyncio.get_running_loop())
    commands: asyncio.Queue[Record | Malformed] = asyncio.Queue()
    read_commands(sys.stdin.buffer, asyncio.get_running_loop(), commands)
    await Engine(options, Writer(sys.stdout.buffer), commands).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m clinic.media", description="The call engine; speaks over its pipes."
    )
    parser.add_argument("--camera", default="auto", help="auto, clip:A, image:PATH, file:PATH or none")
    parser.add_argument("--camera-scan", default="", help="another source for reading cards")
    parser.add_argument("--microphone", default="auto", help="auto, clip:A, file:PATH or none")
    parser.add_argument(
        "--speaker", default="auto", help="auto, null, or file:PATH: what is heard, with times, for measuring"
    )
    parser.add_argument(
        "--spoken", type=Path, help="write what the microphone gives, with times, into this file"
    )
    parser.add_argument("--fps", type=int, default=15, help="pictures a second of a generated camera")
    parser.add_argument("--cache", type=Path, help="folder for the generated speech")
    parser.add_argument("--log", type=Path, help="log file; counts and states only")
    return parser


def _options(args: argparse.Namespace) -> Options:
    return Options(
        camera=parse_spec(args.camera, CAMERA_KINDS),
        camera_scan=parse_spec(args.camera_scan, CAMERA_KINDS) if args.camera_scan else None,
        microphone=parse_spec(args.microphone, MICROPHONE_KINDS),
        speaker=str(parse_spec(args.speaker, SPEAKER_KINDS)),
        fps=max(5, min(30, args.fps)),
        cache=args.cache,
        spoken=args.spoken,
    )


def _log_to(path: Path | None) -> None:
    form = "%(asctime)s %(levelname)s %(name)s %(message)s"
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        logging.basicConfig(filename=path, level=logging.INFO, format=form)
    else:
        logging.basicConfig(level=logging.WARNING, format=form)


if __name__ == "__main__":
    sys.exit(main())
