# SPDX-License-Identifier: GPL-3.0-or-later
"""What several people wrote at once: both versions side by side, until somebody chooses."""
