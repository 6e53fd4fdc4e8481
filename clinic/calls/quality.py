# SPDX-License-Identifier: GPL-3.0-or-later
"""The ladder of a call: video, voice, stills, voice notes, text. Down at once, up slowly, voice before pictures.

Pure: `climbed(ladder, stats)` once a second, `heard` for the other side's word, `held` and `wanted` for people's hands.
The rung in force is the lowest of what our figures allow, what the other side's allow and what somebody holds. Numbers
are kbit/s of the poorer way where the engine estimates them; without an estimate it goes by loss, round trip, pictures.

A second of a thin link is 25 packets: of a link that loses one in twenty, one second in twenty-five loses more than 15 %.
So a share of loss counts by what it proves (`_doubted`), not by itself.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from clinic.protocol.engine import CallStats


class Rung(IntEnum):
    """From the least a link can carry to the most."""

    TEXT = 0
    NOTES = 1
    """Nothing live is to be counted on: voice notes, through the outbox."""
    STILLS = 2
    """Live voice, and a picture when somebody asks for one."""
    AUDIO = 3
    VIDEO = 4

    @property
    def word(self) -> str:
        """Its name on the wire and in the record."""
        return self.name.lower()


def rung_of(word: str) -> Rung | None:
    """The rung of that name; None for one this program does not know."""
    return next((rung for rung in Rung if rung.word == word), None)


class Why(StrEnum):
    """What changed the rung."""

    BANDWIDTH = "bandwidth"
    LOSS = "loss"
    DELAY = "delay"
    FROZEN = "frozen"
    SILENCE = "silence"
    BETTER = "better"
    BY_HAND = "by hand"
    OTHER_SIDE = "other side"


LEAST_KBPS = {Rung.VIDEO: 75.0, Rung.AUDIO: 70.0, Rung.STILLS: 24.0, Rung.NOTES: 8.0, Rung.TEXT: 0.0}
"""What the estimate must give to stay: voice with its copies is 40 kbit/s on the wire, thin voice 20. A picture that moves
needs what `clinic.calls.allot` leaves it beside the share of speech: from 75 on the smallest with its parity, 22. 20 s of
voice note are 40 kB, 40 s at 8 kbit/s."""
MOST_LOSS = {Rung.VIDEO: 0.15, Rung.AUDIO: 0.20, Rung.STILLS: 0.30, Rung.NOTES: 1.0}
"""Speech that carries its last packet again holds out to one packet in five; past three in ten nobody follows it."""
SURE = math.log(1000)
"""Loss beyond a limit is believed at odds of a thousand to one."""
LESS, MORE = 2 / 3, 4 / 3
"""Of a limit: the two shares of loss between which the packets decide."""
FADE = 0.8
"""What a packet counts after a second, in the loss that a climb is judged by: about five seconds of them."""
MOST_RTT_MS = {Rung.VIDEO: 1500.0, Rung.AUDIO: 2000.0, Rung.STILLS: 3000.0, Rung.NOTES: 8000.0}
"""Past 400 ms one way people talk into each other (ITU-T G.114); past a second and a half they take turns."""
ROOM = 1.25
"""A rung above needs that much more than it takes to stay there."""
STEADY_S = 5
"""Seconds between a change and the next one upwards, and of good figures before it."""
LONGEST_WAIT_S = 60
"""A climb that fails at once doubles the wait for the next one up to this."""
TRIED_S = 10
"""A fall within that long after a climb means that the climb has failed."""
STOOD_S = 3
"""A picture that stands still for less has lost a packet: two round trips of the longest way that may have pictures bring
it back, the repetition first and then a whole picture."""
TRIAL_S = 4
"""Seconds after a climb in which the estimate does not count: it cannot know more than what was sent before."""
DRAIN_S = 2
"""Loss and delay take a picture away first; only what is still bad that long after takes more: the picture was the load."""
GAP_S = 1.0
"""Silence that long says nothing about the link's width: the path comes back, or it is cut."""
CUT_S = 6.0
"""Silence that long is a cut: live talk is not to be counted on."""
GONE_S = 60.0
STALE_S = 20
"""Seconds after which the other side's word no longer holds."""
CALM = 0.01
"""Loss up to which a link counts as one on which nothing is in the way."""
_ESTIMATES = ("estimate_up_bps", "estimate_down_bps")
"""Fields of CallStats, bit/s, 0 where not known."""


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the ladder, as the encounter keeps it."""

    before: Rung
    after: Rung
    why: Why


@dataclass(frozen=True, slots=True)
class Ladder:
    """`ours`: what our figures allow; `theirs`: what the other side says; `most`: what somebody holds, VIDEO for nobody.

    `good_s`: seconds of figures that would carry the next rung; `still_s`: since our last change; `wait_s`: what both must
    reach; `shown_s`, `rested_s`: seconds with and since the last picture; `stood_s`: seconds in which no picture came;
    `doubts`: how much speaks for more loss than each of MOST_LOSS allows (logarithm of the odds); `lost`, `came`: packets of
    the last seconds; `before_cut`: where a cut found us.
    """

    ours: Rung = Rung.VIDEO
    theirs: Rung = Rung.VIDEO
    most: Rung = Rung.VIDEO
    why: Why = Why.BETTER
    good_s: int = 0
    still_s: int = TRIED_S + 1
    wait_s: int = STEADY_S
    told_s: int = 0
    trial: bool = False
    shown_s: int = 0
    rested_s: int = DRAIN_S + 1
    stood_s: int = 0
    doubts: tuple[float, ...] = (0.0,) * len(MOST_LOSS)
    lost: float = 0.0
    came: float = 0.0
    before_cut: Rung | None = None
    silent: bool = False
    """Whether nothing came in the last second: what is missed when it comes again was lost in the cut, and is no word
    about the link."""

    @property
    def rung(self) -> Rung:
        """What is in force."""
        return min(self.ours, self.theirs, self.most)

    @property
    def loss(self) -> float:
        """0..1 of the last seconds."""
        return self.lost / max(1e-9, self.lost + self.came)

    @property
    def drains(self) -> bool:
        """Whether what is lost and late may still be the picture's doing."""
        return self.shown_s > 0 or self.rested_s <= DRAIN_S

    @property
    def limit(self) -> Why:
        """Why it is not more."""
        if self.rung == self.most and self.most < Rung.VIDEO:
            return Why.BY_HAND
        return self.why if self.rung == self.ours else Why.OTHER_SIDE

    @property
    def tries(self) -> Rung | None:
        """The rung that is tried next by itself, None where nothing is."""
        if self.ours is Rung.VIDEO or self.ours > min(self.theirs, self.most):
            return None
        return Rung(self.ours + 1)


