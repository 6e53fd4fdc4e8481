# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong in a clinic is told in one sentence with the next step, never in a traceback; nothing is lost."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Unavailable
from clinic.domain.ids import OrgId, TeamId, UserId
from clinic.keys.founding import Founder, found
from clinic.keys.identity import DeviceKeys, RootKeys, UserKeys
from clinic.protocol.trust import DeviceKind
from clinic.services.enrolment import DeviceSetup, set_up
from clinic.store.home import Home
from clinic.store.migrations import STEPS
from clinic.store.opening import engine_for

ROOT = Path(__file__).parents[2]
PASSWORD = "cinco palabras que nadie adivina"
TEAM, USER = TeamId("team"), UserId("user")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A profile whose centre cannot be reached."""
    place = Home(tmp_path_factory.mktemp("profile") / "home")
    device, user = DeviceKeys.make(os.urandom), UserKeys.make(os.urandom)
    founder = Founder(user=USER, name="Ana Ruiz", keys=user, device_name="Estación", device_keys=device)
    log = found(
        organization=OrgId("org"), name="Red", team=TEAM, team_name="Red", founder=founder, root=RootKeys.make(os.urandom),
        at=SystemClock().now(), random=os.urandom,
    )  # fmt: skip
    setup = DeviceSetup("Estación", DeviceKind.DESKTOP, f"http://127.0.0.1:{_free_port()}", TEAM)
    set_up(place, log, setup, device, USER, user, "Ana Ruiz", PASSWORD, os.urandom)
    return place


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(PASSWORD)
    return path


def run(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True, timeout=60, cwd=ROOT, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
    )  # fmt: skip


def sentence(done: "subprocess.CompletedProcess[str]", code: int) -> str:
    """The one line it said."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert lines[0].rstrip().endswith((".", "?"))
    return lines[0]


def test_a_wrong_password(home: Home, tmp_path: Path, password: Path) -> None:
    """The next step is one that is there: the sheets where some were made, else an invitation."""
    wrong = tmp_path / "wrong"
    wrong.write_text("otra clave que no abre nada aquí")
    tried = ("clinic", "status", "--home", str(home.path), "--password-file", str(wrong))
    said = sentence(run(*tried), 3)
    assert "does not open" in said and "Type it again" in said and "invitation" in said
    own = ("--home", str(home.path), "--password-file", str(password))
    made = run("clinic", "recovery-sheets", *own, "--out", str(tmp_path / "sheets"))
    assert made.returncode == 0 and len(list((tmp_path / "sheets").iterdir())) == 3
    said = sentence(run(*tried), 3)
    assert "Type it again" in said and "posta station recover." in said


