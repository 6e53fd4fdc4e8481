# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk of the call bench climbs the ladder as the desktop does: pictures stop where they cannot be carried, and stills are
asked for."""

from clinic.bench.calling.desk import STILL_S, Desk
from clinic.calls import quality as q
from clinic.domain.record import Record
from clinic.protocol import engine as wire
from clinic.protocol.calling import RungSaid, StillAsked


def second(loss: float = 0.0, kbps: int = 1_000, channel: bool = True) -> wire.CallStats:
    return wire.CallStats(
        call_id="c",
        attempt=1,
        loss=loss,
        estimate_up_bps=kbps * 1_000,
        estimate_down_bps=kbps * 1_000,
        channel=channel,
    )


def said(commands: "list[Record]", kind: type[Record]) -> "list[Record]":
    return [
        one.content for one in commands if isinstance(one, wire.SayToPeer) and isinstance(one.content, kind)
    ]


def test_on_a_good_link_pictures_go_on_and_the_word_is_said_every_five_seconds() -> None:
    desk = Desk()
    commands = [command for _ in range(11) for command in desk(second())]
    assert len(said(commands, RungSaid)) == len(commands) == 3


def test_where_pictures_cannot_be_carried_they_stop_and_stills_are_asked_for_one_after_the_other() -> None:
    desk = Desk()
    commands = list(desk(second(kbps=64)))
    assert wire.Carry(call_id="c", video=False) in commands and len(said(commands, StillAsked)) == 1
    assert not said([one for _ in range(5) for one in desk(second(kbps=64))], StillAsked), "it is on its way"
    desk(wire.StillCame(call_id="c", number=1, picture=b""))
    assert said(list(desk(second(kbps=64))), StillAsked) == [StillAsked(call_id="c", number=2)]
    assert said([one for _ in range(STILL_S + 1) for one in desk(second(kbps=64))], StillAsked), (
        "or never comes"
    )


def test_the_other_side_s_word_holds_here_too() -> None:
    desk = Desk()
    word = RungSaid(call_id="c", rung=q.Rung.AUDIO.word)
    assert wire.Carry(call_id="c", video=False) in desk(wire.PeerSaid(call_id="c", content=word))
    assert not said(list(desk(second(channel=False))), StillAsked), "nobody hears it"
