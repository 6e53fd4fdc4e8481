# SPDX-License-Identifier: GPL-3.0-or-later
"""A clinic's own code list: taken whole or refused with the lines that are wrong."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.values import ICD10
from clinic.exchange import delimited
from clinic.exchange.code_files import PROCEDURES, read_code_file
from clinic.exchange.code_tables import CodeTable
from clinic.exchange.delimited import LARGEST, digest_of, read_bytes

GOOD = "code,display\nA00,Cólera\nA01.0,Fiebre tifoidea\n"


def table(text: str | bytes = GOOD, **more: str) -> CodeTable:
    data = text if isinstance(text, bytes) else text.encode()
    told = {"system": "procedures", "language": "es", "version": "2026", "licence": "CC0", **more}
    return read_code_file(data, **told)


def test_a_good_list_is_taken_with_where_it_is_from() -> None:
    found = table(system="icd10")
    assert found == CodeTable(
        ICD10,
        "es",
        "2026",
        "CC0",
        digest_of(GOOD.encode()),
        (("A00", "Cólera"), ("A01.0", "Fiebre tifoidea")),
    )
    assert table().system == PROCEDURES and table(system="urn:ours:x").system == "urn:ours:x"


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + GOOD,
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("code,display", " Código , Descripción "),
        GOOD.replace("code,display", "CODE,NAME"),
        "\n".join(f"x,{line}" for line in GOOD.splitlines()),
        GOOD + "\n ,\n",
    ],
)
def test_ways_people_save_a_table(text: str) -> None:
    assert table(text).rows == table().rows


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Not found: code, display. It has: nothing"),
        ("code,display\n", "has no codes"),
        ("a,b\n1,2\n", "Not found: code, display. It has: a, b"),
        (GOOD + "A00,Otra vez\n", "line 4: A00 stands already in line 2"),
        (GOOD + "A02,  \n", "line 4: A02 has no wording"),
        (GOOD + ",Sin código\n", "line 4: no code"),
        (GOOD + f"{'A' * 65},larga\n", "line 4: a code has at most 64"),
        (GOOD + f"A02,{'x' * 1001}\n", "Line 4: display is longer than 1,000"),
        (GOOD + "A02,con\x00nulo\n", "Line 4: display holds control characters"),
        (GOOD + 'A02,"no cierra\nA03,x\n', "does not close"),
        (GOOD.encode() + b"A02,Ni\xf1o\n", "Line 4 is not UTF-8"),
        (GOOD.encode("utf-16"), "Line 1 is not UTF-8"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str | bytes, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        table(text)


def test_many_complaints_are_counted() -> None:
    with pytest.raises(Refusal, match="and 4 more"):
        table("code,display\n" + ",x\n" * 9)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"licence": " "}, "--licence"),
        ({"version": ""}, "--version"),
        ({"language": "castellano"}, "two letters"),
        ({"system": "cie diez"}, "no coding system"),
        ({"system": "nonsense"}, "no coding system"),
    ],
)
def test_a_list_without_its_papers_is_refused(more: dict[str, str], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        table(**more)


def test_progress_is_told_every_five_thousand_rows() -> None:
    told: list[int] = []
    data = "code,display\n" + "".join(f"C{n},x\n" for n in range(12_000))
    assert len(read_code_file(data.encode(), "procedures", "es", "1", "CC0", told.append).rows) == 12_000
    assert told == [5_000, 10_000]


def test_a_file_that_is_no_list_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match="cannot be read"):
        read_bytes(tmp_path / "nowhere.csv")
    (tmp_path / "big.csv").write_bytes(b"x" * 11)
    assert LARGEST == 64 * 1024 * 1024
    monkeypatch.setattr(delimited, "LARGEST", 10)
    with pytest.raises(Refusal, match="larger than 64 MB"):
        read_bytes(tmp_path / "big.csv")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_sentence(data: bytes) -> None:
    try:
        found = table(b"code,display\n" + data)
    except Refusal:
        return
    assert all(code and display for code, display in found.rows)
