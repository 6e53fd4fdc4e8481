# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers under load: one on SQLite, or several on a PostgreSQL and a Redis of this run alone. All real processes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinic.bench.loading.watch import cpu_s
from clinic.bench.syncing.processes import end, family_pids
from clinic.domain.errors import Unavailable

NO_POSTGRES = "PostgreSQL is not installed here (Debian: apt-get install postgresql)"
NO_REDIS = "Redis is not installed here (Debian: apt-get install redis-server)"
_OWNER, _SERVER = "posta_owner", "posta"
_NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Server:
    """A worker that listens."""

    process: "subprocess.Popen[str]"
    port: int

    @property
    def pid(self) -> int:
        return self.process.pid


@dataclass(frozen=True, slots=True)
class Servers:
    """All workers of one centre, and the processes of its database."""

    workers: tuple[Server, ...]
    beside: tuple[int, ...] = ()

    @property
    def ports(self) -> list[int]:
        return [one.port for one in self.workers]

    @property
    def pids(self) -> list[int]:
        return [one.pid for one in self.workers]

    def beside_s(self) -> float:
        """Seconds of processor of database and Redis."""
        return sum(cpu_s(family_pids(pid)) for pid in self.beside)


@contextmanager
def on_sqlite(folder: Path, module: str = "sync_server") -> Iterator[Servers]:
    """One server with its file in `folder`. `module`: another one that is a server, for trying the bench itself."""
    server = _started(folder, module=module)
    try:
        yield Servers((server,))
    finally:
        end(server.process)


@contextmanager
def on_postgres(folder: Path, workers: int) -> Iterator[Servers]:
    """So many workers that share a PostgreSQL and a Redis. Raises Unavailable where one of them is not installed."""
    programs, redis = postgres_programs(), shutil.which("redis-server")
    if programs is None:
        raise Unavailable(NO_POSTGRES)
    if redis is None:
        raise Unavailable(NO_REDIS)
    with ExitStack() as ending:
        cluster = Cluster(programs, folder / "pg")
        ending.callback(cluster.stop)
        cache = _redis(redis, folder)
        ending.callback(end, cache)
        _prepared(cluster)
        options = (
            "--database", cluster.url(_SERVER), "--book", "load", "--redis", f"unix://{folder / 'redis.sock'}",
        )  # fmt: skip
        started = []
        for nth in range(workers):
            started.append(_started(folder / f"worker{nth}", *options))
            ending.callback(end, started[-1].process)
        yield Servers(tuple(started), (cluster.pid, cache.pid))


def _started(folder: Path, *options: str, module: str = "sync_server") -> Server:
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", module, "--data", str(folder), "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.readline()
    if not said.startswith("listening on "):
        raise Unavailable("The server did not start: {why}", why=process.communicate()[1].strip())
    return Server(process, int(said.rsplit(":", 1)[1]))


def _redis(program: str, folder: Path) -> "subprocess.Popen[str]":
    command = [
        program,
        "--port",
        "0",
        "--unixsocket",
        str(folder / "redis.sock"),
        "--save",
        "",
        "--dir",
        str(folder),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for said in process.stdout:
        if "ready to accept" in said.lower():
            return process
    raise Unavailable("Redis did not start.")


def _prepared(cluster: "Cluster") -> None:
    command = [sys.executable, "-m", "sync_server", "prepare", "--for", _SERVER]
    environ = {**os.environ, "POSTA_DATABASE": cluster.url(_OWNER)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable("The database could not be prepared: {why}", why=done.stderr.strip())


def postgres_programs() -> Path | None:
    """The folder of initdb and pg_ctl, the newest there is; None where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[4]))
    if found:
        return found[-1].parent
    there = shutil.which("initdb")
    return Path(there).resolve().parent if there else None


class Cluster:
    """A PostgreSQL with its usual settings (each commit waits for the disk), on a socket in its folder. Started when made."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self.folder = programs, folder
        folder.mkdir(parents=True)
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:  # it refuses to run as root
            self._lend_to_nobody()
        self._call("initdb", "-D", self._data, "-U", "root", "-A", "trust", "-E", "UTF8", "--locale=C")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections=200"
        self._call("pg_ctl", "start", "-w", "-D", self._data, "-l", str(folder / "log"), "-o", options)
        for statement in (
            f"CREATE ROLE {_OWNER} LOGIN", f"CREATE ROLE {_SERVER} LOGIN", f"CREATE DATABASE posta OWNER {_OWNER}",
        ):  # fmt: skip
            self._call("psql", "-q", "-h", str(folder), "-U", "root", "-d", "postgres", "-c", statement)

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    @property
    def pid(self) -> int:
        return int((Path(self._data) / "postmaster.pid").read_text().splitlines()[0])

    def url(self, role: str) -> str:
        return f"postgresql://{role}@/posta?host={self.folder}"

    def stop(self) -> None:
        self._call("pg_ctl", "stop", "-m", "immediate", "-D", self._data)

    def _lend_to_nobody(self) -> None:
        import pwd

        nobody = pwd.getpwnam(_NOBODY)
        os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        for above in self.folder.parents:
            if not above.stat().st_mode & 0o001 and above.stat().st_uid == os.geteuid():
                above.chmod(above.stat().st_mode | 0o011)
        self._user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def _call(self, program: str, *arguments: str) -> None:
        command: Sequence[str] = [str(self._programs / program), *arguments]
        done = subprocess.run(
            command, timeout=120, cwd="/", check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, **self._user,
        )  # fmt: skip
        if done.returncode:
            raise Unavailable("PostgreSQL's {program} did not work.", program=program)
