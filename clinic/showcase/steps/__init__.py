# SPDX-License-Identifier: GPL-3.0-or-later
"""The eight steps of one visit, each with its own checks. A step acts through `scene.hands` only and writes
what it saw into findings.

Example::

    STEPS = (("The patient at the kiosk", intake.run), …)   # see clinic.showcase.visit
"""
