# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs on the stage are started, heard, and always ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from clinic.domain.errors import Unavailable
from clinic.showcase.network import Relay
from clinic.showcase.stage import Stage, read_line, wait_until

TOOL = """
import os, subprocess, sys, time
if sys.argv[1] == "say":
    print(os.environ["TMPDIR"], flush=True)
elif sys.argv[1] == "fail":
    sys.exit("the disk is full")
elif sys.argv[1] == "hold":
    import signal
    from multiprocessing.shared_memory import SharedMemory
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    memory = SharedMemory(create=True, size=100)
    print("holds", memory.name, flush=True)
    time.sleep(600)
else:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print("ready", child.pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "tool_of_a_test.py").write_text(TOOL)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "tools"))
    made = Stage(tmp_path / "work", Relay(), "es", visible=False)
    yield made
    made.close()


def test_a_program_has_its_temporary_files_in_the_demo(stage: Stage) -> None:
    assert stage.run("desktop", "tool_of_a_test", "say").strip() == str(stage.temp)


def test_a_failure_tells_the_last_words(stage: Stage) -> None:
    with pytest.raises(Unavailable, match="code 1: the disk is full"):
        stage.run("desktop", "tool_of_a_test", "fail")


def test_the_end_of_a_program_is_the_end_of_its_children(stage: Stage) -> None:
    actor = stage.start("desktop", "stay", "tool_of_a_test", "stay")
    child = psutil.Process(int(read_line(actor, r"ready (\d+)").group(1)))
    assert actor.running
    stage.close()
    wait_until(
        "the child's end", lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 10
    )
    assert not actor.running


def test_silence_is_told(stage: Stage) -> None:
    actor = stage.start("desktop", "stay", "tool_of_a_test", "stay")
    with pytest.raises(Unavailable, match="did not say that it is ready"):
        read_line(actor, "never", 0.3)
    with pytest.raises(Unavailable, match="the moon: not within 0 s"):
        wait_until("the moon", lambda: False, 0)


STARTER = """
import os, sys
from pathlib import Path
from clinic.showcase.network import Relay
from clinic.showcase.stage import Stage, read_line
stage = Stage(Path(sys.argv[1]), Relay(), "es", visible=False)
actor = stage.start("desktop", "stay", "tool_of_a_test", "stay")
print(read_line(actor, r"ready (\\d+)").group(1), actor.process.pid, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux ends children with a killed parent"
)
def _dead(pid: int) -> bool:
    """Gone, or ended and not yet buried: in a bare container nobody may collect orphans."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_killed_demo_takes_its_programs_along(stage: Stage, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STARTER, str(tmp_path / "other")], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == -signal.SIGKILL
    grandchild, child = (int(word) for word in ended.stdout.split())
    wait_until("the program's end", lambda: _dead(child), 10)
    os.kill(grandchild, signal.SIGKILL)


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="shared memory has no names to look at here")
def test_a_program_that_must_be_killed_leaves_no_pictures_in_shared_memory(stage: Stage) -> None:
    actor = stage.start("desktop", "holder", "tool_of_a_test", "hold")
    name = read_line(actor, r"holds (\S+)")[1]
    assert Path("/dev/shm", name).exists()
    actor.end(patience_s=0.2)
    assert not Path("/dev/shm", name).exists()
