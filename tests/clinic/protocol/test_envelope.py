# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.domain.ids import DeviceId, ScopeId, TeamId
from clinic.protocol.codec import Malformed, dumps, encode
from clinic.protocol.envelope import MAX_COUNT, MAX_ENVELOPE, SIGNING_CONTEXT, Envelope, Header, pack, unpack
from clinic.protocol.snapshots import Attested, Covered, Part

from .any_record import records_of

HEADER = Header(
    version=1, alg=1, scope=ScopeId("p:1"), team=TeamId("t"), device=DeviceId("d"), incarnation=0, env_no=1, scope_no=1,
    key_epoch=1, salt=bytes(16),
)  # fmt: skip


def envelope(header: Header = HEADER, body: bytes = b"body") -> Envelope:
    return Envelope(bytes(64), encode(header), body, header)


COUNTS = st.integers(0, MAX_COUNT - 1)
COVERED = st.builds(
    lambda one, a, b: replace(one, incarnation=a, up_to=b), records_of(Covered), COUNTS, COUNTS
)
ANY_PARTS = st.builds(
    lambda part, a, b, c, covered: replace(part, seq=a, number=b, of=c, covered=tuple(covered)),
    records_of(Part), COUNTS, COUNTS, COUNTS, st.lists(COVERED, max_size=3),
)  # fmt: skip
ATTESTED = st.builds(lambda one, a, b: replace(one, up_to=a, parts=b), records_of(Attested), COUNTS, COUNTS)
HEADERS = st.builds(
    lambda header, a, b, c, d, part, attests: replace(
        header, incarnation=a, env_no=b, scope_no=c, key_epoch=d, part=part, attests=attests
    ),
    records_of(Header), COUNTS, COUNTS, COUNTS, COUNTS, st.none() | ANY_PARTS, st.none() | ATTESTED,
)  # fmt: skip


@settings(deadline=None)
@given(HEADERS, st.binary(max_size=100), st.binary(min_size=64, max_size=64))
def test_an_envelope_comes_back(header: Header, body: bytes, signature: bytes) -> None:
    packed = Envelope(signature, encode(header), body, header)
    assert unpack(pack(packed)) == packed
    assert unpack(pack(packed)).signed == SIGNING_CONTEXT + encode(header) + body


@pytest.mark.parametrize("wrong", [-1, MAX_COUNT])
def test_a_part_or_an_attestation_that_counts_as_nobody_counts_is_malformed(wrong: int) -> None:
    part = Part(
        seq=1, chain=b"", number=1, of=1, covered=(Covered(device=DeviceId("d"), incarnation=1, up_to=1),)
    )
    said = Attested(up_to=1, parts=1, digest=b"")
    for fine in (replace(HEADER, part=part), replace(HEADER, attests=said)):
        assert unpack(pack(envelope(fine))).header == fine
    covered = (replace(part.covered[0], up_to=wrong),)
    parts = (
        replace(part, seq=wrong), replace(part, number=wrong), replace(part, of=wrong), replace(part, covered=covered),
        replace(part, covered=(replace(part.covered[0], incarnation=wrong),)),
    )  # fmt: skip
    headers = [replace(HEADER, part=one) for one in parts]
    headers += [
        replace(HEADER, attests=one) for one in (replace(said, up_to=wrong), replace(said, parts=wrong))
    ]
    for header in headers:
        with pytest.raises(Malformed):
            unpack(pack(envelope(header)))


@given(st.binary(max_size=100))
def test_garbage_is_malformed(garbage: bytes) -> None:
    with pytest.raises(Malformed):
        unpack(garbage)


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_envelope_is_malformed_or_the_bytes_it_holds(data: st.DataObject) -> None:
    wire = bytearray(pack(envelope()))
    wire[data.draw(st.integers(0, len(wire) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        back = unpack(bytes(wire))
    except Malformed:
        return
    assert (pack(back) == bytes(wire) and back.signed != envelope().signed) or back.signature != bytes(64)


@pytest.mark.parametrize(
    "wire",
    [
        dumps([]), dumps({}), dumps([bytes(64), encode(HEADER)]), dumps([bytes(63), encode(HEADER), b""]), dumps(["x", "y", "z"]),
        dumps([bytes(64), b"", b""]), dumps([bytes(64), dumps([98, {}]), b""]),
        b"\x98\x03" + pack(envelope())[1:], bytes(MAX_ENVELOPE + 2000),
    ],
)  # fmt: skip
def test_other_shapes_are_malformed(wire: bytes) -> None:
    with pytest.raises(Malformed):
        unpack(wire)


@pytest.mark.parametrize("count", ["incarnation", "env_no", "scope_no", "key_epoch"])
@pytest.mark.parametrize("number", [-1, MAX_COUNT, 2**80])
def test_numbers_no_device_counts_are_malformed(count: str, number: int) -> None:
    with pytest.raises(Malformed, match="counts"):
        unpack(pack(envelope(replace(HEADER, **{count: number}))))  # type: ignore[arg-type]
