# SPDX-License-Identifier: GPL-3.0-or-later
"""What a questionnaire asks after the symptoms, one question a screen. `logic` is pure, `view` shows it."""
