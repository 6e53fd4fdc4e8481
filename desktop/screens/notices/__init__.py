# SPDX-License-Identifier: GPL-3.0-or-later
"""The same-day notice that somebody opened a patient's chart."""
