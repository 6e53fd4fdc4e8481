# SPDX-License-Identifier: GPL-3.0-or-later
"""The `posta` command: names lead to programs, later words belong to them, errors are a sentence."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clinic import cli
from clinic.doctor import Finding, library, line_of
from clinic.domain.errors import Refusal, Unavailable

ROOT = Path(__file__).parents[2]


def posta(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("QT_", "DISPLAY", "WAYLAND"))
    }
    return subprocess.run(
        [sys.executable, "-m", "clinic.cli", *words],
        cwd=ROOT,
        env={**known, **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("command", [*cli.PROGRAMS, "doctor"])
def test_each_command_shows_its_own_help(command: str) -> None:
    done = posta(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: posta {command}")


@pytest.mark.slow
def test_the_list_of_commands_and_the_version() -> None:
    done = posta("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in (*cli.PROGRAMS, "doctor"))
    assert posta("--version").stdout == f"posta {cli.posta_version()}\n"


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("nonsense",), ("--nonsense",), ("station", "nonsense")])
def test_wrong_use_is_exit_2(words: tuple[str, ...]) -> None:
    done = posta(*words)
    assert done.returncode == 2
    assert "usage: posta" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (Refusal("No, because. Do that."), 3, "posta: No, because. Do that.\n"),
        (Unavailable("Not there. Look here."), 4, "posta: Not there. Look here.\n"),
        (
            KeyError("x"),
            70,
            "posta: This is a fault in Posta (KeyError): please report it with what you typed.\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_an_error_is_a_sentence_and_a_number(
    raised: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(command: str, arguments: object) -> int:
        raise raised

    monkeypatch.setattr(cli, "start", fail)
    assert cli.main(["demo"]) == code
    assert capsys.readouterr().err == said


def test_a_program_that_is_not_installed_is_unavailable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(cli.PROGRAMS, "bench", ("no_such_program", ""))  # type: ignore[misc]
    assert cli.main(["bench"]) == 4
    assert "posta bench is not part of this installation" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "platform", "added"),
    [
        ({}, "linux", {"QT_QPA_PLATFORM": "offscreen"}),
        ({"DISPLAY": ""}, "linux", {"QT_QPA_PLATFORM": "offscreen"}),
        ({"DISPLAY": ":0"}, "linux", {}),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", {}),
        ({"QT_QPA_PLATFORM": "vnc"}, "linux", {}),
        ({}, "win32", {}),
        ({}, "darwin", {}),
    ],
)
def test_qt_draws_into_memory_only_where_there_is_no_display(
    environment: dict[str, str], platform: str, added: dict[str, str]
) -> None:
    assert cli.without_display(environment, platform) == added


@pytest.mark.slow
def test_doctor_finds_this_computer_fit_in_words_and_in_json() -> None:
    table = posta("doctor")
    assert table.returncode == 0, table.stdout + table.stderr
    findings = [json.loads(line) for line in posta("doctor", "--json").stdout.splitlines()]
    assert {finding["name"] for finding in findings} >= {
        "python",
        "sqlite",
        "libsodium",
        "qt",
        "aiortc",
        "av",
        "disk",
        "clock",
    }
    assert len(findings) == len(table.stdout.splitlines())


def test_an_old_sqlite_and_a_missing_library_are_missing() -> None:
    assert not library("sqlite", lambda: "3.51.2 (SQLCipher 4.13.0)").ok
    assert library("sqlite", lambda: "3.51.3 (SQLCipher 4.14.0)").ok

    def absent() -> str:
        raise ImportError("libGL.so.1: cannot open shared object file\nmore")

    finding = library("qt", absent)
    assert (finding.ok, finding.necessary, finding.found) == (
        False,
        True,
        "libGL.so.1: cannot open shared object file",
    )
    assert line_of(finding).startswith("MISSING qt")


def test_a_line_tells_what_to_do() -> None:
    assert (
        line_of(Finding("camera", False, False, "none", "plug one in"))
        == "none    camera        none — plug one in"
    )
