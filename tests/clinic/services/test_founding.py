# SPDX-License-Identifier: GPL-3.0-or-later
"""One server, one organisation; what could not be founded leaves nothing behind, what was founded is never taken back."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from clinic.__main__ import main
from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.protocol.trust import DeviceKind, Role
from clinic.services import founding as f
from clinic.services.enrolment import invite, join
from clinic.services.root_sheets import keep_papers
from clinic.store.home import Home
from clinic.transport.http import Remote
from tests.clinic.services.conftest import PASSWORD, Town
from tests.server_process import ServerProcess

Post = Callable[..., object]
pytestmark = pytest.mark.usefixtures("quick_passwords")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path / "server") as running:
        yield running


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f, "PAUSE_S", 0.0)


def found(home: Path, url: str, sheets: Path | None = None) -> None:
    f.found_organization(
        home, url, "Otra red", "Eva Luna", PASSWORD, "Estación", SystemClock(), os.urandom, sheets=sheets
    ).close()


def plan(url: str) -> f.Plan:
    return f.Plan(server=url, name="Otra red", admin="Eva Luna", device_name="Estación")


def nobody_listens() -> str:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def nothing_is_left(home: Path, sheets: Path) -> bool:
    profile = [file.name for file in home.iterdir() if file.is_file()] if home.exists() else []
    return not profile and not list(sheets.glob("*.pdf"))


def test_a_server_that_serves_an_organisation_takes_no_second_one(town: Town, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="serves an organisation already"):
        found(tmp_path / "home", town.url, tmp_path / "paper")
    assert not Home(tmp_path / "home").enrolled and nothing_is_left(tmp_path / "home", tmp_path / "paper")


def test_no_server_follows_keys_that_could_not_be_kept(
    server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_home: Home, _data: bytes) -> None:
        raise Unavailable("The disk is full.")

    with monkeypatch.context() as during:
        during.setattr(Home, "keep_slots", full)
        with pytest.raises(Unavailable, match="full"):
            found(tmp_path / "home", server.url, tmp_path / "paper")
    assert nothing_is_left(tmp_path / "home", tmp_path / "paper")
    assert f.centre_is_free(server.url).organization == ""
    found(tmp_path / "home", server.url, tmp_path / "paper")
    assert len(list((tmp_path / "paper").glob("*.pdf"))) == 3


def test_sheets_that_only_half_fit_on_the_disk_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = f.Founding(tmp_path / "home", SystemClock(), os.urandom)
    kept: list[Path] = []

    def full(path: Path, data: bytes) -> None:
        if len(kept) == 2:
            raise Unavailable("The disk is full.")
        kept.append(path)
        path.write_bytes(data)

    monkeypatch.setattr("clinic.services.root_sheets.keep", full)
    with pytest.raises(Unavailable):
        made.keep_sheets("Otra red", tmp_path / "paper", "es")
    assert len(kept) == 2 and nothing_is_left(tmp_path / "home", tmp_path / "paper")
    monkeypatch.undo()
    papers = made.make_papers("Otra red", "es")
    keep_papers(papers, tmp_path / "paper")
    with pytest.raises(Refusal, match="is there already"):
        keep_papers(papers, tmp_path / "paper")
    assert len(list((tmp_path / "paper").glob("*.pdf"))) == 3, "those of somebody else stay"


def test_an_unreachable_server_is_one_sentence_and_the_next_try_works(
    server: ServerProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD)
    verb = [
        "found", "--home", str(tmp_path / "home"), "--password-file", str(secret), "--name", "Otra red", "--admin", "Eva Luna",
        "--sheets", str(tmp_path / "paper"), "--server",
    ]  # fmt: skip
    assert main([*verb, nobody_listens()]) == 4
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1 and "No centre answers" in said.err and not said.out
    assert nothing_is_left(tmp_path / "home", tmp_path / "paper")
    assert main([*verb, server.url]) == 0


def test_when_the_server_dies_before_it_is_asked_the_sheets_serve_the_next_try(
    server: ServerProcess, tmp_path: Path
) -> None:
    made = f.Founding(tmp_path / "home", SystemClock(), os.urandom)
    kept = made.keep_sheets("Otra red", tmp_path / "paper", "es")

    def power_cut(stage: f.Stage) -> None:
        if stage == f.Stage.HANDING_IN:
            server.kill()

    with pytest.raises(Unavailable, match="cannot be reached"):
        made.found(plan(server.url), PASSWORD, power_cut)
    assert not Home(tmp_path / "home").enrolled and all(file.exists() for file in kept.files)
    server.start()
    desk = made.found(plan(server.url), PASSWORD)
    with pytest.raises(Refusal, match="serves an organisation"):
        f.centre_is_free(server.url)
    assert Home(tmp_path / "home").enrolled and desk.trust.organization().name == "Otra red"
    desk.close()


def test_stopped_in_time_nothing_was_set_up(server: ServerProcess, tmp_path: Path) -> None:
    made = f.Founding(tmp_path / "home", SystemClock(), os.urandom)
    made.keep_sheets("Otra red", tmp_path / "paper", "es")

    def stop(stage: f.Stage) -> None:
        if stage == f.Stage.HANDING_IN:
            raise f.Stopped

    with pytest.raises(f.Stopped):
        made.found(plan(server.url), PASSWORD, stop)
    made.drop_sheets()
    assert nothing_is_left(tmp_path / "home", tmp_path / "paper")
    assert f.centre_is_free(server.url).organization == ""


def losing_answers(times: int) -> Post:
    real, lost = Remote.found, [0]

    async def found_unheard(remote: Remote, statements: tuple[bytes, ...], code: str = "") -> None:
        await real(remote, statements, code)
        lost[0] += 1
        if lost[0] <= times:
            raise Unavailable("The answer was lost.")

    return found_unheard


def test_an_answer_that_was_lost_is_asked_for_again(
    server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Remote, "found", losing_answers(1))
    found(tmp_path / "home", server.url)
    assert Home(tmp_path / "home").enrolled


def test_a_centre_that_falls_silent_after_it_took_the_statements_is_asked_at_the_next_start(
    server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, paper, real = tmp_path / "home", tmp_path / "paper", Remote.found

    async def taken_then_dark(remote: Remote, statements: tuple[bytes, ...], code: str = "") -> None:
        await real(remote, statements, code)
        server.kill()
        raise Unavailable("The answer was lost.")

    with monkeypatch.context() as during:
        during.setattr(Remote, "found", taken_then_dark)
        with pytest.raises(f.Unsure):
            found(home, server.url, paper)
    assert not Home(home).enrolled and len(list(paper.glob("*.pdf"))) == 3
    with pytest.raises(Unavailable, match="No centre answers"):
        f.settle(home)
    with pytest.raises(Unavailable, match="not answered yet"):
        Home(home).read_slots()
    server.start()
    assert f.settle(home) and Home(home).enrolled
    assert len(list(paper.glob("*.pdf"))) == 3, "they are the organisation's now"


def test_what_a_power_cut_left_is_forgotten_where_nothing_was_handed_in(
    server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, paper = tmp_path / "home", tmp_path / "paper"

    def cut(_plan: f.Plan, _log: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(f, "_hand_in", cut)
        with pytest.raises(KeyboardInterrupt):
            found(home, server.url, paper)
    assert len(list(paper.glob("*.pdf"))) == 3
    found(home, server.url, paper)
    assert Home(home).enrolled and len(list(paper.glob("*.pdf"))) == 3


def test_nobody_joins_over_a_founding_that_waits(town: Town, tmp_path: Path) -> None:
    code = invite(town.station, Role.CLINICIAN, DeviceKind.DESKTOP)
    made = f.Founding(tmp_path / "home", SystemClock(), os.urandom)
    made.keep_sheets("Otra red", tmp_path / "paper", "es")
    with pytest.raises(Refusal, match="being set up"):
        join(tmp_path / "home", code, "Paz", PASSWORD, "D", SystemClock(), os.urandom)
    made.drop_sheets()


def test_a_sheet_is_proved_by_a_word_somebody_reads_on_it(tmp_path: Path) -> None:
    made = f.Founding(tmp_path / "home", SystemClock(), os.urandom)
    assert not made.proves(1, 1, "anything")
    papers = made.make_papers("Otra red", "es")
    part = papers.words[1]
    assert made.words_a_sheet == len(part.words)
    assert made.proves(part.number, 5, f" {part.words[4].upper()} ")
    assert not made.proves(part.number, 5, part.words[4] + "x") and not made.proves(9, 5, part.words[4])
