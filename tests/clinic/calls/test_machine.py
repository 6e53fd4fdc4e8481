# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a call, told step by step, and never stuck whatever happens."""

from dataclasses import replace
from pathlib import Path as FilePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.calls import events as e
from clinic.calls.call import LIVE, Call, Path, Phase, idle
from clinic.calls.machine import step
from clinic.calls.rules import Result, on, table, targets
from clinic.protocol.calling import Accept, Again, Busy, Decline, Description, Hang, Ring

DOCS = FilePath(__file__).parents[3] / "docs" / "calls.md"
ME, PEER, OTHER = "desk1", "kiosk1", "kiosk2"
RING = Ring(call_id="c9", encounter_id="enc", caller_name="Dra. Ruiz")


def described(attempt: int, kind: str, call_id: str = "c1") -> Description:
    return Description(call_id=call_id, attempt=attempt, sdp="v=0", type=kind, claim=b"", signature=b"")


def after(call: Call, *events: e.Event) -> Result:
    effects: tuple[e.Effect, ...] = ()
    for event in events:
        call, effects = step(call, event)
    return call, effects


def calling(me: str = ME, peer: str = PEER) -> Call:
    return after(idle(me), e.EngineReady(), e.RingPressed(peer, "c1", "enc", "Dra. Ruiz"))[0]


def ringing() -> Call:
    return after(idle(PEER), e.EngineReady(), e.RingArrived(ME, replace(RING, call_id="c1")))[0]


def caller_talking() -> Call:
    return after(
        calling(),
        e.PeerAccepted(PEER, "c1"),
        e.DescriptionMade(described(1, "offer")),
        e.DescriptionArrived(PEER, described(1, "answer")),
        e.MediaFlowing("c1"),
    )[0]


def callee_talking() -> Call:
    return after(
        ringing(), e.AnswerPressed(), e.DescriptionArrived(ME, described(1, "offer")), e.MediaFlowing("c1")
    )[0]


def sent(effects: tuple[e.Effect, ...]) -> list[object]:
    return [effect.message for effect in effects if isinstance(effect, e.SendToPeer)]


def test_ringing_sends_a_ring_and_waits_for_an_answer() -> None:
    call, effects = step(after(idle(ME), e.EngineReady())[0], e.RingPressed(PEER, "c1", "enc", "Dra. Ruiz"))
    assert call.phase is Phase.CALLING
    assert call.caller
    assert sent(effects) == [Ring(call_id="c1", encounter_id="enc", caller_name="Dra. Ruiz")]
    assert e.StartTimer(e.Timer.ANSWER, 60.0) in effects
    assert e.Note("enc", "ringing") in effects


def test_a_ring_is_said_again_until_it_is_answered() -> None:
    _, effects = step(calling(), e.TimerFired(e.Timer.RING, "c1"))
    assert isinstance(sent(effects)[0], Ring)


def test_without_letters_a_ring_says_so_and_goes_out_when_they_travel() -> None:
    silent = after(idle(ME), e.SignallingLost())[0]
    call, effects = step(silent, e.RingPressed(PEER, "c1", "enc", "x"))
    assert sent(effects) == []
    assert e.Say(e.Status.NO_NETWORK) in effects
    _, effects = step(call, e.SignallingBack())
    assert isinstance(sent(effects)[0], Ring)
    assert e.Say(e.Status.NO_NETWORK) in step(calling(), e.SignallingLost())[1]


def test_the_caller_offers_after_the_accept() -> None:
    call, effects = step(calling(), e.PeerAccepted(PEER, "c1"))
    assert call.phase is Phase.CONNECTING
    assert e.StartEngineCall("c1", 1, offerer=True) in effects
    _, effects = step(call, e.DescriptionMade(described(1, "offer")))
    assert sent(effects) == [described(1, "offer")]


def test_an_engine_that_comes_late_offers_when_it_is_there() -> None:
    call = after(idle(ME), e.RingPressed(PEER, "c1", "enc", "x"), e.PeerAccepted(PEER, "c1"))[0]
    assert call.attempt == 0
    call, effects = step(call, e.EngineReady())
    assert e.StartEngineCall("c1", 1, offerer=True) in effects


