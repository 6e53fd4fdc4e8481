# SPDX-License-Identifier: GPL-3.0-or-later
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.keys.audit_tree import (
    Frontier,
    consistency,
    consistent,
    includes,
    inclusion,
    leaf_hash,
    node_hash,
    root_of,
)

LEAVES = [leaf_hash(bytes([number])) for number in range(70)]


def test_an_empty_tree_and_one_of_three_are_as_the_rfc_says() -> None:
    assert root_of([]) == Frontier().root() == sha256(b"").digest()
    a, b, c = (sha256(b"\0" + bytes([n])).digest() for n in range(3))
    assert root_of(LEAVES[:3]) == node_hash(node_hash(a, b), c)
    assert root_of(LEAVES[:2]) == sha256(b"\1" + a + b).digest()


@given(st.integers(0, 70))
def test_growing_comes_to_the_same_root(size: int) -> None:
    grown = Frontier()
    for leaf in LEAVES[:size]:
        grown = grown.plus(leaf)
    assert grown.root() == root_of(LEAVES[:size])
    assert len(grown.peaks) == size.bit_count()


@given(st.integers(1, 70), st.data())
def test_every_leaf_is_shown_in_its_place_and_in_no_other(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    root, path = root_of(LEAVES[:size]), inclusion(LEAVES[:size], index)
    assert includes(root, size, index, LEAVES[index], path)
    assert includes(root, size, other, LEAVES[index], path) == (other == index)
    assert not includes(root, size, index, leaf_hash(b"forged"), path)
    assert not includes(root, size, index, LEAVES[index], [*path, root])


@given(st.integers(1, 70), st.data())
def test_a_tree_is_shown_to_go_on_from_an_older_one_and_from_no_other(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    root, proof = root_of(LEAVES[:size]), consistency(LEAVES[:size], old)
    assert consistent(old, root_of(LEAVES[:old]), size, root, proof)
    rewritten = [leaf_hash(b"forged"), *LEAVES[1:old]]
    assert not consistent(old, root_of(rewritten), size, root, proof)
    assert not consistent(old, root_of(LEAVES[:old]), size, root, [*proof, root])


def test_there_is_no_proof_of_what_is_not_there() -> None:
    with pytest.raises(IndexError):
        inclusion(LEAVES[:3], 3)
    with pytest.raises(IndexError):
        consistency(LEAVES[:3], 4)
