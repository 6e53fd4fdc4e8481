# SPDX-License-Identifier: GPL-3.0-or-later
"""How long to leave a remote alone after failures in a row."""

LONGEST_S = 60.0


def delay_s(failures: int, jitter: float) -> float:
    """1, 2, 4 … 60 s after the 1st, 2nd, 3rd … failure, a quarter more or less by `jitter` (0 to 1), 0 s
    after none."""
    if failures <= 0:
        return 0.0
    if not 0.0 <= jitter <= 1.0:
        raise ValueError("jitter lies between 0 and 1")
    plain = min(LONGEST_S, 2.0 ** min(failures - 1, 16))
    return plain * (0.75 + 0.5 * jitter)
