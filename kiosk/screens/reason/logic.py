# SPDX-License-Identifier: GPL-3.0-or-later
"""One touch chooses the reason."""

from clinic.domain.values import Coding
from kiosk.questionnaire import Questions


def chosen(questions: Questions, key: str, language: str) -> Coding:
    """The code of the tile that was touched, with the word that was on it."""
    return questions.reason(key).coding(language)
