# SPDX-License-Identifier: GPL-3.0-or-later
"""What do you feel? Six drawings, as many as apply. `logic` is pure, `view` shows it."""