def climbed(ladder: Ladder, stats: CallStats) -> Ladder:
    """The ladder after one more second of figures."""
    cut = ladder.silent and stats.silent_s < GAP_S and stats.loss > 0
    if cut:
        stats = replace(stats, loss=0.0, packets=0)
    aged = _aged(ladder, stats)
    allowed, why = measured(stats, aged)
    if allowed < aged.ours:
        return _fallen(aged, allowed, why)
    if cut or stats.silent_s >= GAP_S:
        return replace(aged, good_s=0)
    if aged.before_cut is not None and aged.still_s >= STEADY_S and _as_before(aged.before_cut, stats, aged):
        return _risen(aged, aged.before_cut)
    if aged.tries is None or not _carries(aged.tries, stats, aged):
        return replace(aged, good_s=0)
    ready = replace(aged, good_s=aged.good_s + 1)
    if min(ready.good_s, ready.still_s) < ready.wait_s:
        return ready
    return _risen(ready, aged.tries)


def measured(stats: CallStats, ladder: Ladder) -> tuple[Rung, Why]:
    """The highest rung on which that second lets us stay, and what holds us there. `ladder` has that second in it."""
    if stats.silent_s >= GONE_S:
        return Rung.TEXT, Why.SILENCE
    if stats.silent_s >= CUT_S:
        return Rung.NOTES, Why.SILENCE
    if stats.silent_s >= GAP_S:
        return ladder.ours, Why.SILENCE
    least = Rung.AUDIO if ladder.drains else Rung.TEXT
    said = [
        (max(least, _highest(lambda rung: _doubt(rung, ladder) < SURE)), Why.LOSS),
        (max(least, _highest(lambda rung: stats.rtt_ms <= MOST_RTT_MS.get(rung, stats.rtt_ms))), Why.DELAY),
    ]
    estimate = estimated(stats)
    if estimate is None:
        said.append((Rung.AUDIO if _frozen(ladder) else Rung.VIDEO, Why.FROZEN))
    elif not ladder.trial:
        said.append((_highest(lambda rung: estimate >= LEAST_KBPS[rung]), Why.BANDWIDTH))
    return min(said, key=lambda one: one[0])


