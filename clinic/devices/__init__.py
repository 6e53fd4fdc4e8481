# SPDX-License-Identifier: GPL-3.0-or-later
"""Measuring instruments that speak Bluetooth LE: the port, what listens behind it, and the one radio (decision 52)."""
