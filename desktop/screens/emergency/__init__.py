# SPDX-License-Identifier: GPL-3.0-or-later
"""Patients of other teams in an emergency: their summary, their whole chart for a while, and the reviews that follow."""
