# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kept input is read without a mistake of ours; the good ones are read as what they are."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.keys.cards import read_card
from clinic.keys.invites import read_invitation
from clinic.keys.slots import Slots
from clinic.keys.trust import EMPTY, extend
from clinic.protocol.codec import decode
from clinic.protocol.envelope import unpack
from tests.fuzz.seeds import CORPUS
from tests.fuzz.targets import TARGETS
from tests.small_clinic import AT

KEPT = [(folder.name, path) for folder in sorted(CORPUS.iterdir()) for path in sorted(folder.iterdir())]


@pytest.mark.parametrize(("name", "path"), KEPT, ids=[f"{name}/{path.name}" for name, path in KEPT])
def test_a_kept_input(name: str, path: Path) -> None:
    TARGETS[name](path.read_bytes())


def test_every_target_has_good_inputs_and_few_large_ones() -> None:
    assert {name for name, path in KEPT if path.name.startswith("good-")} == set(TARGETS)
    assert sum(path.stat().st_size for _, path in KEPT) < 400_000


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.binary(max_size=300))
def test_bytes_by_chance(name: str, data: bytes) -> None:
    TARGETS[name](data)


def test_the_good_ones_are_good() -> None:
    """Or a search would begin at a closed door."""
    for kept in ("good-kiosk", "good-team"):
        unpack((CORPUS / "envelope" / kept).read_bytes())
    log = EMPTY
    for path in sorted((CORPUS / "trust-log").glob("good-[0-9]*")):
        log = extend(log, path.read_bytes())
    assert log.position > 10
    card, join = ((CORPUS / "code" / kept).read_text() for kept in ("good-card", "good-join"))
    assert len(read_card(card).secret) == 32 and read_invitation(join, AT).server
    for path in (CORPUS / "codec").glob("good-*"):
        decode(path.read_bytes())
    for path in (CORPUS / "slot-file").glob("good-*"):
        assert Slots.read(_summed(path.read_bytes())).ways


def _summed(data: bytes) -> bytes:
    from clinic.keys.hashing import digest

    return digest(data, b"posta slots sum", 8) + data
