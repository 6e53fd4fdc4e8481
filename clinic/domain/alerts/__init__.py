# SPDX-License-Identifier: GPL-3.0-or-later
"""Alerts: rules as data over what was measured, and which of their findings become an alert.

Pure: the same chart gives the same alert, with the same id, on every computer. May import: the rest of `clinic.domain`. Example::

    due(RULES, Seen(who, observations, codes, scores, now), alerts_on_record)
"""
