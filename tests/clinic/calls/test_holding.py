# SPDX-License-Identifier: GPL-3.0-or-later
"""A call on hold: both sides know, whatever is lost on the way."""

from hypothesis import given
from hypothesis import strategies as st

from clinic.calls.holding import FORGOTTEN_S, SAID_S, Hold, Tell, heard, pressed, ticked


def seconds(hold: Hold, count: int, talking: bool = True) -> tuple[Hold, list[Tell]]:
    said = []
    for _ in range(count):
        hold, tell = ticked(hold, talking)
        said += [tell] if tell else []
    return hold, said


def test_who_holds_says_so_at_once_and_again_until_it_is_taken_up() -> None:
    hold, told = pressed(Hold(), on=True)
    assert hold.ours and told == Tell(on=True, number=1)
    assert pressed(hold, on=True) == (hold, None)
    hold, said = seconds(hold, 3 * SAID_S)
    assert said == [Tell(on=True, number=1)] * 3
    hold, told = pressed(hold, on=False)
    assert not hold.ours and told == Tell(on=False, number=2)
    assert seconds(hold, SAID_S)[1] == [Tell(on=False, number=2)], "that it goes on can be lost too"


def test_who_never_held_says_nothing() -> None:
    assert seconds(Hold(), 100) == (Hold(ticks=100), [])


def test_a_word_that_was_overtaken_changes_nothing() -> None:
    hold = heard(heard(Hold(), on=True, number=1), on=False, number=2)
    assert heard(hold, on=True, number=1) == hold and not hold.theirs


def test_a_hold_of_which_nothing_is_heard_any_more_is_over_and_a_cut_is_no_silence() -> None:
    hold = heard(Hold(), on=True, number=1)
    assert seconds(hold, FORGOTTEN_S - 1)[0].theirs
    assert not seconds(hold, FORGOTTEN_S)[0].theirs
    assert seconds(hold, 10 * FORGOTTEN_S, talking=False)[0].theirs
    assert seconds(heard(seconds(hold, FORGOTTEN_S - 1)[0], on=True, number=1), FORGOTTEN_S - 1)[0].theirs


@given(st.lists(st.tuples(st.sampled_from(["press", "tick"]), st.booleans()), max_size=60), st.booleans())
def test_once_words_arrive_again_the_other_side_knows(steps: list[tuple[str, bool]], last: bool) -> None:
    """Whatever was lost or kept of what was said before."""
    here, there = Hold(), Hold()
    for step, arrives in steps:
        here, tell = pressed(here, not here.ours) if step == "press" else ticked(here, talking=True)
        there, _ = ticked(there, talking=True)
        if tell is not None and arrives:
            there = heard(there, tell.on, tell.number)
    here, _lost = pressed(here, last)
    for _ in range(max(SAID_S, FORGOTTEN_S)):
        here, tell = ticked(here, talking=True)
        there, _ = ticked(there, talking=True)
        if tell is not None:
            there = heard(there, tell.on, tell.number)
    assert there.theirs is here.ours is last
