# SPDX-License-Identifier: GPL-3.0-or-later
"""F2, sync decided: when to exchange, what goes first, what an answer means, and what two versions of a fact
become.

Pure: `(state, event) -> (state, effects)`; clock, chance, disk and sockets are handed in. May import:
`clinic.domain`, `clinic.protocol`. Example::

    state, effects = step(start(), Connected(now=0.0), jitter=0.5)
    assert effects[0] == Exchange(budget=262_144)
"""
