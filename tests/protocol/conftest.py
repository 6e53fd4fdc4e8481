# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords cost little here: what they cost is tried in tests/clinic/keys."""

from tests.clinic.services.conftest import quick_passwords

__all__ = ["quick_passwords"]
