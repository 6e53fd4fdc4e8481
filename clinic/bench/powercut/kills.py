# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at any moment under load: writers and readers at work, then gone; whoever opens next finds all of it."""

import os
import threading
import time
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
ROUNDS_A_HOME = 15


def killed(town: Town, folder: Path, rounds: int, seed: int) -> Outcome:
    """So many rounds: work, kill, open, question. A fresh home every few rounds keeps the questions quick."""
    random, found, acknowledged_writes = Random(seed), list[str](), 0
    for first in range(0, rounds, ROUNDS_A_HOME):
        seat = seats.moved(town[0], folder / f"{first}")
        told: list[Acknowledged] = []
        for number in range(first, min(first + ROUNDS_A_HOME, rounds)):
            told += _round(seat, random.uniform(0, LONGEST_S))
            found += [f"kill {number}, seed {seed}: {fault}" for fault in proof.OfHome(seat)(seat.path, told)]
        acknowledged_writes += len(told)
    return Outcome("kill -9", rounds, 0, acknowledged_writes, tuple(found))


def _round(seat: Seat, after_s: float) -> list[Acknowledged]:
    """Work in a process of its own until it is killed. Returns what it had acknowledged."""
    here, there = context().Pipe(duplex=False)
    process = context().Process(target=_work, args=(seat, there), daemon=True)
    process.start()
    there.close()
    told = []
    if here.poll(60):
        time.sleep(after_s)
    process.kill()
    process.join()
    try:
        while True:
            told.append(acknowledged(here.recv_bytes().decode()))
    except (EOFError, OSError):
        here.close()
        return told


def _work(seat: Seat, out: Connection) -> None:
    """Never ends by itself: one thread talks, another types, others read."""
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
