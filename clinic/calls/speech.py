# SPDX-License-Identifier: GPL-3.0-or-later
"""How speech is sent over a link: bit rate, packet length, copies. Pure; audio is protected before anything.

The best of all ways that fit the budget is taken. What a way is worth, on the scale of PESQ, was measured with
`posta bench speech` (docs/calls.md); what its delay costs is ITU-T G.107, section 7.4 (in short form).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

HEAD_BYTES = 64
"""IP, UDP, RTP with its extensions, and the seal of SRTP around each packet."""
COPY_BYTES = 4
"""RFC 2198, for each copy; and one for the packet itself."""
START_BPS = 64_000
"""Allotted to speech until somebody knows better; about what it took before it could be told."""
LEAST_SHARE_BPS, MOST_SHARE_BPS = 30_000, 80_000
CLEAN = {
    6_000: 2.1,
    8_000: 2.7,
    10_000: 3.15,
    12_000: 3.5,
    14_000: 3.8,
    16_000: 4.0,
    20_000: 4.2,
    24_000: 4.3,
    32_000: 4.32,
}
"""PESQ without loss, by bit rate."""
PACKET_MS = (20, 40, 60)
COPIES = (0, 1, 2)
FEC_FROM, FEC_LEAVES = 0.02, 0.45
"""From that loss the codec's own repair is asked for where there are no copies; the share it leaves."""
FEC_PLANS = 0.1
"""The codec spends nothing on repair when it is told of less."""
START_LOSS = 0.02
"""Planned for until the first report."""
THRIFT = 1e-6
"""What a bit a second must bring, so that none is taken from the pictures for nothing."""
WORTH_CHANGING = 0.04
RISE, FADE = 0.5, 0.08
"""How much of a report counts when loss grows, and when it shrinks."""


@dataclass(frozen=True, slots=True)
class Speech:
    """How speech is sent from now on. `loss`: what the codec's own repair (`fec`) is made for. `dtx`: silence is
    not sent; an older Posta would hear the ends of words late.
    """

    bitrate: int = 24_000
    packet_ms: int = 20
    copies: int = 0
    fec: bool = False
    loss: float = 0.0
    dtx: bool = False

    @property
    def wire_bps(self) -> int:
        """bit/s on the wire, headers and copies included, while somebody speaks."""
        bits = self.bitrate * self.packet_ms // 1000
        head = HEAD_BYTES + (1 + COPY_BYTES * self.copies if self.copies else 0)
        return (bits * (1 + self.copies) + 8 * head) * 1000 // self.packet_ms


def chosen(
    budget_bps: float,
    loss: float,
    rtt_s: float,
    redundant: bool = True,
    now: Speech | None = None,
) -> Speech:
    """The best speech that fits `budget_bps` at that loss (0..1) and round trip, the smallest where none does.
    `redundant`: the peer takes copies. `now`: what is sent already; it stays unless another is clearly better.
    """
    loss, rtt_s = min(1.0, max(0.0, loss)), max(0.0, rtt_s)
    ways = list(_ways(loss, redundant))
    fitting = [way for way in ways if way.wire_bps <= budget_bps]
    if not fitting:
        return min(ways, key=lambda way: way.wire_bps)
    best = max(fitting, key=lambda way: (worth(way, loss, rtt_s), -way.wire_bps))
    kept = next((way for way in fitting if _same(way, now)), best)
    if worth(kept, loss, rtt_s) > worth(best, loss, rtt_s) - WORTH_CHANGING:
        return kept
    return best


def worth(speech: Speech, loss: float, rtt_s: float) -> float:
    """PESQ that is to be expected, less what the delay takes from a talk and the bits from the pictures."""
    left = loss * FEC_LEAVES if speech.fec else loss ** (1 + speech.copies)
    cost = _delay_cost(_delay_ms(speech, rtt_s)) + THRIFT * speech.wire_bps
    return CLEAN[speech.bitrate] - _harm(left) - cost


def share_of(total_bps: float) -> float:
    """What of a whole link belongs to speech before pictures get any."""
    return min(total_bps, LEAST_SHARE_BPS + total_bps / 4, MOST_SHARE_BPS)


def remembered(before: float, reported: float) -> float:
    """The loss to plan for after one more report: believed at once when it grows, slowly when it shrinks."""
    reported = min(1.0, max(0.0, reported))
    return before + (reported - before) * (RISE if reported > before else FADE)


def _ways(loss: float, redundant: bool) -> Iterator[Speech]:
    for bitrate, packet_ms, copies in product(CLEAN, PACKET_MS, COPIES if redundant else (0,)):
        fec = copies == 0 and loss >= FEC_FROM
        planned = round(max(loss, FEC_PLANS), 2) if fec else 0.0
        yield Speech(bitrate, packet_ms, copies, fec, planned, dtx=redundant)


def _same(way: Speech, now: Speech | None) -> bool:
    """But for the loss that is planned for."""
    return now is not None and replace(way, loss=now.loss, fec=now.fec, dtx=now.dtx) == now


def _harm(left: float) -> float:
    """PESQ that goes with the packets nothing brings back."""
    percent = 100 * left
    return min(2.7, 0.5 * min(percent, float(percent**0.62)))


def _delay_ms(speech: Speech, rtt_s: float) -> float:
    """Mouth to ear: the path, the packet, waiting for its repair, codec and loudspeaker."""
    waits = 1 + max(speech.copies, int(speech.fec))
    return 500 * rtt_s + waits * speech.packet_ms + 50


def _delay_cost(delay_ms: float) -> float:
    """G.107: the impairment in points of R; thirty of them are about one of PESQ."""
    return (0.024 * delay_ms + 0.11 * max(0.0, delay_ms - 177.3)) / 30
