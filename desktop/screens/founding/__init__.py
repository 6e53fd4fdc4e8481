# SPDX-License-Identifier: GPL-3.0-or-later
"""First start of an organisation: its centre, who it is, a password, sheets on paper, then founded."""
