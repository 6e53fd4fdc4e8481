# SPDX-License-Identifier: GPL-3.0-or-later
"""The clinic's own network without a screen: whether this computer serves it, where else to look, and staying connected."""

import json
import signal
import threading
from argparse import Namespace
from dataclasses import asdict

from clinic.services.islands import Lan, Network
from clinic.services.link import Link
from clinic.services.serving import (
    island_address,
    keep_island_address,
    serve_network,
    serves_network,
    turned_away,
)
from clinic.station.command import Add, opened

EVERY_S = 30.0


def add_verbs(add: Add) -> None:
    island = add("island", _island, "the clinic's own network: serve it, or say how it stands")
    serve = island.add_mutually_exclusive_group()
    serve.add_argument("--serve", action="store_true", help="this computer serves its network from now on")
    serve.add_argument("--leave", action="store_true", help="it serves no more")
    island.add_argument(
        "--at",
        metavar="HOST:PORT",
        help="where an island is, on a network that lets nothing be found; '' forgets it",
    )
    island.add_argument("--run", action="store_true", help="stay connected; one line of JSON for each change")
    island.add_argument(
        "--address",
        action="append",
        default=[],
        metavar="IP",
        help="with --run: only this network of the computer's",
    )
    island.add_argument(
        "--port", type=int, default=0, help="with --run: the island's port (default: a free one)"
    )


def _island(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        if chosen.serve or chosen.leave:
            serve_network(desk, chosen.serve)
        if chosen.at is not None:
            keep_island_address(desk, chosen.at)
        away = desk.book.read(turned_away)
        _say({
            "serves": serves_network(desk), "at": island_address(desk),
            "turned_away": {"at": away.at.isoformat(), "device": away.device, "why": away.why} if away else None,
        })  # fmt: skip
        if not chosen.run:
            return 0
        ends = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ends.set())
        lan = Lan(addresses=tuple(chosen.address), port=chosen.port)
        link = Link(
            desk, lan=lan, on_network=_tell, on_online=lambda online: _say({"letters_travel": online})
        )  # fmt: skip
        link.start()
        try:
            while not ends.wait(EVERY_S):
                link.sync_now()
        finally:
            link.stop()
        return 0


def _tell(network: Network) -> None:
    told = asdict(network) | {"refused": str(network.refused) if network.refused else ""}
    _say(told)


def _say(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)
