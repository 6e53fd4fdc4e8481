# SPDX-License-Identifier: GPL-3.0-or-later
"""Exchanging with the centre, and what is held here afterwards."""

import asyncio
import json
import sys
from argparse import Namespace
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from clinic.domain.errors import Refusal
from clinic.domain.ids import PatientId
from clinic.services.desks import Desk
from clinic.services.link import exchange_now
from clinic.services.sticks import from_stick, to_stick
from clinic.services.syncing import sync_status
from clinic.station.command import Add, opened
from clinic.station.obeying import obey
from clinic.sync.settled import state_hash
from clinic.transport.lan import place_in

T = TypeVar("T")


def add_verbs(add: Add) -> None:
    sync = add("sync", _sync, "exchange with the centre until nothing waits, or by a stick")
    way = sync.add_mutually_exclusive_group()
    way.add_argument("--to-usb", type=Path, metavar="DRIVE", help="write what waits to a stick instead")
    way.add_argument(
        "--island-at",
        metavar="HOST:PORT",
        help="exchange with a computer that serves the clinic's network instead",
    )
    way.add_argument(
        "--from-usb", type=Path, metavar="DRIVE", help="read what other computers left on a stick"
    )
    add("status", _status, "counts: what waits, what is acknowledged, what was refused")
    digest = add("digest", _digest, "hash of everything held about one patient")
    digest.add_argument("--patient", required=True)


def _sync(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        if chosen.to_usb is not None:
            return _put_on(desk, chosen.to_usb)
        if chosen.from_usb is not None:
            return _read_off(desk, chosen.from_usb)
        if chosen.island_at is not None:
            return _over_the_network(desk, chosen.island_at)
        exchange_now(desk)
        obey(desk)
        if desk.trust.is_revoked(desk.device):
            raise Refusal(
                "This computer was revoked: the centre takes nothing from it. Ask your administrator."
            )
        return _print_status(desk)


def _over_the_network(desk: Desk, text: str) -> int:
    from clinic.services.island_link import once

    async def on_store(act: Callable[[], T]) -> T:
        return act()

    device, sent, new = asyncio.run(once(desk, place_in(text), on_store))
    known = desk.trust.device(device)
    print(
        json.dumps(
            {"device": device, "name": known.name if known else "", "envelopes": sent, "new": new}
            | {"waiting": sync_status(desk).waiting}
        )
    )
    return 0


def _put_on(desk: Desk, drive: Path) -> int:
    put = to_stick(desk, drive)
    print(
        json.dumps(
            {
                "file": str(put.path),
                "envelopes": put.envelopes,
                "bytes": put.size,
                "answers": put.heard,
                "files": put.files,
                "files_left": put.files_left,
            }
        )
    )
    return 0


def _read_off(desk: Desk, drive: Path) -> int:
    """Refused with one sentence if nothing could be taken; a file beside good ones is told on stderr."""
    read = from_stick(desk, drive)
    if read.refused and not read.took:
        raise read.refused[0][1]
    for name, why in read.refused:
        sys.stderr.write(f"{name}: {why.sentence}\n")
    print(json.dumps([
        {"device": one.device, "name": one.device_name, "made_at": one.made_at.isoformat(), "envelopes": one.envelopes,
         "new": one.new, "set_aside": one.aside, "read_before": one.before, "has_of_ours_up_to": one.heard_up_to,
         "brought_of_ours_up_to": one.brought_up_to, "files": one.files, "files_missing": one.files_missing,
         "waits_for_centre": one.waits}
        for one in read.took
    ]))  # fmt: skip
    return 1 if read.refused else 0


def _status(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        return _print_status(desk)


def _print_status(desk: Desk) -> int:
    status = sync_status(desk)
    print(json.dumps({
        "waiting": status.waiting, "acknowledged": status.acknowledged, "refused": status.refused,
        "quarantined": status.quarantined, "withheld": status.withheld, "received": status.received,
        "catching_up": status.catching_up, "mending": status.mending, "mended": status.mended,
        "copied": status.copied,
        "last_exchange_at": status.last_exchange_at.isoformat() if status.last_exchange_at else None,
        "people": desk.book.read(lambda page: page.count_people()), "ops": desk.book.read(lambda page: page.count_ops()),
    }))  # fmt: skip
    return 0


def _digest(chosen: Namespace) -> int:
    """Two computers that print the same line hold the same chart, byte for byte."""
    with opened(chosen) as desk:
        patient = PatientId(chosen.patient)
        ops = desk.book.read(lambda page: tuple(page.ops(patient)))
        bodies = desk.book.read(lambda page: page.bodies(patient))
        hashed = blake2b(digest_size=32)
        for body in bodies:
            hashed.update(blake2b(body, digest_size=32).digest())
        print(
            json.dumps(
                {
                    "patient": patient,
                    "ops": len(ops),
                    "facts": len(bodies),
                    "ops_hash": state_hash(ops).hex(),
                    "facts_hash": hashed.hexdigest(),
                }
            )
        )
    return 0
