# SPDX-License-Identifier: GPL-3.0-or-later
"""The n-th call to the disk fails, for every n: the refusal is a sentence, nothing acknowledged is lost, work goes on.

`python -m clinic.bench.powercut.faults` is the program under the watched disk: a pickled seat comes in, a line of JSON
for each call that failed goes out.
"""

import errno
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

from clinic.bench.powercut import proof, seats, shim
from clinic.bench.powercut.cuts import Recording, Town
from clinic.bench.powercut.loads import Acknowledged, arrived, facts_told, weight
from clinic.bench.powercut.seats import Seat, desk_on
from clinic.bench.powercut.shim import CannotTry
from clinic.domain.errors import Unavailable
from clinic.domain.facts import NoteSection, Section
from clinic.protocol.custody import SlotKind
from clinic.services import charts, messages, visits
from clinic.services.desks import Desk, read_slots

ROOT = Path(__file__).parents[3]
NUMBERS = {"full": errno.ENOSPC, "broken": errno.EIO}
MOST = 400
"""Calls of one act that are tried; an act that needs more is told."""


@dataclass(frozen=True, slots=True)
class Failed:
    """One call that failed. `said`: the sentence, '' when the act went through all the same; `wrong`: '' if all is well."""

    act: str
    disk: str
    nth: int
    said: str
    wrong: str


def failed(town: Town, folder: Path, library: Path) -> tuple[list[Failed], Recording]:
    """Every call of every act, on a full and on a broken disk, and the log of it: a sync that failed made nothing
    durable. Raises CannotTry when the program itself ends."""
    seat = seats.moved(town[0], folder / "ana")
    recording = Recording(
        "failing disk", seat.path, folder / "before", folder / "log", proof.OfHome(seat), every=8
    )
    shutil.copytree(seat.path, recording.before)
    done = subprocess.run(
        [sys.executable, "-m", "clinic.bench.powercut.faults"], input=pickle.dumps(seat),
        env=shim.watched(library, seat.path, recording.log) | {"PYTHONPATH": str(ROOT)}, capture_output=True,
    )  # fmt: skip
    if done.returncode != 0:
        raise CannotTry("The program under the failing disk ended: {why}", why=done.stderr[-2000:].decode())
    return [Failed(**json.loads(line)) for line in done.stdout.splitlines()], recording


class _Trial:
    """A desk in the program under the watched disk, and what its acts came to."""

    def __init__(self, seat: Seat) -> None:
        self.seat, self.control = seat, shim.Control()
        self.desk: Desk = desk_on(seat)
        self.patient, self.encounter = arrived(self.desk, 0, self.tell)
        self.text = ""
        self.ways = read_slots(seat.home)

    def tell(self, told: Acknowledged) -> None:
        self.control.mark(told.line())

    def run(self) -> Iterator[Failed]:
        for name, act in _ACTS.items():
            for disk, number in NUMBERS.items():
                for all_after in (False, True):
                    yield from self._every(name, act, disk, number, all_after)
        self.desk.close()

    def _every(self, name: str, act: "Act", disk: str, number: int, all_after: bool) -> Iterator[Failed]:
        for nth in count(1):
            said, wrong = "", "" if nth < MOST else f"more than {MOST} calls"
            self.control.arm(shim.EVERY, nth, number, all_after)
            try:
                act(self)
            except Unavailable as refusal:
                said = str(refusal)
            except Exception as error:
                wrong = f"{type(error).__name__}: {error}"
            calls = self.control.disarm()
            if calls < nth and not wrong:
                return
            after = self._goes_on()
            kind = f"{disk}{', for good' if all_after else ''}"
            yield Failed(name, kind, nth, said, wrong or after or _no_sentence(said))
            if nth >= MOST:
                return

    def _goes_on(self) -> str:
        """Once the disk is well again, the next write goes through: at once, or after the desk was opened anew. '' if so."""
        try:
            _say(self)
            _look(self)
            return ""
        except Exception as first:
            try:
                self.desk.close()
                self.desk = desk_on(self.seat)
                _say(self)
                _look(self)
            except Exception as error:
                return f"work does not go on: {type(error).__name__}: {error}"
            return "" if isinstance(first, Unavailable) else f"{type(first).__name__}: {first}"


Act = Callable[[_Trial], None]


def _say(trial: _Trial) -> None:
    trial.tell(facts_told(messages.send_message(trial.desk, trial.patient, "hola")))


def _look(trial: _Trial) -> None:
    charts.chart(trial.desk, trial.patient)


def _save_many(trial: _Trial) -> None:
    many = [weight(trial.desk, trial.patient, nth) for nth in range(20)]
    trial.desk.write(*many, window=trial.patient)
    trial.tell(facts_told(*many))


def _type(trial: _Trial) -> None:
    text = trial.text + "palabra "
    visits.autosave(trial.desk, trial.encounter, Section.PLAN, text, trial.patient)
    trial.text = text
    section = f"{trial.encounter}/{Section.PLAN}"
    trial.tell(Acknowledged(facts=((NoteSection.NUMBER, section),), texts=((section, text),)))


def _read_texts(trial: _Trial) -> None:
    _say(trial)
    trial.desk.book.read_all_texts()


def _attach(trial: _Trial) -> None:
    kept = messages.keep_bytes(trial.desk, os.urandom(30_000), "application/pdf", "informe")
    trial.tell(Acknowledged(attachments=(kept.id,)))


def _open_again(trial: _Trial) -> None:
    trial.desk.close()
    trial.desk = desk_on(trial.seat)
    _say(trial)


def _change_ways_in(trial: _Trial) -> None:
    secret = os.urandom(32)
    old = [slot.label for slot in trial.ways.file.slots if slot.label.startswith("hoja")][:-1]
    ways = trial.ways.with_recovery(f"hoja {secret.hex()}", secret, trial.seat.opened, os.urandom)
    for label in old:  # the sheet before stays until the new one has been used
        ways = ways.without(label, trial.seat.opened.store_key, SlotKind.RECOVERY)
    trial.seat.home.keep_slots(ways.encode())
    trial.ways = ways
    trial.tell(Acknowledged(way_in=secret.hex()))


def _raise_height(trial: _Trial) -> None:
    height = min(trial.seat.home.read_height() + 1, trial.desk.trust.position)
    trial.seat.home.keep_height(height)
    trial.tell(Acknowledged(height=height))


_ACTS: dict[str, Act] = {
    "message": _say,
    "many facts": _save_many,
    "typing": _type,
    "texts into the index": _read_texts,
    "attachment": _attach,
    "chart": _look,
    "close and open": _open_again,
    "ways in": _change_ways_in,
    "height": _raise_height,
}


def _no_sentence(said: str) -> str:
    return "" if not said or said.endswith((".", "?")) else f"not a sentence: {said}"


def main() -> None:
    for one in _Trial(pickle.load(sys.stdin.buffer)).run():
        print(json.dumps(asdict(one)), flush=True)


if __name__ == "__main__":
    main()
