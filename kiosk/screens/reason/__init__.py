# SPDX-License-Identifier: GPL-3.0-or-later
"""Why do you come? Six drawings. `logic` is pure, `view` shows it."""
