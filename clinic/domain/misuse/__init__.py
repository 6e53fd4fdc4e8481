# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules over the audit: which entries somebody should look at. Never a verdict: a person judges, and no program punishes.

Pure: the same entries give the same review, with the same id, on every computer. What is not known accuses nobody. May import:
the rest of `clinic.domain`. Example::

    due(RULES, Seen(acts, charts, staff, now), reviews_on_record)
"""
