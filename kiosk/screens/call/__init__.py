# SPDX-License-Identifier: GPL-3.0-or-later
"""The call: the clinician big, oneself small, state in words. `logic` is pure, `view` shows it."""
