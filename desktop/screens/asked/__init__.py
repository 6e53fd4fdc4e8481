# SPDX-License-Identifier: GPL-3.0-or-later
"""What patients asked for at kiosks, on Today and on the schedule: granted with one click, or refused with a reason."""
