# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the dictionary that envelopes are packed with: `python -m clinic.bench.train TRAIN.jsonl OUT`.

It is trained on what clinics write (the generated crowd in Spanish, names of medicines, the training set of the other
engines as facts of ours), in envelopes of one op, a few, and many. A dictionary is never changed, only followed by the next.
"""

import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import zstandard

from clinic.bench.crowd import START, Size, life
from clinic.bench.peers_records import facts_of, records
from clinic.domain.clock import milliseconds
from clinic.domain.facts import Fact, MedicationRequest
from clinic.domain.ids import DeviceId, FactId, OpId, PatientId, UserId, counted_id
from clinic.domain.values import ATC, Coding
from clinic.exchange.resources import resource
from clinic.protocol.codec import encode
from clinic.protocol.op import Op, Ops

BYTES, LEVEL = 112_640, 9
_DEVICE = DeviceId("trainingtraining")
_PEOPLE = 60
_TOGETHER = (1, 5, 20)


def main() -> None:
    source, out = (Path(name) for name in sys.argv[1:3])
    ops = [*_ops(list(facts_of(records(source), _DEVICE))), *_ops(list(_clinic()))]
    samples: list[bytes | bytearray | memoryview] = [
        encode(Ops(ops=tuple(ops[at : at + count])))
        for count in _TOGETHER
        for at in range(0, len(ops), count)
    ]
    out.write_bytes(zstandard.train_dictionary(BYTES, samples, level=LEVEL).as_bytes())


def _clinic() -> Iterator[Fact]:
    for number in range(_PEOPLE):
        yield from life(number, Size(observations=16, notes=4, messages=8))
    with resource("codes/medication.csv").open(encoding="utf-8") as rows:
        for number, row in enumerate(csv.DictReader(rows)):
            yield MedicationRequest(
                id=FactId(f"{_DEVICE}.r{number}"), patient=PatientId(f"{_DEVICE}.p{number % 50}"), authored_at=START,
                medication=Coding(system=ATC, code=row["atc"], display=row["es"]), dose=row["forms"], every_hours=8,
            )  # fmt: skip


def _ops(facts: Sequence[Fact]) -> Iterator[Op]:
    for number, fact in enumerate(facts):
        yield Op(
            id=OpId(counted_id(_DEVICE, number)), stamp=(milliseconds(START) + 60_000 * number) << 16,
            author=UserId(f"user{number % 8}userusers"[:16]), fact=fact, window=fact.patient,
        )  # fmt: skip


if __name__ == "__main__":
    main()
