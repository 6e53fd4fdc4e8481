# SPDX-License-Identifier: GPL-3.0-or-later
"""The server as a process: killed, started again, stopped, and the sentences it says when it cannot start."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from clinic.domain.errors import Unavailable
from clinic.protocol.sync import SyncRequest, SyncResponse
from clinic.sync.exchange import Snapshot, meaning_of, request_for
from clinic.transport.http import Remote
from tests.server_process import ServerProcess
from tests.small_clinic import AT, Clinic, Somebody, pinned, small_clinic

from .test_doorbell import Device

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="ends servers with signals")]
KILLS = int(os.environ.get("POSTA_KILLS", "10"))
"""Each costs a start of the server, about a second."""


class Client:
    """A device with a real HTTP client, used from plain code."""

    def __init__(self, url: str, who: Somebody) -> None:
        self.url, self.who = url, who

    def do(self, work: Any) -> Any:
        async def once() -> Any:
            remote = Remote(self.url, self.who.device, self.who.sign, fingerprint=pinned())
            try:
                return await work(remote)
            finally:
                await remote.close()

        return asyncio.run(once())

    def sync(self, *envelopes: bytes, **more: Any) -> SyncResponse:
        request = SyncRequest(device=self.who.device, incarnation=1, envelopes=envelopes, sent_at=AT, **more)
        answer = self.do(lambda remote: remote.sync(request))
        assert isinstance(answer, SyncResponse)
        return answer


def founded(process: ServerProcess) -> tuple[Clinic, Client, Client]:
    clinic = small_clinic()
    eva, ben = Client(process.url, clinic.eva), Client(process.url, clinic.ben)
    eva.do(lambda remote: remote.found(clinic.log.statements))
    return clinic, eva, ben


def test_what_was_acknowledged_is_there_after_every_kill(either: ServerProcess) -> None:
    clinic, eva, ben = founded(either)
    sent: list[bytes] = []
    for number in range(1, 6):
        sent.append(clinic.eva.envelope(clinic.log, "p:1", f"note {number}"))
        assert eva.sync(sent[-1]).acked_env_no == number
        either.kill()
        either.start()
    again = eva.sync(*sent)
    assert (again.acked_env_no, again.refused) == (5, ())
    assert [got.envelope for got in ben.sync().envelopes] == sent


@pytest.mark.timeout(120 + 20 * KILLS)
def test_what_is_killed_between_commit_and_reply_is_there_once(
    tmp_path: Path, kept_in: tuple[str, ...]
) -> None:
    """As often as POSTA_KILLS says."""
    sent: list[bytes] = []
    with ServerProcess(tmp_path, *kept_in, module="tests.dying_server") as dying:
        clinic, eva, ben = founded(dying)
        for number in range(1, KILLS + 1):
            sent.append(clinic.eva.envelope(clinic.log, f"p:{number % 3}", f"note {number}"))
            with pytest.raises(Unavailable):
                eva.sync(sent[-1])
            assert dying.wait() == -signal.SIGKILL
            dying.start()
            again = eva.sync(sent[-1])
            assert (again.acked_env_no, again.refused) == (number, ())
        got = ben.sync(byte_budget=1_000_000).envelopes
        assert sorted(one.envelope for one in got) == sorted(sent)
        assert {(one.scope, one.seq) for one in got} == {
            (f"p:{n}", seq)
            for n in range(3)
            for seq in range(1, sum(number % 3 == n for number in range(1, KILLS + 1)) + 1)
        }


async def test_a_server_that_is_stopped_ends_in_seconds_and_who_was_there_is_back_by_herself(
    either: ServerProcess,
) -> None:
    clinic = small_clinic()
    eva, ben = Device(either.url, clinic.eva), Device(either.url, clinic.ben)
    await eva.remote.found(clinic.log.statements)
    async with eva, ben:
        for device in (eva, ben):
            device.ears.heard.clear()
        begun = monotonic()
        either.signal(signal.SIGTERM)
        assert await asyncio.to_thread(either.wait) == 0
        assert monotonic() - begun < 10
        await ben.ears.until("state", False)
        await asyncio.to_thread(either.start)
        await ben.ears.until("state", True)
        await eva.ears.until("state", True)
        await eva.write(clinic, "p:1")
        await ben.ears.until("bell", "p:1", 1)


def test_a_kill_in_the_middle_of_a_request_keeps_all_or_nothing(either: ServerProcess) -> None:
    clinic, eva, _ = founded(either)
    batch = tuple(clinic.eva.envelope(clinic.log, f"p:{n % 7}", "x" * 2000) for n in range(300))
    request = SyncRequest(device=eva.who.device, incarnation=1, envelopes=batch, sent_at=AT)

    async def cut(remote: Remote) -> None:
        await remote.token()
        sending = asyncio.create_task(remote.sync(request))
        await asyncio.wait({sending}, timeout=0.02)
        await asyncio.to_thread(either.kill)
        await asyncio.wait({sending})
        sending.exception()

    eva.do(cut)
    either.start()
    acked = eva.sync().acked_env_no
    assert acked in (0, 300)
    assert eva.sync(*batch[acked:]).acked_env_no == 300


def test_a_server_put_back_from_a_backup_is_healed_by_its_clients(process: ServerProcess) -> None:
    clinic, eva, ben = founded(process)
    first, second = (
        clinic.eva.envelope(clinic.log, "p:1", "one"),
        clinic.eva.envelope(clinic.log, "p:1", "two"),
    )
    eva.sync(first)
    process.stop()
    backup = (process.folder / "server.db").read_bytes()
    process.start()
    epoch = eva.sync(second).epoch
    held = {item.scope: item.seq for item in ben.sync().envelopes}
    assert held == {"p:1": 2}
    process.stop()
    (process.folder / "server.db").write_bytes(backup)
    process.start("--restored")

    snapshot = Snapshot(eva.who.device, 1, epoch, {}, {}, clinic.log.position, (), ())
    request = request_for(snapshot, AT)
    meaning = meaning_of(request, eva.do(lambda remote: remote.sync(request)))
    assert (meaning.acked_env_no, meaning.lost_some, meaning.forget_cursors, meaning.more) == (
        1,
        True,
        True,
        True,
    )
    assert eva.sync(second).acked_env_no == 2
    assert [got.envelope for got in ben.sync().envelopes] == [first, second]


def test_a_gentle_stop_is_no_error_and_folds_everything_into_one_file(process: ServerProcess) -> None:
    clinic, eva, _ = founded(process)
    eva.sync(clinic.eva.envelope(clinic.log, "p:1"))
    assert process.stop() == 0
    assert sorted(file.name for file in process.folder.iterdir()) == ["log", "server.db"]
    process.start()
    assert eva.sync().acked_env_no == 1


def test_nothing_of_the_note_is_in_the_servers_folder(process: ServerProcess) -> None:
    clinic, eva, ben = founded(process)
    eva.sync(clinic.eva.envelope(clinic.log, "p:1", "Quiroga has asthma"))
    ben.sync()
    process.kill()
    for file in process.folder.rglob("*"):
        if file.is_file():
            assert b"Quiroga" not in file.read_bytes(), file
    assert "sync" in process.log
    assert "in 1" in process.log


# when it cannot start


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "sync_server", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def refused(ran: "subprocess.CompletedProcess[str]", code: int, words: str) -> None:
    assert ran.returncode == code, ran.stderr
    assert words in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        refused(run("--data", str(tmp_path), "--port", str(port)), 4, f"127.0.0.1:{port}")


def test_a_port_that_cannot_be_is_told(tmp_path: Path) -> None:
    refused(run("--data", str(tmp_path), "--port", "99999"), 4, "99999")


def test_two_servers_never_share_a_folder(process: ServerProcess) -> None:
    refused(run("--data", str(process.folder), "--port", "0"), 4, "in use")


def test_a_newer_book_is_left_alone(process: ServerProcess) -> None:
    process.stop()
    file = process.folder / "server.db"
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
    before = file.read_bytes()
    refused(run("--data", str(process.folder), "--port", "0"), 3, "newer Posta")
    assert file.read_bytes() == before


def test_a_book_that_is_no_book_is_told(tmp_path: Path) -> None:
    (tmp_path / "server.db").write_bytes(b"this is not a database at all" * 100)
    refused(run("--data", str(tmp_path), "--port", "0"), 4, "server.db")


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    refused(run("--data", str(tmp_path / "file"), "--port", "0"), 4, "--data")


@pytest.mark.parametrize("arguments", [[], ["--data"], ["--data", ".", "--port", "many"]])
def test_wrong_use_is_told(arguments: list[str]) -> None:
    assert run(*arguments).returncode == 2
