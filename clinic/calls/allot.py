# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets what of a call's budget: sound first, pictures what is left."""

from dataclasses import dataclass

HEADERS = 66 * 8
"""Bits around the sound or picture of one packet on the wire: IPv4 28, RTP with its extensions 28, SRTP 10."""
LEAST_PICTURE = 11_000
"""bit/s of pictures below which none are sent: 160 x 120 at two or three a second."""
LEAST_SOUND = 18_000
LOSSY = 0.01
"""Loss from which on each packet of sound carries the one before it (RFC 2198)."""


@dataclass(frozen=True, slots=True)
class Need:
    """Sound as it is packed: `codec` bit/s, one packet every `every_s`."""

    codec: int
    every_s: float

    def wire(self, copies: int) -> int:
        """bit/s with headers and `copies` of every packet."""
        return round(self.codec * (1 + copies) + HEADERS / self.every_s)


SOUNDS = (
    (300_000, Need(32_000, 0.02)),
    (180_000, Need(24_000, 0.04)),
    (90_000, Need(20_000, 0.04)),
    (45_000, Need(16_000, 0.06)),
    (0, Need(12_000, 0.06)),
)
"""From which budget on sound is packed how; longer packets where headers would eat the link."""


@dataclass(frozen=True, slots=True)
class Shares:
    """bit/s on the wire. `picture` is 0 where sound needs everything; `payload` is the largest packet in bytes."""

    sound: int
    picture: int
    payload: int
    repair: float = 0.0

    @property
    def coded(self) -> int:
        """bit/s the picture's coder may give, after headers and repair."""
        return int(self.picture / (1 + self.repair) * self.payload / (self.payload + HEADERS / 8))


def allot(total: int, loss: float, repair: float = 0.0, *, picture: bool = True) -> Shares:
    """Divide `total` bit/s. `loss` 0..1 of what is sent; `repair`: packets against loss per packet of picture."""
    need = next(need for least, need in SOUNDS if total >= least)
    copies = 1 if loss >= LOSSY else 0
    payload = 1200 if total > 200_000 else 900 if total > 70_000 else 500
    wanted = need.wire(copies)
    if not picture:
        return Shares(max(LEAST_SOUND, min(total, wanted)), 0, payload, repair)
    sound = max(min(LEAST_SOUND, total), min(wanted, int(total * 0.97)))
    left = total - sound
    return Shares(sound, left if left >= LEAST_PICTURE else 0, payload, repair)
