# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from clinic.domain.facts.orders import UNTOLD
from clinic.domain.medication import ROUTES, directions, forms_in_words
from clinic.exchange.lists import forms


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "500 mg by mouth every 8 hours for 7 days"),
        ("es", "500 mg por boca cada 8 horas durante 7 días"),
        ("pt", "500 mg por via oral a cada 8 horas por 7 dias"),
        ("qu", "500 mg by mouth every 8 hours for 7 days"),
    ],
)
def test_directions_in_words(language: str, said: str) -> None:
    assert directions("500 mg", "oral", 8, 7, language) == said


@pytest.mark.parametrize(
    ("every_hours", "days", "end"),
    [
        (0, 5, "once only"),
        (24, 0, "once a day until further notice"),
        (24, 1, "once a day for 1 day"),
        (6, 2, "every 6 hours for 2 days"),
        (UNTOLD, 0, "(how often is not on record)"),
        (UNTOLD, 5, "(how often is not on record) for 5 days"),
    ],
)
def test_how_often_and_how_long(every_hours: int, days: int, end: str) -> None:
    assert directions("1", "inhaled", every_hours, days, "en") == f"1 inhaled {end}"


def test_a_route_without_words_is_said_as_it_is() -> None:
    assert directions("1", "rectal", 0, 0, "es") == "1 rectal una sola vez"


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("language", ["es", "en", "pt"])
def test_every_route_has_words(route: str, language: str) -> None:
    assert "{" not in directions("1", route, 8, 2, language)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", ("comprimido 500 mg", "inyectable 1 g")),
        ("en", ("tablet 500 mg", "injection 1 g")),
        ("pt", ("comprimido 500 mg", "injetável 1 g")),
        ("gn", ("tablet 500 mg", "injection 1 g")),
    ],
)
def test_forms_in_words(language: str, said: tuple[str, ...]) -> None:
    assert forms_in_words("tab 500 mg; inj 1 g", language) == said
    assert forms_in_words("", language) == ()


def test_every_form_of_the_formulary_has_words() -> None:
    for code, listed in forms().items():
        abbreviated = {part.split()[0] for part in listed.split(";")}
        said = {word.split()[0] for word in forms_in_words(listed, "es")}
        assert not (abbreviated & said) - {"gel"}, (code, listed)


@pytest.mark.parametrize(
    ("route", "language", "said"),
    [
        ("", "en", "(dose not on record)"),
        ("oral", "es", "por boca (dosis no registrada)"),
        ("", "xx", "(dose not on record)"),
    ],
)
def test_an_order_that_says_no_dose_is_not_said_to_be_for_once(route: str, language: str, said: str) -> None:
    assert directions("", route, 0, 0, language) == said
