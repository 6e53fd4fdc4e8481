# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk joins machine, engine and letters. Its engine here has no child: what it sends is looked at."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from nacl.signing import SigningKey
from pytestqt.qtbot import QtBot

from clinic.calls.blackbox import unpacked
from clinic.calls.call import Phase
from clinic.calls.quality import Rung
from clinic.domain.clock import FrozenClock
from clinic.domain.errors import Unavailable
from clinic.domain.record import Record
from clinic.protocol import calling as says
from clinic.protocol import engine as wire
from desktop.kit.call import CallDesk
from desktop.kit.engine import CallEngine
from desktop.kit.spoken import MOST_S
from desktop.kit.stills import LATER

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SDP = "v=0\r\na=fingerprint:sha-256 AA:BB\r\n"


class StillEngine(CallEngine):
    """Everything of an engine but the child: commands are collected, events are told by hand."""

    def __init__(self) -> None:
        super().__init__(camera="clip:A", microphone="clip:A", speaker="null")
        self.commands: list[Record] = []

    def send(self, command: Record) -> None:
        self.commands.append(command)

    def of(self, kind: type[Record]) -> list[Record]:
        return [command for command in self.commands if isinstance(command, kind)]


class Side:
    """A desk with its engine, key and letters."""

    def __init__(self, me: str, post: Callable[[str, says.CallMessage], None]) -> None:
        self.key = SigningKey(me.encode().ljust(32))
        self.engine = StillEngine()
        self.desk = CallDesk(
            me=me, engine=self.engine, post=post, sign=self._sign, verify=verify, clock=FrozenClock(NOW),
            random=lambda n: bytes(n), hands="staff" if me == "a" else "patient",
        )  # fmt: skip
        self.phases: list[str] = []
        self.notes: list[str] = []
        self.desk.changed.connect(lambda call: self.phases.append(str(call.phase)))
        self.desk.noted.connect(lambda encounter, step: self.notes.append(step))
        self.engine.ready.emit()

    def _sign(self, data: bytes) -> bytes:
        return self.key.sign(data).signature


def verify(device: str, data: bytes, signature: bytes) -> bool:
    key = SigningKey(device.encode().ljust(32))
    return key.sign(data).signature == signature


@pytest.fixture
def pair(qapp: object) -> tuple[Side, Side]:
    sides: dict[str, Side] = {}

    def letters(sender: str) -> Callable[[str, says.CallMessage], None]:
        return lambda peer, message: sides[peer].desk.deliver(sender, message)

    sides.update(a=Side("a", letters("a")), b=Side("b", letters("b")))
    return sides["a"], sides["b"]


def described(side: Side, kind: str) -> None:
    """The engine of that side has made its description."""
    start = side.engine.of(wire.StartCall)[-1]
    assert isinstance(start, wire.StartCall)
    side.engine.told.emit(
        wire.LocalDescription(
            call_id=start.call_id, attempt=start.attempt, sdp=SDP, type=kind, fingerprints=("sha-256 AA:BB",)
        )
    )


def talking(pair: tuple[Side, Side]) -> tuple[Side, Side]:
    a, b = pair
    call_id = a.desk.ring("b", "enc", "Dra. Ruiz")
    b.desk.answer()
    described(a, "offer")
    described(b, "answer")
    for side in pair:
        side.engine.told.emit(wire.MediaBack(call_id=call_id, attempt=1))
    return a, b


def test_a_call_is_made_and_hung_up_through_both_desks(pair: tuple[Side, Side]) -> None:
    a, b = talking(pair)
    assert a.phases[-3:] == ["calling", "connecting", "talking"] or "talking" in a.phases
    assert b.desk.call.phase is Phase.TALKING
    assert b.desk.call.peer_name == "Dra. Ruiz"
    assert [type(c) for c in b.engine.of(wire.AcceptRemote)] == [wire.AcceptRemote]
    assert a.notes == ["ringing", "answered", "talking"]
    b.desk.hang()
    assert a.desk.call.phase is b.desk.call.phase is Phase.ENDED
    assert a.engine.of(wire.Hangup) == [wire.Hangup(call_id=a.desk.call.call_id)]
    a.desk.hang()
    a.desk.dismiss()
    assert a.desk.call.phase is Phase.IDLE


def test_declined(pair: tuple[Side, Side]) -> None:
    a, b = pair
    a.desk.ring("b", "enc", "x")
    b.desk.decline()
    assert a.desk.call.reason == "declined"


