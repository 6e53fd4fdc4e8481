# SPDX-License-Identifier: GPL-3.0-or-later
"""The agenda does what is due, again and again, and nothing after it has stopped."""

import threading

import pytest

from desktop.kit.agenda import Agenda


def test_a_job_comes_round_again() -> None:
    agenda, twice, times = Agenda(), threading.Event(), []

    def act() -> None:
        times.append(1)
        if len(times) == 2:
            twice.set()

    agenda.start()
    try:
        agenda.every(0.05, act)
        assert twice.wait(10)
    finally:
        agenda.stop()


def test_stopping_twice_is_once_and_jobs_need_a_start() -> None:
    agenda = Agenda()
    agenda.stop()
    with pytest.raises(RuntimeError, match="start"):
        agenda.every(1, lambda: None)
    agenda.start()
    agenda.stop()
    agenda.stop()
