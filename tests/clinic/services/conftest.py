# SPDX-License-Identifier: GPL-3.0-or-later
"""A small clinic of real parts: a server process, an administrator's station, a clinician's desk, a kiosk."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from clinic.domain.clock import SystemClock
from clinic.keys.stretch import WEAK, Cost, stretch
from clinic.protocol.trust import DeviceKind, Role
from clinic.services.desks import Desk
from clinic.services.enrolment import admit, invite, join
from clinic.services.founding import found_organization
from clinic.services.link import exchange_now
from clinic.services.sitting import open_desk, open_kiosk

PASSWORD = "cinco palabras que nadie adivina"
ROOT = Path(__file__).parents[3]


@dataclass
class Town:
    """`folder` holds the homes; `server` is the process; desks are closed by the fixture."""

    folder: Path
    url: str
    server: "subprocess.Popen[str]"
    station: Desk
    desk: Desk
    kiosk: Desk
    opened: list[Desk]

    def enrol(self, name: str, role: Role = Role.CLINICIAN, kind: DeviceKind = DeviceKind.DESKTOP) -> Desk:
        """Let a new device in, both sides at work at once as in life."""
        desk = enrol(self.station, self.folder / name.replace(" ", "-"), name, role, kind)
        self.opened.append(desk)
        return desk

    def sync(self) -> None:
        for desk in (self.kiosk, self.station, self.desk, *self.opened):
            exchange_now(desk)


def enrol(station: Desk, home: Path, name: str, role: Role, kind: DeviceKind) -> Desk:
    joining = join(home, invite(station, role, kind), name, PASSWORD, name, SystemClock(), os.urandom)
    waiter = threading.Thread(target=joining.wait, args=(30,))
    waiter.start()
    admit(station, lambda newcomer: newcomer.digits == joining.digits, 30)
    waiter.join()
    return (
        open_kiosk(home, SystemClock(), os.urandom)
        if kind == DeviceKind.KIOSK
        else open_desk(home, PASSWORD, SystemClock(), os.urandom)
    )


def start_server(data: Path, port: str = "0") -> "tuple[subprocess.Popen[str], str]":
    process = subprocess.Popen(
        [sys.executable, "-m", "sync_server", "--data", str(data), "--port", port],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    return process, line.rsplit(" ", 1)[-1].strip()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    server, url = start_server(folder / "server")
    town = None
    try:
        station = found_organization(
            folder / "station",
            url,
            "Red de Salud del Norte",
            "Ana Ruiz",
            PASSWORD,
            "Estación",
            SystemClock(),
            os.urandom,
        )
        desk = enrol(station, folder / "desk", "Dra. Lucía Paz", Role.CLINICIAN, DeviceKind.DESKTOP)
        kiosk = enrol(station, folder / "kiosk", "Quebracho", Role.KIOSK, DeviceKind.KIOSK)
        town = Town(folder, url, server, station, desk, kiosk, [])
        yield town
        for open_one in (station, desk, kiosk, *town.opened):
            open_one.close()
    finally:
        running = town.server if town else server  # a test may have put another in its place
        running.terminate()
        running.wait(10)
        if running.stdout is not None:
            running.stdout.close()


@pytest.fixture
def jpeg() -> Callable[[tuple[int, int]], bytes]:
    """A picture of some size as a JPEG."""
    import io

    from PIL import Image

    def make(size: tuple[int, int] = (640, 480)) -> bytes:
        out = io.BytesIO()
        Image.effect_noise(size, 60).convert("RGB").save(out, "JPEG")
        return out.getvalue()

    return make


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id with its least cost, whatever a slot asks: the real one is tried in tests/clinic/keys."""

    def quick(secret: bytes, salt: bytes, _cost: Cost, **_more: object) -> bytes:
        return stretch(secret, salt, WEAK, weak_for_tests=True)

    monkeypatch.setattr("clinic.keys.slots.stretch", quick)
    monkeypatch.setattr("clinic.services.pins.stretch", quick)
