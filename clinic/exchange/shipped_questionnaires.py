# SPDX-License-Identifier: GPL-3.0-or-later
"""The questionnaires that come with the program: resources/questionnaires, one FHIR file a version, kept for ever."""

from functools import cache

from clinic.domain.facts import Questionnaire
from clinic.exchange.fhir.questionnaires import read_questionnaire
from clinic.exchange.resources import resource


@cache
def shipped() -> tuple[Questionnaire, ...]:
    """All of them, each checked like one that is imported: a Refusal here is a fault of our own data, found by its test."""
    files = sorted(resource("questionnaires").glob("*.json"))
    return tuple(read_questionnaire(file.read_bytes()) for file in files)
