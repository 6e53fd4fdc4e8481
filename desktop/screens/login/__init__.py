# SPDX-License-Identifier: GPL-3.0-or-later
"""The password that opens this computer's book; also what covers a locked screen."""
