# SPDX-License-Identifier: GPL-3.0-or-later
"""Today's program reads every sample that was ever kept and writes the same bytes."""

import pytest

from clinic.domain.ids import DeviceId
from clinic.domain.record import UnknownRecord, record_class
from clinic.protocol.codec import decode, encode
from clinic.protocol.shapes import shapes_of
from clinic.protocol.sync import SyncRequest
from clinic.sync import exchange
from tests.protocol.first import cbor, first
from tests.protocol.samples import (
    AT,
    NEW_FIELDS,
    TOMORROW,
    Samples,
    kept,
    least_of,
    stands_for,
    whole,
    wire_records,
)

KEPT = kept()
RUN = "run: packaging/posta python -m tests.protocol"


@pytest.mark.parametrize(
    ("number", "said"), KEPT.items(), ids=[f"{n}-{said['name']}" for n, said in KEPT.items()]
)
def test_what_was_written_once_is_read_and_written_alike(number: str, said: Samples) -> None:
    wire_records()
    cls = record_class(int(number))
    assert cls is not None and cls.__name__ == said["name"], "a number is for ever"
    for text in said["bytes"]:
        data = bytes.fromhex(text)
        value = decode(data)
        assert type(value) is cls and encode(value) == data
        assert cbor(data)[0] == int(number), "a decoder that is not ours reads it too"
    shapes = {str(shape.number): shape for shape in shapes_of(cls)}
    for field, (name, default) in said["fields"].items():
        assert shapes[field].name == name, "a field's number is for ever"
        assert stands_for(shapes[field]) == default, "what is left out means the same for ever"


@pytest.mark.parametrize("cls", wire_records(), ids=lambda cls: cls.__name__)
def test_every_kind_and_field_has_its_samples(cls: type) -> None:
    said = KEPT.get(str(cls.NUMBER))  # type: ignore[attr-defined]
    assert said is not None, RUN
    assert {str(shape.number) for shape in shapes_of(cls)} == set(said["fields"]), RUN
    least, full, newer = (decode(bytes.fromhex(text)) for text in said["bytes"][-3:])
    assert least == least_of(cls) and full == whole(cls)
    assert newer.unknown == NEW_FIELDS and newer.read_only and not least.read_only
    for shape in shapes_of(cls):
        if not shape.needed:
            assert getattr(least, shape.name) == shape.default != getattr(full, shape.name)
        if shape.kind.base == "word":
            assert getattr(newer, shape.name) == TOMORROW
        if str(shape.kind) == "record":
            assert isinstance(getattr(newer, shape.name), UnknownRecord)


def test_a_later_program_says_its_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left out means version 1 for ever, so a program that speaks another one has to say so."""
    monkeypatch.setattr(exchange, "PROTOCOL_MAX", 2)
    nothing = exchange.Snapshot(DeviceId("d"), 1, "", {}, {}, -1, (), ())
    said = first(encode(exchange.request_for(nothing, AT)), "SyncRequest")
    assert (said["protocol_min"], said["protocol_max"]) == (1, 2)
    left_out = decode(bytes.fromhex(KEPT["321"]["bytes"][0]), SyncRequest)
    assert (left_out.protocol_min, left_out.protocol_max) == (1, 1)
