# SPDX-License-Identifier: GPL-3.0-or-later
"""The link as the bench sees it: between two networks where root may make them, else between two UDP ports."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import asdict
from typing import Any

from clinic.bench.calling.middle import ADDRESSES
from clinic.bench.calling.profiles import Air
from clinic.bench.syncing.processes import Told
from clinic.domain.errors import Unavailable
from clinic.showcase.network import Machine

_CANDIDATE = re.compile(
    r"^a=candidate:\S+ \d+ (?i:udp) \d+ (?P<host>\d+\.\d+\.\d+\.\d+) (?P<port>\d+) typ host.*$"
)
SIDES = (0, 1)


class Link:
    """`kind`: "namespaces" or "relay". Raises Unavailable where that one cannot be had."""

    def __init__(self, kind: str, seed: int) -> None:
        self.kind = kind
        self._middle = Told([sys.executable, "-m", "clinic.bench.calling.middle", str(seed), kind])
        said = self._middle.line()
        if not said:
            raise Unavailable("The link cannot be made here: {why}.", why=self._middle.why())
        self.here: list[int] = json.loads(said)
        self._open: list[int] = []
        if kind == "namespaces":
            self._open = [os.open(f"/proc/{self._middle.pid}/fd/{one}", os.O_RDONLY) for one in self.here]

    def command(self, side: int, program: list[str]) -> list[str]:
        """The command line that starts a program at that end; hand on `handles`."""
        return Machine("", ADDRESSES[side], self._open[side] if self._open else -1).command(program)

    @property
    def handles(self) -> tuple[int, ...]:
        return tuple(self._open)

    def be(self, air: Air) -> None:
        """Both directions are like this from now on."""
        self._middle.tell({"be": asdict(air)})

    def told(self) -> list[list[dict[str, float]]]:
        """What happened in each direction (`clinic.bench.calling.way.Bin`, by the sending side)."""
        told: list[list[dict[str, float]]] = json.loads(self._middle.tell({"tell": 1}))
        return told

    def carried(self, sdp: str, sender: int) -> str:
        """A description as the other side must get it: with a relay, the sender is reached through it."""
        if self.kind == "namespaces":
            return sdp
        found = [one for line in sdp.splitlines() if (one := _CANDIDATE.match(line))]
        if not found:
            raise Unavailable("The description of a peer has no address a link could stand before.")
        host, port = found[0]["host"], int(found[0]["port"])
        self._middle.tell({"home": [sender, host, port]})
        ours = f"a=candidate:1 1 udp 2130706431 {host} {self.here[1 - sender]} typ host"
        lines = []
        for line in sdp.splitlines():
            if not line.startswith("a=candidate:"):
                lines.append(line)
            elif lines[-1:] != [ours]:  # each part of a description has it once
                lines.append(ours)
        return "\r\n".join(lines) + "\r\n"

    def close(self) -> None:
        self._middle.close()
        for one in self._open:
            os.close(one)
        self._open = []


def best_link(seed: int) -> Link:
    """Networks of their own if this process may make them."""
    try:
        return Link("namespaces", seed)
    except Unavailable:
        return Link("relay", seed)


def said_of(kind: str) -> dict[str, Any]:
    """For a result's `also`: 1 for networks of their own, 0 for the relay."""
    return {"own networks": float(kind == "namespaces")}
