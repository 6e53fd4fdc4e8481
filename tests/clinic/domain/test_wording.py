# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from clinic.domain.errors import Refusal
from clinic.domain.wording import MOST_IN_A_NAME, name_as_said


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ana   Núñez\n", "Ana Núñez"),
        ("Ana Nu\u0301n\u0303ez", "Ana Núñez"),
        ("O'Higgins-Ñandú, 3.º", "O'Higgins-Ñandú, 3.º"),
        ("李小龍", "李小龍"),
        ("x" * MOST_IN_A_NAME, "x" * MOST_IN_A_NAME),
    ],
)
def test_a_name_is_one_line_as_it_reads(typed: str, kept: str) -> None:
    assert name_as_said(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", " \n\t", "x" * 101, "Ana\x1b[31m", "\u202eanA", "A\u200bna", "A\x00na", "\ufeff"]
)
def test_a_name_that_would_read_as_another_is_refused(typed: str) -> None:
    with pytest.raises(Refusal):
        name_as_said(typed)
