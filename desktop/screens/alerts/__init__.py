# SPDX-License-Identifier: GPL-3.0-or-later
"""Open alerts: the band on a chart, and the list on the page of today."""
