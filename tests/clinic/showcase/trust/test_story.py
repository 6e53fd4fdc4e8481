# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole story of trust, by real programs on real stores; and a promise that is broken on purpose is seen."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clinic.showcase.findings import Findings
from clinic.showcase.network import Relay
from clinic.showcase.scene import Scene
from clinic.showcase.stage import Stage
from clinic.showcase.trust import founding
from clinic.showcase.trust.acts import sheets
from clinic.showcase.trust.page import picture_name
from clinic.showcase.trust.story import STEPS, programs, tell
from clinic.showcase.trust.words import words

pytestmark = pytest.mark.slow


@pytest.mark.timeout(900)
def test_every_promise_holds(tmp_path: Path) -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        environment.pop(name, None)
    ended = subprocess.run(
        [sys.executable, "-m", "clinic.showcase", "--trust", "--auto", "--out", str(tmp_path)],
        env=environment, capture_output=True, text=True, timeout=880,
    )  # fmt: skip
    rows = json.loads((tmp_path / "report.json").read_text())
    assert ended.returncode == 0, [row["detail"] for row in rows if not row["ok"]]
    assert [row["step"] for row in rows] == list(range(1, len(STEPS) + 1))
    checks = [check for row in rows for check in row["checks"]]
    assert len(checks) > 80 and all(check["held"] for check in checks)
    for language in ("es", "pt"):
        untold = {check["expected"] for check in checks} - set(words(language).checks)
        assert not untold, f"checks without words ({language})"
    pictures = [name for row in rows for name in row["pictures"]]
    assert sorted(pictures) == sorted(path.name for path in tmp_path.glob("*.png"))
    assert {picture_name(name) for name in pictures} == set(words("es").pictures)
    assert not (tmp_path / "work" / "machines").exists(), "passwords and stores go with the demo"


def test_a_sheet_that_is_a_copy_of_another_is_found_out(tmp_path: Path) -> None:
    """Three papers, two of them the same: not each two give the root key, and the story says so."""
    network = Relay()
    scene = Scene(
        tmp_path, Stage(tmp_path / "work", network, "en", visible=False), network, {}, language="en"
    )
    scene.programs = programs(tmp_path, "en", visible=False)

    def sabotaged(scene: Scene, seen: Findings) -> None:
        founding.run(scene, seen)
        assert seen.ok, seen.failed
        papers = sheets(scene, founding.SHEETS)
        shutil.copy(papers[1], papers[0])
        founding.read_the_sheets(scene, seen)

    try:
        assert tell(scene, argparse.Namespace(auto=True), (("founding", sabotaged),)) == 1
    finally:
        scene.stage.close()
        network.close()
    told = json.loads((tmp_path / "report.json").read_text())[0]
    broken = [check["expected"] for check in told["checks"] if not check["held"]]
    assert broken == ["each two of the sheets to give the root key"]
