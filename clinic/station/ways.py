# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways into this computer's store: list, change, add, take away; codes of a phone, security keys; a new store key."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal
from clinic.keys.slots import WayIn
from clinic.protocol.custody import SlotKind
from clinic.services import ways_in
from clinic.services.colleagues import welcome
from clinic.services.door import read_slots
from clinic.services.rekeying import rekey
from clinic.station.command import Add, beside, opened, password, password_in, security_key
from clinic.store.home import Home

_KINDS = {"password": SlotKind.PASSWORD, "sheets": SlotKind.RECOVERY, "key-file": SlotKind.DEVICE_KEY}


def add_verbs(add: Add) -> None:
    add("ways", _list, "who can open this computer's store, and how")
    changing = add("change-password", _change, "a new password for yourself")
    _new_password(changing)
    removing = add("remove-way-in", _remove, "take a way in away; your own password is asked")
    removing.add_argument("--label", required=True, metavar="NAME")
    removing.add_argument("--kind", choices=sorted(_KINDS), default="password")
    adding = add(
        "add-person", _add_person, "a colleague joins on this computer with an invitation of her own"
    )
    adding.add_argument("--code", required=True, help="her invitation")
    adding.add_argument("--name", required=True, help="her name as colleagues know it")
    adding.add_argument("--timeout", type=float, default=600, metavar="SECONDS")
    _new_password(adding)
    add("add-code", _add_code, "ask the six digits of your phone too (a local control)")
    add("remove-code", _remove_code, "ask no digits any more")
    add(
        "add-security-key",
        _add_key,
        "mix a security key into your way in: without it nothing but the sheets opens it",
    )
    add("remove-security-key", _remove_key, "the password alone again")
    rekeying = add("rekey", _rekey, "give the store a new key; the ways in of others follow")
    rekeying.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="a colleague's password, for a way in that cannot follow",
    )
    rekeying.add_argument("--yes", action="store_true", help="let ways in go that cannot follow")


def _new_password(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--new-password-file", type=Path, required=True, metavar="FILE", help="file with the new password"
    )


def _list(chosen: Namespace) -> int:
    for way in read_slots(Home(chosen.home)).ways:
        print(json.dumps(_told(way), ensure_ascii=False))
    return 0


def _told(way: WayIn) -> dict[str, object]:
    kind = next(name for name, value in _KINDS.items() if value == way.kind)
    told: dict[str, object] = {
        "name": way.label,
        "kind": kind,
        "code": way.asks_code,
        "security key": way.asks_key,
    }
    return told | ({"set": way.mark} if way.mark else {})


def _change(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        new = password_in(chosen.new_password_file, "--new-password-file")
        ways_in.change_password(desk, password(chosen), new, beside(chosen)[2])
        return _done("changed", desk.label)


def _remove(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        factor = beside(chosen)[2]
        ways_in.remove_way_in(desk, chosen.label, password(chosen), _KINDS[chosen.kind], factor)
        return _done("removed", chosen.label)


def _add_person(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        secret = password_in(chosen.new_password_file, "--new-password-file")
        welcoming = welcome(desk, chosen.code, chosen.name, secret)
        print(json.dumps({"digits": welcoming.digits}), flush=True)
        welcoming.wait(chosen.timeout)
        return _done("added", chosen.name)


def _add_code(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        code = ways_in.new_code(desk)
        print(json.dumps({"scan": code.uri, "or type": code.typed}, ensure_ascii=False), flush=True)
        print("Type the six digits your phone shows now.", file=sys.stderr, flush=True)
        ways_in.confirm_code(desk, password(chosen), code, sys.stdin.readline(), beside(chosen)[2])
        return _done("code added", desk.label)


def _remove_code(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        ways_in.remove_code(desk, password(chosen), beside(chosen)[2])
        return _done("code removed", desk.label)


def _add_key(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        print("Touch the security key whenever it blinks.", file=sys.stderr, flush=True)
        ways_in.add_security_key(desk, password(chosen), security_key())
        return _done("security key added", desk.label)


def _remove_key(chosen: Namespace) -> int:
    chosen.security_key = True
    with opened(chosen) as desk:
        ways_in.remove_security_key(desk, password(chosen), security_key())
        return _done("security key removed", desk.label)


def _rekey(chosen: Namespace) -> int:
    who, code, factor = beside(chosen)

    def may_go(lost: tuple[WayIn, ...]) -> bool:
        print(json.dumps({"cannot follow": [_told(way) for way in lost]}, ensure_ascii=False), flush=True)
        return bool(chosen.yes)

    done = rekey(
        chosen.home, password(chosen), SystemClock(), os.urandom, who=who, code=code, factor=factor,
        others=_others(chosen.also), drop=may_go, progress=_show,
    )  # fmt: skip
    speed = done.megabytes / max(done.seconds, 1e-9)
    print(
        json.dumps(
            {"MB": round(done.megabytes, 1), "seconds": round(done.seconds, 2), "MB/s": round(speed, 1),
             "kept": done.kept, "dropped": done.dropped},
            ensure_ascii=False,
        )
    )  # fmt: skip
    return 0


def _others(given: list[str]) -> dict[str, str]:
    found = {}
    for one in given:
        name, sign, path = one.partition("=")
        if not sign:
            raise Refusal("Write --also NAME=FILE: whose way in, and where the password is.")
        found[name] = password_in(Path(path), "--also")
    return found


def _show(what: str, done: int, of: int) -> None:
    """Progress, where somebody sits in front of it."""
    if sys.stderr.isatty():
        print(f"\r{what:6} {100 * done // max(of, 1):3} %", end="", file=sys.stderr, flush=True)


def _done(what: str, name: str) -> int:
    print(json.dumps({what: name}, ensure_ascii=False))
    return 0
