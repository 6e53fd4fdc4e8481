# SPDX-License-Identifier: GPL-3.0-or-later
"""All administrators are lost: two of three sheets name a new one, through the station's verbs and a real server."""

import json
import os
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from clinic.__main__ import main
from clinic.domain.clock import SystemClock
from clinic.domain.errors import Unavailable
from clinic.domain.facts import AuditEvent
from clinic.domain.ids import AUDITORS, PatientId
from clinic.keys.sheets import read_sheet
from clinic.protocol.trust import DeviceKind, Role
from clinic.services.audits import audit
from clinic.services.link import exchange_now
from clinic.services.sitting import open_desk
from clinic.services.syncing import sync_status
from clinic.services.tending import tend
from clinic.transport.http import Remote
from tests.clinic.services.test_break_glass import enrolled
from tests.paper import qr_of
from tests.server_process import ServerProcess

pytestmark = pytest.mark.slow
PASSWORD = "siete gatos duermen bajo la mesa"


def without_an_answer(real: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """The centre takes it, and the answer is lost."""

    async def cut(*given: object) -> None:
        await real(*given)
        raise Unavailable("The centre cannot be reached.")

    return cut


def test_a_centre_that_is_silent_leaves_nothing_and_says_which_sheets_to_try(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], quick_passwords: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(*given: object) -> None:
        raise Unavailable("The centre cannot be reached.")

    secret = tmp_path / "password"
    secret.write_text(PASSWORD)
    own = ["--password-file", str(secret)]
    with ServerProcess(tmp_path / "server") as server:
        assert main([
            "found", "--home", str(tmp_path / "first"), *own, "--server", server.url, "--name", "Red del Norte", "--admin",
            "Ana Ruiz", "--sheets", str(tmp_path / "paper"),
        ]) == 0  # fmt: skip
        over = [
            "take-over",
            "--home",
            str(tmp_path / "second"),
            *own,
            "--server",
            server.url,
            "--admin",
            "Bea Sosa",
        ]
        over += ["--reason", "incendio", "--sheets", str(tmp_path / "new")]
        for number, file in enumerate(sorted((tmp_path / "paper").glob("*.pdf"))[:2]):
            (tmp_path / f"sheet{number}").write_text(qr_of(file))
            over += ["--sheet", str(tmp_path / f"sheet{number}")]
        monkeypatch.setattr(Remote, "add_by_root", silent)
        assert main(over) == 4
        assert "with the new sheets in" in capsys.readouterr().err
        assert not (tmp_path / "second" / "slots.bin").exists()


def test_two_sheets_name_a_new_administrator_the_old_ones_count_no_more_and_the_audit_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], quick_passwords: None
) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD)

    def station(verb: str, home: str, *more: str) -> int:
        return main([verb, "--home", str(tmp_path / home), "--password-file", str(secret), *more])

    with ServerProcess(tmp_path / "server") as server:
        assert station(
            "found", "first", "--server", server.url, "--name", "Red del Norte", "--admin", "Ana Ruiz",
            "--sheets", str(tmp_path / "paper"),
        ) == 0  # fmt: skip
        texts = [qr_of(file) for file in sorted((tmp_path / "paper").glob("*.pdf"))]
        assert len(texts) == 3 and len({read_sheet(text).number for text in texts}) == 3
        files = []
        for number, text in enumerate(texts):
            files.append(tmp_path / f"sheet{number}")
            files[-1].write_text(text)
        over = ("--server", server.url, "--admin", "Bea Sosa", "--reason", "incendio", "--sheets")
        one = [*over, str(tmp_path / "new"), "--sheet", str(files[0]), "--sheet", str(files[0])]
        assert station("take-over", "second", *one) == 3, "one sheet twice tells nothing"
        two = ["--sheet", str(files[2]), "--sheet", str(files[0])]
        with pytest.MonkeyPatch.context() as cut:
            cut.setattr(Remote, "add_by_root", without_an_answer(Remote.add_by_root))
            assert station("take-over", "second", *over, str(tmp_path / "new"), *two) == 0
        assert len(list((tmp_path / "new").glob("*.pdf"))) == 3
        assert station("take-over", "third", *over, str(tmp_path / "newer"), *two) == 3, "used once"
        assert not (tmp_path / "newer").exists()
        capsys.readouterr()
        assert station("revoke", "second", "--computer", "Station", "--reason", "x") == 3, "two are called so"
        assert station("people", "second") == 0
        people = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert {one["person"] for one in people} == {"Ana Ruiz", "Bea Sosa"}
        lost = next(one for one in people if one["person"] == "Ana Ruiz")["computers"][0]
        assert station("revoke", "second", "--computer", lost, "--reason", "incendio") == 0
        assert json.loads(capsys.readouterr().out)["said"] is True
        assert station("invite", "second", "--role", "clinician") == 0
        assert station("sync", "second") == 0
        assert '"refused": 0' in capsys.readouterr().out, "her audit goes to nobody who would not take it"
        second = open_desk(tmp_path / "second", PASSWORD, SystemClock(), os.urandom)
        assert not second.trust.is_held(AUDITORS), "Ana alone had that key"
        elena = enrolled(second, tmp_path / "elena", "Elena Funes", Role.COMPLIANCE, DeviceKind.DESKTOP)
        with closing(second), closing(elena):
            assert tend(second)
            audit(second, "search", PatientId(""))
            for desk in (second, elena):
                exchange_now(desk)
            assert (AUDITORS, 2) in elena.team_keys and (AUDITORS, 1) not in elena.team_keys
            seen = elena.book.read(lambda page: page.all_facts(AuditEvent))
            assert ("search", second.device) in {(one.action, one.device) for one in seen}
            assert sync_status(second).refused == sync_status(elena).refused == 0
