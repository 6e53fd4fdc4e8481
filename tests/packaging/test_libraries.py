# SPDX-License-Identifier: GPL-3.0-or-later
"""After the set-up every Qt part in use finds its libraries; one that does not is silently left out."""

import subprocess
import sys
from pathlib import Path

import PySide6
import pytest

PLUGINS = Path(PySide6.__file__).parent / "Qt" / "plugins"
USED = (
    "platforms/libqoffscreen.so",
    "platforms/libqxcb.so",
    "platforms/libqwayland.so",
    "multimedia/libffmpegmediaplugin.so",
    "imageformats/libqsvg.so",
    "imageformats/libqjpeg.so",
    "iconengines/libqsvgicon.so",
)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the wheels bring everything")
@pytest.mark.parametrize("plugin", USED)
def test_a_plugin_finds_its_libraries(plugin: str) -> None:
    done = subprocess.run(["ldd", str(PLUGINS / plugin)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [line.strip() for line in done.stdout.splitlines() if "not found" in line] == []
