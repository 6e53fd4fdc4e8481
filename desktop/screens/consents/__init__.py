# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person permits: what counts now, what she says aloud before a witness, the evidence of it."""
