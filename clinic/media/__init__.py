# SPDX-License-Identifier: GPL-3.0-or-later
"""F3, the call engine: devices, codecs, transport and the frames' shared memory, in a process of its own.

Knows nothing of the patient. May import: `clinic.domain`, `clinic.protocol`, aiortc, PyAV, numpy (the heavy
ones late). Example::

    python -m clinic.media --camera clip:A --microphone clip:A --speaker null
"""
