# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes a computer a kiosk: written whole below another folder, accepted by the system's own checks, and kept where the
clinic changed it."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

INSTALL = Path(__file__).parents[2] / "packaging" / "kiosk" / "install"
SESSIONS = ("cage", "x11")


def install(root: Path, session: str) -> list[Path]:
    done = subprocess.run(
        [sys.executable, str(INSTALL), "--session", session, "--root", str(root)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [Path(line) for line in done.stdout.splitlines()]


def section(file: Path) -> dict[str, list[str]]:
    """Key -> values of a unit, whatever its sections."""
    found: dict[str, list[str]] = {}
    for line in file.read_text().splitlines():
        if re.match(r"^[A-Z]\w+=", line):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("session", SESSIONS)
def test_the_files_lie_where_the_system_looks_and_what_the_clinic_wrote_stays(
    tmp_path: Path, session: str
) -> None:
    made = install(tmp_path, session)
    assert made and all(one.is_file() and one.is_relative_to(tmp_path) for one in made)
    options = tmp_path / "etc/posta/kiosk"
    assert stat.S_IMODE(options.stat().st_mode) & 0o007 == 0, "an invitation is in it"
    options.write_text("POSTA_KIOSK=--lang pt\n")
    assert options not in install(tmp_path, session)
    assert options.read_text() == "POSTA_KIOSK=--lang pt\n"
    assert (tmp_path / "etc/X11").exists() == (session == "x11")


@pytest.mark.parametrize("session", SESSIONS)
def test_the_session_runs_as_nobody_else_and_writes_nowhere_else(tmp_path: Path, session: str) -> None:
    install(tmp_path, session)
    unit = section(tmp_path / "etc/systemd/system/posta-kiosk.service")
    assert unit["User"] == ["posta-kiosk"] and unit["Restart"] == ["always"]
    assert unit["ProtectSystem"] == ["strict"] and unit["ReadWritePaths"] == ["/var/lib/posta-kiosk"]
    assert unit["NoNewPrivileges"] == ["yes"] and unit["LimitCORE"] == ["0"]
    (start,) = unit["ExecStart"]
    assert " kiosk --home /var/lib/posta-kiosk $POSTA_KIOSK" in start
    assert " -s " not in start.partition(" -- ")[0], "cage would let other terminals be reached"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
@pytest.mark.parametrize("session", SESSIONS)
def test_systemd_finds_nothing_to_say_but_for_programs_that_are_not_here(
    tmp_path: Path, session: str
) -> None:
    install(tmp_path, session)
    unit = str(tmp_path / "etc/systemd/system/posta-kiosk.service")
    said = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True).stderr
    ours = [line for line in said.splitlines() if "posta-kiosk" in line]
    assert [line for line in ours if "is not executable" not in line] == []


def test_usb_lets_in_what_a_kiosk_needs_and_nothing_that_stores(tmp_path: Path) -> None:
    install(tmp_path, "cage")
    rules = (tmp_path / "etc/udev/rules.d/90-posta-kiosk-usb.rules").read_text()
    assert 'ATTR{interface_authorized_default}="0"' in rules
    (classes,) = re.findall(r'bInterfaceClass}=="([^"]+)"', rules)
    allowed = set(classes.split("|"))
    assert {"01", "03", "07", "09", "0b", "0e", "e0"} == allowed
    assert not allowed & {"08", "02", "0a", "06", "ff"}, (
        "disks, modems, networks, cameras with a disk, whatever says nothing"
    )


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may")
def test_nobody_but_root_changes_the_sessions() -> None:
    done = subprocess.run([sys.executable, str(INSTALL)], capture_output=True, text=True)
    assert done.returncode == 2 and "root" in done.stderr
