# SPDX-License-Identifier: GPL-3.0-or-later
"""The black box of a call: its last half hour second by second, and what these seconds say in plain words.

A second is 16 bytes, a ring at most RING_S of them: 28 800 bytes, a fifth of that once it is packed. Pure.
"""

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from clinic.calls.quality import GAP_S, Rung
from clinic.domain.errors import Refusal

RING_S = 1800
"""Seconds a ring holds; of a longer call the last ones."""
_SECOND = struct.Struct(">HHHHHBBBBBB")
"""sent, received, estimated up and down (kbit/s), round trip (ms), loss in and out (half per cent), pictures, silence (s),
rung, flags (1: somebody holds it there)."""
SECOND_BYTES = _SECOND.size
WEAK_LOSS = 0.03
SLOW_MS = 400.0
"""Longer than that, people talk into each other (ITU-T G.114)."""
FROZEN_FPS = 1.0


class Damaged(Refusal):
    """The figures of this call cannot be read."""


@dataclass(frozen=True, slots=True)
class Second:
    """What one second was like, seen from one side. Rates in kbit/s, 0 where not known; loss 0..1 of what came in
    (`loss_in`) and of what we sent, as the other side says (`loss_out`)."""

    sent: float = 0.0
    received: float = 0.0
    up: float = 0.0
    down: float = 0.0
    rtt_ms: float = 0.0
    loss_in: float = 0.0
    loss_out: float = 0.0
    fps: float = 0.0
    silent_s: float = 0.0
    rung: Rung = Rung.VIDEO
    held: bool = False
    """Whether somebody wants no more than that rung."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing the figures say: `what` is a key of the words a screen has for it, `values` go in by name."""

    what: str
    values: Mapping[str, float]


def packed(seconds: Iterable[Second]) -> bytes:
    """The last RING_S of them, compressed."""
    rows = [_row(one) for one in seconds][-RING_S:]
    return zlib.compress(b"".join(rows), 9)


def unpacked(data: bytes) -> tuple[Second, ...]:
    """The seconds again, to the grain they are kept in. Raises Damaged for what is none, or more than a ring."""
    inflate = zlib.decompressobj()
    try:
        rows = inflate.decompress(data, RING_S * SECOND_BYTES)
    except zlib.error as error:
        raise Damaged("The figures of this call cannot be read.") from error
    if not inflate.eof or len(rows) % SECOND_BYTES:
        raise Damaged("The figures of this call cannot be read.")
    return tuple(_second(*row) for row in _SECOND.iter_unpack(rows))


def explained(seconds: Sequence[Second], staff: bool = True) -> tuple[Found, ...]:
    """What the call was like and what held it back, the most telling first. `staff`: the figures are the clinic's, not the
    kiosk's: what one side sends is what the other gets."""
    if not seconds:
        return (Found("nothing", {}),)
    spoken = [one for one in seconds if one.silent_s < GAP_S]
    if not spoken:
        return (Found("silent", {"seconds": len(seconds)}),)
    said = [_carried(seconds), *_limit(spoken, staff), *_delay(spoken), *_cuts(seconds), *_frozen(spoken)]
    return tuple(said)


def _carried(seconds: Sequence[Second]) -> Found:
    """How much of it had pictures, voice, neither."""
    count = {rung: sum(1 for one in seconds if one.rung is rung) for rung in Rung}
    total = len(seconds)
    if count[Rung.VIDEO] == total:
        return Found("all video", {"seconds": total})
    voice = count[Rung.AUDIO] + count[Rung.STILLS]
    return Found(
        "mixed",
        {
            "seconds": total,
            "video": count[Rung.VIDEO],
            "voice": voice,
            "rest": total - voice - count[Rung.VIDEO],
        },
    )


def _limit(seconds: Sequence[Second], staff: bool) -> list[Found]:
    """The way that held it back: judged in the seconds that the link, and nobody's hand, kept below video; else in all."""
    low = [one for one in seconds if one.rung < Rung.VIDEO and not one.held]
    judged = low or seconds
    up = _way([(one.up, one.sent, one.loss_out) for one in judged], bool(low))
    down = _way([(one.down, one.received, one.loss_in) for one in judged], bool(low))
    ways = [(found, whose) for found, whose in ((up, staff), (down, not staff)) if found is not None]
    if not ways:
        return []
    (kbps, loss), clinic = min(ways, key=lambda way: way[0])
    whose = "clinic" if clinic else "patient"
    return [Found(f"upload {whose}", {"kbps": round(kbps), "loss": round(loss * 100, 1)})]


def _way(rows: Sequence[tuple[float, float, float]], held_back: bool) -> tuple[float, float] | None:
    """(kbit/s, loss) of one way, from (estimate, what went over it, loss) of each second: as estimated where that is known
    and something was held back; else what came through where much was lost; None where neither says anything."""
    known = [row for row in rows if row[0] > 0]
    if known and held_back:
        return median(row[0] for row in known), fmean(row[2] for row in known)
    lossy = [row for row in rows if row[2] >= WEAK_LOSS]
    if not lossy:
        return None
    return median(row[1] for row in lossy), fmean(row[2] for row in lossy)


def _delay(seconds: Sequence[Second]) -> list[Found]:
    rtt = median(one.rtt_ms for one in seconds)
    return [Found("delay", {"ms": round(rtt)})] if rtt > SLOW_MS else []


def _cuts(seconds: Sequence[Second]) -> list[Found]:
    """Silences, each counted once."""
    lengths: list[int] = []
    before = False
    for one in seconds:
        silent = one.silent_s >= GAP_S
        if silent and before:
            lengths[-1] += 1
        elif silent:
            lengths.append(1)
        before = silent
    if not lengths:
        return []
    return [Found("cuts", {"n": len(lengths), "seconds": sum(lengths), "longest": max(lengths)})]


def _frozen(seconds: Sequence[Second]) -> list[Found]:
    still = sum(1 for one in seconds if one.rung is Rung.VIDEO and one.fps < FROZEN_FPS)
    return [Found("frozen", {"seconds": still})] if still else []


def _row(one: Second) -> bytes:
    wide = (one.sent, one.received, one.up, one.down, one.rtt_ms)
    narrow = (one.loss_in * 200, one.loss_out * 200, one.fps, one.silent_s, one.rung, one.held)
    return _SECOND.pack(*(_whole(value, 65535) for value in wide), *(_whole(value, 255) for value in narrow))


def _second(*row: int) -> Second:
    sent, received, up, down, rtt, loss_in, loss_out, fps, silent, rung, flags = row
    return Second(
        sent=sent, received=received, up=up, down=down, rtt_ms=rtt, loss_in=min(1.0, loss_in / 200),
        loss_out=min(1.0, loss_out / 200), fps=fps, silent_s=silent, rung=Rung(min(rung, Rung.VIDEO)),
        held=bool(flags & 1),
    )  # fmt: skip


def _whole(value: float, most: int) -> int:
    return max(0, min(most, round(value)))
