# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.keys.attachments import (
    HEADER_BYTES,
    OVERHEAD,
    PIECE,
    attachment_id,
    decrypt,
    encrypt,
    new_attachment_key,
    seal_bytes,
    store_attachment,
    unseal_bytes,
)
from clinic.keys.refusals import Unreadable

from .conftest import repeating

KEY = new_attachment_key(repeating(b"file"))
FILE = repeating(b"content")(3 * PIECE + 100)
CIPHER = b"".join(encrypt([FILE], KEY))
STEP = PIECE + OVERHEAD


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=500), max_size=10), st.integers(1, 700))
def test_a_file_in_any_parts_comes_back(parts: list[bytes], step: int) -> None:
    cipher = b"".join(encrypt(parts, KEY))
    cut = [cipher[i : i + step] for i in range(0, len(cipher), step)]
    assert b"".join(decrypt(cut, KEY)) == b"".join(parts)


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_edges_of_pieces(size: int) -> None:
    assert b"".join(decrypt(encrypt([bytes(size)], KEY), KEY)) == bytes(size)


def test_a_long_file_is_written_piece_by_piece() -> None:
    out: list[bytes] = []
    stored = store_attachment((FILE[i : i + 1000] for i in range(0, len(FILE), 1000)), KEY, out.append)
    assert stored.size == len(FILE) and stored.id == attachment_id(out) and len(stored.id) == 64
    assert max(len(part) for part in out) == STEP
    assert b"".join(decrypt(out, KEY)) == FILE


def test_a_photo_in_one_call() -> None:
    sealed = seal_bytes(b"jpeg", repeating(b"photo"))
    assert unseal_bytes(sealed.ciphertext, sealed.key, sealed.id) == b"jpeg"
    assert "jpeg" not in repr(sealed)
    with pytest.raises(Unreadable, match="another file"):
        unseal_bytes(sealed.ciphertext, sealed.key, "0" * 64)
    for key in (b"x" * 32, b"", b"x" * 31):
        with pytest.raises(Unreadable):
            unseal_bytes(sealed.ciphertext, key, sealed.id)


def refused(cipher: bytes) -> None:
    with pytest.raises(Unreadable):
        list(decrypt([cipher], KEY))


@settings(max_examples=60)
@given(st.integers(0, len(CIPHER) - 1), st.integers(0, 7))
def test_every_flipped_bit_is_refused(place: int, bit: int) -> None:
    damaged = bytearray(CIPHER)
    damaged[place] ^= 1 << bit
    refused(bytes(damaged))


@settings(max_examples=60)
@given(st.integers(0, len(CIPHER) - 1))
def test_every_cut_is_refused(length: int) -> None:
    refused(CIPHER[:length])


def test_cuts_swaps_repeats_and_additions_at_the_edges_are_refused() -> None:
    head, pieces = (
        CIPHER[:HEADER_BYTES],
        [CIPHER[i : i + STEP] for i in range(HEADER_BYTES, len(CIPHER), STEP)],
    )
    one, two, three, last = pieces
    for order in (
        [one, two, three],
        [two, one, three, last],
        [one, one, two, three, last],
        [one, two, last],
        [last],
        [],
        [one, two, three, last, last],
        [one, two, three, last, b"x"],
    ):
        refused(head + b"".join(order))


def test_something_after_a_last_piece_of_full_length_is_refused() -> None:
    refused(b"".join(encrypt([bytes(2 * PIECE)], KEY)) + b"x")
