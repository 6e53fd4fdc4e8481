# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/protocol.md is what the program does, and leaves nothing out."""

import re

import pytest

from clinic.protocol.faults import CODES
from clinic.protocol.sync import FaultNumber, Refused
from clinic.sync import machine
from clinic.sync.diagram import diagram, transitions
from clinic.sync.machine import TABLE, Phase, State, Stepped
from sync_server.app import routes
from sync_server.described import CALLS, DOWN, EVENTS, UP
from tests.protocol.page import OPENAPI, PAGE, described, every_record, in_source, page

TEXT = PAGE.read_text(encoding="utf-8")
RUN = "run: packaging/posta python -m tests.protocol"


def test_the_page_is_what_the_program_does() -> None:
    assert page(TEXT) == TEXT, RUN
    assert OPENAPI.read_text(encoding="utf-8") == described(), RUN


def test_every_route_is_described_once() -> None:
    there = {
        (method, route.path)
        for route in routes()
        for method in route.methods or ()
        if method != "HEAD" or route.methods == {"HEAD"}
    }
    told = [(call.method, call.path) for call in CALLS]
    assert len(told) == len(set(told)) and set(told) == there
    assert all(f"`{method} {path}" in TEXT for method, path in there)


def test_every_event_is_described_once() -> None:
    """Those the server hears, and those it says (`emit`, `call` and `_tell` in its source)."""
    told = [(event.way, event.name) for event in EVENTS]
    assert len(told) == len(set(told))
    source = (PAGE.parents[1] / "sync_server" / "realtime.py").read_text(encoding="utf-8")
    heard = set(re.findall(r'self\.server\.on\("(\w+)"', source))
    said = set(re.findall(r'(?:emit|call)\(\s*"(\w+)"|_tell\([^"]*, "(\w+)"', source))
    assert {name for way, name in told if way == UP} == heard
    assert {name for way, name in told if way == DOWN} == {one or other for one, other in said}
    assert all(f"| `{name}` |" in TEXT for _, name in told)


def test_every_fault_and_every_record_is_named() -> None:
    for number in FaultNumber:
        assert f"| {int(number)} | {number.name} |" in TEXT
    for code, sentence in CODES.items():
        assert f"| {code} | {sentence} |" in TEXT
    for why in Refused:
        assert f"| {int(why)} | {why.name} |" in TEXT
    found = in_source()
    assert len(found) > 150 and sum(map(len, every_record().values())) == len(found)
    for number, (file, name) in found.items():
        assert f"| {number} | {name} |" in TEXT and f"`{file}`" in TEXT


def test_the_drawing_has_every_phase_and_event() -> None:
    assert diagram() in TEXT
    assert {(phase, event.__name__) for phase, event in TABLE} == set(transitions())
    for phase in Phase:
        assert f"    {phase} --> " in diagram() and f"--> {phase}" in diagram()


def test_the_drawing_follows_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    before = diagram()
    monkeypatch.setitem(TABLE, (Phase.RESTING, machine.Rang), TABLE[Phase.STILL, machine.Rang])
    assert diagram() != before and "resting --> busy: Connected, Rang, SyncDue" in diagram()


def test_a_rule_that_cannot_be_drawn_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(state: State, event: machine.Event, jitter: float) -> Stepped:
        if state.online is state.again:
            return TABLE[Phase.STILL, machine.SyncDue](state, event, jitter)
        return state, ()

    monkeypatch.setitem(TABLE, (Phase.STILL, machine.Rang), both)
    with pytest.raises(ValueError, match="more than one condition"):
        diagram()
