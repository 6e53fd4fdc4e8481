# SPDX-License-Identifier: GPL-3.0-or-later
"""The kiosk's screens, one decision each: `<screen>/logic.py` (pure) and `<screen>/view.py` (Qt), in the
frame that never moves.

May import `desktop.kit`, `kiosk.flow`, `kiosk.questionnaire`. A view gets a `Room` (what it may use) and
the `Journey`, and answers with events
of `kiosk.flow`. Example: `LanguageScreen(room, journey).show()`.
"""
