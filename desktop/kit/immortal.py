# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep None alive: PySide6 6.12 on Python 3.11 drops one reference at every paint.

After some five thousand paints the interpreter would abort ("deallocating None"). Python 3.12 and later
never count references to constants; here they get a count that no day of work can use up. To be removed
with Python 3.11.
"""

import ctypes
import sys

_ENOUGH = 1 << 40


def hold_constants() -> None:
    """Raise the reference counts of None, True and False out of reach;
    does nothing on Python 3.12 and later.
    """
    if sys.implementation.name == "cpython" and sys.version_info < (3, 12):
        for constant in (None, True, False):
            if sys.getrefcount(constant) < _ENOUGH:
                ctypes.c_ssize_t.from_address(id(constant)).value += _ENOUGH
