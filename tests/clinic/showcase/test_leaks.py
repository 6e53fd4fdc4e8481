# SPDX-License-Identifier: GPL-3.0-or-later
"""The search finds a word however it was written down, and nothing else."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.showcase.leaks import search

WORD = "Iturrazpe Ñandú"


@pytest.mark.parametrize(
    "content",
    [
        WORD.encode(),
        WORD.lower().encode(),
        WORD.encode("utf-16-le"),
        WORD.encode("latin-1"),
        json.dumps(WORD).encode(),
        b"\0" * 4_194_300 + WORD.encode(),
    ],
)
def test_a_word_is_found_in_every_form(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file.db-wal").write_bytes(b"before " + content + b" after")
    hits, count = search([tmp_path], [WORD])
    assert [hit.word for hit in hits] == [WORD] and count == 1


@given(before=st.binary(max_size=40), after=st.binary(max_size=40))
def test_base64_is_found_at_every_offset(
    tmp_path_factory: pytest.TempPathFactory, before: bytes, after: bytes
) -> None:
    folder = tmp_path_factory.mktemp("leak")
    (folder / "x").write_bytes(base64.b64encode(before + WORD.encode() + after))
    assert search([folder], [WORD])[0]


def test_other_words_are_not_found_and_what_is_left_out_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("nothing of anybody")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "summary.pdf").write_text(WORD)
    assert search([tmp_path], [WORD], leave_out=[tmp_path / "out"]) == ([], 1)
    assert search([tmp_path / "out" / "summary.pdf"], [WORD])[1] == 1
