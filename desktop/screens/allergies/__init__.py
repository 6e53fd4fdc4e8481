# SPDX-License-Identifier: GPL-3.0-or-later
"""The allergies of a chart: written down, and taken off with a reason."""
