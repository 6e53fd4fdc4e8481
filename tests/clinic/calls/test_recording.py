# SPDX-License-Identifier: GPL-3.0-or-later
"""Recording a call, in sentences: consent, then the other side, then the file; the first that goes ends it."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.calls import recording as rec
from clinic.calls.recording import Recording, Stage, Why, step

PRESSED = rec.RecordPressed("c1", "visit")
OPENED = rec.Opened("c1", "r1", "/p", b"secret")


def after(*events: rec.Event) -> tuple[Recording, list[rec.Effect]]:
    one, all_effects = Recording(), list[rec.Effect]()
    for event in events:
        one, effects = step(one, event)
        all_effects += effects
    return one, all_effects


RUNS = (PRESSED, rec.Permitted("c1", "consent"), rec.PeerShows("c1", 1), OPENED)


def test_consent_then_the_other_side_then_the_file() -> None:
    assert after(*RUNS)[1] == [
        rec.AskConsent("c1", "visit"),
        rec.Tell("c1", True, 1),
        rec.OpenFile("c1", "visit", "consent"),
        rec.Write("c1", "/p", "consent", b"secret"),
    ]
    assert after(*RUNS)[0].stage is Stage.RUNNING
    assert "secret" not in repr(after(*RUNS))


def test_a_refused_consent_ends_it_with_its_sentence_and_nobody_is_told() -> None:
    one, effects = after(PRESSED, rec.Denied("c1", "Ask first."))
    assert (one.stage, one.why, one.sentence) == (Stage.OFF, Why.REFUSED, "Ask first.")
    assert effects == [rec.AskConsent("c1", "visit")]
    assert after(PRESSED, rec.Permitted("c1", ""))[0].stage is Stage.ASKING
    assert after(PRESSED, rec.Permitted("c2", "consent"))[0].stage is Stage.ASKING


def test_a_peer_that_never_shows_it_is_not_recorded() -> None:
    one, effects = after(*RUNS[:2], *[rec.Ticked(True)] * rec.TELL_S)
    assert (one.stage, one.why) == (Stage.OFF, Why.UNSEEN)
    assert effects.count(rec.Tell("c1", True, 1)) == 1 + (rec.TELL_S - 1) // rec.TELL_AGAIN_S
    assert effects[-1] == rec.Tell("c1", False, 1)
    assert not any(isinstance(effect, rec.OpenFile | rec.Write) for effect in effects)


def test_an_answer_about_another_call_or_an_earlier_recording_begins_none() -> None:
    for answer in (rec.PeerShows("c2", 1), rec.PeerShows("c1", 0), rec.PeerShows("c1", 2)):
        assert after(*RUNS[:2], answer)[0].stage is Stage.TELLING
    again = (*RUNS[:2], rec.StopPressed(), PRESSED, rec.Permitted("c1", "consent"))
    assert after(*again, rec.PeerShows("c1", 1))[0].stage is Stage.TELLING
    assert after(*again, rec.PeerShows("c1", 2))[0].stage is Stage.OPENING


def test_while_it_runs_it_is_said_again_and_the_consent_looked_at() -> None:
    effects = after(*RUNS, *[rec.Ticked(True)] * rec.SAID_S)[1]
    assert effects[-2:] == [rec.Tell("c1", True, 1), rec.LookAtConsent("visit", "consent")]


def test_a_consent_taken_back_ends_it_at_once_and_the_other_side_hears_it() -> None:
    one, effects = after(*RUNS, rec.ConsentGone("consent"))
    assert (one.stage, one.why) == (Stage.SAVING, Why.CONSENT)
    assert effects[-2:] == [rec.Finish("c1"), rec.Tell("c1", False, 1)]
    assert after(*RUNS, rec.ConsentGone("of somebody else"))[0].stage is Stage.RUNNING
    one, effects = after(*RUNS[:3], rec.ConsentGone("consent"), OPENED)
    assert (one.stage, one.why, effects[-1]) == (
        Stage.OFF, Why.CONSENT, rec.File("r1", 0.0, 0, "", "consent"),
    )  # fmt: skip


def test_a_screen_that_no_longer_answers_ends_it_but_a_cut_link_does_not() -> None:
    silent = [rec.Ticked(True)] * rec.UNSEEN_S
    assert after(*RUNS, *silent)[0].why is Why.UNSEEN
    assert after(*RUNS, *silent[1:], rec.PeerShows("c1", 1), *silent[1:])[0].stage is Stage.RUNNING
    assert after(*RUNS, *[rec.Ticked(False)] * 170)[0].stage is Stage.RUNNING


def test_every_end_is_filed_once_with_its_reason() -> None:
    ended = rec.Ended("/p", 9.0, 100, "hash", "")
    for events, why in (
        ((rec.StopPressed(), ended), "by hand"),
        ((rec.CallOver(), replace(ended, why="over")), "over"),
        ((replace(ended, why="disk"),), "disk"),
        ((replace(ended, why="trouble"),), "engine"),
        ((rec.ConsentGone("consent"), ended), "consent"),
    ):
        one, effects = after(*RUNS, *events, ended)
        assert [e for e in effects if isinstance(e, rec.File)] == [rec.File("r1", 9.0, 100, "hash", why)]
        assert rec.Tell("c1", False, 1) in effects
        assert (one.stage, str(one.why), one.saved) == (Stage.OFF, why, False)
        assert step(one, rec.Saved("r1"))[0].saved
    lost = after(*RUNS, rec.Moved("/p", 7.0, True), rec.EngineLost(), ended)
    assert [e for e in lost[1] if isinstance(e, rec.File)] == [rec.File("r1", 7.0, 0, "", "engine")]
    late = after(*RUNS, rec.StopPressed(), *[rec.Ticked(True)] * rec.SAVING_S, ended)
    assert [e for e in late[1] if isinstance(e, rec.File)] == [rec.File("r1", 0.0, 0, "", "by hand")]


EVENTS = st.sampled_from(
    [
        PRESSED, rec.StopPressed(), rec.Permitted("c1", "consent"), rec.Denied("c1", "no"), rec.PeerShows("c1", 1),
        rec.PeerShows("c1", 2), OPENED, rec.NotOpened("c1", "no"), rec.Moved("/p", 1.0, False), rec.EngineLost(),
        rec.Ended("/p", 2.0, 3, "h", ""), rec.Ended("/p", 0.0, 0, "", "refused", "no"), rec.ConsentGone("consent"),
        rec.Ticked(True), rec.Ticked(False), rec.CallOver(), rec.Saved("r1"), rec.NotSaved("r1", "no"),
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(EVENTS, max_size=30))
def test_whatever_happens_nothing_is_written_before_consent_and_the_other_side(
    events: list[rec.Event],
) -> None:
    one, consented, shown, told = Recording(), False, False, False
    for event in events:
        before = one
        one, effects = step(one, event)
        if event == PRESSED and before.stage is Stage.OFF:
            consented = shown = False
        consented |= isinstance(event, rec.Permitted) and before.stage is Stage.ASKING
        shown |= consented and isinstance(event, rec.PeerShows) and event.number == before.number
        for effect in effects:
            if isinstance(effect, rec.OpenFile | rec.Write):
                assert consented
                assert shown
                assert told
            told = effect.on if isinstance(effect, rec.Tell) else told
        assert one.stage is not Stage.RUNNING or told
        assert one.stage is not Stage.OFF or not told  # who was told that it is on hears that it is off
