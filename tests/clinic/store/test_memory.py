# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that aborts leaves no image of its memory; without the protection it would, and the word is found in it."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CANARY = "Quebracho" + "verde"
PROGRAM = """
import os, resource, sys
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
if sys.argv[1] == "private":
    from clinic.store.memory import keep_private
    keep_private()
word = bytearray(("Quebracho" + "verde").encode())
os.chdir(sys.argv[2])
os.abort()
"""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="core dumps of Linux")


COMBED = """
import gc, weakref
from clinic.__main__ import main
class Ring: pass
def ring():
    one = Ring()
    one.again = one
    return weakref.ref(one)
try:
    main(["--help"])
except SystemExit:
    print(gc.get_threshold()[0])
seen = ring()
kept = [[] for _ in range(1_000)]
print(seen() is not None)
kept += [[] for _ in range(200_000)]
print(seen() is None)
"""


def test_rings_of_objects_are_looked_for_seldom_but_found() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMBED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-3:] == ["50000", "True", "True"]


def aborted(folder: Path, how: str) -> list[bytes]:
    """What an aborting program leaves in its folder."""
    command = [sys.executable, "-c", PROGRAM, how, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True)
    assert done.returncode < 0, done.stderr
    return [path.read_bytes() for path in folder.iterdir()]


def leaves_files() -> bool:
    """Whether a core dump here is a file in the folder of the program."""
    pattern = Path("/proc/sys/kernel/core_pattern")
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    return pattern.exists() and pattern.read_text()[0] not in "|/" and hard != 0


@LINUX
def test_an_aborted_program_leaves_no_image(tmp_path: Path) -> None:
    assert aborted(tmp_path, "private") == []


@LINUX
def test_without_it_there_would_be_one(tmp_path: Path) -> None:
    if not leaves_files():
        pytest.skip("core dumps go elsewhere, or are given up in this process by now")
    assert any(CANARY.encode() in image for image in aborted(tmp_path, "careless"))


@LINUX
@pytest.mark.parametrize(
    "roof",
    [
        "from clinic.__main__ import main; sys.exit = lambda code: None; main(['status', '--home', '/nowhere'])",
        "import desktop.app as app; app.main(['--home', sys.argv[1]])",
    ],
    ids=["station", "desktop"],
)
def test_every_roof_asks_for_it(tmp_path: Path, roof: str) -> None:
    look = "import ctypes, resource; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(4))"
    program = f"import sys, atexit\natexit.register(lambda: exec({look!r}))\n{roof}"
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={**{name: value for name, value in os.environ.items() if name != "DISPLAY"}, "QT_QPA_PLATFORM": "xcb"},
    )  # fmt: skip
    assert "0 (0, 0)" in done.stdout, done.stderr
