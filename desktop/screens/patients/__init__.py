# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding a person, registering a new one, giving a card."""
