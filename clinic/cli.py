# SPDX-License-Identifier: GPL-3.0-or-later
"""The `posta` command: one name for every program of the clinic, `posta doctor` and `posta verify`.

Exit codes: 0 done, 1 a check failed, 2 wrong use, 3 refused, 4 unavailable, 70 a bug.
"""

import argparse
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable

PROGRAMS: Mapping[str, tuple[str, str]] = {
    "demo": ("clinic.showcase", "one whole visit on this computer, with invented people"),
    "desktop": ("desktop", "the clinician's program"),
    "kiosk": ("kiosk", "the patient's program, for a waiting room"),
    "server": ("sync_server", "the sync server"),
    "station": ("clinic", "a clinic without a screen: found, join, sync, verify"),
    "bench": ("clinic.bench", "measurements"),
    "simulate": ("simulator", "whole organisations with everything going wrong, to find what is lost"),
}
"""What `posta NAME` starts: the module, and a line for the list."""

SELF_DRIVEN = ("demo", "bench")
"""Programs that need nobody in front of them; the others say that there is no display."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Start the program that the first word names; the rest of the line belongs to that program."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(words)
    except Refusal as refusal:
        return _end(str(refusal), 3)
    except Unavailable as missing:
        return _end(str(missing), 4)
    except KeyboardInterrupt:
        return 130
    except Exception as bug:
        logging.getLogger("posta").debug("bug in the command", exc_info=True)
        return _end(
            f"This is a fault in Posta ({type(bug).__name__}): please report it with what you typed.", 70
        )


def _run(words: list[str]) -> int:
    chosen, rest = _parser().parse_known_args(words[:1])
    if chosen.command is None:
        _parser().print_help(sys.stderr)
        return 2
    rest += words[1:]
    if chosen.command == "doctor":
        from clinic.doctor import main as doctor

        return doctor(rest)
    if chosen.command == "verify":
        from clinic.verify import main as verify

        return verify(rest)
    if chosen.command == "sync":
        return start("station", ["sync", *rest])
    if chosen.command == "call-lab":
        return start("bench", ["call", *rest])
    return start(chosen.command, rest)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="posta",
        description="Posta, an offline-first clinic.",
        epilog="`posta COMMAND --help` says more. "
        "Exit codes: 0 done, 1 a check failed, 2 wrong use, 3 refused, "
        "4 something is not available, 70 a fault in Posta.",
    )
    parser.add_argument("--version", action="version", version=f"posta {posta_version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, (_, purpose) in PROGRAMS.items():
        commands.add_parser(name, help=purpose, add_help=False)
    commands.add_parser(
        "sync", help="exchange with the centre, or by a stick: posta station sync", add_help=False
    )
    commands.add_parser(
        "call-lab", help="calls over the links our users have: posta bench call", add_help=False
    )
    commands.add_parser("doctor", help="is this computer fit for Posta?", add_help=False)
    commands.add_parser("verify", help="check a file that Posta made, on any computer", add_help=False)
    return parser


def posta_version() -> str:
    """The installed version, or the checkout's own from pyproject.toml."""
    try:
        return version("posta-clinic")
    except PackageNotFoundError:
        import tomllib

        project = Path(__file__).resolve().parent.parent / "pyproject.toml"
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])


def start(command: str, arguments: Sequence[str]) -> int:
    """Become the program `command` (on Windows: wait for it); 4 when it is not part of this installation."""
    module, _ = PROGRAMS[command]
    if find_spec(module) is None:
        return _end(
            f"posta {command} is not part of this installation: install posta-clinic without an extra.", 4
        )
    line = [sys.executable, "-m", module, *arguments]
    environment = {
        **os.environ,
        **(without_display(os.environ, sys.platform) if command in SELF_DRIVEN else {}),
    }
    if os.name == "nt":
        signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the program
        return subprocess.call(line, env=environment)
    sys.stdout.flush()
    return os.execve(line[0], line, environment)


def without_display(environment: Mapping[str, str], platform: str) -> dict[str, str]:
    """What to add to the environment so that Qt draws into memory where there is no display to draw on."""
    if platform != "linux" or any(
        environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        return {}
    return {"QT_QPA_PLATFORM": "offscreen"}


def _end(sentence: str, code: int) -> int:
    print(f"posta: {sentence}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
