# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and patients in memory stay there: a process that ends badly leaves no image of itself on the disk."""

import ctypes
import sys

if sys.platform != "win32":
    import resource

_SET_DUMPABLE = 4
"""prctl(2), PR_SET_DUMPABLE: at 0 there is no core dump, not through a core handler either, and other programs of the
same user may not read this one's memory."""


def keep_private() -> None:
    """No core dump of this process and those it starts. Called by every roof under which a book is opened."""
    if sys.platform == "win32":
        return  # error reports of Windows hold no heap unless somebody turns that on
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
