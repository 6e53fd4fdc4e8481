# SPDX-License-Identifier: GPL-3.0-or-later
"""Exchanging with the centre, and what is held here afterwards."""

import json
from argparse import Namespace
from hashlib import blake2b

from clinic.domain.ids import PatientId
from clinic.services.desks import Desk
from clinic.services.link import exchange_now
from clinic.services.syncing import sync_status
from clinic.station.command import Add, opened
from clinic.station.obeying import obey
from clinic.sync.settled import state_hash


def add_verbs(add: Add) -> None:
    add("sync", _sync, "exchange with the centre until nothing waits")
    add("status", _status, "counts: what waits, what is acknowledged, what was refused")
    digest = add("digest", _digest, "hash of everything held about one patient")
    digest.add_argument("--patient", required=True)


def _sync(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        exchange_now(desk)
        obey(desk)
        return _print_status(desk)


def _status(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        return _print_status(desk)


def _print_status(desk: Desk) -> int:
    status = sync_status(desk)
    print(json.dumps({
        "waiting": status.waiting, "acknowledged": status.acknowledged, "refused": status.refused,
        "quarantined": status.quarantined, "withheld": status.withheld, "received": status.received,
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
