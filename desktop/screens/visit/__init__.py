# SPDX-License-Identifier: GPL-3.0-or-later
"""The note beside the call: writing, coding, prescribing, signing."""
