# SPDX-License-Identifier: GPL-3.0-or-later
"""What changed is laid over what came in: nothing unknown is lost, nothing unchanged is touched."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from clinic.exchange.fhir.overlay import overlaid

VALUES = st.recursive(
    st.integers(0, 3) | st.text("ab", min_size=1, max_size=2),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, min_size=1)
    ),
    max_leaves=8,
)
RESOURCES = st.dictionaries(st.sampled_from("abcdef"), VALUES)


@given(RESOURCES, RESOURCES)
def test_what_did_not_change_comes_back_itself(original: Any, base: Any) -> None:
    assert overlaid(original, base, base) is original


@given(RESOURCES, RESOURCES)
def test_when_the_model_knew_all_of_it_the_model_has_the_last_word(original: Any, mine: Any) -> None:
    assert overlaid(original, original, mine) == mine


@given(RESOURCES, RESOURCES, RESOURCES)
def test_elements_the_model_never_spoke_of_stay(original: Any, base: Any, mine: Any) -> None:
    merged = overlaid(original, base, mine)
    silent = original.keys() - base.keys() - mine.keys()
    assert {key: merged[key] for key in silent} == {key: original[key] for key in silent}


def test_a_changed_name_keeps_its_use_and_the_maiden_name() -> None:
    original = {
        "name": [
            {"use": "official", "family": "Paz", "given": ["Eva"]},
            {"use": "maiden", "family": "Ruiz"},
        ],
        "maritalStatus": {"text": "married"},
    }
    base, mine = (
        {"name": [{"family": "Paz", "given": ["Eva"]}]},
        {"name": [{"family": "Paz Ruiz", "given": ["Eva"]}]},
    )
    merged = overlaid(original, base, mine)
    assert merged["name"] == [
        {"use": "official", "family": "Paz Ruiz", "given": ["Eva"]},
        original["name"][1],
    ]
    assert merged["maritalStatus"] == {"text": "married"}


def test_another_value_takes_the_place_of_the_first() -> None:
    original = {"effectivePeriod": {"start": "2020"}, "valueString": "x", "_valueString": {"id": "a"}}
    merged = overlaid(
        original, {"valueString": "x"}, {"valueQuantity": {"value": 1}, "effectiveDateTime": "2020-01-01"}
    )
    assert merged == {"valueQuantity": {"value": 1}, "effectiveDateTime": "2020-01-01"}


def test_extensions_of_others_stay_beside_ours() -> None:
    theirs = {"url": "http://there/x", "valueString": "kept"}
    original = {"extension": [theirs, {"url": "urn:posta:how", "valueString": "old"}]}
    mine = {"extension": [{"url": "urn:posta:how", "valueString": "new"}]}
    assert overlaid(original, {}, mine)["extension"] == [theirs, *mine["extension"]]
