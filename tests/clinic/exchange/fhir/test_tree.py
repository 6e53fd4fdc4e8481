# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON of strangers: nothing lost on the way through, and what could hurt is refused with a sentence."""

import json
import zlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.exchange.fhir.tree import MAX_BYTES, NotJson, depth, parse, text

_SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9)
)  # fmt: skip
TREES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(TREES)
def test_what_is_written_is_read_again(tree: Any) -> None:
    written = text(tree)
    assert parse(written.encode()) == tree if written.strip() else True
    assert text(parse(written.encode())) == written


@pytest.mark.parametrize("digits", ["1.50", "0.0", "-0.10", "72.500", "158.35374570701794", "1E+3", "5.0E-7"])
def test_a_decimal_keeps_its_digits(digits: str) -> None:
    assert text(parse(f"[{digits}]".encode())) == f"[{digits}]"


def test_half_a_surrogate_survives_as_an_escape() -> None:
    assert text(parse(rb'["a\ud800b"]')) == '["a\\ud800b"]'
    assert text(parse('["ñandú 😀"]'.encode())) == '["ñandú 😀"]'


HOSTILE = {
    "nothing": b"",
    "blank": b" \n ",
    "no JSON": b"<Bundle/>",
    "half": b'{"resourceType":',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "latin": '{"a":"ñ"}'.encode("latin-1"),
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "deeper than records": b"[" * 150 + b"]" * 150,
    "deep in C": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "said twice": b'{"id":"a","id":"b"}',
    "long number": b"[" + b"9" * 5000 + b"]",
    "longer number": b"[1." + b"9" * 5000 + b"]",
    "not a number": b"[NaN]",
    "endless": b"[Infinity]",
    "zip": b"PK\x03\x04" + b"\0" * 100,
    "gzip bomb": b"\x1f\x8b" + zlib.compress(b"0" * 1_000_000),
    "many values": b"[" + b"0," * 3_000_001 + b"0]",
    "too large": b'"' + b"a" * MAX_BYTES + b'"',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_could_hurt_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(NotJson) as refused:
        parse(HOSTILE[name])
    assert str(refused.value).endswith((".", "…")) or "number" in str(refused.value)
    assert len(str(refused.value)) < 200


def test_an_exponent_of_a_billion_costs_nothing() -> None:
    assert parse(b"[1e999999999]") == [Decimal("1e999999999")]


def test_a_byte_order_mark_is_no_matter() -> None:
    assert parse(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


def test_depth_counts_what_lies_inside_each_other() -> None:
    assert depth(json.loads("[[],{}]")) == 2 and depth({"a": {"b": [1]}}) == 4
