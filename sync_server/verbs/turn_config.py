# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta server turn-config`: coturn's configuration for the clinic's relay of calls, the secret it shares with the centre, and
the two lines by which the centre knows of it.

The same again writes the same file anew under the same secret; another secret is made by taking the old one away.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from clinic.domain.clock import Random
from clinic.domain.errors import Refusal, Unavailable
from sync_server.configuration import FILE, Configuration, read_configuration
from sync_server.coturn import Network, Wanted, configuration
from sync_server.relay import read_secret, relay_at

FOLDER, SECRET_FILE, CONFIGURATION_FILE = "relay", "secret", "turnserver.conf"
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
"""What `--allow` may name a part of: where people work. Never loopback, link-local or what is no place at all."""


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """The verb's command line."""
    parser = argparse.ArgumentParser(
        prog="posta server turn-config",
        description="Writes coturn's configuration for a relay of calls, and tells this centre of that relay.",
    )
    parser.add_argument("--data", type=Path, required=True, help="folder for everything the server keeps")
    parser.add_argument(
        "--name",
        metavar="HOST",
        help="name or address under which computers reach the relay (default: this centre's own)",
    )
    parser.add_argument("--port", type=int, default=3478, help="for UDP and TCP (default: 3478)")
    parser.add_argument(
        "--tls-port", type=int, default=5349, help="for TLS (default: 5349; 443 passes most firewalls)"
    )
    parser.add_argument(
        "--listen",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="listen on and relay from this address alone; again for each further one (default: all)",
    )
    parser.add_argument(
        "--external",
        default="",
        metavar="PUBLIC[/PRIVATE]",
        help="the public address, where this machine does not have it itself",
    )
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="NETWORK",
        help="relay into this private network too (10.20.0.0/16), where the clinic's computers are; again for each further one",
    )
    parser.add_argument(
        "--to", type=Path, metavar="FILE", help=f"default: DATA/{FOLDER}/{CONFIGURATION_FILE}"
    )
    return parser.parse_args(words)  # fmt: skip


def run(chosen: argparse.Namespace, random: Random = os.urandom) -> int:
    """JSON on stdout, what to do next on stderr. Raises Refusal, Unavailable."""
    there = read_configuration(chosen.data)
    if there is None:
        raise Refusal(
            "There is no {file} yet. Run 'posta server init' for this folder first.", file=chosen.data / FILE
        )
    name = chosen.name or urlsplit(there.address).hostname or ""
    wanted_urls = _urls(chosen, name, with_tls=bool(there.tls_cert))
    if there.relay not in ("", wanted_urls):
        raise Refusal(
            "{path} names another relay already. Change or delete its line that begins with relay, then run this again.",
            path=chosen.data / FILE,
        )
    _checked_certificate(chosen, there, name)
    out = chosen.to or chosen.data / FOLDER / CONFIGURATION_FILE
    wanted = _wanted(chosen, there, name)
    try:
        secret = _secret(chosen.data, there, random)
        relay_at(wanted_urls, secret)
        _write(out, configuration(replace(wanted, secret=secret)))
        if not there.relay:
            _tell_centre(chosen.data, there, wanted_urls)
    except OSError as error:
        raise Unavailable(
            "Cannot write {file} ({why}). Check the folder, or choose another with --to.",
            file=out,
            why=error.strerror,
        ) from error
    print(json.dumps({"configuration": str(out.absolute()), "relay": wanted_urls}))
    print(_next_step(out, bool(there.tls_cert)), file=sys.stderr)
    return 0


def _urls(chosen: argparse.Namespace, name: str, with_tls: bool) -> str:
    if not name:
        raise Refusal("Say under which name computers reach the relay: --name HOST.")
    ports = (chosen.port, chosen.tls_port)
    if not all(1 <= port <= 65535 for port in ports):
        raise Refusal("A port is a number from {least} to {most}.", least=1, most=65535)
    host = f"[{name}]" if ":" in name else name
    plain = f"{host}:{chosen.port}"
    tls = [f"turns:{host}:{chosen.tls_port}"] if with_tls else []
    return " ".join([f"stun:{plain}", f"turn:{plain}", f"turn:{plain}?transport=tcp", *tls])


