# SPDX-License-Identifier: GPL-3.0-or-later
from datetime import UTC, datetime

from hypothesis import given, settings

from clinic.domain.facts import Communication
from clinic.domain.ids import FactId, OpId, PatientId
from clinic.domain.record import UnknownRecord
from clinic.domain.values import HumanName
from clinic.protocol.codec import decode, encode
from clinic.protocol.op import Op, Ops

from .any_record import unknown_records

CHAT = Communication(
    id=FactId("f"),
    patient=PatientId("p1"),
    sent_at=datetime(2026, 11, 21, tzinfo=UTC),
    sender="eva",
    text="hola",
)


def test_an_op_is_about_the_patient_of_its_fact() -> None:
    op = Op(id=OpId("o"), stamp=1, fact=CHAT, window=PatientId("other"))
    assert op.patient == "p1"
    assert decode(encode(Ops(ops=(op,))), Ops).ops[0].patient == "p1"


def test_of_an_unknown_fact_only_the_window_is_known() -> None:
    for fact in (UnknownRecord(kind=98), HumanName(family="x")):
        assert Op(id=OpId("o"), stamp=1, fact=fact, window=PatientId("p2")).patient == "p2"
        assert Op(id=OpId("o"), stamp=1, fact=fact).patient == ""


@settings(deadline=None)
@given(unknown_records())
def test_an_op_carries_facts_nobody_knows(fact: UnknownRecord) -> None:
    ops = Ops(ops=(Op(id=OpId("o"), stamp=1, fact=fact), Op(id=OpId("q"), stamp=2, fact=CHAT)))
    assert decode(encode(ops), Ops) == ops and encode(decode(encode(ops))) == encode(ops)
