# SPDX-License-Identifier: GPL-3.0-or-later
"""packaging/posta: what goes wrong is one sentence with the next step; what is ready is not made again."""

import os
import shutil
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "packaging" / "posta"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def posta(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script as a module that keeps everything under `tmp_path`."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("POSTA_SETUP", str(tmp_path))
    loader = SourceFileLoader("posta_bootstrap", str(SCRIPT))
    spec = spec_from_loader(loader.name, loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def start(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def test_it_needs_the_standard_library_only() -> None:
    source = "import runpy, sys; sys.argv = ['posta', '--help']; runpy.run_path({!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", source.format(str(SCRIPT))], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: packaging/posta COMMAND")


def test_without_a_command_it_says_how() -> None:
    done = start()
    assert done.returncode == 2
    assert "usage:" in done.stdout


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("error: No space left on device (os error 28)", "The disk is full"),
        ("error: Hash mismatch for `av==18.1.0`", "is not the one the lock names"),
        ("SSLError(CERTIFICATE_VERIFY_FAILED)", "SSL_CERT_FILE"),
        ("error: Failed to fetch: dns error", "cannot be reached"),
        ("Err:1 Temporary failure resolving", "cannot be reached"),
        ("Segmentation fault", "read the log"),
    ],
)
def test_a_failed_step_names_cause_and_next_step(posta: ModuleType, output: str, sentence: str) -> None:
    assert sentence in posta.explain(output, "the libraries")


def test_an_old_python_is_told_before_anything_is_made(
    posta: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(posta, "OLDEST", (99, 0))
    with pytest.raises(posta.CannotSetUp, match="needs Python"):
        posta.set_up("demo")
    assert list(tmp_path.iterdir()) == []


def test_too_little_disk_is_told_before_anything_is_downloaded(
    posta: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posta, "NEEDED_BYTES", shutil.disk_usage("/").total * 1000)
    with pytest.raises(posta.CannotSetUp, match="free some space"):
        posta.check_space()


def test_without_the_venv_part_the_debian_package_is_named(
    posta: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(posta.CannotSetUp, match=r"apt install python3\.\d+-venv"):
        posta.make_venv()


def test_a_setup_folder_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = start("setup", POSTA_SETUP=str(tmp_path / "file"))
    assert done.returncode == 4
    assert "name another folder in POSTA_SETUP" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_without_a_network_it_says_so_and_is_not_taken_for_ready(tmp_path: Path) -> None:
    cut = {
        "PIP_INDEX_URL": NOWHERE,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "0",
        "PIP_FIND_LINKS": "",
    }
    done = start("setup", POSTA_SETUP=str(tmp_path), **cut)
    assert done.returncode == 4, done.stderr
    assert "The package index cannot be reached" in done.stderr.splitlines()[-1]
    assert not list(tmp_path.glob("venv-*/stamp"))


def test_the_environment_is_renewed_when_the_lock_changes(
    posta: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    locks = tmp_path / "locks"
    locks.mkdir()
    for name in ("requirements.txt", "requirements-test.txt", "requirements-uv.txt"):
        (locks / name).write_text(name)
    monkeypatch.setattr(posta, "LOCKS", locks)
    posta.venv_python().parent.mkdir(parents=True)
    posta.venv_python().touch()
    stamp = posta.venv_folder() / "stamp"
    assert not posta.is_ready(posta.lock_for("demo"))
    stamp.write_text(posta.fingerprint(posta.lock_for("demo")))
    assert posta.is_ready(posta.lock_for("demo"))
    assert not posta.is_ready(posta.lock_for("test"))
    stamp.write_text(posta.fingerprint(posta.lock_for("test")))
    (posta.venv_folder() / "with-tests").touch()
    assert posta.is_ready(posta.lock_for("demo")), "the tests' environment serves the demo too"
    (locks / "requirements-test.txt").write_text("something newer")
    assert not posta.is_ready(posta.lock_for("test"))


def test_pip_s_own_index_settings_reach_uv(
    posta: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(posta, "venv_python", lambda: Path(sys.executable))
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_", "SSL_CERT"))]:
        monkeypatch.delenv(name)
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nindex-url = https://index.example/simple\ncert = /etc/own-ca.pem\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://more.example/simple")
    given = posta.index_settings()
    assert given["UV_DEFAULT_INDEX"] == "https://index.example/simple"
    assert given["UV_INDEX"].split()[-1] == "https://more.example/simple"
    assert given["SSL_CERT_FILE"] == "/etc/own-ca.pem"


def test_what_was_unpacked_privately_is_found(posta: ModuleType, tmp_path: Path) -> None:
    usr = tmp_path / "debs/usr"
    for folder in (
        "lib/x86_64-linux-gnu/pulseaudio",
        "lib/x86_64-linux-gnu/espeak-ng-data",
        "share/X11/xkb",
        "bin",
    ):
        (usr / folder).mkdir(parents=True)
    given = posta.private_folders({"PATH": "/usr/bin"})
    assert given["LD_LIBRARY_PATH"].split(":") == [
        str(usr / "lib/x86_64-linux-gnu"),
        str(usr / "lib/x86_64-linux-gnu/pulseaudio"),
    ]
    assert given["ESPEAK_DATA_PATH"] == str(usr / "lib/x86_64-linux-gnu/espeak-ng-data")
    assert given["XKB_CONFIG_ROOT"] == str(usr / "share/X11/xkb")
    assert given["PATH"].startswith("/usr/bin:") and given["PATH"].endswith(str(usr / "bin"))


def test_no_lock_names_a_host() -> None:
    for lock in SCRIPT.parent.glob("requirements*.txt"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text and "--index" not in text, lock.name
        assert text.count("==") <= text.count("--hash=sha256:")


def test_the_server_s_lock_holds_no_desktop() -> None:
    names = {
        line.partition("==")[0]
        for line in (SCRIPT.parent / "requirements-server.txt").read_text().splitlines()
    }
    assert not names & {"pyside6-essentials", "pyside6-addons", "shiboken6", "aiortc", "av", "sqlcipher3"}
    assert {"starlette", "uvicorn", "python-socketio", "sqlalchemy", "alembic", "pynacl"} <= names
