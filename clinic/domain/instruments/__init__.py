# SPDX-License-Identifier: GPL-3.0-or-later
"""What Bluetooth LE instruments say, read by the specifications of the Bluetooth SIG (GATT Specification Supplement).

Bytes in, a `Reading` in our units or a Refusal out. Nothing here listens, waits or keeps.
"""
