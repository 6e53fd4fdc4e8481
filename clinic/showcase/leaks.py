# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for words of a patient in files that must not hold them: plain, as UTF-16, as base64 at any offset,
as JSON escapes."""

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Hit:
    """`how`: the form in which the word was found."""

    path: Path
    word: str
    how: str


def search(
    folders: Iterable[Path], words: Sequence[str], leave_out: Sequence[Path] = ()
) -> tuple[list[Hit], int]:
    """Hits in all files below the folders (or in the files named), and how many files were read."""
    needles = [(word, how, needle) for word in words for how, needle in _forms(word)]
    hits: list[Hit] = []
    count = 0
    for path in _files(folders, leave_out):
        count += 1
        hits += [Hit(path, word, how) for word, how in _found(path, needles)]
    return hits, count


def _files(folders: Iterable[Path], leave_out: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else (folder,):
            if (
                path.is_file()
                and not path.is_symlink()
                and not any(path.is_relative_to(kept) for kept in leave_out)
            ):
                yield path


def _forms(word: str) -> Iterator[tuple[str, bytes]]:
    plain = word.encode()
    yield "utf-8", plain
    yield "utf-8, small letters", word.lower().encode()
    yield "utf-16", word.encode("utf-16-le")
    yield "latin-1", word.encode("latin-1", "replace")
    yield "json", json.dumps(word)[1:-1].encode()
    yield from _base64(plain)


def _base64(plain: bytes) -> Iterator[tuple[str, bytes]]:
    """The letters that do not depend on what stands before or after, for each of three offsets."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + plain)
        first, end = (0, 2, 3)[offset], (offset + len(plain)) // 3 * 4
        yield "base64", encoded[first:end]
        yield "base64url", base64.urlsafe_b64encode(b"\0" * offset + plain)[first:end]


def _found(path: Path, needles: list[tuple[str, str, bytes]]) -> Iterator[tuple[str, str]]:
    longest = max((len(needle) for _, _, needle in needles), default=1)
    seen: set[str] = set()
    try:
        with path.open("rb") as file:
            rest = b""
            while block := file.read(_BLOCK):
                window = rest + block
                for word, how, needle in needles:
                    if word not in seen and len(needle) > 5 and needle in window:
                        seen.add(word)
                        yield word, how
                rest = window[-longest:]
    except FileNotFoundError:
        return
