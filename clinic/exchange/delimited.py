# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables that a clinic hands in as text: read with care, and every complaint names the line."""

import csv
import hashlib
import io
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.wording import phrase

LARGEST = 64 * 1024 * 1024
"""Bytes of a file: ten times the largest list we know."""
LONGEST = 1_000
"""Characters of one cell."""
SHOWN = 5
"""Complaints that are printed; the rest is counted."""
_EVERY = 5_000

Progress = Callable[[int], None]
"""Called with the number of rows read so far."""


@dataclass(frozen=True, slots=True)
class Row:
    """`line`: of the file, as an editor counts; `cells`: by the name they were asked for, stripped."""

    line: int
    cells: Mapping[str, str]


def read_bytes(path: Path) -> bytes:
    """A whole file. Refused when it is larger than 64 MB; Unavailable when it cannot be read."""
    try:
        if path.stat().st_size > LARGEST:
            raise Refusal("{path} is larger than 64 MB: this is not a list. Check the file.", path=path)
        return path.read_bytes()
    except OSError as error:
        raise Unavailable("{path} cannot be read. Check its name and permissions.", path=path) from error


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def text_of(data: bytes) -> str:
    """UTF-8 with or without its mark. Refused with the line of the first byte that is not."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Refusal(
            "Line {line} is not UTF-8. Save the file as UTF-8, then try again.", line=line
        ) from error


def rows_of(
    data: bytes,
    columns: Mapping[str, tuple[str, ...]],
    needed: tuple[str, ...],
    progress: Progress | None = None,
) -> Iterator[Row]:
    """Rows of a CSV with a header line; comma, semicolon or tab. `columns`: name -> headers that mean it.

    Refused for a missing header, a row with too many cells, a cell that is too long or holds control characters.
    """
    text = text_of(data)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        places = _places(next(reader, []), columns, needed)
        for count, cells in enumerate(reader, start=1):
            if progress is not None and count % _EVERY == 0:
                progress(count)
            if any(cell.strip() for cell in cells):
                yield _row(reader.line_num, cells, places)
    except csv.Error as error:
        raise Refusal(
            "Line {line} is not a row of a table: a quotation mark does not close, or a cell is huge. Correct it.",
            line=reader.line_num,
        ) from error


def refuse(complaints: list[str]) -> None:
    """Raise a Refusal that shows the first complaints and counts the rest; nothing if there are none."""
    if not complaints:
        return
    more = len(complaints) - SHOWN
    shown = "; ".join(complaints[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
    raise Refusal("Nothing was imported. Correct the file: {complaints}.", complaints=shown)


def _delimiter(text: str) -> str:
    header = text.split("\n", 1)[0]
    return max(",;\t", key=header.count)


def _places(
    header: list[str], columns: Mapping[str, tuple[str, ...]], needed: tuple[str, ...]
) -> dict[str, int]:
    heads = [phrase(head) for head in header]
    places = {
        name: next(heads.index(phrase(alias)) for alias in aliases if phrase(alias) in heads)
        for name, aliases in columns.items()
        if any(phrase(alias) in heads for alias in aliases)
    }
    missing = [name for name in needed if name not in places]
    if missing:
        raise Refusal(
            "The first line must name the columns. Not found: {missing}. It has: {header}.",
            missing=", ".join(missing),
            header=", ".join(header[:12])[:200] or "nothing",
        )
    return places


def _row(line: int, cells: list[str], places: Mapping[str, int]) -> Row:
    found = {name: cells[at].strip() if at < len(cells) else "" for name, at in places.items()}
    for name, cell in found.items():
        if len(cell) > LONGEST:
            raise Refusal("Line {line}: {name} is longer than 1,000 characters.", line=line, name=name)
        if any(unicodedata.category(letter) == "Cc" for letter in cell):
            raise Refusal("Line {line}: {name} holds control characters.", line=line, name=name)
    return Row(line, found)
