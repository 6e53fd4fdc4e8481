# SPDX-License-Identifier: GPL-3.0-or-later
"""Cursors, and the sum that is kept beside them so that nobody reads all of them."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.domain.ids import ScopeId
from clinic.store.book import Book
from clinic.store.page import CURSOR_SUM
from clinic.store.writing import WritePage
from clinic.sync.exchange import cursor_sum

scopes = st.sampled_from([ScopeId(f"p:{n}") for n in range(4)])
moves = st.lists(
    st.tuples(st.just("advance"), scopes, st.integers(1, 99))
    | st.tuples(st.sampled_from(["tell", "forget", "lose the sum"]), scopes, st.just(0))
    | st.tuples(st.just("forget all"), st.just(ScopeId("")), st.just(0)),
    max_size=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(moves)
def test_the_sum_is_that_of_what_lies_here_and_what_was_not_told_is_named(
    book: Book, steps: list[tuple[str, ScopeId, int]]
) -> None:
    told: dict[ScopeId, int] = {}

    def act(page: WritePage) -> None:
        page.forget_cursors()
        for what, scope, seq in steps:
            match what:
                case "advance":
                    page.advance(scope, seq, b"chain")
                case "tell":
                    told.update(page.cursors())
                    page.told_cursors(page.cursors())
                case "forget":
                    told.pop(scope, None)
                    page.forget_cursor(scope)
                case "forget all":
                    told.clear()
                    page.forget_cursors()
                case _:
                    page.drop_meta(CURSOR_SUM)  # as in a store of before
            assert page.cursor_sum() == cursor_sum(page.cursors())
            new = {one: seq for one, seq in page.cursors().items() if seq != told.get(one, 0)}
            assert page.untold() == {one: (seq, b"chain") for one, seq in new.items()}

    book.keep(act)


def test_a_sum_that_is_wrong_is_made_anew(book: Book) -> None:
    def act(page: WritePage) -> None:
        page.forget_cursors()
        page.advance(ScopeId("p:1"), 3, b"")
        page.put_meta(CURSOR_SUM, bytes(16))
        page.sum_cursors()
        assert page.cursor_sum() == cursor_sum({ScopeId("p:1"): 3})

    book.keep(act)