@pytest.mark.parametrize("content", [None, b"\xff\xfe clave"])
def test_a_password_file_that_cannot_be_read(home: Home, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    said = sentence(run("clinic", "status", "--home", str(home.path), "--password-file", str(path)), 4)
    assert "cannot be read" in said


def test_the_centre_cannot_be_reached_and_work_goes_on(home: Home, password: Path) -> None:
    said = sentence(run("clinic", "sync", "--home", str(home.path), "--password-file", str(password)), 4)
    assert "cannot be reached" in said
    assert run("clinic", "status", "--home", str(home.path), "--password-file", str(password)).returncode == 0


def test_a_computer_that_is_not_set_up(tmp_path: Path, password: Path) -> None:
    assert "invitation" in sentence(
        run("clinic", "status", "--home", str(tmp_path / "nobody"), "--password-file", str(password)), 4
    )


def test_a_store_newer_than_the_program(home: Home, password: Path) -> None:
    from clinic.services.desks import read_slots

    engine = engine_for(home.book, read_slots(home).open(PASSWORD).store_key)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA user_version={len(STEPS) + 5}")
        said = sentence(
            run("clinic", "status", "--home", str(home.path), "--password-file", str(password)), 4
        )
        assert "newer Posta" in said and "nothing was changed" in said
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA user_version={len(STEPS)}")
        engine.dispose()


def test_a_store_that_is_no_store(home: Home, tmp_path: Path, password: Path) -> None:
    broken = Home(tmp_path / "broken")
    broken.make()
    broken.keep_slots(home.read_slots()[0])
    broken.book.write_bytes(os.urandom(8192))
    sentence(run("clinic", "status", "--home", str(broken.path), "--password-file", str(password)), 4)


def test_the_file_that_lets_people_in_is_damaged_with_its_copy(
    home: Home, tmp_path: Path, password: Path
) -> None:
    broken = Home(tmp_path / "broken")
    broken.make()
    broken.keep_slots(home.read_slots()[0])
    broken.slots.write_bytes(os.urandom(200))
    assert "records of this computer are missing" in sentence(
        run("clinic", "status", "--home", str(broken.path), "--password-file", str(password)), 4
    ), "the whole copy serves"
    broken.slots.with_suffix(".bak").write_bytes(os.urandom(200))
    said = sentence(run("clinic", "status", "--home", str(broken.path), "--password-file", str(password)), 4)
    assert "Restore a backup" in said


def test_founding_without_the_server_leaves_nothing_and_can_be_tried_again(
    tmp_path: Path, password: Path
) -> None:
    place, server = tmp_path / "station", f"http://127.0.0.1:{_free_port()}"
    words = ("--home", str(place), "--server", server, "--name", "Red", "--admin", "Ana")
    for _ in range(2):
        said = sentence(run("clinic", "found", *words, "--password-file", str(password)), 4)
        assert "No centre answers" in said
        assert not place.exists() or [path.name for path in place.iterdir()] == ["log"]


def test_a_profile_wants_room_before_an_invitation_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinic.store.home.ROOM_BYTES", 10**18)
    with pytest.raises(Unavailable, match="Free 1000000000000 MB"):
        Home(tmp_path / "new").check_room()
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="cannot be made"):
        Home(tmp_path / "file" / "new").check_room()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_folders_that_may_not_be_read_or_written(home: Home, tmp_path: Path, password: Path) -> None:
    from shutil import copytree, ignore_patterns

    closed = copytree(home.path, tmp_path / "closed", ignore=ignore_patterns("log"))
    (closed / "log").mkdir()
    (closed / "log").chmod(0o500)
    assert "cannot be written" in sentence(run("desktop", "--home", str(closed), "--lang", "en"), 4)
    closed.chmod(0o000)
    try:
        for program in (("clinic", "status", "--password-file", str(password)), ("kiosk.session",)):
            assert (
                "cannot be read" in sentence(run(*program, "--home", str(closed)), 4)
                or program[0] != "clinic"
            )
    finally:
        closed.chmod(0o700)
        (closed / "log").chmod(0o700)


@pytest.mark.parametrize("program", ["desktop", "kiosk"])
@pytest.mark.parametrize("option", ["--camera=nonsense:x", "--microphone=image:a.png", "--speaker=loud"])
def test_a_device_that_is_none_is_wrong_use(program: str, option: str, tmp_path: Path) -> None:
    done = run(program, "--home", str(tmp_path / "new"), option)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(
        f"posta {program}: error: argument {option.partition('=')[0]}"
    )
    assert not (tmp_path / "new").exists()


def test_the_servers_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = sentence(
            run("sync_server", "--data", str(tmp_path / "server"), "--port", str(taken.getsockname()[1])), 4
        )
    assert "port" in said.lower()


@pytest.mark.parametrize("code", ["POSTA:JOIN:1:AAAA", "hola", "POSTA:CARD:1:MZXW6YTBOI"])
def test_a_corrupt_invitation(tmp_path: Path, code: str, password: Path) -> None:
    done = run(
        "clinic",
        "join",
        "--home",
        str(tmp_path / "new"),
        "--code",
        code,
        "--name",
        "Ana",
        "--password-file",
        str(password),
    )
    sentence(done, 3)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("program", ["desktop", "kiosk.session"])
def test_no_display(home: Home, program: str) -> None:
    said = sentence(
        run(program, "--home", str(home.path), DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM="xcb"), 4
    )
    assert "display" in said.lower() or "screen" in said.lower()


@pytest.mark.parametrize("program", ["desktop", "kiosk.session"])
def test_a_screen_that_qt_cannot_use(home: Home, program: str) -> None:
    said = sentence(run(program, "--home", str(home.path), "--lang", "en", QT_QPA_PLATFORM="nonsense"), 4)
    assert "No window can open here" in said


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
