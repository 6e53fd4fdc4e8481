# SPDX-License-Identifier: GPL-3.0-or-later
"""How a person is known at a kiosk: her cards, and one-time codes."""
