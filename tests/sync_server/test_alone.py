# SPDX-License-Identifier: GPL-3.0-or-later
"""The server where only the server's own packages are installed: no Qt, no aiortc, no SQLCipher on the machine."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WANTED = ROOT / "packaging" / "requirements-server.txt"
ABSENT = ("PySide6", "aiortc", "av", "sqlcipher3", "httpx", "reportlab")
LOOK = "import importlib.util, sys; print([m for m in sys.argv[1:] if importlib.util.find_spec(m)])"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="ends the server with a signal")]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with nothing but the server's locked packages."""
    folder = tmp_path_factory.mktemp("alone") / "venv"
    uv = shutil.which(
        "uv", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    )
    made = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=120)
    wanted = ["install", "-q", "--require-hashes", "-r", str(WANTED)]
    ways = [[sys.executable, "-m", "pip", "--python", str(made), *wanted]]  # it knows this computer's index
    if uv:
        ways.insert(0, [uv, "pip", *wanted, "-p", str(made)])
    if all(subprocess.run(way, check=False, timeout=300).returncode for way in ways):
        pytest.skip("the packages cannot be fetched here")
    return made


def test_a_machine_with_the_servers_packages_alone_runs_it(python: Path, tmp_path: Path) -> None:
    def said(*arguments: str) -> str:
        return subprocess.run(
            [str(python), *arguments], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60
        ).stdout

    assert said("-c", LOOK, *ABSENT).strip() == "[]"
    assert "--data" in said("-m", "sync_server", "--help")
    command = [str(python), "-m", "sync_server", "--data", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("listening on ")
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
