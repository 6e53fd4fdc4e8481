# SPDX-License-Identifier: GPL-3.0-or-later
"""People and computers: who belongs to the organisation, and an administrator's orders about them."""
