# SPDX-License-Identifier: GPL-3.0-or-later
"""A real coturn of this test run alone, on loopback, started from the configuration that `posta server turn-config` writes, and
somebody who asks it things by hand. Installs nothing."""

import os
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha1
from hmac import digest
from ipaddress import ip_address, ip_network
from pathlib import Path
from types import TracebackType

import pytest

from sync_server.coturn import Wanted, configuration
from sync_server.own_authority import authority_and_certificate
from sync_server.relay import Relay, credential

NAME, SECRET = "localhost", "a secret that only this coturn and this test know"
ALLOCATE, REFRESH, PERMISSION, CHANNEL = 0x003, 0x004, 0x008, 0x009
COOKIE = 0x2112A442
_FINGERPRINT, _XOR = 0x8028, 0x5354554E


def program() -> str | None:
    """coturn; None where it is not installed."""
    return shutil.which("turnserver", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def coturn_or_skip() -> None:
    """For fixtures: without it their tests are skipped, and say what is missing."""
    if program() is None:
        pytest.skip("coturn is not installed here (Debian: apt-get install coturn)")


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody has, neither over UDP nor over TCP."""
    found: list[int] = []
    while len(found) < count:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


class Turn:
    """Started as a context. `allowed`: the exceptions of its configuration; loopback is one, which coturn wants said twice."""

    def __init__(
        self, folder: Path, *, allowed: Sequence[str] = (), listen: Sequence[str] = ("127.0.0.1", "::1"),
        within: Sequence[str] = (), more: Sequence[str] = (), name: str = NAME,
    ) -> None:  # fmt: skip
        self.folder, self._within, self._listen = folder, within, tuple(listen)
        self.port, self.tls_port = free_ports(2)
        made = authority_and_certificate(folder / "tls", (name, "127.0.0.1"), datetime.now(UTC))
        self.authority = (folder / "tls" / "ca.pem").read_bytes()
        assert made.fingerprint
        wanted = Wanted(
            realm=name, secret=SECRET, certificate=folder / "tls" / "centre.pem", key=folder / "tls" / "centre.key",
            port=self.port, tls_port=self.tls_port, listen=self._listen,
            allowed=tuple(ip_network(one) for one in allowed),
        )  # fmt: skip
        loopback = any(ip_network(one).is_loopback for one in allowed)
        more = (*more, *(["allow-loopback-peers"] if loopback else []))
        text = configuration(wanted) + "".join(f"{line}\n" for line in more)
        (folder / "turnserver.conf").write_text(text)
        self.relay = Relay(
            (
                f"turn:{name}:{self.port}",
                f"turn:{name}:{self.port}?transport=tcp",
                f"turns:{name}:{self.tls_port}",
            ),
            SECRET,
        )

    def __enter__(self) -> "Turn":
        there = program()
        assert there is not None
        command = [
            *self._within,
            there,
            "-c",
            str(self.folder / "turnserver.conf"),
            "--pidfile=",
            "--cli-password=x",
        ]
        self._out = open(self.folder / "turn.log", "w")
        self._process = subprocess.Popen(
            command, stdout=self._out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=self.folder
        )
        until = time.monotonic() + 10
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > until:
                self.__exit__(None, None, None)
                raise RuntimeError(self.log)
            time.sleep(0.02)
        return self

    def _listens(self) -> bool:
        if self._within:
            return "Relay ports initialization done" in self.log and "auth thread" in self.log
        try:
            with socket.create_connection((self._listen[0], self.tls_port), 1):
                pass
            return Asking(self.port).bound()
        except OSError:
            return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._out.close()

    @property
    def log(self) -> str:
        return (self.folder / "turn.log").read_text(errors="replace")

    def username(self, name: str = "somebody", seconds: float = 600) -> str:
        """One that is good for so long."""
        return f"{int((datetime.now(UTC) + timedelta(seconds=seconds)).timestamp())}:{name}"

    def asking(self, name: str = "somebody", *, family: int = 4, seconds: float = 600) -> "Asking":
        """Somebody with a good credential."""
        username = self.username(name, seconds)
        return Asking(self.port, username, credential(SECRET, username), family)


class Asking:
    """Speaks TURN (RFC 8656) by hand over UDP, one request at a time; `say` gives the error's code, 0 for none."""

    def __init__(self, port: int, username: str = "", password: str = "", family: int = 4) -> None:
        self._family = family
        kind = socket.AF_INET if family == 4 else socket.AF_INET6
        self._socket = socket.socket(kind, socket.SOCK_DGRAM)
        self._socket.settimeout(1)
        self._socket.connect(("127.0.0.1" if family == 4 else "::1", port))
        self._username, self._password = username, password
        self._realm = self._nonce = b""

    def __enter__(self) -> "Asking":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def credential(self) -> tuple[str, str]:
        """(username, password)"""
        return self._username, self._password

    def close(self) -> None:
        self._socket.close()

    def bound(self) -> bool:
        """Whether it answers at all."""
        with self:
            return self.say(0x001) == 0

    def allocate(self) -> int:
        """The error's code, 0 for an allocation. One in IPv6 is asked for over IPv6 (RFC 6156)."""
        wanted: list[tuple[int, bytes | str]] = [(0x0019, bytes([17, 0, 0, 0]))]
        if self._family == 6:
            wanted.append((0x0017, bytes([2, 0, 0, 0])))
        return self.say(ALLOCATE, *wanted)

    def permit(self, peer: str) -> int:
        """CreatePermission towards that address."""
        return self.say(PERMISSION, (0x0012, peer))

    def bind(self, peer: str, channel: int = 0x4000) -> int:
        """ChannelBind towards that address."""
        return self.say(CHANNEL, (0x000C, struct.pack("!HH", channel, 0)), (0x0012, peer))

    def refresh(self) -> int:
        return self.say(REFRESH, (0x000D, struct.pack("!I", 120)))

    def say(self, method: int, *attributes: tuple[int, bytes | str]) -> int:
        code = self._once(method, attributes)
        if code in (401, 438) and self._username and self._new:
            code = self._once(method, attributes)
        return code

    def _once(self, method: int, attributes: tuple[tuple[int, bytes | str], ...]) -> int:
        self._new, number = False, os.urandom(12)
        parts = [(k, _peer(value, number) if isinstance(value, str) else value) for k, value in attributes]
        if self._realm:
            parts += [(0x0006, self._username.encode()), (0x0014, self._realm), (0x0015, self._nonce)]
        body = b"".join(_attribute(kind, value) for kind, value in parts)
        if self._realm:
            key = md5(b":".join([self._username.encode(), self._realm, self._password.encode()])).digest()
            head = _head(method, len(body) + 24, number)
            body += _attribute(0x0008, digest(key, head + body, sha1))
        self._socket.send(_head(method, len(body), number) + body)
        while (answer := self._socket.recv(2048))[8:20] != number:
            continue
        return self._read(answer)

    def _read(self, answer: bytes) -> int:
        """Realm and nonce that were not known before are kept for the next try."""
        at, found = 20, {}
        while at < len(answer):
            kind, size = struct.unpack_from("!HH", answer, at)
            found[kind] = answer[at + 4 : at + 4 + size]
            at += 4 + size + -size % 4
        if 0x0009 not in found:
            return 0
        nonce = found.get(0x0015, b"")
        self._new = bool(nonce) and nonce != self._nonce
        self._realm, self._nonce = found.get(0x0014, self._realm), nonce or self._nonce
        return found[0x0009][2] * 100 + found[0x0009][3]


def _head(method: int, size: int, number: bytes) -> bytes:
    kind = (method & 0x0F) | ((method & 0x70) << 1)
    return struct.pack("!HHI", kind, size, COOKIE) + number


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _peer(address: str, number: bytes) -> bytes:
    """An XOR-PEER-ADDRESS, port 9."""
    known, mask = ip_address(address), struct.pack("!I", COOKIE) + number
    hidden = bytes(a ^ b for a, b in zip(known.packed, mask, strict=False))
    return struct.pack("!BBH", 0, 1 if known.version == 4 else 2, 9 ^ (COOKIE >> 16)) + hidden
