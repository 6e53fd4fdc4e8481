# SPDX-License-Identifier: GPL-3.0-or-later
"""A real S3 store on loopback (`rclone serve s3`): buckets are folders, requests are signed with one key.

What is made or taken away beside it, in the folder, it may not see: ask it by S3."""

import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

KEY = ("post-key-id", "post-key-secret")
BUCKET = "post"
PATIENCE_S = 20


class S3Store:
    """The process; use as a context. `folder`/bucket/key are its objects."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, _free()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, prefix: str = "sealed/files", bucket: str = BUCKET) -> str:
        return f"s3://{bucket}/{prefix}?endpoint={self.endpoint}"

    def start(self) -> None:
        (self.folder / BUCKET).mkdir(parents=True, exist_ok=True)
        program = Path(sys.executable).parent / ("rclone.exe" if sys.platform == "win32" else "rclone")
        command = [str(program), "serve", "s3", str(self.folder), "--addr", f"127.0.0.1:{self.port}"]
        command += ["--auth-key", ",".join(KEY), "--config", "", "--vfs-cache-mode", "off"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError("rclone serves no S3 here")

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(timeout=20)

    def __enter__(self) -> "S3Store":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _free() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port
