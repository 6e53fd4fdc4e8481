# SPDX-License-Identifier: GPL-3.0-or-later
"""What the clinician sees, a folder a screen: `logic` (frozen state, pure `update`) and `view` (widgets).

May import `desktop.kit` and `clinic`. Example::

    from desktop.screens.today.logic import QueueLoaded, State, update
"""
