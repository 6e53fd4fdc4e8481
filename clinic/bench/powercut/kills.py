# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at any moment under load: writers and readers at work, then gone; whoever opens next finds all of it."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from clinic.bench.powercut import proof, seats
from clinic.bench.powercut.cuts import Outcome, Town, context
from clinic.bench.powercut.loads import Acknowledged, Tell, acknowledged, arrived, facts_told, weight
from clinic.bench.powercut.seats import Seat, desk_on
from clinic.domain.facts import NoteSection, Section
from clinic.domain.ids import EncounterId, PatientId
from clinic.services import charts, messages, visits
from clinic.services.desks import Desk

LONGEST_S = 0.25
"""A round is killed at a random moment up to here after its first acknowledged write."""
PATIENCE_S = 60
ROUNDS_A_HOME = 15


def killed(town: Town, folder: Path, rounds: int, seed: int) -> Outcome:
    """So many rounds: work, kill, open, question. A fresh home every few rounds keeps the questions quick. A program
    that ended before it was killed is a fault of its own."""
    random, found, acknowledged_writes = Random(seed), list[str](), 0
    for first in range(0, rounds, ROUNDS_A_HOME):
        seat = seats.moved(town[0], folder / f"{first}")
        told: list[Acknowledged] = []
        for number in range(first, min(first + ROUNDS_A_HOME, rounds)):
            more, ended = _round(seat, random.uniform(0, LONGEST_S))
            told += more
            faults = ended + proof.OfHome(seat)(seat.path, told)
            found += [f"kill {number}, seed {seed}: {fault}" for fault in faults]
        acknowledged_writes += len(told)
    return Outcome("kill -9", rounds, 0, acknowledged_writes, tuple(found))


def _round(seat: Seat, after_s: float) -> tuple[list[Acknowledged], list[str]]:
    """Work in a process of its own until it is killed. Returns what it had acknowledged, and what was wrong with it."""
    here, there = context().Pipe(duplex=False)
    process = context().Process(target=_work, args=(seat, there), daemon=True)
    process.start()
    there.close()
    killing = threading.Timer(after_s if here.poll(PATIENCE_S) else 0, process.kill)
    killing.start()
    told = list(_heard(here))
    killing.join()
    process.join()
    if process.exitcode != -signal.SIGKILL:
        return told, [f"it ended by itself before it was killed, exit code {process.exitcode}"]
    return told, [] if told else [f"nothing was acknowledged in {PATIENCE_S} s"]


def _heard(here: Connection) -> Iterator[Acknowledged]:
    """What is acknowledged until the process is gone; listening all the while, so that its work never waits for us."""
    with here:
        try:
            while True:
                yield acknowledged(here.recv_bytes().decode())
        except (EOFError, OSError):
            return


def _work(seat: Seat, out: Connection) -> None:
    """Never ends by itself, unless something fails: one thread talks, another types, another reads."""
    threading.excepthook = _gone
    desk, gate = desk_on(seat), threading.Lock()

    def tell(told: Acknowledged) -> None:
        with gate:
            out.send_bytes(told.line().encode())

    patient, encounter = arrived(desk, 0, tell)
    threading.Thread(target=_type, args=(desk, patient, encounter, tell), daemon=True).start()
    threading.Thread(target=_read, args=(desk, patient), daemon=True).start()
    for number in count():
        tell(facts_told(messages.send_message(desk, patient, f"mensaje {number}")))
        many = [weight(desk, patient, nth) for nth in range(12)]
        desk.write(*many, window=patient)
        tell(facts_told(*many))
        kept = messages.keep_bytes(desk, os.urandom(9_000), "application/pdf", "informe")
        tell(Acknowledged(attachments=(kept.id,)))


def _gone(failed: threading.ExceptHookArgs) -> None:
    """A thread that fails takes the program with it, and is told."""
    sys.__excepthook__(failed.exc_type, failed.exc_value or failed.exc_type(), failed.exc_traceback)
    os._exit(1)


def _type(desk: Desk, patient: PatientId, encounter: EncounterId, tell: Tell) -> None:
    text = ""
    for number in count():
        text += f"palabra {number} "
        visits.autosave(desk, encounter, Section.PLAN, text, patient)
        section = f"{encounter}/{Section.PLAN}"
        tell(Acknowledged(facts=((NoteSection.NUMBER, section),), texts=((section, text),)))


def _read(desk: Desk, patient: PatientId) -> None:
    while True:
        charts.chart(desk, patient)
