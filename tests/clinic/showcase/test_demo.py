# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo plays by itself, by real programs: a whole visit from the kiosk's first touch to the second desktop."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clinic.showcase.network import switch_possible
from clinic.showcase.pace import MOST, patient
from clinic.showcase.visit import STEPS

FREE_S = 300.0
"""What it takes on a machine that does nothing else, with some to spare."""


@pytest.mark.slow
@pytest.mark.timeout(FREE_S * MOST)
@pytest.mark.skipif(not switch_possible(), reason="this machine does not allow network namespaces")
def test_every_step_of_the_demo_holds(tmp_path: Path) -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "clinic.cli", "demo", "--auto", "--out", str(tmp_path)]
    played = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=FREE_S * MOST - 30
    )
    report = tmp_path / "report.json"
    assert report.exists(), played.stderr
    rows = json.loads(report.read_text(encoding="utf-8"))
    broken = [f"{row['step']}. {row['title']}: {row['detail']}" for row in rows if not row["ok"]]
    assert not broken, "\n".join(broken)
    assert [row["title"] for row in rows] == ["Set-up", *(title for title, _step in STEPS)], played.stderr
    assert played.returncode == 0, played.stderr
    assert sum(len(row["checks"]) for row in rows) > 30
    assert not (tmp_path / "work" / "machines").exists(), "passwords and stores go with the demo"


def test_a_busy_machine_is_waited_for_and_a_free_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("os.nice", lambda _more: 0)
    for load, seconds in ((0.5, 10.0), (2.0, 10.0), (6.0, 30.0), (400.0, 10.0 * MOST)):
        monkeypatch.setattr("os.getloadavg", lambda load=load: (load, load, load))
        assert patient(10.0) == seconds, load
    monkeypatch.setattr("os.nice", lambda _more: 19)
    monkeypatch.setattr("os.getloadavg", lambda: (4.0, 1.0, 1.0))
    assert patient(10.0) == 60.0, "who lets all others go first waits longer"
