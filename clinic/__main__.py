# SPDX-License-Identifier: GPL-3.0-or-later
"""The headless station: everything a clinic does that needs no screen. `posta station VERB --help` says how."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable
from clinic.station import (
    auditing,
    backing_up,
    custody,
    exchanging,
    finding,
    islands,
    joining,
    listing,
    organising,
    raw,
    records,
    recovering,
    reviewing,
    tidying,
    ways,
)
from clinic.station.command import Verb
from clinic.store.memory import collect_seldom, keep_private

ROOMS = (
    joining,
    organising,
    exchanging,
    islands,
    listing,
    ways,
    recovering,
    reviewing,
    backing_up,
    custody,
    raw,
    tidying,
    records,
    finding,
    auditing,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 2 wrong use, 3 refused, 4 unavailable, 70 a bug."""
    keep_private()
    collect_seldom()
    chosen = _parser().parse_args(arguments)
    verb: Verb = chosen.verb
    try:
        code = verb(chosen)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever reads the answer, such as `head`, has heard enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 3
    except Unavailable as missing:
        print(missing, file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        return 130
    except Exception as bug:
        logging.getLogger("posta").debug("bug in the station", exc_info=True)
        print(
            f"This is a fault in Posta ({type(bug).__name__}): please report it with what you typed.",
            file=sys.stderr,
        )
        return 70


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="posta station", description="Everything a clinic does that needs no screen."
    )
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")

    def add(name: str, verb: Verb, help: str, needs_home: bool = True) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=help, description=help)
        one.add_argument(
            "--home", type=Path, required=needs_home, metavar="DIR", help="folder of this device's profile"
        )
        one.add_argument(
            "--password-file",
            type=Path,
            metavar="FILE",
            help="file with the password; - reads standard input",
        )
        one.add_argument("--who", default="", metavar="NAME", help="whose way in, where several have one")
        one.add_argument(
            "--code-now",
            default="",
            metavar="DIGITS",
            help="the six digits your phone shows, if they are asked",
        )
        one.add_argument("--security-key", action="store_true", help="touch the security key plugged in here")
        one.set_defaults(verb=verb)
        return one

    for room in ROOMS:
        room.add_verbs(add)
    return parser


if __name__ == "__main__":
    sys.exit(main())
