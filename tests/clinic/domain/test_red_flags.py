# SPDX-License-Identifier: GPL-3.0-or-later
"""What must not wait, by the rules of the questionnaire as it is shipped."""

from datetime import date, timedelta

import pytest

from clinic.domain.red_flags import Answers, Rule, raised
from desktop.screens.phrases import RED_FLAGS
from kiosk import questionnaire

TODAY = date(2026, 11, 21)
GENERAL = questionnaire.load()


def flags(reason: str, *symptoms: str, born: date | None = None) -> tuple[str, ...]:
    return raised(GENERAL.rules, Answers(reason, frozenset(symptoms), born), TODAY)


@pytest.mark.parametrize(
    ("reason", "symptoms", "found"),
    [
        ("pain", ("chest_pain",), ("chest_pain",)),
        ("check_up", ("chest_pain",), ("chest_pain",)),
        ("unwell", ("fever", "cough", "breathless"), ("breathless",)),
        ("medicine", ("breathless", "chest_pain"), ("chest_pain", "breathless")),
        ("pregnancy", ("bleeding",), ("pregnant_bleeding",)),
        ("other", ("bleeding",), ("bleeding",)),
        ("other", ("one_sided", "fainted"), ("one_sided", "fainted")),
    ],
)
def test_what_is_told_raises_its_flag_whatever_she_came_for(
    reason: str, symptoms: tuple[str, ...], found: tuple[str, ...]
) -> None:
    assert flags(reason, *symptoms) == found


def test_everyday_answers_raise_none() -> None:
    assert flags("unwell") == ()
    assert flags("unwell", "fever", "cough", "vomiting", "diarrhoea", "dizzy") == ()
    assert flags("pregnancy", "headache", "vomiting") == ()


@pytest.mark.parametrize(
    ("days", "found"), [(0, ("infant_fever",)), (89, ("infant_fever",)), (90, ()), (20_000, ()), (-1, ())]
)
def test_fever_is_a_flag_under_ninety_days(days: int, found: tuple[str, ...]) -> None:
    assert flags("unwell", "fever", born=TODAY - timedelta(days=days)) == found


def test_an_age_nobody_knows_raises_nothing_by_age() -> None:
    assert flags("unwell", "fever") == ()


def test_a_rule_stands_back_only_while_the_better_one_holds() -> None:
    rules = (
        Rule("better", frozenset({"a"}), "s", reason="r"),
        Rule("plain", frozenset({"a"}), "s", unless="better"),
    )
    assert raised(rules, Answers("r", frozenset({"a"})), TODAY) == ("better",)
    assert raised(rules, Answers("", frozenset({"a"})), TODAY) == ("plain",)


def test_every_rule_can_be_raised_by_a_tile_and_says_its_source() -> None:
    assert GENERAL.rules
    for rule in GENERAL.rules:
        reasons = [one.id for one in GENERAL.reasons if rule.reason in ("", one.id)]
        offered = {choice.id for reason in reasons for choice in GENERAL.symptoms_of(reason)}
        assert rule.symptoms and rule.symptoms <= offered, rule.id
        assert rule.source and rule.unless in ("", *(other.id for other in GENERAL.rules))


def test_every_flag_has_its_word_for_the_patient_and_for_the_staff() -> None:
    ids = [rule.id for rule in GENERAL.rules]
    assert len(ids) == len(set(ids))
    assert set(RED_FLAGS) == set(ids)
    assert all(set(GENERAL.flag_words[key]) == {"es", "en", "pt"} for key in ids)


def test_a_flag_is_named_in_the_language_of_the_patient() -> None:
    told = Answers("pain", frozenset({"chest_pain"}))
    for language, word in (("pt", "dor no peito"), ("xx", "dolor en el pecho")):
        (flag,) = GENERAL.flags(told, TODAY, language)
        assert (flag.system, flag.code, flag.display) == ("urn:posta:red-flag", "chest_pain", word)
