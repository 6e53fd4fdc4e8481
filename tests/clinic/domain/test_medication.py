# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from clinic.domain.medication import ROUTES, directions, family_of


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "500 mg by mouth every 8 hours for 7 days"),
        ("es", "500 mg por boca cada 8 horas durante 7 días"),
        ("pt", "500 mg por boca a cada 8 horas durante 7 dias"),
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


def test_substances_of_a_family_share_five_letters() -> None:
    assert family_of("J01CA04") == family_of("J01CA01") == "J01CA"
    assert family_of("J01") == ""
