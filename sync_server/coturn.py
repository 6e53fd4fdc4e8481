# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of coturn (4.6 or newer) for a clinic's relay, as text.

Whoever has a credential could send UDP from the relay's own place in the network to anywhere, so every address is refused that
is not the public internet (RFC 6890), also where it is written inside an IPv6 address: mapped, translated, tunnelled.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path

Network = IPv4Network | IPv6Network
DENIED = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared by providers (CGNAT)",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local; a cloud's secrets",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "assignments of protocols",
    "192.0.2.0/24": "documentation",
    "192.88.99.0/24": "6to4 relays",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "measuring",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved, broadcast",
    "::/96": "unspecified, loopback, and IPv4 inside",
    "::ffff:0:0/96": "IPv4, mapped",
    "::ffff:0:0:0/96": "IPv4, translated",
    "64:ff9b::/96": "IPv4, translated (NAT64)",
    "64:ff9b:1::/48": "IPv4, translated here",
    "100::/64": "nowhere",
    "2001::/32": "IPv4 inside (Teredo)",
    "2001:db8::/32": "documentation",
    "2002::/16": "IPv4 inside (6to4)",
    "fc00::/7": "private (ULA)",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local, of old",
    "ff00::/8": "multicast",
}
ALLOCATIONS, ALL_ALLOCATIONS = 10, 200
"""At once: of one device (one for each path that is tried, and those that a cut left behind), and of all."""
BYTES_A_SECOND, ALL_BYTES_A_SECOND = 250_000, 12_500_000
"""Each way: of one allocation (2 Mbit/s: pictures at their best with voice take 1.3), and of all (100 Mbit/s)."""
LIFE_S = 300
"""Of an allocation that nobody renews."""
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`realm`: the name under which computers reach it; `listen`: addresses, () for all; `external`: PUBLIC or PUBLIC/PRIVATE
    where the machine does not have its public address itself; `allowed`: networks that are relayed to all the same."""

    realm: str
    secret: str = field(repr=False)
    certificate: Path | None = None
    key: Path | None = None
    port: int = 3478
    tls_port: int = 5349
    listen: tuple[str, ...] = ()
    external: str = ""
    allowed: tuple[Network, ...] = ()
    relayed: tuple[int, int] = (49152, 65535)


HEAD = """\
# coturn's configuration for calls of this clinic, written by 'posta server turn-config': what is changed here by hand is lost
# when it is written anew. It holds the secret shared with the centre: keep it from everybody but coturn.
"""


def configuration(wanted: Wanted) -> str:
    """What coturn reads with `-c`."""
    return HEAD + "".join(
        f"\n# {title}\n" + "\n".join(lines) + "\n" for title, lines in _parts(wanted) if lines
    )


def _parts(wanted: Wanted) -> Iterator[tuple[str, list[str]]]:
    yield "Where it listens, and what it relays from", list(_places(wanted))
    yield "Who may: ten minutes for a device that the centre let in", [
        "use-auth-secret",
        f"static-auth-secret={wanted.secret}",
        f"realm={wanted.realm}",
        f"server-name={wanted.realm}",
        "stale-nonce=600",
        "fingerprint",
    ]  # fmt: skip
    yield "How much", [
        f"user-quota={ALLOCATIONS}",
        f"total-quota={ALL_ALLOCATIONS}",
        f"max-bps={BYTES_A_SECOND}",
        f"bps-capacity={ALL_BYTES_A_SECOND}",
        f"max-allocate-lifetime={LIFE_S}",
    ]  # fmt: skip
    yield "TLS, with the clinic's own certificate; our programs take 1.2 and newer here", list(_tls(wanted))
    yield "What nobody needs", [
        "no-cli",
        "no-tcp-relay",
        "no-rfc5780",
        "no-stun-backward-compatibility",
        "response-origin-only-with-rfc5780",
        "no-software-attribute",
    ]  # fmt: skip
    yield "To whom nothing is relayed", ["no-multicast-peers", *(f"denied-peer-ip={span(n)}" for n in DENIED)]
    yield (
        "To whom it is, all the same: the clinic asked for it",
        [f"allowed-peer-ip={span(str(network))}" for network in wanted.allowed],
    )
    yield "What it writes down goes to whoever started it", ["log-file=stdout", "simple-log"]


def _places(wanted: Wanted) -> Iterator[str]:
    yield f"listening-port={wanted.port}"
    if wanted.certificate is not None:
        yield f"tls-listening-port={wanted.tls_port}"
    for address in wanted.listen:
        yield f"listening-ip={address}"
    for address in wanted.listen:
        yield f"relay-ip={address}"
    if wanted.external:
        yield f"external-ip={wanted.external}"
    yield f"min-port={wanted.relayed[0]}"
    yield f"max-port={wanted.relayed[1]}"


def _tls(wanted: Wanted) -> Iterator[str]:
    yield "no-dtls"
    if wanted.certificate is None:
        yield "no-tls"
        return
    yield f"cert={wanted.certificate}"
    yield f"pkey={wanted.key}"
    yield from (
        "no-tlsv1",
        "no-tlsv1_1",
        f"cipher-list={CIPHERS}",
    )  # `no-tlsv1_2` ends 1.3 too (coturn 4.6.1)


def span(network: str) -> str:
    """First and last address, as coturn wants a range; one address alone. One that begins at `::` would be everything there
    is, IPv4 too (coturn 4.6.1), and `::` itself is refused anyway.

    >>> span("10.0.0.0/8"), span("::/96")
    ('10.0.0.0-10.255.255.255', '::1-::ffff:ffff')
    """
    known = ip_network(network)
    first, last = known[1 if known[0] == IPv6Address(0) else 0], known[-1]
    return str(first) if first == last else f"{first}-{last}"