def test_the_callee_answers_an_offer() -> None:
    call, effects = step(ringing(), e.AnswerPressed())
    assert sent(effects) == [Accept(call_id="c1")]
    call, effects = step(call, e.DescriptionArrived(ME, described(1, "offer")))
    assert effects == (e.StartEngineCall("c1", 1, offerer=False), e.FeedRemote("c1", 1, "v=0", "offer"))
    assert call.path is Path.ANSWERED


def test_media_makes_it_a_talk_on_both_sides() -> None:
    assert caller_talking().phase is Phase.TALKING
    assert callee_talking().phase is Phase.TALKING


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (e.PeerDeclined(PEER, "c1"), "declined"),
        (e.PeerBusy(PEER, "c1"), "busy"),
        (e.PeerHung(PEER, "c1"), "hung up"),
        (e.TimerFired(e.Timer.ANSWER, "c1"), "no answer"),
        (e.HangPressed(), "cancelled"),
    ],
)
def test_how_a_ring_ends(event: e.Event, reason: str) -> None:
    call, _ = step(calling(), event)
    assert (call.phase, call.reason) == (Phase.ENDED, reason)


def test_a_ring_that_nobody_takes_ends_on_the_other_side_too() -> None:
    assert step(ringing(), e.TimerFired(e.Timer.ANSWER, "c1"))[0].reason == "no answer"
    assert step(ringing(), e.TimerFired(e.Timer.RETRY, "c1"))[0].phase is Phase.RINGING
    assert step(ringing(), e.PeerHung(ME, "c1"))[0].reason == "cancelled"
    assert sent(step(ringing(), e.DeclinePressed())[1]) == [Decline(call_id="c1")]


def test_a_third_party_gets_busy_in_every_busy_phase() -> None:
    for call in (calling(), ringing(), caller_talking(), callee_talking()):
        same, effects = step(call, e.RingArrived(OTHER, RING))
        assert same == call
        assert sent(effects) == [Busy(call_id="c9")]


def test_both_ring_at_once_and_the_lower_device_calls() -> None:
    lower, higher = calling("a", "b"), calling("b", "a")
    lower_ring = Ring(call_id="ca", encounter_id="ea", caller_name="A")
    kept, effects = step(lower, e.RingArrived("b", RING))
    assert kept == lower
    assert effects == ()
    yielded, effects = step(higher, e.RingArrived("a", lower_ring))
    assert yielded.phase is Phase.CONNECTING
    assert not yielded.caller
    assert (yielded.call_id, yielded.encounter_id) == ("ca", "ea")
    assert sent(effects) == [Accept(call_id="ca")]


def test_a_ring_said_twice_rings_once_and_is_accepted_again() -> None:
    once = ringing()
    assert step(once, e.RingArrived(ME, replace(RING, call_id="c1"))) == (once, ())
    answered = step(once, e.AnswerPressed())[0]
    assert sent(step(answered, e.RingArrived(ME, replace(RING, call_id="c1")))[1]) == [Accept(call_id="c1")]
    assert step(callee_talking(), e.RingArrived(ME, replace(RING, call_id="c1")))[1] == ()


def test_a_peer_that_started_anew_replaces_its_old_call() -> None:
    call, effects = step(callee_talking(), e.RingArrived(ME, RING))
    assert call.phase is Phase.RINGING
    assert call.call_id == "c9"
    assert e.StopEngineCall("c1") in effects
    assert step(ringing(), e.RingArrived(ME, RING))[0].call_id == "c9"


def test_a_ring_of_an_ended_call_is_told_that_it_is_over() -> None:
    ended = step(ringing(), e.DeclinePressed())[0]
    call, effects = step(ended, e.RingArrived(ME, replace(RING, call_id="c1")))
    assert call == ended
    assert sent(effects) == [Hang(call_id="c1", reason="over")]
    assert step(ended, e.RingArrived(ME, RING))[0].phase is Phase.RINGING


def test_silence_is_said_and_the_old_path_may_come_back_by_itself() -> None:
    call, effects = step(caller_talking(), e.MediaWentSilent("c1"))
    assert call.phase is Phase.RECONNECTING
    assert e.Say(e.Status.RECONNECTING) in effects
    assert e.Note("enc", "reconnecting") in effects
    call, effects = step(call, e.MediaFlowing("c1"))
    assert call.phase is Phase.TALKING
    assert e.Note("enc", "back") in effects


