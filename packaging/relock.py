#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the hash locks beside this file anew from pyproject.toml (one lock serves every system).

Run it with a Python that has uv: `packaging/posta python packaging/relock.py`. Versions already locked stay;
`--upgrade` takes the newest ones. No index address is written into a lock.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PYPROJECT = HERE.parent / "pyproject.toml"
OLDEST_PYTHON = "3.11"
UV_VERSION = "0.13.8"
EARS = "pesq==0.0.4\npystoi==0.4.1\n"
"""What judges speech in `posta bench call`; never part of Posta's own environment (clinic/bench/calling/judge.py)."""


def compile_lock(name: str, arguments: list[str], given: str | None = None) -> None:
    """Resolve `arguments` for all systems at once into `packaging/<name>`; raises CalledProcessError."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes"),
        *("--python-version", OLDEST_PYTHON, "--no-emit-index-url", "--no-annotate", "--no-header"),
        *("--output-file", str(HERE / name)),
        *arguments,
        *(option for option in sys.argv[1:] if option == "--upgrade"),
    ]
    subprocess.run(command, input=given, text=True, check=True)


def main() -> None:
    """Everything first; the smaller locks are held to the versions of the large one."""
    everything = HERE / "requirements-test.txt"
    compile_lock(everything.name, ["--group", f"{PYPROJECT}:test", str(PYPROJECT)])
    compile_lock("requirements.txt", ["-c", str(everything), str(PYPROJECT)])
    compile_lock("requirements-server.txt", ["-c", str(everything), "-"], given=server_needs())
    compile_lock("requirements-ears.txt", ["-"], given=EARS)
    compile_lock("requirements-uv.txt", ["-"], given=f"uv=={UV_VERSION}\n")


def server_needs() -> str:
    """The `server` extra alone: an extra on the command line would bring the desktop's libraries too."""
    import tomllib

    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    return "\n".join(project["optional-dependencies"]["server"]) + "\n"


if __name__ == "__main__":
    main()
