# SPDX-License-Identifier: GPL-3.0-or-later
"""Who waits, most urgent first, and who is booked today."""