def _wanted(chosen: argparse.Namespace, there: Configuration, name: str) -> Wanted:
    """All but the secret: what cannot be is refused before one is made."""
    certificate, key = there.certificate(chosen.data.absolute())
    return Wanted(
        realm=name, secret="", certificate=certificate, key=key, port=chosen.port, tls_port=chosen.tls_port,
        listen=tuple(str(_address(one)) for one in chosen.listen), external=_external(chosen.external),
        allowed=tuple(_allowed(one) for one in chosen.allow),
    )  # fmt: skip


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError as error:
        raise Refusal(
            "{text} is no address of a network card. It looks like 203.0.113.7 or 2001:db8::7.", text=text
        ) from error


def _external(text: str) -> str:
    parts = text.split("/")
    if text and len(parts) > 2:
        raise Refusal(
            "{text} is no public address. It looks like 203.0.113.7, or 203.0.113.7/10.0.0.7.", text=text
        )
    return "/".join(str(_address(part)) for part in parts) if text else ""


def _allowed(text: str) -> Network:
    """Raises Refusal for what is no part of a private network: the rest of the list stays closed, whoever asks."""
    try:
        named = ip_network(text)
    except ValueError as error:
        raise Refusal("{text} is no network. It looks like 10.20.0.0/16.", text=text) from error
    if not any(_within(named, ip_network(private)) for private in PRIVATE):
        raise Refusal(
            "{text} is no private network of computers: nothing is relayed there. Name the clinic's own, like 10.20.0.0/16.",
            text=text,
        )
    return named


def _within(one: Network, other: Network) -> bool:
    return one.version == other.version and one[0] in other and one[-1] in other


def _checked_certificate(chosen: argparse.Namespace, there: Configuration, name: str) -> None:
    """What the centre shows must be made out to the relay's name too, or no computer would believe it. Raises Refusal."""
    file, _ = there.certificate(chosen.data)
    if file is None:
        return
    from cryptography import x509

    try:
        made = x509.load_pem_x509_certificate(file.read_bytes())
        named = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except OSError as error:
        raise Unavailable("{file} cannot be read ({why}).", file=file, why=error.strerror) from error
    except (ValueError, x509.ExtensionNotFound) as error:
        raise Refusal("{file} is no certificate with names in it.", file=file) from error
    names = (*named.get_values_for_type(x509.DNSName), *map(str, named.get_values_for_type(x509.IPAddress)))
    if not _names(name.lower(), (one.lower() for one in names)):
        raise Refusal(
            "{file} is not made out to {name}, so that no computer would believe the relay. Name one of: {names}.",
            file=file,
            name=name,
            names=", ".join(names),
        )


def _names(name: str, certified: Iterable[str]) -> bool:
    """RFC 6125: a star stands for one label."""
    return any(one == name or (one[:2] == "*." and one[2:] == name.partition(".")[2]) for one in certified)


def _secret(folder: Path, there: Configuration, random: Random) -> str:
    """The one that the centre reads; a new one where there is none."""
    file = there.secret_of_relay(folder) or folder / FOLDER / SECRET_FILE
    known = read_secret(file if file.exists() else None, os.environ)
    if known:
        return known
    file.parent.mkdir(mode=0o700, exist_ok=True)
    secret = random(32).hex()
    with open(file, "x", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
        out.write(secret + "\n")
    return secret


def _write(file: Path, text: str) -> None:
    """Whole or not at all, for its owner alone."""
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    with open(part, "x", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
        out.write(text)
    os.replace(part, file)


def _tell_centre(folder: Path, there: Configuration, urls: str) -> None:
    """The lines at the end of its file; the rest stays as somebody may have written it."""
    lines = [f"relay = {json.dumps(urls)}"]
    if not there.relay_secret and (folder / FOLDER / SECRET_FILE).exists():  # else the environment has it
        lines.append(f"relay_secret = {json.dumps(f'{FOLDER}/{SECRET_FILE}')}")
    file = folder / FILE
    text = file.read_text(encoding="utf-8")
    _write(file, text + ("" if not text or text.endswith("\n") else "\n") + "\n".join(lines) + "\n")


def _next_step(out: Path, with_tls: bool) -> str:
    without = "" if with_tls else " It has no TLS, for this centre shows no certificate of its own."
    return (
        f"Install coturn (Debian: apt install coturn), start it with 'turnserver -c {out}' or as packaging/coturn/README.md "
        f"says, open the ports, and start the centre anew.{without}"
    )
