# SPDX-License-Identifier: GPL-3.0-or-later
"""A wipe obeyed by running programs: a kiosk's processes between two patients, a custodian's station, a power cut."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from clinic.domain.errors import Refusal
from clinic.domain.facts import Encounter
from clinic.domain.policies import HELP_PHONE
from clinic.keys.identity import UserKeys
from clinic.keys.roster import Distrust
from clinic.keys.trust import SIGNING_CONTEXT, Signer
from clinic.protocol.codec import dumps, encode
from clinic.protocol.sync import SyncRequest, SyncResponse
from clinic.protocol.trust import DeviceKind, Role, Statement, Wipe
from clinic.services import intake, wiping
from clinic.services import organising as o
from clinic.services.desks import Desk
from clinic.services.everybody import prepare
from clinic.services.link import exchange_now
from clinic.services.wiping import bring_receipt, closed, is_ordered, wipe
from clinic.store.home import Home
from clinic.transport.http import Remote
from tests.clinic.services.conftest import PASSWORD, ROOT, Town
from tests.clinic.services.test_break_glass import enrolled

pytestmark = pytest.mark.slow
PHONE = "+54 385 421 0000"
PATIENCE_S = 60


class KioskProcess:
    """`posta kiosk` as it runs at a post, driven through the hands of its sessions."""

    def __init__(self, home: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kiosk", "--home", str(home), "--window", "--hands", "--camera", "none",
             "--microphone", "none", "--speaker", "null", "--lang", "en"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        )  # fmt: skip
        self.sessions, self._asked = 0, 0

    def ask(self, **command: object) -> dict[str, object]:
        """What the session of the moment answers; counts the sessions that began meanwhile."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._asked += 1
        self._process.stdin.write(json.dumps({"id": self._asked, **command}) + "\n")
        self._process.stdin.flush()
        while line := self._process.stdout.readline():
            said = json.loads(line)
            if said.get("id") == self._asked:
                return dict(said)
            self.sessions += said.get("hello") == "session"
        raise AssertionError("the kiosk has ended")

    def shows(self, name: str) -> None:
        """Asked again where the session ended meanwhile."""
        for _again in range(3):
            answer = self.ask(do="wait", on=name, timeout_s=PATIENCE_S / 3)
            if answer["ok"]:
                return
        raise AssertionError(answer)

    def touch(self, name: str) -> None:
        self.shows(name)
        answer = self.ask(do="click", on=name)
        assert answer["ok"], answer

    def end(self) -> int:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        return self._process.wait(20)


@pytest.fixture
def kiosk_of(town: Town) -> Callable[[str], tuple[Desk, Path]]:
    """A kiosk that was set up and is not running: its closed desk, to know its id by, and its home."""

    def make(name: str) -> tuple[Desk, Path]:
        desk = town.enrol(name, Role.KIOSK, DeviceKind.KIOSK)
        town.opened.remove(desk)
        return desk, desk.home.path

    return make


def until(holds: Callable[[], bool], kiosk: KioskProcess) -> None:
    """Ask again; the question to the kiosk in between is the wait."""
    for _again in range(600):
        if holds():
            return
        kiosk.ask(do="wait", on="no.such.thing", timeout_s=0.1)
    raise AssertionError("that did not come about")


def test_a_running_kiosk_ends_the_visit_first_then_everything(
    town: Town, kiosk_of: Callable[[str], tuple[Desk, Path]]
) -> None:
    desk, home = kiosk_of("Tintina")
    came = intake.arrive(desk, intake.claim(desk, "30111222", date(1980, 1, 1)), "es")
    desk.close()
    exchange_now(town.station)
    assert o.set_rule(town.station, HELP_PHONE, PHONE)
    kiosk = KioskProcess(home)
    try:
        kiosk.touch("kiosk.language.en")
        assert o.order_wipe(town.station, desk.device, "it goes to another post")
        ordered = town.station.trust.position
        until(lambda: Home(home).read_height() >= ordered, kiosk)
        kiosk.shows("kiosk.bar.leave")
        assert (home / "device.key").exists() and kiosk.sessions == 1, "never in the middle of a visit"
        kiosk.touch("kiosk.bar.leave")
        kiosk.touch("kiosk.leave.yes")
        kiosk.shows("kiosk.closed.text")
        until(lambda: PHONE in str(kiosk.ask(do="read", on="kiosk.closed.text")), kiosk)
        assert kiosk.sessions == 2
        left = {one.name for one in home.iterdir()}
        assert left <= {"lock", "log", "wiped.note", "wiped.receipt", "wiped.server", "wiped.ca"}, left
        until(lambda: named(town, "Tintina").receipt is not None, kiosk)
    finally:
        assert kiosk.end() == 0
    receipt = named(town, "Tintina").receipt
    assert receipt is not None and receipt.device == desk.device and receipt.waiting == 0
    exchange_now(town.desk)
    there = town.desk.book.read(lambda page: page.all_facts(Encounter))
    assert came.encounter in {one.id for one in there}, "what waited was handed in"


