# SPDX-License-Identifier: GPL-3.0-or-later
"""How large and how often: caps on bodies, and buckets that fill with time."""

from dataclasses import dataclass, field
from ipaddress import IPv4Address, ip_address, ip_network

from clinic.domain.clock import Clock

SYNC_BODY = 4 * 1024 * 1024
SYNC_STREAM = 64 * 1024 * 1024
"""Bytes of an exchange that comes in blocks, all together; one block is at most SYNC_BODY."""
SMALL_BODY = 64 * 1024
TRUST_BODY = 8 * 1024 * 1024
SCOPE_BODY = 4 * 1024
CAPSULE_BODY = 512 * 1024
ATTACHMENT = 32 * 1024 * 1024
ANSWER_BUDGET = 2 * 1024 * 1024
"""Bytes of envelopes in one answer, whatever the client asks for."""
TRUST_ANSWER = 2 * 1024 * 1024
_MOST_NAMES = 10_000


def neighbourhood(address: str) -> str:
    """Who counts as one: an IPv4 address, or the /64 of an IPv6 one, of which anybody may use every address."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv4Address):
        return address
    return str(known.ipv4_mapped or ip_network((known, 64), strict=False))


def kind_of_address(address: str) -> str:
    """'here', 'local' or 'internet', all that anybody is told of an address; '' for none."""
    try:
        known = ip_address(address)
    except ValueError:
        return ""
    known = known if isinstance(known, IPv4Address) else known.ipv4_mapped or known
    if known.is_loopback:
        return "here"
    return "internet" if known.is_global else "local"


@dataclass(slots=True)
class Bucket:
    """At most `burst` at once and `rate` a second for each name."""

    clock: Clock
    rate: float
    burst: float
    _levels: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, name: str) -> bool:
        """True if that name may go on now."""
        now = self.clock.monotonic()
        if len(self._levels) >= _MOST_NAMES:
            self._forget(now)
        level, since = self._levels.get(name, (self.burst, now))
        level = min(self.burst, level + (now - since) * self.rate)
        self._levels[name] = (level - 1 if level >= 1 else level, now)
        return level >= 1

    def _forget(self, now: float) -> None:
        """Drops names whose bucket is full again; all of them if that is none."""
        full = self.burst / self.rate
        kept = {name: (level, since) for name, (level, since) in self._levels.items() if now - since < full}
        self._levels = kept if len(kept) < _MOST_NAMES else {}
