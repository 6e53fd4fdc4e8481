# SPDX-License-Identifier: GPL-3.0-or-later
"""When practitioners work: weekly hours and days off, beside the schedule."""
