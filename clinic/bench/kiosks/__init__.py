# SPDX-License-Identifier: GPL-3.0-or-later
"""What `posta bench kiosk` stands on: a kiosk with its own home and a patient's card, and a visit by touch.

May import: `clinic.showcase.hands`, services, store, keys. Example::

    with running(founded(folder)) as kiosk:
        kiosk.hands.wait("kiosk.language.es")
"""
