# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that are ordered in a visit, and what came back: on the chart, with its range, its course and who has to see it."""
