# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms of a specialty on the chart: begun, filled in, completed, amended, read again, and their numbers over time."""
