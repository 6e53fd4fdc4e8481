# SPDX-License-Identifier: GPL-3.0-or-later
"""A finding says what was expected and what was seen."""

from clinic.showcase.findings import Findings


def test_what_held_is_only_noted() -> None:
    seen = Findings()
    assert seen.expect(True, "three rows", 3)
    seen.note("three rows", rows=3)
    assert seen.ok and seen.detail == "three rows" and seen.measured == {"rows": 3}


def test_what_did_not_hold_comes_first_and_short() -> None:
    seen = Findings()
    seen.note("the rest was fine")
    assert not seen.expect(False, "three rows", "x" * 500)
    assert not seen.expect(False, "a picture")
    assert not seen.ok
    assert (
        seen.detail.startswith("expected three rows, saw xxx")
        and "…; expected a picture; the rest" in seen.detail
    )
