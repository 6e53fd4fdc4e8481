# SPDX-License-Identifier: GPL-3.0-or-later
"""First start: a code, a name, a password, six digits to compare."""
