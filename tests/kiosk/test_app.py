# SPDX-License-Identifier: GPL-3.0-or-later
"""The supervisor with sessions that are small programs: restarts, the pipe across sessions, the end."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.kiosk.memory import has_ended

SESSION = """
import json, os, sys
n = int(sys.argv[1])
print(json.dumps({"hello": "session", "n": n}), flush=True)
for line in sys.stdin:
    command = json.loads(line)
    if command["do"] == "die":
        os._exit(9)
    if command["do"] == "goodbye":
        print(json.dumps({"id": command["id"], "ok": True, "n": n}), flush=True)
        sys.stdin.readline()   # takes the next command with it
        os._exit(0)
    print(json.dumps({"id": command["id"], "ok": True, "n": n}), flush=True)
sys.exit(75)
"""
SUPERVISOR = """
import sys
from kiosk.app import Supervisor
assert "PySide6" not in sys.modules
sys.exit(Supervisor(lambda n: (sys.executable, "-c", sys.argv[1], str(n)), hands=True).run())
"""


class Driver:
    def __init__(self) -> None:
        root = Path(__file__).resolve().parents[2]
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, SESSION],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
        )

    def say(self, **command: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, object]:
        assert self.process.stdout is not None
        return dict(json.loads(self.process.stdout.readline()))

    def end(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        code = self.process.wait(20)
        self.process.stdout.close()
        return code


def test_the_pipe_goes_on_across_sessions_and_closing_it_ends_everything() -> None:
    driver = Driver()
    assert driver.hear() == {"hello": "session", "n": 1}
    driver.say(id=1, do="goodbye")
    driver.say(id=2, do="wait")
    assert driver.hear() == {"id": 1, "ok": True, "n": 1}
    assert driver.hear() == {"hello": "session", "n": 2}
    assert driver.hear() == {"id": 2, "ok": True, "n": 2}
    assert driver.end() == 0


def test_after_a_crash_the_next_session_begins_and_the_driver_hears_that_its_act_was_lost() -> None:
    driver = Driver()
    driver.hear()
    driver.say(id=7, do="die")
    answer = driver.hear()
    assert (answer["id"], answer["ok"]) == (7, False)
    assert driver.hear() == {"hello": "session", "n": 2}
    assert driver.end() == 0


SPARE = """
import json, os, sys
n = int(sys.argv[1])
if "--wait-fd" in sys.argv:
    with os.fdopen(int(sys.argv[-1]), "rb", buffering=0) as word:
        if word.read(1) != b"!":
            open(sys.argv[2] + "/dropped", "w").close()
            sys.exit(75)
    loaded = True
else:
    loaded = False
print(json.dumps({"hello": "session", "n": n, "loaded": loaded, "pid": os.getpid()}), flush=True)
for line in sys.stdin:
    command = json.loads(line)
    if command["do"] == "die":
        os._exit(9)
sys.exit(75)
"""
WITH_SPARE = """
import sys
from kiosk import app
app.SPARE_AFTER_S = 0.0
sys.exit(app.Supervisor(lambda n: (sys.executable, "-c", sys.argv[1], str(n), sys.argv[2]), hands=True, spare=True).run())
"""


class Spared(Driver):
    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WITH_SPARE, SPARE, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).resolve().parents[2],
        )  # fmt: skip

    def spares(self, but: int) -> list[psutil.Process]:
        """The children that wait, once there is one."""
        for _ in range(400):
            found = [one for one in psutil.Process(self.process.pid).children() if one.pid != but]
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError("no spare is loaded")


@pytest.mark.skipif(os.name == "nt", reason="Windows hands no descriptors on")
def test_the_next_session_is_loaded_beforehand_and_begins_when_it_is_told(tmp_path: Path) -> None:
    driver = Spared(tmp_path)
    first = driver.hear()
    assert (first["n"], first["loaded"]) == (1, False)
    (spare,) = driver.spares(int(str(first["pid"])))
    driver.say(id=1, do="die")
    assert driver.hear()["ok"] is False
    assert driver.hear() == {"hello": "session", "n": 2, "loaded": True, "pid": spare.pid}
    (third,) = driver.spares(spare.pid)
    assert driver.end() == 0
    assert has_ended(third)
    assert (tmp_path / "dropped").exists(), "who is not needed has heard that"


@pytest.mark.skipif(os.name == "nt", reason="Windows hands no descriptors on")
def test_a_spare_that_died_is_not_waited_for(tmp_path: Path) -> None:
    driver = Spared(tmp_path)
    first = driver.hear()
    (spare,) = driver.spares(int(str(first["pid"])))
    spare.kill()
    while not has_ended(spare):  # a signal takes effect when the system comes to it
        time.sleep(0.01)
    driver.say(id=1, do="die")
    assert driver.hear()["ok"] is False
    second = driver.hear()
    assert (second["n"], second["loaded"]) == (2, False)
    assert driver.end() == 0
