# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls as chance draws them: the dice, what counts as a written outcome, and four real calls of a seed."""

import json
from collections.abc import Iterator
from random import Random

import pytest

from clinic.bench import __main__ as roof
from clinic.bench import calls_random
from clinic.bench.calling.chance import (
    LIMIT_S,
    MOST_DELAY_MS,
    MOST_LOSS,
    WIDTHS,
    Outcome,
    Post,
    planned,
    shares,
)
from clinic.bench.calling.profiles import Air
from clinic.bench.calls_random import played, results

WHOLE = Outcome(
    7, ("ringing", "answered", "talking", "rung audio", "ended: hung up"), {"staff": "hung up", "patient": "hung up"},
    ("staff", "patient"), ("staff", "patient"), 0.4,
)  # fmt: skip


def test_a_seed_plans_the_same_calls_and_all_kinds_of_them() -> None:
    plans = [planned(1, number) for number in range(400)]
    assert plans == [planned(1, number) for number in range(400)] != [planned(2, n) for n in range(400)]
    assert all(0 <= one.air.loss <= MOST_LOSS and 0 <= one.air.delay_ms <= MOST_DELAY_MS for one in plans)
    assert min(one.air.loss for one in plans) < 1 and max(one.air.loss for one in plans) > 29
    assert max(one.air.delay_ms for one in plans) > 780
    assert {one.air.kbit for one in plans} == set(WIDTHS)
    assert {one.answer for one in plans} == {"answer", "decline", "never"}
    happened = {each.what for one in plans for each in one.happenings}
    assert happened == {"dark", "letters", "narrow", "engine A", "engine B"}
    over = [
        p for p in plans if any(h.what == "dark" and h.at_s + h.lasts_s > p.hang_s + 3 for h in p.happenings)
    ]
    assert len(over) > 10, "nobody hears that the other has hung up"
    assert "% lost" in str(plans[0]) and "hangs up at" in str(plans[0])


def test_letters_take_their_time_are_sent_again_and_keep_their_order() -> None:
    air = Air(128, 300, 0, 30)
    post = Post(Random(1))
    came = [post.arrives("A", 1_000, air, 0.0, at / 10) for at in range(200)]
    assert None not in came and came == sorted(came)  # type: ignore[type-var]
    assert came[0] is not None and came[0] >= air.letter_s(1_000)
    assert max(at - n / 10 for n, at in enumerate(came) if at is not None) > 1.5, "lost ones are sent again"
    lost = [post.arrives("B", 100, air, 0.3, 0.0) for _ in range(500)]
    assert 100 < lost.count(None) < 200
    assert post.arrives("A", 100, Air(loss=100), 0.0, 99.0) is None


def test_what_is_not_written_is_found() -> None:
    def but(**other: object) -> str:
        return Outcome.of(WHOLE.told | other).unwritten

    assert WHOLE.unwritten == "" and Outcome.of(json.loads(json.dumps(WHOLE.told))) == WHOLE
    assert WHOLE.end == "ended: hung up"
    assert but(steps=["ringing", "answered"]) == "0 ends are written"
    assert but(steps=[]) == "0 ends are written"
    assert "2 ends" in but(steps=["ringing", "ended: lost", "ended: hung up"])
    assert "1 ends" in but(steps=["ringing", "ended: hung up", "talking"])
    assert "rang" in but(steps=["answered", "ended: hung up"])
    assert but(reports={"staff": "hung up"}) == "no black box of patient"
    assert "another end" in but(reports={"staff": "lost", "patient": "hung up"})
    assert but(answered=["patient"], reports={"patient": "hung up"}) == ""


def test_one_call_that_hangs_is_no_pass() -> None:
    good = list(results([WHOLE, WHOLE]))
    assert all(result.ok for result in good) and good[0].also["calls"] == 2
    hanging = Outcome(9, WHOLE.steps, WHOLE.reports, WHOLE.answered)
    hangs, written, _ = results([WHOLE, hanging])
    assert not hangs.ok and hangs.also["number 1"] == 9 and written.ok
    assert not next(iter(results([Outcome(3)]))).ok, "a program that fell over"
    assert [result.ok for result in results([Outcome(3, ended_s=0.1)])] == [True, False, True]


def test_the_numbers_are_dealt_out() -> None:
    assert shares(range(7), 3) == [[0, 3, 6], [1, 4], [2, 5]]
    assert shares([5], 3) == [[5]]


def test_what_is_asked_for_is_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["--calls", "0"], ["--players", "0"]):
        with pytest.raises(SystemExit):
            roof.main(["calls-random", *words])
    asked: list[object] = []

    def fake(numbers: range, seed: int, players: int) -> Iterator[Outcome]:
        asked.append((numbers, seed, players))
        yield WHOLE

    monkeypatch.setattr(calls_random, "played", fake)
    assert (
        roof.main(
            ["calls-random", "--json", "--calls", "3", "--seed", "5", "--first", "40", "--players", "2"]
        )
        == 0
    )
    assert asked == [(range(40, 43), 5, 2)]
    assert json.loads(capsys.readouterr().out)["results"][0]["ok"] is True


def ends_soon(number: int) -> bool:
    """Nothing is dark when somebody hangs up."""
    plan = planned(1, number)
    return all(one.at_s + one.lasts_s < plan.hang_s for one in plan.happenings)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_four_calls_of_a_seed_end_and_stand_in_their_encounter() -> None:
    told: list[str] = []
    short = [
        n for n in range(400) if planned(1, n).hang_s < 12 and not planned(1, n).letters_lost and ends_soon(n)
    ]
    numbers = [n for n in short if "engine" in str(planned(1, n))][:2]
    numbers += [n for n in short if "dark" in str(planned(1, n)) and n not in numbers][:1]
    numbers += [n for n in short if planned(1, n).answer == "decline" and n not in numbers][:1]
    assert len(numbers) == 4
    outcomes = list(played(numbers, 1, players=4, tell=told.append))
    assert sorted(one.number for one in outcomes) == sorted(numbers)
    wrong = [words for words in told if "HANGS" in words or "NOT WRITTEN" in words]
    assert not wrong
    assert all(one.ended_s is not None and one.ended_s <= LIMIT_S for one in outcomes)
