# SPDX-License-Identifier: GPL-3.0-or-later
"""How the backups of this computer stand: said when they are late or fail, silent otherwise."""
