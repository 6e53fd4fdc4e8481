# SPDX-License-Identifier: GPL-3.0-or-later
"""What leaves in one envelope, and in which order."""

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.ids import ScopeId
from clinic.sync.batch import PLAIN, Unnumbered, gather

rows = st.builds(
    lambda scope, priority, ops, size: (ScopeId(scope), priority, ops, size),
    st.sampled_from("abcd"), st.integers(0, 4), st.integers(0, 3), st.integers(1, 30_000),
).map(lambda made: made)  # fmt: skip
boxes = st.lists(rows, max_size=40).map(
    lambda found: tuple(Unnumbered(no, *row) for no, row in enumerate(found))
)


@given(boxes)
def test_every_row_leaves_once(box: tuple[Unnumbered, ...]) -> None:
    assert sorted(chain.from_iterable(gather(box)), key=lambda row: row.no) == list(box)


@given(boxes)
def test_an_envelope_holds_one_scope_and_one_urgency_in_the_order_written(
    box: tuple[Unnumbered, ...],
) -> None:
    for run in gather(box):
        assert len({(row.scope, row.priority, bool(row.ops)) for row in run}) == 1
        assert [row.no for row in run] == sorted(row.no for row in run)
        assert len(run) == 1 or sum(row.size for row in run) <= PLAIN
        assert len(run) == 1 or run[0].ops, "a key is sealed on its own"


@given(boxes)
def test_the_most_pressing_goes_first_after_its_key(box: tuple[Unnumbered, ...]) -> None:
    order = [run[0] for run in gather(box)]
    urgencies = [row.priority for row in order if row.ops]
    assert urgencies == sorted(urgencies)
    for place, row in enumerate(order):
        if row.ops:
            assert all(key in order[:place] for key in box if not key.ops and key.scope == row.scope)


def test_what_one_patient_has_of_one_urgency_goes_together_whatever_was_written_between() -> None:
    box = tuple(Unnumbered(no, ScopeId("ab"[no % 2]), 2, 1, 400) for no in range(20))
    assert [[row.no for row in run] for run in gather(box)] == [list(range(0, 20, 2)), list(range(1, 20, 2))]
