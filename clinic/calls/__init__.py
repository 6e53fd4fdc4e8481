# SPDX-License-Identifier: GPL-3.0-or-later
"""F2, calls decided: who rings, answers and offers again, what a description must prove, what a link allows.

Pure: `(state, event) -> (state, effects)`. May import: `clinic.domain`, `clinic.protocol`. Example::

    call, effects = step(idle("kiosk1"), RingArrived(peer="desk1", ring=ring))
    assert call.phase is Phase.RINGING
"""
