# SPDX-License-Identifier: GPL-3.0-or-later
"""F5: `posta bench NAME`: measures against a peer or the physical floor, in one run, with the design's targets.

May import: every floor of `clinic`. Example::

    python -m clinic.bench store --json
"""
