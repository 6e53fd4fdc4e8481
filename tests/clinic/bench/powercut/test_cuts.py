# SPDX-License-Identifier: GPL-3.0-or-later
"""Power cuts over real work in a real home: a short run. The long one is `posta bench crash`."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from clinic.bench.crash import OLD_BOOKS, OLD_KEY, ops_of
from clinic.bench.powercut import cuts, faults, full, kills, seats, shim
from clinic.bench.powercut.loads import LOADS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform != "linux", reason="power cuts are tried on Linux"),
]
IMAGES = 500
CARELESS = """
import sys
import clinic.store.opening as opening
opening.PRAGMAS = tuple(p for p in opening.PRAGMAS if "synchronous" not in p) + ("synchronous=NORMAL",)
from clinic.bench.powercut.worker import main
main(*sys.argv[1:])
"""
UNSYNCED = """
import os, sys
import clinic.store.home as home
home.os = type("os", (), {**vars(os), "fsync": staticmethod(lambda handle: None)})
from clinic.bench.powercut.worker import main
main(*sys.argv[1:])
"""
TWO_STEPS = """
import sys
from clinic.services.desks import Desk
from clinic.store.writing import WritePage
def file(self, page, scope, facts, windowed, priority, whole=Desk._file):
    ops = whole(self, page, scope, facts, windowed, priority)
    page._connection.exec_driver_sql("COMMIT")
    page._connection.exec_driver_sql("BEGIN IMMEDIATE")
    return ops
post = WritePage.post
def late(page, *told, **more):
    page._connection.exec_driver_sql("COMMIT")
    page._connection.exec_driver_sql("BEGIN IMMEDIATE")
    post(page, *told, **more)
WritePage.post = late
from clinic.bench.powercut.worker import main
main(*sys.argv[1:])
"""
FORGETFUL = """
import sys
from clinic.store.search import SearchWrites
def delete_first(self, ops, whole=SearchWrites._index):
    self._do("DELETE FROM unread WHERE op IN (SELECT value FROM json_each(:ops))", ops=__import__("json").dumps(list(ops)))
    self._connection.exec_driver_sql("COMMIT")
    self._connection.exec_driver_sql("BEGIN IMMEDIATE")
    whole(self, ops)
SearchWrites._index = delete_first
from clinic.bench.powercut.worker import main
main(*sys.argv[1:])
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if reason := shim.why_not():
        pytest.skip(reason)
    return shim.build(tmp_path_factory.mktemp("shim"))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> cuts.Town:
    return seats.founded(tmp_path_factory.mktemp("town"))


def test_no_cut_loses_what_was_acknowledged_or_leaves_half_of_it(
    town: cuts.Town, library: Path, tmp_path: Path
) -> None:
    recordings = [cuts.recorded(load, town, tmp_path / load, library, 9) for load in LOADS]
    old = OLD_BOOKS / "book-0001.db"
    recordings.append(cuts.migrated(old, OLD_KEY, ops_of(old), tmp_path / "old", library))
    outcomes = cuts.proven(recordings, 7, IMAGES)
    assert [fault for one in outcomes for fault in one.faults] == []
    assert sum(one.images for one in outcomes) >= IMAGES
    assert all(one.images > 20 and one.told > 0 for one in outcomes), "every load was cut at many moments"


@pytest.mark.parametrize(
    ("load", "program", "what"),
    [
        ("autosave", CARELESS, "lost"),
        ("slots", UNSYNCED, "damaged|lost|does not open|height|Malformed|Unavailable|WrongPassword"),
        ("notes", TWO_STEPS, "half"),
        ("reading", FORGETFUL, "wait for it"),
    ],
    ids=[
        "commits that are not synced",
        "files that are not synced",
        "two transactions for one write",
        "texts off the pile before they are in the index",
    ],
)
def test_a_careless_store_is_found_out(
    town: cuts.Town, library: Path, tmp_path: Path, load: str, program: str, what: str
) -> None:
    recording = cuts.recorded(load, town, tmp_path, library, 12, program=(sys.executable, "-c", program))
    (outcome,) = cuts.proven([recording], 7, 150)
    assert any(word in fault for fault in outcome.faults for word in what.split("|")), outcome


def test_whatever_call_fails_is_refused_with_a_sentence_and_work_goes_on(
    town: cuts.Town, library: Path, tmp_path: Path
) -> None:
    failures, recording = faults.failed(town, tmp_path, library)
    assert [one for one in failures if one.wrong] == []
    assert {one.act for one in failures} >= {"message", "many facts", "typing", "attachment", "ways in"}
    assert {one.nth for one in failures if one.act == "message"} >= set(range(1, 5)), "one after the other"
    assert any("full" in one.said for one in failures)
    (outcome,) = cuts.proven([replace(recording, every=60)], 7, 1)
    assert outcome.faults == () and outcome.images > 20


def test_kill_9_under_load(town: cuts.Town, tmp_path: Path) -> None:
    outcome = kills.killed(town, tmp_path, 6, 7)
    assert outcome.faults == () and outcome.told >= 6


@pytest.mark.skipif(not full.namespace(), reason="no file system may be mounted here")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    filled = full.filled(tmp_path)
    assert filled.faults == ()
    assert filled.told > 10 and sum("full" in said for said in filled.refusals) >= 3
