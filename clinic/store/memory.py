# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory of a program that holds a book. Keys and patients stay in it: a process that ends badly leaves no image of itself
on the disk. And it is seldom combed for rings of objects, of which records make none."""

import ctypes
import gc
import sys

if sys.platform != "win32":
    import resource

_SET_DUMPABLE = 4
"""prctl(2), PR_SET_DUMPABLE: at 0 there is no core dump, not through a core handler either, and other programs of the
same user may not read this one's memory."""
_YOUNG, _MIDDLE, _OLD = 50_000, 20, 20
"""Objects made, and rounds, after which rings are looked for: Python's 700 are passed by one envelope, and the looks took a
tenth of a pull's time."""


def collect_seldom() -> None:
    """Called by every roof under which much comes in at once."""
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


def keep_private() -> None:
    """No core dump of this process and those it starts. Called by every roof under which a book is opened."""
    if sys.platform == "win32":
        return  # error reports of Windows hold no heap unless somebody turns that on
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
