# SPDX-License-Identifier: GPL-3.0-or-later
"""A book on disk, real SQLCipher."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.store.book import Book


@pytest.fixture
def key() -> bytes:
    return os.urandom(32)


@pytest.fixture
def book(tmp_path: Path, key: bytes) -> Iterator[Book]:
    opened = Book.open(tmp_path / "book.db", key)
    yield opened
    opened.close()