def test_the_caller_offers_anew_while_letters_travel() -> None:
    silent = step(caller_talking(), e.MediaWentSilent("c1"))[0]
    call, effects = step(silent, e.TimerFired(e.Timer.RETRY, "c1"))
    assert e.StartEngineCall("c1", 2, offerer=True) in effects
    offered = step(call, e.DescriptionMade(described(2, "offer")))[0]
    again, effects = step(offered, e.TimerFired(e.Timer.RETRY, "c1"))
    assert e.StartEngineCall("c1", 3, offerer=True) in effects
    assert again.attempt == 3


def test_a_loading_engine_and_an_answered_attempt_get_time() -> None:
    silent = step(caller_talking(), e.MediaWentSilent("c1"))[0]
    making = step(silent, e.TimerFired(e.Timer.RETRY, "c1"))[0]
    assert step(making, e.TimerFired(e.Timer.RETRY, "c1"))[0].attempt == 2
    answered = step(making, e.DescriptionArrived(PEER, described(2, "answer")))[0]
    for _ in range(3):
        answered = step(answered, e.TimerFired(e.Timer.RETRY, "c1"))[0]
        assert answered.attempt == 2
    assert step(answered, e.TimerFired(e.Timer.RETRY, "c1"))[0].attempt == 3


def test_without_letters_nothing_is_offered_and_then_soon() -> None:
    cut = after(caller_talking(), e.MediaWentSilent("c1"), e.SignallingLost())[0]
    waiting, effects = step(cut, e.TimerFired(e.Timer.RETRY, "c1"))
    assert waiting.attempt == 1
    assert effects == (e.StartTimer(e.Timer.RETRY, 3.0),)
    back, effects = step(waiting, e.SignallingBack())
    assert effects == (e.StartTimer(e.Timer.RETRY, 1.0),)
    assert step(back, e.TimerFired(e.Timer.RETRY, "c1"))[0].attempt == 2


def test_a_new_engine_of_the_caller_offers_in_the_same_call() -> None:
    lost, effects = step(caller_talking(), e.EngineLost())
    assert lost.phase is Phase.RECONNECTING
    call, effects = step(lost, e.EngineReady())
    assert e.StartEngineCall("c1", 2, offerer=True) in effects
    assert (call.call_id, call.encounter_id) == ("c1", "enc")


def test_a_new_engine_of_the_callee_asks_for_an_offer() -> None:
    lost = step(callee_talking(), e.EngineLost())[0]
    _, effects = step(lost, e.EngineReady())
    assert sent(effects) == [Again(call_id="c1", attempt=1)]
    call, effects = step(caller_talking(), e.PeerAskedAgain(PEER, "c1", 1))
    assert e.StartEngineCall("c1", 2, offerer=True) in effects
    assert call.phase is Phase.TALKING
    offered = step(call, e.DescriptionMade(described(2, "offer")))[0]
    assert step(offered, e.PeerAskedAgain(PEER, "c1", 1)) == (offered, ())
    assert step(offered, e.TimerFired(e.Timer.RETRY, "c1"))[0].attempt == 3
    assert step(caller_talking(), e.TimerFired(e.Timer.RETRY, "c1")) == (caller_talking(), ())


def test_an_engine_that_dies_before_media_flows() -> None:
    connecting = after(calling(), e.PeerAccepted(PEER, "c1"))[0]
    assert step(connecting, e.EngineLost())[0].path is Path.NONE


def test_an_offer_without_an_engine_is_asked_for_again_later() -> None:
    lost = step(callee_talking(), e.EngineLost())[0]
    call, effects = step(lost, e.DescriptionArrived(ME, described(2, "offer")))
    assert effects == ()
    assert call.attempt == 2
    assert sent(step(call, e.EngineReady())[1]) == [Again(call_id="c1", attempt=2)]


def test_asking_for_an_offer_also_accepts() -> None:
    assert step(calling(), e.PeerAskedAgain(PEER, "c1", 0))[0].phase is Phase.CONNECTING
    assert sent(step(calling(), e.PeerAskedAgain(PEER, "other", 0))[1]) == [
        Hang(call_id="other", reason="over")
    ]


