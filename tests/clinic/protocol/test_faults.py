# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server writes reaches nobody: a number and a code choose among our own sentences."""

import ast
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import sync_server
from clinic.domain.errors import Refusal, Unavailable
from clinic.protocol.codec import decode, encode
from clinic.protocol.faults import CODES, NUMBERS, RECORDS, TRY_AGAIN, code_of, error_of, why_not_taken
from clinic.protocol.sync import Fault, FaultNumber
from clinic.protocol.sync import Refused as Why

OURS = {*CODES.values(), *NUMBERS.values()}
WORDS = st.text(min_size=8).map(lambda text: f"phish{text}")


@given(st.integers(-(2**63), 2**63), WORDS, st.integers(-(2**63), 2**63))
def test_whatever_a_fault_says_the_sentence_is_ours(number: int, sentence: str, code: int) -> None:
    error = error_of(Fault(number=number, sentence=sentence, code=code))
    assert "phish" not in str(error) and (str(error) in OURS or str(number) in str(error))
    assert isinstance(error, Unavailable if number in TRY_AGAIN else Refusal)


@given(st.sampled_from(sorted(CODES)), WORDS)
def test_a_code_chooses_its_sentence_also_over_the_wire(code: int, sentence: str) -> None:
    told = decode(encode(Fault(number=FaultNumber.NOT_ALLOWED, sentence=sentence, code=code)), Fault)
    assert str(error_of(told)) == CODES[code] and code_of(CODES[code]) == code
    assert code_of(sentence) == 0


@given(st.integers())
def test_a_record_that_was_not_taken_has_a_sentence_of_ours(why: int) -> None:
    assert why_not_taken(why)
    assert set(RECORDS) == set(Why) and set(NUMBERS) == set(FaultNumber)


def test_what_our_own_server_says_has_a_code() -> None:
    """Every whole sentence in a Denied of the server, so that nobody reads less than it meant."""
    folder = Path(sync_server.__file__).parent
    said = {text for file in folder.rglob("*.py") for text in _sentences(ast.parse(file.read_text("utf-8")))}
    assert len(said) > 25 and said - set(CODES.values()) == set()


def _sentences(tree: ast.Module) -> set[str]:
    calls = [c for c in ast.walk(tree) if isinstance(c, ast.Call) and isinstance(c.func, ast.Name)]
    args = [a for c in calls if c.func.id in ("Denied", "fault") for a in c.args]  # type: ignore[attr-defined]
    return {a.value for a in args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
