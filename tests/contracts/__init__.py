# SPDX-License-Identifier: GPL-3.0-or-later
"""One suite per port, run on every implementation."""
