# SPDX-License-Identifier: GPL-3.0-or-later
"""How a visit came about: who did what, step by step, and the note as it was at each."""
