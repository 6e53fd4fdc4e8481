# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the wires, against a real server process and links that are really cut."""
