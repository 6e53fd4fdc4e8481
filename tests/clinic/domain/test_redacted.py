# SPDX-License-Identifier: GPL-3.0-or-later
"""What could name anybody is covered, and what helps whoever mends the program stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.redacted import COVER, redacted

STAMP = "2026-11-21 12:00:00,123 "


@pytest.mark.parametrize(
    "secret",
    [
        "14.203.881", "14203881", "14 203 881", "+54 9 388 412-3456", "03/03/1961", "1961-03-03", "rosa@correo.ar",
        "https://clinica.example/v1/sync?x=1", "wss://10.0.0.7:8000/socket.io", "192.168.10.4:5432", "/home/rosa/posta/book.db",
        r"C:\Users\Rosa Quispe\posta", "'Quispe Mamani'", "“dolor de pecho”", "p7f3k2m9q4x8w1",
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    ],
)  # fmt: skip
def test_covered(secret: str) -> None:
    line = f"{STAMP}WARNING clinic.services.link could not reach {secret} now"
    assert redacted(line).startswith(f"{STAMP}WARNING clinic.services.link could not reach {COVER}")
    assert secret not in redacted(line)
    assert redacted(line).endswith(" now") or " " in secret


@pytest.mark.parametrize(
    "line",
    [
        STAMP + "INFO clinic.services.link the link was left as it stood",
        STAMP + "ERROR posta.screen KeyError in desktop.screens.visit.view line 239",
        "3 wait, 0 refused, 12 set aside",
        "",
    ],
)
def test_left(line: str) -> None:
    assert redacted(line) == line


@given(st.text(max_size=200), st.integers(10**6, 10**9))
def test_no_number_of_seven_digits_or_more_ever_leaves(text: str, number: int) -> None:
    assert str(number) not in redacted(f"{text} {number} {text}")
    assert redacted(redacted(text)) == redacted(text) or COVER in redacted(text)