def test_a_broken_attempt_is_retried_soon() -> None:
    connecting = after(calling(), e.PeerAccepted(PEER, "c1"))[0]
    _, effects = step(connecting, e.AttemptBroke("c1", 1))
    assert effects == (e.StartTimer(e.Timer.RETRY, 1.0),)
    assert step(connecting, e.AttemptBroke("c1", 7)) == (connecting, ())


def test_reconnecting_and_connecting_give_up_at_last() -> None:
    silent = step(caller_talking(), e.MediaWentSilent("c1"))[0]
    assert step(silent, e.TimerFired(e.Timer.GIVE_UP, "c1"))[0].reason == "lost"
    connecting = step(calling(), e.PeerAccepted(PEER, "c1"))[0]
    assert step(connecting, e.TimerFired(e.Timer.GIVE_UP, "c1"))[0].reason == "no media"
    assert step(connecting, e.TimerFired(e.Timer.RING, "c1"))[0] == connecting
    assert step(connecting, e.TimerFired(e.Timer.GIVE_UP, "old"))[0] == connecting


def test_a_distrusted_description_is_said_and_noted() -> None:
    call, effects = step(caller_talking(), e.DescriptionDistrusted(PEER, "c1"))
    assert e.Say(e.Status.DISTRUSTED) in effects
    assert step(call, e.DescriptionDistrusted(OTHER, "c1")) == (call, ())


def test_a_peer_that_speaks_of_a_gone_call_is_told() -> None:
    ended = step(caller_talking(), e.HangPressed())[0]
    for event in (
        e.PeerAccepted(PEER, "c1"),
        e.PeerAskedAgain(PEER, "c1", 1),
        e.DescriptionArrived(PEER, described(1, "offer")),
    ):
        same, effects = step(ended, event)
        assert same == ended
        assert sent(effects) == [Hang(call_id="c1", reason="over")]
    assert sent(step(caller_talking(), e.PeerAskedAgain(PEER, "x", 1))[1]) == [
        Hang(call_id="x", reason="over")
    ]
    assert sent(step(caller_talking(), e.DescriptionArrived(OTHER, described(1, "offer")))[1])
    assert step(ringing(), e.PeerAccepted(ME, "c1")) == (ringing(), ())
    assert step(ringing(), e.DescriptionArrived(ME, described(1, "offer"))) == (ringing(), ())
    assert step(ringing(), e.PeerAskedAgain(ME, "c1", 1)) == (ringing(), ())


def test_what_is_not_about_this_call_changes_nothing() -> None:
    talking = caller_talking()
    for event in (e.MediaWentSilent("x"), e.PeerHung(OTHER, "c1"), e.DescriptionMade(described(9, "offer"))):
        assert step(talking, event) == (talking, ())
    assert step(calling(), e.PeerDeclined(OTHER, "c1"))[0] == calling()
    assert step(calling(), e.PeerBusy(OTHER, "c1"))[0] == calling()
    assert step(calling(), e.PeerHung(OTHER, "c1"))[0] == calling()
    assert step(calling(), e.TimerFired(e.Timer.RING, "x"))[0] == calling()
    assert step(ringing(), e.PeerHung(OTHER, "c1"))[0] == ringing()
    silent = step(talking, e.MediaWentSilent("c1"))[0]
    assert step(silent, e.MediaFlowing("x"))[0] == silent


def test_an_ended_call_is_dismissed() -> None:
    call = step(step(caller_talking(), e.HangPressed())[0], e.Dismissed())[0]
    assert call == replace(idle(ME), engine_up=True)


def test_hanging_up_where_nothing_runs_or_while_it_rings() -> None:
    assert step(idle(ME), e.HangPressed())[0].reason == "hung up"
    refused, effects = step(ringing(), e.HangPressed())
    assert (refused.phase, sent(effects)) == (Phase.ENDED, [Decline(call_id="c1")])


def test_an_offer_to_the_one_who_offers_changes_nothing() -> None:
    call = caller_talking()
    assert step(call, e.DescriptionArrived(PEER, described(7, "offer"))) == (call, ())


def test_what_the_table_allows() -> None:
    assert targets(Phase.IDLE, e.RingPressed) == (Phase.IDLE, Phase.CALLING)
    assert targets(Phase.IDLE, e.MediaFlowing) == (Phase.IDLE,)


