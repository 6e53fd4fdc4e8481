# SPDX-License-Identifier: GPL-3.0-or-later
"""The bench of the load: a short one against a real server, one against a server that is sick, and what it counts by."""

import shutil
from pathlib import Path

import pytest

from clinic.bench import load
from clinic.bench.load import Load, loaded
from clinic.bench.loading.crew import TEAM_SIZE, Member, trust_log
from clinic.bench.loading.history import pulls
from clinic.bench.loading.servers import on_sqlite
from clinic.bench.loading.watch import Held, course
from clinic.bench.loading.wire import _answer_in, _frames
from clinic.bench.result import Result, json_line, table
from clinic.keys.trust import EMPTY, follow

FEW = Load(devices=TEAM_SIZE, ops_s=20, seconds=4, drivers=1)


def found(results: list[Result], words: str) -> Result:
    (one,) = [result for result in results if words in result.measure]
    return one


def held(*megabytes: float) -> list[Held]:
    return [Held(float(at), int(mb * 2**20), int(mb * 2**20)) for at, mb in enumerate(megabytes)]


@pytest.mark.slow
def test_a_healthy_server_passes_on_everything() -> None:
    results = list(loaded("here", on_sqlite, FEW))
    for nothing in ("failed", "not every colleague", "doorbells that went", "not heard"):
        assert found(results, nothing).value == 0, nothing
    exchange = found(results, "an exchange")
    assert 0 < exchange.also["p50"] <= exchange.value and exchange.course
    assert found(results, "ops taken").value > 0.5 * FEW.ops_s
    memory = found(results, "growth")
    assert 30 < memory.also["MB at the start"] < 300 and memory.also["PSS at the end"] > 0
    assert 0 < found(results, "a worker's share").value < 200


@pytest.mark.slow
def test_a_slow_and_leaky_server_is_found_out() -> None:
    results = list(loaded("here", lambda folder: on_sqlite(folder, "tests.sick_server"), FEW))
    assert not found(results, "an exchange").ok and found(results, "an exchange").value > 330
    growth = found(results, "growth")
    assert not growth.ok and growth.also["end"] - growth.also["MB at the start"] > 3


@pytest.mark.slow
def test_a_pull_brings_what_is_new_and_nothing_else() -> None:
    time, processor = pulls(200, 400, on_sqlite)
    assert time.also["ms after"] > 0 and processor.also["ms before"] > 0


def test_what_is_not_installed_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    results = list(load.measure(1, ("postgres",)))
    assert results and not any(one.ok for one in results)
    assert all("not installed" in one.absent for one in results)
    assert "NOT MEASURED: Redis" in table("load", results) or "NOT MEASURED: PostgreSQL" in table(
        "load", results
    )
    assert '"ok": false' in json_line("load", results)


def test_memory_is_flat_or_it_is_not() -> None:
    assert course(held(50, 90, 100, *[100] * 8)).growth_percent == 0, "what is taken at first is no leak"
    leak = course(held(*(100 + minute for minute in range(12))))
    assert leak.growth_percent > 5 and leak.a_minute == pytest.approx(60)
    assert abs(course(held(*[100, 101] * 10)).growth_percent) < 1, "what comes and goes is no leak"


def test_the_crew_is_a_real_organisation() -> None:
    log = follow(EMPTY, 0, trust_log(b"seed", 25))
    assert len(log.devices()) == 26 and len(log.teams()) == 5, "the office, three crews, the auditors"
    member = Member(b"seed", 24)
    assert log.device(member.device) is not None and log.members(member.team)
    assert log.sealed_epochs_for(member.user, member.device)


def test_bytes_of_the_wire_are_read_as_they_come() -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    assert all(_answer_in(bytearray(whole[:cut])) is None for cut in range(len(whole)))
    assert _answer_in(bytearray(whole)) == (200, b"hello")
    frames = bytearray(b"\x81\x02hi" + b"\x81\x7e\x00\x80" + bytes(128) + b"\x81\x05par")
    assert _frames(frames) == [(1, b"hi"), (1, bytes(128))] and frames == b"\x81\x05par"


def test_a_chart_of_the_course_stands_below_its_figure(tmp_path: Path) -> None:
    shown = table("load", [Result("memory", 1, "%", 1, "lower", course=(1.0, 2.0, 3.0), unit_of_course="MB")])
    assert "▁▅█  1 to 3 MB" in shown or "▁▄█  1 to 3 MB" in shown
