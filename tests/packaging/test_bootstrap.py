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
        ("dpkg was interrupted, you must run 'dpkg --configure -a'", "cut short"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend", "wait until it has ended"),
        ("The filename or extension is too long. (os error 206)", "a shorter folder in POSTA_SETUP"),
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


def test_a_virtual_environment_that_fails_is_one_sentence_and_its_words_are_kept(
    posta: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(*_words: object, **_more: object) -> None:
        raise subprocess.CalledProcessError(1, ["ensurepip"], b"OSError: No space left on device")

    monkeypatch.setattr("venv.create", fails)
    with pytest.raises(posta.CannotSetUp, match="disk is full while bringing the virtual environment"):
        posta.make_venv()
    assert "No space left" in (tmp_path / "setup.log").read_text()


def test_a_compiler_is_brought_for_the_tests_alone(
    posta: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = {"espeak-ng", "ip"}
    monkeypatch.setattr(posta, "loads", lambda name: True)
    monkeypatch.setattr(posta.shutil, "which", lambda name, path=None: name if name in there else None)
    assert posta.missing_packages("test") == ["tcc"]
    assert posta.missing_packages("demo") == []
    there.add("cc")
    assert posta.missing_packages("test") == []


def test_what_is_all_there_starts_from_a_folder_that_cannot_be_written(
    posta: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_lock() -> None:
        raise PermissionError(13, "Permission denied", "lock")

    monkeypatch.setattr(posta, "alone", no_lock)
    monkeypatch.setattr(posta, "missing_packages", lambda command: [])
    monkeypatch.setattr(posta, "is_ready", lambda _lock: False)
    with pytest.raises(posta.CannotSetUp, match="POSTA_SETUP"):
        posta.set_up("demo")
    monkeypatch.setattr(posta, "is_ready", lambda _lock: True)
    posta.set_up("demo")


def test_a_second_start_waits_for_the_first(
    posta: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with open(tmp_path / "lock", "a+") as first, open(tmp_path / "lock", "a+") as second:
        assert posta.held(first, wait=False)
        assert not posta.held(second, wait=False)
    with posta.alone():
        pass
    assert "waiting" not in capfd.readouterr().err


def test_ctrl_c_is_for_the_program_and_not_for_the_one_that_waits(
    posta: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posta.signal, "signal", lambda *_: None)  # kept as this process has it
    assert posta.wait_for([sys.executable, "-c", "raise SystemExit(3)"], dict(os.environ)) == 3
    code = (
        "import importlib.machinery as m, importlib.util as u, os, sys\n"
        f"loader = m.SourceFileLoader('posta', {str(SCRIPT)!r})\n"
        "posta = u.module_from_spec(u.spec_from_loader('posta', loader)); loader.exec_module(posta)\n"
        "child = 'import os, signal; os.kill(os.getppid(), signal.SIGINT); raise SystemExit(7)'\n"
        "sys.exit(posta.wait_for([sys.executable, '-c', child], dict(os.environ)))\n"
    )
    done = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (7, "")


@pytest.mark.parametrize("folder", ["plain", "Clínica Nº 2 'Ñandú'", 'a "$HOME" `b` \\ c'])
def test_the_environment_finds_the_checkout_whatever_its_folder_is_called(
    posta: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str
) -> None:
    import venv

    root, home = tmp_path / folder, tmp_path / folder / "setup"
    (root / "clinic").mkdir(parents=True)
    (root / "clinic" / "cli.py").write_text("import sys; print('here', *sys.argv[1:])")
    monkeypatch.setattr(posta, "ROOT", root)
    monkeypatch.setattr(posta, "SETUP", home)
    venv.create(posta.venv_folder(), with_pip=False)
    posta.write_door()
    for words in (
        [str(posta.venv_python()), "-m", "clinic.cli"],
        [str(posta.venv_python().parent / "posta")],
    ):
        done = subprocess.run(
            [*words, "a b"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        )
        assert (done.stdout, done.stderr) == ("here a b\n", "")


def test_what_interrupted_installers_leave_goes_with_its_folder(
    posta: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", "/somewhere")
    monkeypatch.delenv("TEMP", raising=False)

    def interrupted() -> None:
        with posta.own_temporary_files():
            assert os.environ["TMPDIR"] == os.environ["TEMP"] == str(tmp_path / "tmp")
            (tmp_path / "tmp" / "left").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert os.environ["TMPDIR"] == "/somewhere" and "TEMP" not in os.environ
    assert not (tmp_path / "tmp").exists()


def test_a_file_named_like_a_module_where_one_stands_is_not_taken_for_it(posta: ModuleType) -> None:
    assert posta.program_environment("demo")["PYTHONSAFEPATH"] == "1"
    assert "PYTHONSAFEPATH" not in {
        name for name in posta.program_environment("test") if name not in os.environ
    }


def test_packages_unpacked_by_halves_never_take_the_place_of_whole_ones(
    posta: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = tmp_path / "debs" / "usr"
    whole.mkdir(parents=True)
    (whole / "old").touch()

    def stopped(*_words: object) -> None:
        (tmp_path / "debs.new" / "half").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(posta, "run", stopped)
    with pytest.raises(KeyboardInterrupt):
        posta.put_beside([tmp_path / "one.deb"])
    assert [path.name for path in (tmp_path / "debs").iterdir()] == ["usr"]
    monkeypatch.setattr(posta, "run", lambda *_words: (tmp_path / "debs.new" / "new").touch())
    posta.put_beside([tmp_path / "one.deb"])
    assert sorted(path.name for path in (tmp_path / "debs").iterdir()) == ["fonts.conf", "new", "usr"]
    assert (whole / "old").exists()
    assert not list(tmp_path.glob("debs.*"))


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


def test_what_only_some_tests_need_is_brought_where_ci_runs_and_its_lack_stops_nothing(
    posta: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def which(name: str, path: str = "") -> str | None:
        return "/usr/bin/apt-get" if name == "apt-get" else None

    monkeypatch.setattr(posta.shutil, "which", which)
    monkeypatch.delenv("CI", raising=False)
    assert posta.welcome_packages("test") == []
    monkeypatch.setenv("CI", "true")
    assert (
        posta.welcome_packages("test") == ["coturn", "xvfb", "libxtst6"]
        and posta.welcome_packages("demo") == []
    )

    def cannot(packages: list[str]) -> None:
        raise posta.CannotSetUp("The package index cannot be reached.")

    monkeypatch.setattr(posta, "bring_packages", cannot)
    posta.bring_what_is_welcome("test")
    assert "the tests that need coturn are skipped" in capsys.readouterr().err
