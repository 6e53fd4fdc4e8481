# SPDX-License-Identifier: GPL-3.0-or-later
"""The first day of an organisation of so many desktops: two patients are registered and everybody has exchanged. Played once
in a process, then copied: it is the same in every seed."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from clinic.domain.clock import FrozenClock
from clinic.domain.ids import PatientId
from clinic.store.home import Home
from simulator.acts import register
from simulator.cast import BEGAN, DESKTOPS, KIOSK, Templates, player
from simulator.centre import Centre
from simulator.chance import Chance
from simulator.clocks import WrongClock
from simulator.computer import Books, Computer
from simulator.network import Network

PATIENTS = 2


@dataclass(frozen=True)
class FirstDay:
    """As it lies on the disks in the evening."""

    folder: Path
    patients: tuple[PatientId, ...]
    books: Books

    def profile(self, name: str, to: Path) -> None:
        """Lay the profile of a player at `to`."""
        shutil.copytree(self.folder / name, to)

    def centre(self, to: Path) -> None:
        """Lay the folder of the centre at `to`."""
        shutil.copytree(self.folder / "centre", to)

    def written(self) -> Books:
        """What was written, to go on from."""
        return Books(dict(self.books.made), dict(self.books.ops), dict(self.books.saved))


class FirstDays:
    """Of a process; `templates` are who is there before."""

    def __init__(self, templates: Templates) -> None:
        self.templates = templates
        self._played: dict[int, FirstDay] = {}

    def of(self, desktops: int, network: Network) -> FirstDay:
        """Played over that network, which stands in for httpx's (`simulator.network`), if it was not yet."""
        if desktops not in self._played:
            self._played[desktops] = self._play(desktops, network)
        return self._played[desktops]

    def _play(self, desktops: int, network: Network) -> FirstDay:
        folder, clock, books = self.templates.folder / f"{desktops}-day", FrozenClock(BEGAN), Books()
        self.templates.centre(desktops, folder / "centre")
        centre = Centre(folder / "centre", clock, Chance("first day"))
        network.app = centre.app
        computers = []
        for name in (*DESKTOPS[:desktops], KIOSK):
            self.templates.profile(name, desktops, folder / name)
            chance = Chance(f"first day {name}")
            computers.append(Computer(player(name), Home(folder / name), WrongClock(clock), chance, books))
        patients = tuple(register(computers[0].desk, nth) for nth in range(PATIENTS))
        for one in computers:
            one.sync()
        for one in computers:
            one.close()
        centre.close()
        return FirstDay(folder, patients, books)
