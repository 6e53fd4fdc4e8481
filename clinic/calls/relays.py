# SPDX-License-Identifier: GPL-3.0-or-later
"""The relay of a call (TURN, RFC 8656), as its two sides see it: leave to use it, the ways into it in the order in which they
are tried, and what is said of it when the call is over. Pure."""

import re
from dataclasses import dataclass, field

from clinic.protocol.engine import IceServer, PathChosen, RelayTold, RelayWord
from clinic.protocol.relay import RelayPass

NEXT_WAY_S = 1.2
"""So long a way has for itself before the next is tried beside it: two round trips over a satellite."""
OPEN_S = 9.0
"""A relay that has not let us in by then cannot be reached."""
WAIT_S = 1.5
"""So long a description waits for its relayed candidate, where none was opened beforehand."""
HOLD_S = 1.0
"""So long pairs of the relay stand back for direct ones."""
FRESH_S, LATER_FRESH_S = 75.0, 15.0
"""So old what was opened beforehand may be: a call rings for a minute; after a cut the network may be another."""
RENEWED = 0.8
"""Leave is renewed when so much of its time is over."""
NONE_S = 600.0
"""So long a centre that has no relay is not asked again."""
MOST_URLS, LONGEST, LONGEST_S = 8, 512, 24 * 3600
_PORT, _TLS_PORT = 3478, 5349
_URL = re.compile(
    r"(?P<scheme>stun|turns?):(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252}))"
    r"(?::(?P<port>[0-9]{1,5}))?(?:\?transport=(?P<transport>udp|tcp))?"
)
_ORDER = ("udp", "tcp", "tls")
RELAYED = "relayed"


@dataclass(frozen=True, slots=True)
class Leave:
    """What a device may use, for `seconds` from when it came. No servers: this centre has no relay."""

    servers: tuple[IceServer, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Way:
    """One way into a relay. `kind`: udp, tcp or tls."""

    kind: str
    host: str
    port: int
    username: str = field(default="", repr=False)
    credential: str = field(default="", repr=False)
    authority: bytes = field(default=b"", repr=False)


def leave_of(came: RelayPass | None, authority: bytes) -> Leave:
    """What the centre said, in the engine's terms; None: it has no relay. What is no address of one is left out."""
    if came is None or max(len(came.username), len(came.credential)) > LONGEST:
        return Leave(seconds=NONE_S if came is None else 0.0)
    servers = tuple(
        IceServer(url=url, username=came.username, credential=came.credential, authority=authority)
        for url in came.urls[:MOST_URLS]
        if _parts(url) is not None
    )
    return Leave(servers, float(min(LONGEST_S, max(0, came.seconds))))


def ways(servers: tuple[IceServer, ...]) -> tuple[Way, ...]:
    """The ways into the relays: UDP, which sound and pictures are made for, then TCP, then TLS, which looks like the web."""
    found = []
    for server in servers:
        parts = _parts(server.url)
        if parts is not None and parts[0] != "stun":
            kind, host, port = parts
            found.append(Way(kind, host, port, server.username, server.credential, server.authority))
    return tuple(sorted(found, key=lambda way: _ORDER.index(way.kind)))


def mirror(servers: tuple[IceServer, ...]) -> tuple[str, int] | None:
    """(host, port) of who tells us over UDP which address others see (STUN): one that is named, else the relay, which answers
    that too (RFC 8656 section 3)."""
    known = [parts for server in servers if (parts := _parts(server.url)) is not None]
    for kind in ("stun", "udp"):
        for found, host, port in known:
            if found == kind:
                return host, port
    return None


def _parts(url: str) -> tuple[str, str, int] | None:
    """(stun, udp, tcp or tls; host; port) of a URL of RFC 7064 or 7065; None for anything else."""
    if (read := _URL.fullmatch(url)) is None:
        return None
    scheme, transport = read["scheme"], read["transport"]
    secret = scheme == "turns"
    port = int(read["port"] or (_TLS_PORT if secret else _PORT))
    if not 0 < port < 65536 or (secret and transport == "udp"):
        return None
    kind = "stun" if scheme == "stun" else "tls" if secret else transport or "udp"
    return kind, read["six"] or read["host"], port


def judged(code: int) -> RelayWord:
    """What an error of a relay means (RFC 8656 section 18): of the others, that this way does not lead in."""
    if code in (401, 403, 441):
        return RelayWord.REFUSED
    return RelayWord.FULL if code in (486, 508) else RelayWord.UNREACHABLE


def verdict(before: str, said: RelayTold | PathChosen) -> str:
    """What the black box keeps of the relay: `relayed udp` … once the call went through it; else `refused`, `full` or
    `unreachable`, the last that was heard; '' for nothing to say."""
    if isinstance(said, PathChosen):
        return f"{RELAYED} {said.relay}" if said.relay else before
    if before.startswith(RELAYED) or said.state not in list(RelayWord):
        return before
    return "" if said.state is RelayWord.OPEN else str(said.state)
