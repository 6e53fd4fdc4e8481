# SPDX-License-Identifier: GPL-3.0-or-later
"""The bench of the desktop: what it asks of each figure, and a tiny run of the real window over a real store."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from clinic.bench import ui
from clinic.bench.crowd import person_id
from clinic.bench.powercut.seats import PASSWORD
from clinic.bench.result import json_line
from clinic.bench.screens import crowded as crowd
from clinic.bench.screens.busy import Stalls
from clinic.bench.screens.crowded import crowded
from clinic.domain.errors import Unavailable
from clinic.services.charts import Chart, drawn_chart
from clinic.services.desks import read_slots
from clinic.store.book import Book
from clinic.store.home import Home

GOOD = Stalls(call_p99_ms=5, call_max_ms=20, p99_ms=12, max_ms=40, beats=9_000, records=2_000)
QUICK, SLOW = [40.0] * 199 + [180.0], [40.0] * 180 + [180.0] * 20


@pytest.mark.parametrize("what", ["charts", "vitals", "finder", "texts"])
def test_one_slow_time_in_two_hundred_is_forgiven_and_twenty_are_not(what: str) -> None:
    good = ui.judged({"what": what, "ms": QUICK, "alone_ms": [2.0], "processor_ms": [30.0]})
    assert good.ok and good.value == 40 and good.peer == 2 and good.also["most"] == 180
    assert not ui.judged({"what": what, "ms": SLOW, "alone_ms": [2.0], "processor_ms": []}).ok


def test_memory_the_start_and_the_unlocking_can_be_missed() -> None:
    memory = {"what": "memory", "charts": 50, "beside_mb": 90}
    assert ui.judged(memory | {"mb": 399}).ok and not ui.judged(memory | {"mb": 401}).ok
    assert ui.unlocked([0.9, 0.8, 2.0], 0.3).ok and not ui.unlocked([1.1, 0.8, 2.0], 0.3).ok
    assert ui.started([1.4, 1.2, 3.0], [0.2]).ok and not ui.started([1.6, 1.4, 1.7], [0.2]).ok


def test_a_window_that_is_late_in_a_call_is_found_out() -> None:
    assert all(one.ok for one in ui.stalled(GOOD))
    late = Stalls(**{name: getattr(GOOD, name) for name in GOOD.__slots__} | {"p99_ms": 17.0, "max_ms": 51.0})
    assert [one.ok for one in ui.stalled(late)] == [False, False]
    none = list(ui.stalled("The kiosk did not start."))
    assert [one.ok for one in none] == [False, False] and all(one.absent for one in none)


def test_a_small_crowd_meets_no_target() -> None:
    good = ui.judged({"what": "charts", "ms": QUICK, "alone_ms": [2.0], "processor_ms": [30.0]})
    assert ui.sized(good, crowd.FULL) == good
    small = ui.sized(good, 400)
    assert not small.ok and "400 patients" in small.absent and "40 ms" in small.absent


def test_what_is_no_measurement_is_told() -> None:
    for line in (
        {"what": "charts"},
        {"what": "charts", "ms": [], "alone_ms": []},
        {"what": "weather", "ms": [1.0]},
    ):
        with pytest.raises(Unavailable, match="no measurement"):
            ui.judged(line)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def book(home: Path) -> Book:
    return Book.open(Home(home).book, read_slots(Home(home)).open(PASSWORD).store_key)


def chart(home: Path, number: int) -> Chart:
    opened = book(home)
    try:
        return opened.read(partial(drawn_chart, patient=person_id(number)))
    finally:
        opened.close()


@pytest.mark.slow
def test_the_crowd_is_made_once_and_is_the_same_everywhere(cache: Path, tmp_path: Path) -> None:
    said: list[str] = []
    home, other = crowded(30, said.append, cache), crowded(30, said.append, tmp_path)
    assert said[-1].startswith("30 of 30 people")
    before = len(said)
    assert crowded(30, said.append, tmp_path) == other and len(said) == before
    # who looked at the first one since is not of its making
    assert replace(chart(home, 20), opened_by=()) == replace(chart(other, 20), opened_by=())
    old = chart(home, 30).readings["systolic"]
    assert len(old) == 522 and (old[-1].at - old[0].at).days > 3_640, "ten years, each week"
    opened = book(home)
    try:
        assert opened.read(lambda page: page._one("SELECT count(*) FROM person")[0]) == 31
        assert not opened.read(lambda page: page.texts_wait())
    finally:
        opened.close()


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_real_window_is_measured(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clinic.bench.screens.crowded.cache_folder", lambda: cache)
    results = list(ui.measure(30, starts=1, charts=4, words=2, call=False))
    assert len(results) == 7 and len({one.measure for one in results}) == 7
    for one in results:
        assert one.value > 0 and not one.ok and "30 patients" in one.absent, one
    by_name = {one.measure: one for one in results}
    charts, finder = by_name[ui.MS["charts"]], by_name[ui.MS["finder"]]
    assert charts.also["times"] == 4 and charts.peer is not None and 0 < charts.peer < charts.value
    assert finder.value > finder.also["median"] > 25, "the rest after a key is in it"
    assert by_name[ui.MS["vitals"]].also["readings"] > 2_000
    assert '"absent": "' in json_line("ui", results)