def test_a_changed_description_never_reaches_the_engine(pair: tuple[Side, Side]) -> None:
    a, b = pair
    said: list[str] = []
    b.desk.said.connect(said.append)
    a.desk.ring("b", "enc", "x")
    b.desk.answer()
    a.desk._post = lambda peer, message: b.desk.deliver("a", tampered(message))
    described(a, "offer")
    assert b.engine.of(wire.AcceptRemote) == []
    assert "distrusted" in said
    assert "a description was refused" in b.notes


def tampered(message: says.CallMessage) -> says.CallMessage:
    return (
        replace(message, sdp=message.sdp.replace("AA", "00"))
        if isinstance(message, says.Description)
        else message
    )


def test_silence_and_a_lost_engine_are_reconnecting(pair: tuple[Side, Side]) -> None:
    a, b = talking(pair)
    call_id = a.desk.call.call_id
    a.engine.told.emit(wire.MediaSilent(call_id=call_id, attempt=1, seconds=1.3))
    assert a.desk.call.phase is Phase.RECONNECTING
    a.engine.told.emit(wire.MediaBack(call_id=call_id, attempt=1))
    b.desk.mute(audio=True)
    b.desk.keep("/tmp/x.mkv", "consent")
    b.engine.lost.emit()
    assert b.desk.call.phase is Phase.RECONNECTING
    b.engine.commands.clear()
    b.engine.ready.emit()
    assert wire.Mute(audio=True) in b.engine.commands
    assert wire.KeepReceived(path="/tmp/x.mkv", consent_id="consent") in b.engine.commands
    assert a.engine.of(wire.StartCall)[-1].attempt == 2  # type: ignore[attr-defined]
    a.engine.told.emit(wire.AttemptFailed(call_id=call_id, attempt=2, sentence=""))
    b.desk.hang()
    assert wire.StopKeeping() in b.engine.commands
    assert b.desk.muted == (False, False)


def test_letters_that_do_not_travel(pair: tuple[Side, Side]) -> None:
    a, _ = pair

    def broken(peer: str, message: says.CallMessage) -> None:
        raise Unavailable("No network.")

    a.desk._post = broken
    a.desk.ring("b", "enc", "x")
    assert a.desk.call.signalling_up is False
    assert a.desk.call.phase is Phase.CALLING
    sent: list[says.CallMessage] = []
    a.desk._post = lambda peer, message: sent.append(message)
    a.desk.signalling(True)
    a.desk.signalling(True)
    assert [type(message) for message in sent] == [says.Ring]
    a.desk.hang()


def test_figures_become_a_word(pair: tuple[Side, Side]) -> None:
    a, _ = talking(pair)
    a.engine.told.emit(wire.CallStats(call_id=a.desk.call.call_id, attempt=1, video_fps=0.0))
    assert a.desk.link.words == "voice only"
    a.desk.hang()


def test_a_ring_is_said_again_by_the_clock(pair: tuple[Side, Side], qtbot: QtBot) -> None:
    a, _b = pair
    rings: list[says.CallMessage] = []
    a.desk._post = lambda peer, message: rings.append(message)
    a.desk.ring("b", "enc", "x")
    for timer in a.desk._timers.values():
        if timer.isActive() and timer.interval() == 5000:
            timer.start(1)
    qtbot.waitUntil(lambda: len(rings) == 2)
    a.desk.hang()


def test_other_letters_are_none_of_ours(pair: tuple[Side, Side]) -> None:
    a, _ = pair
    a.desk.deliver("b", wire.Quit())
    assert a.desk.call.phase is Phase.IDLE
    a.desk.deliver("b", says.Busy(call_id="x"))
    a.desk.deliver("b", says.Again(call_id="x", attempt=1))
    assert a.desk.call.phase is Phase.IDLE


def figures(side: Side, **values: float) -> None:
    """A second of figures from that side's engine."""
    known = {"video_fps": 15.0, "rtt_ms": 50.0, **values}
    side.engine.told.emit(wire.CallStats(call_id=side.desk.call.call_id, attempt=1, **known))  # type: ignore[arg-type]


def test_what_one_side_cannot_carry_neither_shows_and_each_step_is_told(pair: tuple[Side, Side]) -> None:
    a, b = talking(pair)
    steps: dict[str, list[tuple[str, str, str, str]]] = {"a": [], "b": []}
    for name, side in (("a", a), ("b", b)):
        side.desk.ladder.stepped.connect(
            lambda s, to=steps[name]: to.append(
                (s.change.before.word, s.change.after.word, str(s.change.why), s.by)
            )
        )
    figures(b, loss=0.18)
    assert steps["b"] == [("video", "audio", "loss", "")]
    assert steps["a"] == [("video", "audio", "loss", "")], "by a letter: no channel has spoken yet"
    for side in (a, b):
        assert side.engine.of(wire.Carry)[-1] == wire.Carry(call_id=a.desk.call.call_id, video=False)
    for _ in range(6):
        figures(b)
    assert a.desk.ladder.ladder.rung == b.desk.ladder.ladder.rung == Rung.VIDEO
    assert a.engine.of(wire.Carry)[-1] == wire.Carry(call_id=a.desk.call.call_id, video=True)
    a.desk.hang()