def test_a_wiped_kiosk_says_whom_to_phone_at_every_start(
    town: Town, kiosk_of: Callable[[str], tuple[Desk, Path]]
) -> None:
    desk, home = kiosk_of("Pinto")
    assert o.order_wipe(town.station, desk.device, "lost")
    exchange_now(desk)
    desk.close()
    kiosk = KioskProcess(home)
    try:
        kiosk.shows("kiosk.closed.text")
        until(lambda: not (home / "device.key").exists() and closed(Home(home)) is not None, kiosk)
    finally:
        kiosk.end()
    kiosk = KioskProcess(home)
    try:
        kiosk.shows("kiosk.closed.text")
        until(lambda: "Red de Salud del Norte" in str(kiosk.ask(do="read", on="kiosk.closed.text")), kiosk)
        assert not kiosk.ask(do="exists", on="kiosk.language.en")["exists"]
    finally:
        kiosk.end()


def test_a_forged_wipe_closes_no_kiosk(
    town: Town, kiosk_of: Callable[[str], tuple[Desk, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The centre hands out a wipe that a clinician signed, and one in the administrator's name under another key."""
    desk, home = kiosk_of("Monte")
    exchange_now(desk)
    real, clinician = Remote.sync, town.desk.someone.user
    admin = town.station.someone.user
    for signer in (
        Signer(clinician, town.desk.device, town.desk.user_keys),
        Signer(admin, town.station.device, UserKeys.make(os.urandom)),
    ):
        forged = forged_wipe(desk, signer)

        async def hostile(
            remote: Remote, asked: SyncRequest, following: object = None, forged: bytes = forged
        ) -> SyncResponse:
            return replace(await real(remote, asked), trust=(forged,), trust_position=desk.trust.position + 1)

        with monkeypatch.context() as patch:
            patch.setattr(Remote, "sync", hostile)
            with pytest.raises(Distrust, match=r"administrator|was not signed"):
                exchange_now(desk)
        assert not is_ordered(desk)
        with pytest.raises(Refusal, match="No administrator"):
            wipe(desk)
    desk.close()
    assert closed(Home(home)) is None and (home / "device.key").exists()


def test_a_custodian_that_runs_obeys_and_says_so(town: Town) -> None:
    keeper = enrolled(
        town.station,
        town.folder / "keeper",
        "Custodia",
        Role.CUSTODIAN,
        DeviceKind.STATION,
        town.station.team,
    )
    device, home = keeper.device, keeper.home
    keeper.close()
    prepare(town.station)
    exchange_now(town.station)
    secret = town.folder / "keeper.txt"
    secret.write_text(PASSWORD, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "clinic", "custodian", "--home", str(home.path), "--password-file", str(secret)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    assert '"ready": true' in process.stdout.readline()
    assert o.order_wipe(town.station, device, "moved")
    out, err = process.communicate(timeout=PATIENCE_S)
    said = [json.loads(line) for line in out.splitlines()]
    assert {"wiped": device, "lost": 0} in said and "Traceback" not in err
    assert process.returncode == 3 and "holds nothing any more" in err
    assert not home.enrolled and {one.name for one in home.path.iterdir()} <= {"lock", "log"}
    assert named(town, "Custodia").receipt is not None


def test_a_power_cut_behind_the_slots_is_made_up_for_by_the_next_start(
    town: Town, kiosk_of: Callable[[str], tuple[Desk, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, path = kiosk_of("Añatuya")
    assert o.order_wipe(town.station, desk.device, "stolen")
    exchange_now(desk)

    def cut(home: Home) -> None:
        for name in ("slots.bin", "slots.bak"):
            (home.path / name).unlink()
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(wiping, "destroy", cut)
        with pytest.raises(SystemExit):
            wipe(desk)
    assert (path / "device.key").exists() and named(town, "Añatuya").receipt is None
    assert bring_receipt(Home(path))
    assert not (path / "device.key").exists() and not (path / "book.db").exists()
    assert named(town, "Añatuya").receipt is not None
    gone = closed(Home(path))
    assert gone is not None and gone.administrator == "Ana Ruiz"


def forged_wipe(desk: Desk, signer: Signer) -> bytes:
    """As a statement would be made, without asking whether the signer may say it."""
    said = encode(
        Statement(
            position=desk.trust.position + 1, previous=desk.trust.head, at=desk.clock.now(), body=Wipe(device=desk.device),
            signer_user=signer.user, signer_device=signer.device,
        )
    )  # fmt: skip
    return dumps([said, signer.keys.sign(SIGNING_CONTEXT + said)])


def named(town: Town, name: str) -> o.Computer:
    return next(one for one in o.organisation(town.station).computers if one.name == name)
