# SPDX-License-Identifier: GPL-3.0-or-later
"""The clinician's program: `kit` (Qt for both faces), `screens` (one folder each), `app` (puts them together).

May import `clinic`. Example: `python -m desktop --home DIR --server URL`.
"""
