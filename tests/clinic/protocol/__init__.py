# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of messages and the codec; `any_record.py` makes a record of every kind there is."""