def estimated(stats: CallStats) -> float | None:
    """kbit/s of the poorer way, None where neither is known."""
    known = [float(bps) / 1000 for name in _ESTIMATES if (bps := getattr(stats, name, 0))]
    return min(known, default=None)


def heard(ladder: Ladder, rung: Rung) -> Ladder:
    """The other side says what it allows, or what a person there holds."""
    return replace(ladder, theirs=rung, told_s=0)


def held(ladder: Ladder, most: Rung) -> Ladder:
    """Somebody wants no more than that; VIDEO lets go."""
    return replace(ladder, most=most)


def wanted(ladder: Ladder) -> Ladder:
    """Somebody asks for more: nobody holds any longer, and the next second that carries it is enough."""
    return hastened(replace(ladder, most=Rung.VIDEO))


def hastened(ladder: Ladder) -> Ladder:
    """The other side asks for more: what we hold stays held, but nothing waits longer than it must."""
    return replace(ladder, wait_s=STEADY_S, good_s=max(ladder.good_s, STEADY_S - 1))


def change(before: Ladder, after: Ladder) -> Change | None:
    """The step between two ladders, None where the rung in force is the same."""
    if before.rung == after.rung:
        return None
    return Change(before.rung, after.rung, _reason(before, after))


def _reason(before: Ladder, after: Ladder) -> Why:
    if before.most != after.most:
        return Why.BY_HAND
    if before.theirs != after.theirs:
        return Why.OTHER_SIDE
    return after.why


def _aged(ladder: Ladder, stats: CallStats) -> Ladder:
    """A second later: what was said long ago no longer holds, and a climb that lasted was right."""
    still, shown = ladder.still_s + 1, ladder.rung is Rung.VIDEO
    stale = ladder.told_s + 1 >= STALE_S
    return replace(
        ladder,
        still_s=still,
        shown_s=ladder.shown_s + 1 if shown else 0,
        rested_s=0 if shown else ladder.rested_s + 1,
        stood_s=ladder.stood_s + 1 if shown and stats.video_fps < 1.0 else 0,
        doubts=tuple(
            _doubted(before, limit, stats)
            for before, limit in zip(ladder.doubts, MOST_LOSS.values(), strict=True)
        ),
        lost=stats.packets * stats.loss + FADE * ladder.lost if stats.packets else stats.loss,
        came=stats.packets * (1 - stats.loss) + FADE * ladder.came if stats.packets else 1 - stats.loss,
        silent=stats.silent_s >= GAP_S,
        told_s=0 if stale else ladder.told_s + 1,
        theirs=Rung.VIDEO if stale else ladder.theirs,
        trial=ladder.trial and still < TRIAL_S,
        wait_s=STEADY_S if still >= LONGEST_WAIT_S and ladder.why is Why.BETTER else ladder.wait_s,
    )


def _fallen(ladder: Ladder, to: Rung, why: Why) -> Ladder:
    """Down at once. What fell soon after it had climbed waits twice as long for the next time."""
    failed = ladder.why is Why.BETTER and ladder.still_s <= TRIED_S
    cut = why is Why.SILENCE
    return replace(
        ladder,
        ours=to,
        why=why,
        good_s=0,
        still_s=0,
        trial=False,
        wait_s=min(2 * ladder.wait_s, LONGEST_WAIT_S) if failed and not cut else ladder.wait_s,
        before_cut=_found_at(ladder) if cut else None,
    )


def _found_at(ladder: Ladder) -> Rung:
    """Where a cut found us, the first one of several."""
    return ladder.ours if ladder.before_cut is None else ladder.before_cut


def _risen(ladder: Ladder, to: Rung) -> Ladder:
    return replace(ladder, ours=to, why=Why.BETTER, good_s=0, still_s=0, trial=True, before_cut=None)


