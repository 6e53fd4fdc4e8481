# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a death of the engine, and three of them with everything real."""

from dataclasses import replace

import pytest

from clinic.bench.dying import PHASES, WAYS, Death, here, planned
from clinic.bench.engine_deaths import died, results

GOOD = Death("talking", "segv", back_s=0.6, carries_s=2.0, late_ms=(1.0,) * 199 + (20.0,), end="talking")


def test_every_phase_and_every_way_is_planned_once() -> None:
    assert len(set(planned())) == len(list(planned())) == len(PHASES) * len(WAYS)


@pytest.mark.parametrize(
    ("death", "failed"),
    [
        (GOOD, set()),
        (replace(GOOD, phase="connecting"), set()),
        (replace(GOOD, phase="idle", end="idle", carries_s=None), set()),
        (replace(GOOD, end="reconnecting"), {"deaths after which the call was not where it was"}),
        (replace(GOOD, back_s=None), {"deaths after which the call was not where it was"}),
        (replace(GOOD, lost=3), {"characters typed meanwhile that are not in the book"}),
        (replace(GOOD, back_s=3.1), {"another engine, slowest"}),
        (replace(GOOD, carries_s=3.1), {"voice and picture again, slowest"}),
        (replace(GOOD, late_ms=(1.0,) * 90 + (20.0,) * 10), {"the screen late, p99"}),
    ],
)
def test_what_is_not_kept_is_missed(death: Death, failed: set[str]) -> None:
    assert Death.of(death.told) == death
    assert {one.measure for one in results([death], 1) if not one.ok} == failed


def test_a_death_of_which_nothing_was_heard_is_no_success() -> None:
    assert not next(results([GOOD], 2)).ok


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not here(), reason="this system has no such signals")
def test_the_note_and_the_call_outlive_the_engine() -> None:
    pairs = [("talking", "segv"), ("connecting", "killed"), ("idle", "memory")]
    deaths = list(died(pairs))
    assert [(one.phase, one.way) for one in deaths] == pairs
    assert [(one.phase, one.end, one.lost) for one in deaths if not one.carries_on or one.lost] == []
