# SPDX-License-Identifier: GPL-3.0-or-later
"""One's own way in: password, PIN, the code of a phone."""
