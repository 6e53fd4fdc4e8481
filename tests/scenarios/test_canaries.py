# SPDX-License-Identifier: GPL-3.0-or-later
"""Twelve words go through every kind of fact and every door of the clinic; no file of it holds one of them."""

import os
import pickle
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from clinic.bench.powercut import seats
from clinic.domain.facts import Fact
from clinic.domain.ids import PatientId
from clinic.protocol.codec import decode, encode
from tests.scenarios.canaries import KINDS, WORDS, found_in, full_of_words

ROOT = Path(__file__).parents[2]
PROGRAM = """
import datetime, logging, os, pickle, sys, tempfile
from clinic.bench.powercut.seats import desk_on
from clinic.domain.errors import Unavailable
from clinic.domain.facts import Encounter, EncounterStatus, Gender, Patient, Section
from clinic.domain.ids import EncounterId, FactId
from clinic.domain.values import HumanName
from clinic.services import cards, charts, duplicates, messages, people, timeline, visits
from clinic.services.audits import audit
from clinic.store.memory import keep_private
from tests.scenarios.canaries import KINDS, WORDS, full_of_words

keep_private()
seat = pickle.load(sys.stdin.buffer)
logging.basicConfig(filename=seat.home.logs / "posta.log", level=logging.DEBUG)
desk = desk_on(seat)
patient = people.register(
    desk, HumanName(family=WORDS[0], given=(WORDS[1],)), datetime.date(1958, 3, 7), Gender.FEMALE, "", WORDS[2], WORDS[3]
)
for kind in KINDS:
    if kind is not Patient:
        desk.write(full_of_words(kind, desk.new_id(), patient))
visit = Encounter(
    id=FactId(desk.new_id()), patient=patient, status=EncounterStatus.ARRIVED, arrived_at=desk.clock.now()
)
desk.write(visit, window=patient)
encounter = EncounterId(visit.id)
for word in WORDS:
    visits.autosave(desk, encounter, Section.PLAN, word + " borrador", patient)
    kept = messages.keep_bytes(desk, word.encode() * 3000, "text/plain", word)
    messages.send_message(desk, patient, word, encounter, (kept,), patient)
    desk.book.keep(lambda page: page.put_meta("setting " + word, word.encode()))
    desk.book.read(lambda page: page.search(word, limit=5, ranked=True))
    people.find_people(desk, word)
    audit(desk, "search", patient, entity=word)
    duplicates.alike(desk, HumanName(family=word, given=(word,)), None, "")
visits.sign(desk, encounter, patient)
cards.issue(desk, patient)
timeline.timeline(desk, patient)
for doing in (
    lambda page: page._do("INSERT INTO nowhere VALUES (:word)", word=WORDS[4]),
    lambda page: page._do("INSERT INTO op (id) VALUES (:word)", word=WORDS[5]),
    lambda page: page._connection.exec_driver_sql("SELECT ?", (object(), WORDS[6])),
):
    try:
        desk.book.keep(doing)
    except Exception:
        logging.getLogger("posta").exception("could not be done")
    else:
        raise SystemExit("this should have failed")
with tempfile.TemporaryFile() as scratch:
    print(len(KINDS), "ready", flush=True)
    sys.stdin = open(0)
    os.read(int(sys.argv[1]), 1)
desk.close()
os.abort()
"""


@pytest.mark.slow
def test_no_word_of_a_patient_is_on_the_disk(tmp_path: Path) -> None:
    seat, _ = seats.founded(tmp_path)
    scratch, here = tmp_path / "scratch", tmp_path / "cwd"
    scratch.mkdir()
    here.mkdir()
    gate, go = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(gate)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        pass_fds=[gate], cwd=here,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(scratch), "SQLITE_TMPDIR": str(scratch)},
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(pickle.dumps(seat))
    process.stdin.flush()
    line = process.stdout.readline()
    try:
        assert line.split() == [str(len(KINDS)).encode(), b"ready"], process.communicate(timeout=30)
        names = {path.name for path in seat.path.iterdir()}
        assert names >= {"book.db", "book.db-wal", "book.db-shm"}
        places = [seat.path, scratch, here]
        assert found_in(places) == [], "while it is open"
    finally:
        os.write(go, b"x")
        os.close(go)
        os.close(gate)
        out, err = process.communicate(timeout=60)
    assert process.returncode < 0, err.decode()
    assert found_in(places, out + err) == [], "after it was closed and the program aborted"
    log = (seat.home.logs / "posta.log").read_text()
    assert log.count("could not be done") == 3 and "Traceback" in log
    with seats.sitting(seat) as desk:
        for word in WORDS:
            assert desk.book.read(lambda page, word=word: page.search(word, limit=50)), (
                "it was really written"
            )


@pytest.mark.parametrize(
    "written",
    [
        WORDS[0].encode(),
        WORDS[1].lower().encode("utf-16-le"),
        WORDS[2].encode("utf-16-be"),
        *(b64encode(b"x" * before + WORDS[3].encode() + b"yz") for before in range(3)),
    ],
)
def test_a_word_would_be_found(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "file").write_bytes(b"\0\1" * 40 + written + b"\0")
    assert len({line.split(": ")[1] for line in found_in([tmp_path])}) == 1


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_takes_them(kind: type[Fact]) -> None:
    fact = full_of_words(kind, "f", PatientId("p"))
    assert decode(encode(fact), kind) == fact
