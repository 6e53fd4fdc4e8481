# SPDX-License-Identifier: GPL-3.0-or-later
"""A photo of the face or of what hurts. `logic` is pure, `view` shows it."""
