# SPDX-License-Identifier: GPL-3.0-or-later
"""Her own papers on the kiosk's printer. `logic` is pure, `view` shows it."""