def test_a_hand_on_one_side_counts_on_both_and_letting_go_too(pair: tuple[Side, Side]) -> None:
    a, b = talking(pair)
    steps: list[tuple[str, str, str]] = []
    a.desk.ladder.stepped.connect(lambda s: steps.append((s.change.after.word, str(s.change.why), s.by)))
    b.desk.ladder.hold(Rung.AUDIO)
    assert steps == [("audio", "by hand", "patient")]
    a.desk.ladder.ask_more()
    assert a.desk.ladder.ladder.rung is Rung.AUDIO, "what the patient holds, the staff does not lift"
    b.desk.ladder.hold(Rung.VIDEO)
    a.desk.ladder.hold(Rung.NOTES)
    assert b.desk.ladder.ladder.rung is Rung.NOTES
    assert steps[1:] == [("video", "by hand", "patient"), ("notes", "by hand", "staff")]
    a.desk.hang()


def test_over_the_channel_once_it_has_spoken(pair: tuple[Side, Side]) -> None:
    a, b = talking(pair)
    letters: list[says.CallMessage] = []
    a.desk._post = lambda peer, message: letters.append(message)
    figures(a, channel=True)
    figures(a, loss=0.25, channel=True)
    said = a.engine.of(wire.SayToPeer)[-1]
    assert said.content == says.RungSaid(call_id=a.desk.call.call_id, rung="audio", why="loss", loss=0.25)  # type: ignore[attr-defined]
    assert letters == []
    b.engine.told.emit(wire.PeerSaid(call_id=b.desk.call.call_id, content=said.content))  # type: ignore[attr-defined]
    assert b.desk.ladder.ladder.rung is Rung.AUDIO
    b.engine.told.emit(wire.PeerSaid(call_id=b.desk.call.call_id, content=wire.Quit()))
    a.desk.hang()


def test_the_black_box_is_handed_out_at_every_end(pair: tuple[Side, Side]) -> None:
    a, b = talking(pair)
    reports: list[object] = []
    for side in (a, b):
        side.desk.ladder.reported.connect(reports.append)
    figures(a, loss=0.02)
    a.desk.ladder._second_without_figures()
    a.desk.ladder._second_without_figures()
    b.desk.hang()
    ours, theirs = sorted(reports, key=lambda one: -len(unpacked(one.seconds)))  # type: ignore[attr-defined]
    assert (ours.outcome, ours.encounter, theirs.outcome) == ("hung up", "enc", "hung up")  # type: ignore[attr-defined]
    assert [(s.loss_in, s.silent_s) for s in unpacked(ours.seconds)] == [(0.02, 0), (0, 2)]  # type: ignore[attr-defined]
    call_id = a.desk.ring("b", "enc2", "x")
    b.desk.decline()
    assert len(reports) == 2, f"nobody answered {call_id}: there is nothing to tell"


def test_a_still_is_asked_for_and_kept_only_while_the_call_lasts(pair: tuple[Side, Side]) -> None:
    a, b = talking(pair)
    wanted: list[str] = []
    b.desk.still_wanted.connect(wanted.append)
    assert a.desk.stills.ask()
    assert wanted == [a.desk.call.call_id], "without a channel it is asked for by letter"
    assert a.desk.stills.all[0].trouble == LATER, "it comes as a message"
    call_id = a.desk.call.call_id
    figures(a, channel=True)
    assert a.desk.stills.ask()
    assert a.engine.of(wire.SayToPeer)[-1].content == says.StillAsked(call_id=call_id, number=2)  # type: ignore[attr-defined]
    assert not a.desk.stills.ask(), "one at a time"
    a.engine.told.emit(wire.StillMoved(call_id=call_id, number=2, done=100, total=400))
    assert a.desk.stills.all[1].share == 0.25
    a.engine.told.emit(wire.StillCame(call_id=call_id, number=9, picture=b"nobody asked"))
    a.engine.told.emit(wire.StillCame(call_id=call_id, number=2, picture=b"no picture"))
    assert a.desk.stills.all[1].trouble == "damaged"
    b.engine.told.emit(wire.StillMoved(call_id=call_id, number=2, done=10, total=40, outgoing=True))
    assert b.desk.stills.all[0].outgoing
    b.engine.told.emit(wire.StillMoved(call_id=call_id, number=2, done=40, total=40, outgoing=True))
    assert b.desk.stills.all == ()
    a.desk.hang()
    assert a.desk.stills.all == ()
    assert not a.desk.stills.ask()


