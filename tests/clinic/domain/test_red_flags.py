# SPDX-License-Identifier: GPL-3.0-or-later
"""What must not wait, by the rules of the questionnaire as it is shipped."""

from datetime import date, timedelta

import pytest

from clinic.domain import questionnaires as q
from clinic.domain.facts import EnableWhen, FormItem, Questionnaire, RedFlag
from clinic.domain.ids import FactId
from clinic.domain.red_flags import raised
from clinic.domain.values import Coding
from desktop.screens.phrases import RED_FLAGS
from kiosk import questionnaire

TODAY = date(2026, 11, 21)
GENERAL = questionnaire.load()


def flags(reason: str, *symptoms: str, born: date | None = None) -> tuple[str, ...]:
    told = GENERAL.interview(reason, symptoms, born, TODAY)
    return tuple(flag.code for flag in GENERAL.flags(told, born, TODAY, "es"))


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
    options = (Coding(system="s", code="a"), Coding(system="s", code="b"))
    rules = (
        RedFlag(
            code="better",
            answers=("a",),
            source="s",
            enable_when=(EnableWhen(question="before", answer="b"),),
        ),
        RedFlag(code="plain", answers=("a",), source="s", unless="better"),
    )
    form = Questionnaire(
        id=FactId("f"), name="f", version=1, language="es", text="F",
        items=(
            FormItem(key="before", question="?", kind="choice", options=options),
            FormItem(key="k", question="?", kind="choice", options=options, red_flags=rules),
        ),
    )  # fmt: skip
    for before, found in (("b", ["better"]), ("a", ["plain"])):
        assert [one.code for one in raised(form, {"before": (before,), "k": ("a",)}, None, TODAY)] == found


def test_every_rule_says_its_source_and_stands_back_for_one_of_the_same_questionnaire() -> None:
    for form in GENERAL.forms.values():
        flags_of_it = [(item, flag) for item in form.items for flag in item.red_flags]
        codes = {flag.code for _item, flag in flags_of_it}
        for item, flag in flags_of_it:
            offered = {"true", "false"} if item.kind == "boolean" else {one.code for one in item.options}
            assert flag.answers and set(flag.answers) <= offered, (form.name, flag.code)
            assert flag.source and flag.unless in ("", *codes)


def test_every_flag_has_its_word_for_the_patient_and_for_the_staff() -> None:
    flags_there = [flag for form in GENERAL.forms.values() for item in form.items for flag in item.red_flags]
    assert set(RED_FLAGS) == {flag.code for flag in flags_there}
    assert all({one.language for one in flag.words} == set(q.LANGUAGES) for flag in flags_there)


def test_a_flag_is_named_in_the_language_of_the_patient() -> None:
    told = GENERAL.interview("pain", ("chest_pain",), None, TODAY)
    for language, word in (("pt", "dor no peito"), ("es", "dolor en el pecho")):
        (flag,) = GENERAL.flags(told, None, TODAY, language)
        assert (flag.system, flag.code, flag.display) == ("urn:posta:red-flag", "chest_pain", word)