def _doubted(before: float, limit: float, stats: CallStats) -> float:
    """What speaks for more loss than `limit` after one more second: the sum of the logarithms of the odds, packet by packet,
    between a loss well above it and one well below, and never less than nothing (E. S. Page, Continuous inspection schemes,
    Biometrika 41, 1954). A third of 25 packets is believed in two seconds, two thirds at once; what a link of one in twenty
    loses by chance is not. A share of an unknown number of packets is believed as it is.
    """
    if not stats.packets:
        return SURE if stats.loss > limit else 0.0
    if MORE * limit >= 1:
        return 0.0
    lost = stats.loss * stats.packets
    odds = lost * math.log(MORE / LESS) + (stats.packets - lost) * math.log(
        (1 - MORE * limit) / (1 - LESS * limit)
    )
    return min(SURE, max(0.0, before + odds))


def _doubt(rung: Rung, ladder: Ladder) -> float:
    return dict(zip(MOST_LOSS, ladder.doubts, strict=True)).get(rung, 0.0)


def _carries(rung: Rung, stats: CallStats, ladder: Ladder) -> bool:
    """Whether that second would bear a climb to it: the limits halved, and on each way whose estimate is known room in it,
    or a way so calm that its estimate is no more than what went over it."""
    return _harmless(rung, stats, ladder) and all(
        bears >= ROOM * LEAST_KBPS[rung] or (bears >= LEAST_KBPS[rung] / 2 and _unfilled(stats, bears, took))
        for bears, took in _ways(stats)
    )


def _as_before(rung: Rung, stats: CallStats, ladder: Ladder) -> bool:
    """Whether nothing speaks against what was there before a cut: while only words went, no estimate tells of more."""
    return _harmless(rung, stats, ladder) and all(
        bears >= ROOM * LEAST_KBPS[rung] or _unfilled(stats, bears, took) for bears, took in _ways(stats)
    )


def _harmless(rung: Rung, stats: CallStats, ladder: Ladder) -> bool:
    """No silence, and half of the loss and of the delay that it could bear."""
    loss, rtt = MOST_LOSS[rung] / 2, MOST_RTT_MS[rung] / ROOM
    return stats.silent_s < GAP_S and ladder.loss <= loss and stats.rtt_ms <= rtt


def _ways(stats: CallStats) -> list[tuple[float, float]]:
    """(kbit/s that it is said to bear, kbit/s that went over it), of each way of which that is known."""
    ways = ((stats.estimate_up_bps, stats.sent_kbps), (stats.estimate_down_bps, stats.received_kbps))
    return [(bps / 1000, took) for bps, took in ways if bps]


def _unfilled(stats: CallStats, bears: float, took: float) -> bool:
    """An estimate cannot exceed by much what went over the way: where all of it arrives at once, more may be tried."""
    return stats.loss <= CALM and bears <= ROOM * max(took, 1.0)


def _frozen(ladder: Ladder) -> bool:
    """No picture moves though both sides show one, and had time to."""
    return ladder.shown_s >= TRIAL_S and ladder.stood_s >= STOOD_S


def _highest(fits: Callable[[Rung], bool]) -> Rung:
    """The highest rung that fits; text fits always."""
    return next((rung for rung in reversed(Rung) if fits(rung)), Rung.TEXT)


def table() -> str:
    """What each rung takes, as the documentation shows it."""
    rows = [
        "| rung | stays: estimate ≥ kbit/s | loss ≤ | round trip ≤ ms | climbs with: estimate ≥ | loss ≤ | round trip ≤ |",
        "|---|---|---|---|---|---|---|",
    ]
    for rung in reversed(Rung):
        if rung is Rung.TEXT:
            rows.append("| text | always | | | | | |")
            continue
        least, loss, rtt = LEAST_KBPS[rung], MOST_LOSS[rung], MOST_RTT_MS[rung]
        up = f"{ROOM * least:.0f} | {loss / 2:.1%} | {rtt / ROOM:.0f}"
        rows.append(f"| {rung.word} | {least:.0f} | {loss:.0%} | {rtt:.0f} | {up} |")
    return "\n".join(rows) + "\n"
