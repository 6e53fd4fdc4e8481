# SPDX-License-Identifier: GPL-3.0-or-later
"""Qt shared by both faces: look, words, program start, bridge to threads, widgets, charts, the hands of a driver.

May import `clinic` and PySide6; never `desktop.screens` or `kiosk`. `words` and `tokens` import no Qt: logic may use them.
Example: `from desktop.kit.buttons import PrimaryButton; PrimaryButton(_("Sign"), name="visit.note.sign", icon="pen")`.
"""

from desktop.kit.immortal import hold_constants

hold_constants()
