# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL of this test run alone: in a folder of its own, on a socket there, gone afterwards. Installs nothing."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

OWNER, SERVER = "posta_owner", "posta"
"""Who owns the tables; whom the server logs in as."""


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, the newest there is; None where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[4]))
    if found:
        return found[-1].parent
    there = shutil.which("initdb")
    return Path(there).resolve().parent if there else None


class Cluster:
    """Started when made; `stop` ends it and takes the folder away."""

    def __init__(self, bin_folder: Path) -> None:
        self._bin = bin_folder
        self.folder = Path(tempfile.mkdtemp(prefix="posta-pg-"))
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:  # it refuses to run as root
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self._call(
            "initdb", "-D", self._data, "-U", "root", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
        )
        self.start()
        self.sql("postgres", f"CREATE ROLE {OWNER} LOGIN", f"CREATE ROLE {SERVER} LOGIN")
        self.sql("postgres", f"CREATE DATABASE posta OWNER {OWNER}")

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def url(self, role: str, database: str = "posta") -> str:
        return f"postgresql://{role}@/{database}?host={self.folder}"

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c max_connections=200"
        self._call("pg_ctl", "start", "-w", "-D", self._data, "-l", str(self.folder / "log"), "-o", options)

    def stop_now(self) -> None:
        """As a power cut would."""
        self._call("pg_ctl", "stop", "-m", "immediate", "-D", self._data)

    def stop(self) -> None:
        self.stop_now()
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, database: str, *statements: str, role: str = "root") -> list[tuple[Any, ...]]:
        """Each statement by itself; the rows of the last one."""
        import psycopg

        with psycopg.connect(self.url(role, database), autocommit=True) as conn:
            rows: list[tuple[Any, ...]] = []
            for statement in statements:
                cursor = conn.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else []
            return rows

    def _call(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        subprocess.run(
            command,
            check=True,
            timeout=60,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            **self._user,
        )
