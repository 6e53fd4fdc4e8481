# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten thousand paints do not use up None."""

import sys

import pytest
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

import desktop.kit  # noqa: F401  (importing it is what is tested)


class Blank(QWidget):
    def paintEvent(self, _: QPaintEvent) -> None:
        pass


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="constants are immortal there")
def test_none_outlives_a_day_of_paints(qtbot) -> None:  # type: ignore[no-untyped-def]
    blank = Blank()
    qtbot.addWidget(blank)
    blank.show()
    for _ in range(10_000):
        blank.repaint()
    assert sys.getrefcount(None) > 1 << 39