def test_a_note_is_pushed_and_sent_and_heard(pair: tuple[Side, Side]) -> None:
    a, _ = talking(pair)
    notes, made = a.desk.notes, []
    notes.recorded.connect(lambda sound, seconds: made.append((sound, seconds)))
    failed: list[str] = []
    notes.failed.connect(failed.append)
    notes.begin()
    notes.begin()
    assert a.engine.of(wire.RecordNote) == [wire.RecordNote(on=True)]
    notes.end()
    assert a.engine.of(wire.RecordNote)[-1] == wire.RecordNote(on=False)
    a.engine.told.emit(wire.NoteRecorded(sound=b"ogg", seconds=3.0))
    assert made == [(b"ogg", 3.0)]
    notes.begin()
    a.engine.told.emit(wire.NoteRecorded(trouble="no microphone"))
    assert (notes.recording, failed) == (False, ["no microphone"])
    notes.begin()
    for _ in range(MOST_S):
        notes._second()
    assert not notes.recording, "half a minute is enough"
    notes.play("m1", b"ogg")
    assert notes.playing == "m1"
    a.engine.told.emit(wire.NotePlayed())
    assert notes.playing == ""
    notes.begin()
    a.engine.lost.emit()
    assert failed[-1] == "lost"
    a.desk.hang()


def test_a_page_is_drawn_anew_only_for_something_to_see(pair: tuple[Side, Side]) -> None:
    a, _ = talking(pair)
    figures(a)
    drawn: list[object] = []
    a.desk.ladder.climbed.connect(drawn.append)
    for _second in range(20):
        figures(a)
    assert drawn == []
    figures(a, loss=0.2)
    assert len(drawn) == 1
    a.desk.hang()


def test_a_call_on_hold_is_silent_and_dark_both_ways_and_both_sides_know(pair: tuple[Side, Side]) -> None:
    everything = wire.Mute(audio=True, video=True, deaf=True)
    a, b = talking(pair)
    a.desk.mute(audio=True)
    a.desk.hold(on=True)
    assert a.engine.of(wire.Mute)[-1] == everything
    assert (a.desk.holding.ours, b.desk.holding.theirs) == (True, True)
    assert b.engine.of(wire.Mute)[-1:] != [everything], "the other side's own microphone is its own"
    assert a.notes[-1] == "on hold" and "on hold" not in b.notes
    a.desk.mute(audio=True, video=True)
    assert a.engine.of(wire.Mute)[-1] == everything, "what is switched by hand waits"
    a.engine.lost.emit()
    a.engine.commands.clear()
    a.engine.ready.emit()
    assert everything in a.engine.commands, "also with another engine"
    a.desk.hold(on=False)
    assert a.engine.of(wire.Mute)[-1] == wire.Mute(audio=True, video=True)
    assert not b.desk.holding.theirs and a.notes[-1] == "off hold"


def test_a_hold_ends_with_its_call_and_is_of_no_other(pair: tuple[Side, Side]) -> None:
    a, b = talking(pair)
    b.desk.deliver("a", says.HoldSaid(call_id="another", on=True, number=1))
    b.desk.deliver("c", says.HoldSaid(call_id=a.desk.call.call_id, on=True, number=1))
    assert not b.desk.holding.theirs
    a.desk.hold(on=True)
    b.desk.hang()
    assert not a.desk.holding.ours and not b.desk.holding.theirs
    assert a.engine.of(wire.Mute)[-1] == wire.Mute()
    assert a.notes[-1] == "ended: hung up"
    a.desk.hold(on=True)
    assert not a.desk.holding.ours, "there is no call to hold"


def test_a_hold_is_said_over_the_data_channel_where_there_is_one(pair: tuple[Side, Side]) -> None:
    a, b = talking(pair)
    call_id = a.desk.call.call_id
    a.engine.told.emit(wire.CallStats(call_id=call_id, attempt=1, channel=True))
    a.desk.hold(on=True)
    said = a.engine.of(wire.SayToPeer)[-1]
    assert isinstance(said, wire.SayToPeer) and said.content == says.HoldSaid(
        call_id=call_id, on=True, number=1
    )
    assert not b.desk.holding.theirs, "no letter beside it"
    b.engine.told.emit(wire.PeerSaid(call_id=call_id, content=said.content))
    assert b.desk.holding.theirs
