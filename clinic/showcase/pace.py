# SPDX-License-Identifier: GPL-3.0-or-later
"""How long is waited on a machine that does other things too: what a free one does in a second takes its share of the
processors here."""

import os

MOST = 8.0
"""Times as long, at most: what has not come by then does not come."""
_NICE = 3.0
"""So much longer for programs that let all others go first, once somebody is there to be let."""


def patient(seconds: float) -> float:
    """Seconds, or any other measure of a free machine's time, as long as this machine is to be given now."""
    if not hasattr(os, "getloadavg"):
        return seconds
    crowd = os.getloadavg()[0] / (os.cpu_count() or 1)
    if crowd > 1 and os.nice(0) > 0:
        crowd *= _NICE
    return seconds * min(MOST, max(1.0, crowd))
