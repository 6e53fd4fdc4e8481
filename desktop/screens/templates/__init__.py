# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of notes: the list to choose from, and where they are written, changed, shared and taken away."""
