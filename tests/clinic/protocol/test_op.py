# SPDX-License-Identifier: GPL-3.0-or-later
"""Ops that are cut out of an envelope are the ops that were written, and their bytes are their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.facts import Communication
from clinic.domain.ids import FactId, OpId, PatientId
from clinic.domain.record import UnknownRecord
from clinic.protocol.codec import Malformed, decode, dumps, encode
from clinic.protocol.op import Op, Ops, decode_ops, fact_in
from tests.clinic.protocol.test_codec import AT


def op(number: int, text: str = "hola") -> Op:
    said = Communication(id=FactId(f"m{number}"), patient=PatientId("p"), sent_at=AT, sender="u", text=text)
    return Op(id=OpId(f"d.{number}"), stamp=number, fact=said)


@pytest.mark.parametrize("count", [0, 1, 2, 23, 24, 255, 256, 300])
def test_every_number_of_ops_comes_apart(count: int) -> None:
    ops = Ops(ops=tuple(op(number) for number in range(count)))
    back = decode_ops(encode(ops))
    assert back == ops and back.bodies == tuple(encode(one) for one in ops.ops)


@given(st.lists(st.text(max_size=30), max_size=6))
def test_the_bytes_are_those_of_the_op_on_its_own(texts: list[str]) -> None:
    ops = Ops(ops=tuple(op(number, text) for number, text in enumerate(texts)))
    for one, body in decode_ops(encode(ops)).pairs:
        assert decode(body, Op) == one and fact_in(body, Communication) == one.fact


def test_ops_with_something_newer_beside_them_are_read_all_the_same() -> None:
    newer = dumps([301, {1: [], 9: "later"}])
    assert decode_ops(newer).unknown == ((9, "later"),)
    strange = Op(
        id=OpId("d.1"), stamp=1, fact=UnknownRecord(kind=198, unknown=((1, "x"),)), unknown=((77, b"z"),)
    )
    (body,) = decode_ops(encode(Ops(ops=(strange,)))).bodies
    assert decode(body, Op) == strange


@pytest.mark.parametrize("cut", range(1, 40))
def test_cut_or_longer_bytes_are_refused(cut: int) -> None:
    data = encode(Ops(ops=(op(1), op(2))))
    with pytest.raises(Malformed):
        decode_ops(data[:-cut])
    with pytest.raises(Malformed):
        decode_ops(data + b"\x00" * cut)


def test_a_fact_is_not_taken_out_of_something_else() -> None:
    for data in (dumps([1, {1: 2}]), dumps(7), dumps([300]), encode(Ops(ops=()))):
        with pytest.raises(Malformed):
            fact_in(data, Communication)
