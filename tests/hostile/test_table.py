# SPDX-License-Identifier: GPL-3.0-or-later
"""The table is whole, and the page says what it says."""

from clinic.protocol.envelope import Header
from clinic.protocol.sync import SyncResponse
from tests.hostile.page import PAGE, page
from tests.hostile.table import ALL


def test_the_page_is_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.hostile.page"


def test_each_script_is_one_of_its_kind() -> None:
    assert len(ALL) >= 40 and len({script.name for script in ALL}) == len(ALL)


def test_every_field_of_a_header_is_flipped() -> None:
    names = {script.name.removeprefix("flips an envelope's ") for script in ALL}
    assert set(Header.__dataclass_fields__) - {"NUMBER", "unknown"} <= names


def test_every_field_of_an_answer_is_lied_about() -> None:
    """By a script that names it, or by those of its own chapter."""
    said = {
        "protocol": "speaks another protocol",
        "epoch": "says another epoch once", "acked_incarnation": "acknowledges another incarnation",
        "acked_env_no": "acknowledges too far", "refused": "refuses what is good", "trust": "forges a wipe",
        "trust_refused": "says that a revocation lost a race", "envelopes": "replays envelopes", "heads": "lies about heads",
        "more": "has more, for ever",
        "want_cursors": "wants all cursors, for ever", "server_time": "sets its clock ten years back",
        "trust_position": "has a longer trust log",
        "known": "says what it has, unasked",
    }  # fmt: skip
    assert set(said) == set(SyncResponse.__dataclass_fields__) - {"NUMBER", "unknown"}
    assert set(said.values()) <= {script.name for script in ALL}
