# SPDX-License-Identifier: GPL-3.0-or-later
"""A real server process on loopback, which may be killed and started again on the same folder and port."""

import subprocess
import sys
from pathlib import Path
from types import TracebackType


class ServerProcess:
    """`python -m sync_server`, or another `module` that is one; use as a context."""

    def __init__(self, folder: Path, *options: str, module: str = "sync_server") -> None:
        self._module = module
        self.folder, self.url, self._options = folder, "", options
        self._port = "0"
        self._process: subprocess.Popen[str] | None = None

    def start(self, *more: str) -> None:
        command = [
            sys.executable,
            "-m",
            self._module,
            "--data",
            str(self.folder),
            "--port",
            self._port,
            *self._options,
            *more,
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError(self._process.communicate()[1])
        self.url = line.split()[-1]
        self._port = self.url.rsplit(":", 1)[1]

    def kill(self) -> None:
        """As a power cut would."""
        self._end(hard=True)

    def stop(self) -> int:
        """As an operator would; the exit code."""
        return self._end(hard=False)

    def signal(self, number: int) -> None:
        """Sends a signal and waits for nothing."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self) -> int:
        """The exit code of a process that ends by itself."""
        process, self._process = self._process, None
        assert process is not None
        process.communicate(timeout=30)
        return process.returncode

    def _end(self, hard: bool) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.kill() if hard else process.terminate()
        process.communicate(timeout=20)
        return process.returncode

    @property
    def log(self) -> str:
        return (self.folder / "log" / "server.log").read_text(encoding="utf-8")

    def __enter__(self) -> "ServerProcess":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
