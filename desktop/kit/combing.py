# SPDX-License-Identifier: GPL-3.0-or-later
"""Rings of objects are let go on the screen's thread alone: among them may be widgets, and Qt falls over a widget that another
thread takes apart (a null pointer in PySide, when a worker's imports made Python comb while a page was on its way out), or that
goes while it walks over all of them for a new style sheet."""

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 500


class Combing(QObject):
    """From when it is made until `end`, Python does not comb by itself, in whichever thread that happens to be."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._by_itself = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(comb)
        self._timer.start()

    def end(self) -> None:
        self._timer.stop()
        if self._by_itself:
            gc.enable()


def comb() -> None:
    """As Python would, by its own thresholds."""
    counts, most = gc.get_count(), gc.get_threshold()
    if counts[0] > most[0]:
        gc.collect(max(age for age in range(3) if counts[age] > most[age]))