def test_one_event_has_one_rule_in_a_phase() -> None:
    with pytest.raises(ValueError, match="two rules for RingPressed in idle"):
        on(e.RingPressed, Phase.IDLE)(lambda call, event: (call, ()))


def test_the_table_draws_every_phase() -> None:
    drawn = table()
    assert drawn.startswith("stateDiagram-v2")
    assert all(str(phase) in drawn for phase in Phase)
    assert "talking --> reconnecting: EngineLost, MediaWentSilent" in drawn


def test_the_documentation_shows_the_table_as_it_is() -> None:
    assert table() in DOCS.read_text(encoding="utf-8")


PEERS = st.sampled_from([ME, PEER, OTHER])
CALLS = st.sampled_from(["c1", "c2", ""])
ATTEMPTS = st.integers(0, 4)
DESCRIPTIONS = st.builds(described, ATTEMPTS, st.sampled_from(["offer", "answer"]), CALLS)
EVENTS: st.SearchStrategy[e.Event] = st.one_of(
    st.builds(e.RingPressed, PEERS, CALLS, st.just("enc"), st.just("x")),
    st.sampled_from([e.AnswerPressed(), e.DeclinePressed(), e.HangPressed(), e.Dismissed()]),
    st.sampled_from([e.EngineLost(), e.EngineReady(), e.SignallingLost(), e.SignallingBack()]),
    st.builds(e.RingArrived, PEERS, st.builds(lambda c: replace(RING, call_id=c), CALLS)),
    st.builds(e.PeerAccepted, PEERS, CALLS),
    st.builds(e.PeerDeclined, PEERS, CALLS),
    st.builds(e.PeerBusy, PEERS, CALLS),
    st.builds(e.PeerHung, PEERS, CALLS),
    st.builds(e.PeerAskedAgain, PEERS, CALLS, ATTEMPTS),
    st.builds(e.DescriptionArrived, PEERS, DESCRIPTIONS),
    st.builds(e.DescriptionDistrusted, PEERS, CALLS),
    st.builds(e.DescriptionMade, DESCRIPTIONS),
    st.builds(e.MediaFlowing, CALLS),
    st.builds(e.MediaWentSilent, CALLS),
    st.builds(e.AttemptBroke, CALLS, ATTEMPTS),
    st.builds(e.TimerFired, st.sampled_from(list(e.Timer)), CALLS),
)
HISTORIES = st.tuples(st.sampled_from([idle(ME), calling(), ringing(), caller_talking(), callee_talking()]),
                      st.lists(EVENTS, max_size=30))  # fmt: skip


@given(HISTORIES)
def test_hanging_ends_every_call(history: tuple[Call, list[e.Event]]) -> None:
    call = after(history[0], *history[1])[0]
    ended, effects = step(call, e.HangPressed())
    assert ended.phase is Phase.ENDED
    if call.phase in LIVE:
        assert e.StopEngineCall(call.call_id) in effects
        assert sent(effects)


@given(HISTORIES)
def test_every_step_is_in_the_table_and_attempts_only_grow(history: tuple[Call, list[e.Event]]) -> None:
    call = history[0]
    for event in history[1]:
        following, _ = step(call, event)
        assert following.phase in targets(call.phase, type(event))
        if following.call_id == call.call_id and following.phase in LIVE and call.phase in LIVE:
            assert following.attempt >= call.attempt
        call = following


@given(HISTORIES, st.integers(0, 3), st.sampled_from(["offer", "answer"]))
def test_stale_descriptions_change_nothing(history: tuple[Call, list[e.Event]], back: int, kind: str) -> None:
    call = after(history[0], *history[1])[0]
    stale = described(max(0, call.attempt - 1 - back), kind, call.call_id)
    if stale.attempt < call.attempt and call.phase in LIVE:
        assert step(call, e.DescriptionArrived(call.peer, stale)) == (call, ())


@given(HISTORIES)
def test_time_alone_ends_whatever_does_not_talk(history: tuple[Call, list[e.Event]]) -> None:
    call = after(history[0], *history[1])[0]
    for timer in (e.Timer.ANSWER, e.Timer.GIVE_UP):
        call, _ = step(call, e.TimerFired(timer, call.call_id))
    assert call.phase in (Phase.IDLE, Phase.ENDED, Phase.TALKING)
