# SPDX-License-Identifier: GPL-3.0-or-later
"""The island's own process, as its computer runs it: told by a pipe, started again when it dies, gone when the pipe ends."""

import logging
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from clinic.domain.errors import Unavailable
from clinic.protocol.codec import encode
from clinic.protocol.island import IslandCharter

log = logging.getLogger(__name__)
AGAIN_S = (0.0, 0.5, 2.0, 10.0, 60.0)
"""Waits before the next start when islands die one after the other."""
STEADY_S = 30.0
STOP_S = 8.0
REFUSED = 3
_SAID, _LISTENING = "certificate ", "listening on "


class IslandChild:
    """One process after the other, on a thread of its own. `charter(mark)` gives what the island is told, by the mark of its
    certificate; `up(port)` and `down()` tell how it stands."""

    def __init__(
        self, folder: Path, charter: Callable[[bytes], IslandCharter], up: Callable[[int], None],
        down: Callable[[], None], monotonic: Callable[[], float], host: str = "0.0.0.0", port: int = 0,
    ) -> None:  # fmt: skip
        """`port` 0: a free one, the same again after a restart where it is still free."""
        self._folder, self._charter, self._up, self._down = folder, charter, up, down
        self._monotonic, self._host, self._port = monotonic, host, port
        self._ends = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="island", daemon=True)

    @property
    def pid(self) -> int:
        """Of the running process, 0 while there is none."""
        process = self._process
        return process.pid if process is not None else 0

    def start(self) -> None:
        """Returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the process and waits for it."""
        self._ends.set()
        self._let_go()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def _let_go(self) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(OSError, ValueError):
                process.stdin.close()

    def _keep(self) -> None:
        deaths = 0
        while not self._ends.wait(AGAIN_S[min(deaths, len(AGAIN_S) - 1)]):
            began = self._monotonic()
            try:
                code = self._once()
            except (OSError, Unavailable) as error:
                log.warning("the island did not start: %s", error)
                code = -1
            self._down()
            if code == REFUSED and not self._ends.is_set():
                # its book does not go with this computer's trust log; whoever laid something there still holds it
                log.warning("the island begins anew")
                shutil.rmtree(self._folder, ignore_errors=True)
            deaths = 0 if self._monotonic() - began > STEADY_S else deaths + 1

    def _once(self) -> int:
        """From its start to its end; the exit code."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        command = [
            *(sys.executable, "-m", "sync_server", "--island", "--data", str(self._folder)),
            *("--host", self._host, "--port", str(self._port)),
        ]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        self._process = process
        try:
            if self._ends.is_set():
                self._let_go()
            self._talk(process)
            return process.wait()
        except (OSError, ValueError):
            return process.wait(STOP_S)
        finally:
            self._end(process)

    def _talk(self, process: "subprocess.Popen[bytes]") -> None:
        """Until it says nothing more."""
        assert process.stdin is not None and process.stdout is not None
        for line in process.stdout:
            said = line.decode("ascii", "replace").strip()
            if said.startswith(_SAID):
                told = encode(self._charter(bytes.fromhex(said.removeprefix(_SAID))))
                process.stdin.write(len(told).to_bytes(4, "big") + told)
                process.stdin.flush()
            elif said.startswith(_LISTENING):
                port = int(said.rpartition(":")[2])
                self._up(port)

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = None
        if process.poll() is None:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def _environment() -> dict[str, str]:
    """The child finds the same program, wherever it is started."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
