# SPDX-License-Identifier: GPL-3.0-or-later
"""Help: which keys do what, how a day goes, and a report for whoever keeps the program running."""
