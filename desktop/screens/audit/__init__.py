# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit: who did what with which chart, and what rules ask somebody to look at."""
