# SPDX-License-Identifier: GPL-3.0-or-later
"""Which envelopes are a snapshot, when one is due and whose turn it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.ids import DeviceId, ScopeId, TeamId
from clinic.protocol.envelope import ALG_SCOPE_KEY, Header
from clinic.protocol.snapshots import Attested, Covered, Part
from clinic.sync.exchange import next_chain
from clinic.sync.seen import missing, with_first, with_number
from clinic.sync.snapshots import (
    MANY,
    MOST_PARTS,
    SETTLED,
    TURN,
    Held,
    Lying,
    covered_by,
    head_of,
    is_due,
    snapshots_in,
    turn_of,
)

SCOPE, AT = ScopeId("p:1"), datetime(2026, 11, 21, tzinfo=UTC)
EVA, BEN = DeviceId("eva"), DeviceId("ben")
COVERED = (Covered(device=BEN, incarnation=1, up_to=4), Covered(device=EVA, incarnation=2, up_to=3))


def header(device: DeviceId = EVA, part: Part | None = None, attests: Attested | None = None) -> Header:
    return Header(
        version=1, alg=ALG_SCOPE_KEY, scope=SCOPE, team=TeamId("post"), device=device, incarnation=2, env_no=9, scope_no=9,
        key_epoch=1, salt=b"", part=part, attests=attests,
    )  # fmt: skip


def laid(parts: int, seq: int = 7, chain: bytes = b"seven") -> list[Lying]:
    """Parts as a maker makes them and the centre lays them down."""
    rows: list[Lying] = []
    for number in range(1, parts + 1):
        part = Part(seq=seq, chain=chain, number=number, of=parts, covered=COVERED if number == 1 else ())
        digest = b"digest %d" % number
        seq, chain = seq + 1, next_chain(chain, digest)
        rows.append(Lying(seq, chain, digest, header(part=part)))
    return rows


@given(st.integers(1, MOST_PARTS), st.randoms())
def test_parts_that_lie_where_they_say_are_a_snapshot(parts: int, random: object) -> None:
    rows = laid(parts)
    random.shuffle(rows)  # type: ignore[attr-defined]
    (whole,) = snapshots_in(rows)
    assert (whole.up_to, whole.last, len(whole.parts), whole.covers_all) == (7, 7 + parts, parts, True)


def test_what_lies_elsewhere_lacks_a_part_or_is_of_two_makers_is_none() -> None:
    rows = laid(3)
    assert not snapshots_in(rows[:2]) and not snapshots_in(rows[1:]) and not snapshots_in([rows[0], rows[2]])
    moved = [replace(row, seq=row.seq + 1) for row in rows]
    assert not snapshots_in(moved)
    assert not snapshots_in([replace(rows[0], chain=b"another past"), *rows[1:]])
    other = replace(rows[1], header=replace(rows[1].header, device=BEN))
    assert not snapshots_in([rows[0], other, rows[2]])


def test_an_attestation_names_exactly_one() -> None:
    rows = laid(2)
    (whole,) = snapshots_in(rows)
    words = [Lying(10 + n, b"", b"", header(DeviceId(f"d{n}"), attests=one)) for n, one in enumerate((
        whole.attested, replace(whole.attested, digest=b"of others"), replace(whole.attested, up_to=6),
        replace(whole.attested, parts=1),
    ))]  # fmt: skip
    early = Lying(3, b"", b"", header(BEN, attests=whole.attested))
    (found,) = snapshots_in([*rows, *words, early])
    assert [word.device for word in found.words] == ["d0"]


def test_counts_that_do_not_come_to_the_place_cover_nothing() -> None:
    rows = laid(1)
    part = rows[0].header.part
    assert part is not None
    for covered in (
        (),
        COVERED[:1],
        (*COVERED, COVERED[0]),
        (*COVERED, replace(COVERED[0], device=DeviceId("x"))),
    ):
        changed = replace(rows[0], header=header(part=replace(part, covered=covered)))
        assert [whole.covers_all for whole in snapshots_in([changed])] == [False]


def test_it_is_due_once_a_chart_is_long_and_at_rest_and_it_is_our_turn() -> None:
    now = AT + SETTLED
    assert is_due(MANY, 0, AT, now, 0)
    assert not is_due(MANY + 6, 7, AT, now, 0)
    assert not is_due(MANY, 0, AT, now - timedelta(seconds=1), 0)
    assert not is_due(MANY, 0, AT, now, 1) and is_due(MANY, 0, AT, now + TURN, 1)


def test_each_chart_has_an_order_of_its_own() -> None:
    devices = [DeviceId(f"d{n}") for n in range(4)]
    orders = set()
    for nth in range(20):
        turns = [turn_of(ScopeId(f"p:{nth}"), device, devices) for device in devices]
        assert sorted(turns) == [0, 1, 2, 3]
        orders.add(tuple(turns))
    assert len(orders) > 5


def test_what_is_covered_and_where_the_chart_ends() -> None:
    sent = (b"one", b"two", b"three")
    held = Held(5, b"five", {(BEN, 1): ((1, 4),)}, (EVA, 2), 3, sent)
    covered = covered_by(held)
    assert covered == COVERED
    assert head_of(held, covered) == (7, next_chain(next_chain(b"five", b"two"), b"three"))
    assert covered_by(replace(held, seen={(BEN, 1): ((1, 2), (4, 4))})) is None, "one is withheld"
    assert covered_by(replace(held, seen={(BEN, 1): ((2, 4),)})) is None
    assert head_of(replace(held, sent=()), covered) is None, "what we sent is not here any more"
    assert head_of(replace(held, seq=9), covered) is None


@given(st.sets(st.integers(1, 12)), st.integers(0, 12))
def test_what_a_snapshot_covers_has_come(numbers: set[int], up_to: int) -> None:
    runs: tuple[tuple[int, int], ...] = ()
    for number in numbers:
        runs = with_number(runs, number)
    whole = with_first(runs, up_to)
    have = {n for first, last in whole for n in range(first, last + 1)}
    assert have == numbers | set(range(1, up_to + 1))
    assert missing(whole) <= max(missing(runs), 0)
    assert all(a[1] + 1 < b[0] for a, b in pairwise(whole))
