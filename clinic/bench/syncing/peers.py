# SPDX-License-Identifier: GPL-3.0-or-later
"""Other sync engines at the same work on the same link: Anki's own server and collections, PouchDB and pouchdb-server.

They live in a folder of their own (`home`), which is filled the first time: `venv` with Anki, `node_modules` with PouchDB; they
are run as programs, never imported. Neither encrypts.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinic.bench.syncing.link import Counted, Link, Shape
from clinic.bench.syncing.lossy import Air, LossyLink
from clinic.bench.syncing.processes import Told, end, family_peak_mb, family_s
from clinic.domain.errors import Refusal, Unavailable

ANKI, POUCH = "anki==26.9.3", ("pouchdb@9.0.0", "pouchdb-server@4.2.0", "express-pouchdb@4.2.0")
_HERE = Path(__file__).parent
_START_S = 60.0


@dataclass(frozen=True, slots=True)
class Work:
    """Files of JSON lines: the records, and the edits of both sides (`{"id", "set"}`)."""

    records: Path
    ours: Path
    theirs: Path
    count: int
    edits: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What one stretch of a peer's work took; `server_s` of processor."""

    counted: Counted
    seconds: float
    server_s: float

    @property
    def bytes(self) -> int:
        return self.counted.up + self.counted.down


def install(home: Path) -> None:
    """Fetch what is missing. Raises Refusal saying what could not be had."""
    home.mkdir(parents=True, exist_ok=True)
    if not _python(home).exists():
        _run(home, [sys.executable, "-m", "venv", str(home / "venv")])
        _run(home, [str(_python(home)), "-m", "pip", "install", "-q", ANKI])
    if not (_modules(home) / "pouchdb").exists():
        npm = shutil.which("npm")
        if npm is None:
            raise Refusal("PouchDB runs on Node.js. Install nodejs and npm, then try again.")
        (home / "package.json").write_text("{}")
        _run(home, [npm, "install", "--silent", "--no-audit", *POUCH])


def _run(home: Path, command: Sequence[str]) -> None:
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refusal(f"`{' '.join(command)}` failed: {(done.stderr or done.stdout).strip()[-300:]}")


def _python(home: Path) -> Path:
    return home / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _modules(home: Path) -> Path:
    return home / "node_modules"


class Peer(ABC):
    """One engine: its server, a link before it, two clients `a` and `b` in one process of their own. Whoever inherits says how
    the server is started, what the clients' command is, and the address of a port."""

    first_sync_is_whole = False

    def __init__(self, folder: Path, home: Path, lossy: bool = False) -> None:
        self._folder, self._port = folder, _free_port()
        self._server = self._serve(home)
        self._lossy: LossyLink | None = None
        try:
            _wait_for(self._port)
            self._lossy = LossyLink(self._port) if lossy else None
            self._link = Link(self._lossy.port if self._lossy else self._port)
            self._clients = Told(self._client(home), folder)
        except BaseException:
            self._server.kill()
            raise
        for name in "ab":
            self.tell("open", name, path=str(folder / self._file(name)), url=self._url(self._port))
        if self.first_sync_is_whole:
            self.tell("whole", "a", upload=True)
            self.tell("whole", "b", upload=False)
        for name in "ab":
            self.tell("at", name, url=self._url(self._link.port))

    @abstractmethod
    def _serve(self, home: Path) -> "subprocess.Popen[bytes]": ...

    @abstractmethod
    def _client(self, home: Path) -> list[str]: ...

    @abstractmethod
    def _url(self, port: int) -> str: ...

    def _file(self, name: str) -> str:
        return name

    def tell(self, verb: str, name: str, **asked: object) -> Any:
        """Raises Unavailable with what the peer says of it."""
        said = json.loads(self._clients.tell({"do": verb, "name": name, **asked}) or '{"error": "it ended"}')
        if "error" in said:
            raise Unavailable(f"{type(self).__name__}: {said['error'][:200]}")
        return said["answer"]

    def push(self) -> None:
        self.tell("sync", "a")

    def pull(self) -> None:
        self.tell("sync", "b")

    def spent(self, work: Callable[[], object], shape: Shape | None = None, air: Air | None = None) -> Spent:
        """Do it over a link of that shape."""
        self._link.be(shape or Shape())
        if self._lossy:
            self._lossy.be(air or Air())
        used, began = self.server_s(), time.perf_counter()
        work()
        seconds = time.perf_counter() - began
        return Spent(self._link.be(), seconds, self.server_s() - used)

    def converge(self) -> None:
        for name in "aba":
            self.tell("sync", name)

    def server_s(self) -> float:
        return family_s(self._server.pid)

    def peak_mb(self) -> float:
        return family_peak_mb(self._server.pid)

    def close(self) -> None:
        self._clients.close()
        end(self._server)
        self._link.close()
        if self._lossy:
            self._lossy.close()


class Anki(Peer):
    """Spaced repetition: a record is a note. One sync goes both ways."""

    first_sync_is_whole = True

    def _serve(self, home: Path) -> "subprocess.Popen[bytes]":
        told = {
            "SYNC_USER1": "user:password", "SYNC_BASE": str(self._folder / "server"), "SYNC_HOST": "127.0.0.1",
            "SYNC_PORT": str(self._port),
        }  # fmt: skip
        return subprocess.Popen(
            [str(_python(home)), "-m", "anki.syncserver"], env={**os.environ, **told},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def _client(self, home: Path) -> list[str]:
        return [str(_python(home)), str(_HERE / "peer_anki.py")]

    def _url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}/"

    def _file(self, name: str) -> str:
        return f"{name}.anki2"


class Pouch(Peer):
    """A document store that replicates: a record is a document, a losing edit a hidden revision."""

    def _serve(self, home: Path) -> "subprocess.Popen[bytes]":
        place = self._folder / "server"
        place.mkdir()
        program = _modules(home) / "pouchdb-server" / "bin" / "pouchdb-server"
        return subprocess.Popen(
            ["node", str(program), "--port", str(self._port), "--host", "127.0.0.1", "--dir", str(place),
             "--config", str(place / "config.json"), "--no-stdout-logs"],
            cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def _client(self, home: Path) -> list[str]:
        return ["node", str(_HERE / "peer_pouch.js"), str(_modules(home))]

    def _url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}/clinic"

    def push(self) -> None:
        self.tell("push", "a")

    def pull(self) -> None:
        self.tell("pull", "b")


PEERS: dict[str, type[Peer]] = {"Anki": Anki, "PouchDB": Pouch}


@contextmanager
def at_work(kind: type[Peer], home: Path, lossy: bool = False) -> Iterator[Peer]:
    """A new server and two empty clients."""
    with tempfile.TemporaryDirectory(prefix="posta-peer-") as folder:
        peer = kind(Path(folder), home, lossy)
        try:
            yield peer
        finally:
            peer.close()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(port: int) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise Unavailable(f"A peer's server did not answer within {_START_S:g} s.")
