# SPDX-License-Identifier: GPL-3.0-or-later
"""The writer's chores wait until nobody writes, then go on without waiting as long again."""

import threading
from time import monotonic, sleep

from clinic.store.writer import Chore, Writer

AFTER_S = 1.0


def test_a_chore_begins_when_nothing_was_written_for_a_while_and_then_goes_on_at_once() -> None:
    lots: list[float] = []
    done = threading.Event()

    def lot() -> bool:
        lots.append(monotonic())
        if len(lots) == 3:
            done.set()
        return len(lots) < 3

    writer = Writer([Chore(AFTER_S, lot)])
    try:
        for _ in range(5):
            sleep(0.05)
            last = writer.submit(monotonic).result()
        assert done.wait(20)
    finally:
        writer.stop()
    assert lots[0] - last >= 0.9 * AFTER_S
    assert lots[2] - lots[0] < AFTER_S
