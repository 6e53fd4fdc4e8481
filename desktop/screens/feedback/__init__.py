# SPDX-License-Identifier: GPL-3.0-or-later
"""What patients said of their visits: counts by week and site, and the answers. `logic` is pure."""
