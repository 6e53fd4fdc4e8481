# SPDX-License-Identifier: GPL-3.0-or-later
"""Who are you? A card before the camera, or the id number and the birth date. `logic` is pure, `view`
shows it.
"""
