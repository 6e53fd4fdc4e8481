# SPDX-License-Identifier: GPL-3.0-or-later
"""What every verb of the station needs: a home to open, a password to open it with, and an end."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path
from typing import Protocol

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.services.desks import Desk
from clinic.services.sitting import KEY_FILE, open_desk, open_kiosk
from clinic.transport.security_key import Enrolling, UsbKey

Verb = Callable[[Namespace], int]


class Add(Protocol):
    """Adds a verb with --home and --password-file to the station; gives its parser for more arguments."""

    def __call__(self, name: str, verb: Verb, help: str, needs_home: bool = True) -> ArgumentParser: ...


@contextmanager
def opened(chosen: Namespace) -> Iterator[Desk]:
    """The desk of --home; an unattended device opens by its key file. Raises Refusal, Unavailable."""
    if chosen.password_file is None and (chosen.home / KEY_FILE).exists():
        desk = open_kiosk(chosen.home, SystemClock(), os.urandom)
    else:
        who, code, factor = beside(chosen)
        desk = open_desk(chosen.home, password(chosen), SystemClock(), os.urandom, who, code, factor)
    try:
        yield desk
    finally:
        desk.close()


def beside(chosen: Namespace) -> tuple[str, str, Enrolling | None]:
    """What is asked beside the password: whose way in, the six digits, the security key."""
    return chosen.who, chosen.code_now, security_key() if chosen.security_key else None


def security_key() -> UsbKey:
    """The one plugged in here; its own PIN is asked where somebody sits."""
    return UsbKey(os.urandom, _pin)


def _pin() -> str:
    return getpass("PIN of the security key: ") if sys.stdin.isatty() else ""


def password(chosen: Namespace) -> str:
    """What --password-file holds; '-' is a line of standard input."""
    return password_in(chosen.password_file, "--password-file")


def password_in(path: Path | None, option: str) -> str:
    """The first password in a file that `option` named. Raises Refusal without one, Unavailable for the disk."""
    if path is None:
        raise Refusal("Say where the password is: {option} FILE, or - for standard input.", option=option)
    if str(path) == "-":
        return sys.stdin.readline().rstrip("\n")
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(
            "The password file {path} cannot be read. It is plain text in UTF-8.", path=path
        ) from error


def text_in(path: Path, option: str) -> str:
    """The text of a file that `option` named; '-' is all of standard input. Raises Unavailable."""
    if str(path) == "-":
        return sys.stdin.read()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(
            "The file {path} cannot be read. Check {option}.", path=path, option=option
        ) from error


def authority(path: Path | None) -> bytes:
    """The certificate in the file that --ca named; b'' without one. Raises Unavailable for the disk."""
    try:
        return path.read_bytes() if path is not None else b""
    except OSError as error:
        raise Unavailable("The certificate file {path} cannot be read. Check --ca.", path=path) from error
