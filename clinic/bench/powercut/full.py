# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is really full: a small file system in memory, mounted where nobody else sees it.

`python -m clinic.bench.powercut.full FOLDER` is the program on it; it prints one line of JSON.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from clinic.bench.powercut import proof, seats
from clinic.bench.powercut.loads import Acknowledged, arrived, facts_told
from clinic.bench.powercut.seats import Seat, desk_on
from clinic.bench.powercut.shim import CannotTry
from clinic.domain.errors import Unavailable
from clinic.services import charts, messages
from clinic.services.desks import read_slots

ROOT = Path(__file__).parents[3]
SIZE = "4m"
RESERVE = 2_200_000
"""Bytes that are freed in the end; folding the log in needs as much again as the log is long."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What happened on the full disk. `refusals`: sentences said; `faults`: none is good."""

    told: int
    refusals: tuple[str, ...]
    faults: tuple[str, ...]


def namespace() -> list[str]:
    """The words that give a command a mount table of its own; [] where that is not allowed."""
    for words in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
        if shutil.which("unshare") and subprocess.run([*words, "true"], capture_output=True).returncode == 0:
            return words
    return []


def filled(folder: Path) -> Filled:
    """Fill a disk of 4 MB with a clinic's work, free it, go on. Raises CannotTry where nothing may be mounted."""
    words = namespace()
    if not words:
        raise CannotTry("No file system may be mounted here, not even in a space of our own.")
    script = f'mount -t tmpfs -o size={SIZE} none "$1" && exec "$2" -m clinic.bench.powercut.full "$1"'
    done = subprocess.run(
        [*words, "sh", "-c", script, "sh", str(folder.resolve()), sys.executable],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    if done.returncode != 0:
        raise CannotTry("The program on the full disk ended: {why}", why=done.stderr[-2000:])
    said = json.loads(done.stdout.splitlines()[-1])
    return Filled(said["told"], tuple(said["refusals"]), tuple(said["faults"]))


class _Filling:
    def __init__(self, folder: Path) -> None:
        self.seat: Seat = seats.founded(folder)[0]
        self.filler = folder / "filler"
        self.told: list[Acknowledged] = []
        self.refusals: list[str] = []
        self.faults: list[str] = []

    def run(self) -> Filled:
        self.filler.write_bytes(bytes(RESERVE))
        desk = desk_on(self.seat)
        patient, _ = arrived(desk, 0, self.told.append)
        say = partial(messages.send_message, desk, patient, "un mensaje " * 40)
        keep = partial(messages.keep_bytes, desk, os.urandom(40_000), "application/pdf", "informe")
        self.until_full(lambda: self.told.append(Acknowledged(attachments=(keep().id,))))
        self.until_full(lambda: self.told.append(facts_told(say())))
        self.fill_to_the_last_byte()
        self.refused("a message", lambda: self.told.append(facts_told(say())))
        self.refused("a way in", self.change_ways_in)
        charts.chart(desk, patient)  # reading goes on
        desk.close()
        self.refused("opening", lambda: desk_on(self.seat).close(), may_pass=True)
        self.filler.unlink()
        self.faults += proof.OfHome(self.seat)(self.seat.path, self.told)
        desk = desk_on(self.seat)
        messages.send_message(desk, patient, "ahora sí")
        desk.close()
        return Filled(len(self.told), tuple(self.refusals), tuple(self.faults))

    def until_full(self, act: Callable[[], None]) -> None:
        for _turn in range(20_000):
            if self.refused("", act, may_pass=True):
                return
        self.faults.append("the disk never filled up")

    def refused(self, what: str, act: Callable[[], None], may_pass: bool = False) -> bool:
        try:
            act()
        except Unavailable as refusal:
            self.refusals.append(str(refusal))
            return True
        except Exception as error:
            self.faults.append(f"{what}: {type(error).__name__}: {error}")
            return True
        if not may_pass:
            self.faults.append(f"{what} was saved on a full disk")
        return False

    def fill_to_the_last_byte(self) -> None:
        handle = os.open(self.filler, os.O_WRONLY | os.O_APPEND)
        try:
            while True:
                os.write(handle, bytes(4096))
        except OSError:
            os.close(handle)

    def change_ways_in(self) -> None:
        ways = read_slots(self.seat.home).with_recovery("hoja", bytes(32), self.seat.opened, os.urandom)
        self.seat.home.keep_slots(ways.encode())


def main(folder: str) -> None:
    print(json.dumps(asdict(_Filling(Path(folder)).run())))


if __name__ == "__main__":
    main(*sys.argv[1:])
