# SPDX-License-Identifier: GPL-3.0-or-later
"""What links come to: chains, circles, several at once; whatever the order they became known in."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.facts import Link
from clinic.domain.identity import chosen, whole
from clinic.domain.ids import FactId, PatientId, UserId
from tests.clinic.domain.scores.taken import NOW


def link(a: str, b: str, minute: int = 0, active: bool = True) -> Link:
    return Link(
        id=FactId(f"{a}>{b}"), patient=PatientId(a), other=PatientId(b), active=active, by=UserId("u"),
        linked_at=NOW + timedelta(minutes=minute),
    )  # fmt: skip


def ends(*links: Link) -> dict[str, str]:
    nodes = {x for one in links for x in (one.patient, one.other)}
    return {n: whole(n, lambda p: chosen(one for one in links if one.patient == p)) for n in sorted(nodes)}


def test_a_chain_ends_at_its_last_and_a_cut_brings_back_what_was() -> None:
    assert ends(link("a", "b"), link("b", "c", 1)) == {"a": "c", "b": "c", "c": "c"}
    assert ends(link("a", "b"), link("b", "c", 1, active=False)) == {"a": "b", "b": "b", "c": "c"}


def test_of_two_links_of_one_record_the_last_counts_and_the_first_comes_back() -> None:
    assert ends(link("a", "b"), link("a", "c", 1))["a"] == "c"
    assert ends(link("a", "b"), link("a", "c", 1, active=False))["a"] == "b"


def test_a_circle_is_cut_at_the_link_made_last() -> None:
    assert ends(link("a", "b"), link("b", "a", 1)) == {"a": "b", "b": "b"}
    assert ends(link("a", "b", 2), link("b", "c"), link("c", "a", 1)) == {"a": "a", "b": "a", "c": "a"}
    assert (
        ends(link("x", "a"), link("a", "b"), link("b", "a"))["x"] == ends(link("a", "b"), link("b", "a"))["a"]
    )
    assert ends(link("a", "a")) == {"a": "a"}


NAMES = st.sampled_from("abcdef")
LINKS = st.lists(
    st.builds(link, NAMES, NAMES, st.integers(0, 5), st.booleans()), max_size=14, unique_by=lambda one: one.id
)


@given(LINKS, st.randoms(use_true_random=False))
def test_every_order_comes_to_the_same_and_every_record_has_one_end(
    links: list[Link], chance: object
) -> None:
    mixed = list(links)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    found = ends(*links)
    assert found == ends(*mixed)
    assert all(found[end] == end for end in found.values())
