# SPDX-License-Identifier: GPL-3.0-or-later
"""Each import contract can fail: a violation planted in a copy of the tree breaks the right one."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSES = ("clinic", "desktop", "kiosk", "simulator", "sync_server")
LINT = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"

PLANTED = [
    pytest.param("clinic/domain/planted.py", "import clinic.protocol", "Floors of the clinic", id="floors"),
    pytest.param("clinic/planted.py", "", "Floors of the clinic", id="every room of the clinic has a floor"),
    pytest.param("desktop/kit/planted.py", "import kiosk.flow", "Houses on one core", id="houses"),
    pytest.param(
        "sync_server/planted.py",
        "import clinic.services.link",
        "The server stands on pure floors only",
        id="server",
    ),
    pytest.param(
        "sync_server/planted.py",
        "import av",
        "The server stands on pure floors only",
        id="server without codecs",
    ),
    pytest.param(
        "simulator/planted.py", "import desktop.app", "The simulator plays without screens", id="simulator"
    ),
    pytest.param("desktop/planted.py", "import simulator.world", "Houses on one core", id="above all"),
    pytest.param(
        "kiosk/planted.py",
        "import desktop.screens.chart.logic",
        "No clinician code in the waiting room",
        id="waiting room",
    ),
    pytest.param(
        "clinic/sync/planted.py", "import threading", "Pure floors decide and touch nothing", id="pure"
    ),
    pytest.param(
        "desktop/screens/planted/logic.py",
        "import PySide6.QtCore",
        "Screen logic knows no pixels and no tables",
        id="logic",
    ),
    pytest.param(
        "kiosk/screens/planted/logic.py",
        "import sqlalchemy",
        "Screen logic knows no pixels and no tables",
        id="kiosk logic",
    ),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The houses and their contracts, and a warm cache of who imports whom."""
    folder = tmp_path_factory.mktemp("contracts")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for house in HOUSES:
        shutil.copytree(ROOT / house, folder / house, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
    )


def broken(output: str) -> set[str]:
    return set(re.findall(r"^(.*?) BROKEN", output, flags=re.MULTILINE))


@pytest.mark.slow
def test_every_contract_holds(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("place", "line", "contract"), PLANTED)
def test_a_planted_violation_is_found(copy: Path, place: str, line: str, contract: str) -> None:
    planted = copy / place
    new_room = not planted.parent.exists()
    planted.parent.mkdir(exist_ok=True)
    if new_room:
        (planted.parent / "__init__.py").touch()
    planted.write_text(line + "\n", encoding="utf-8")
    try:
        done = lint(copy)
    finally:
        planted.unlink()
        if new_room:
            shutil.rmtree(planted.parent)
    assert done.returncode == 1
    assert broken(done.stdout) == {contract}
