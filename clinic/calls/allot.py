# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets what of a call's budget: sound first, pictures what sound does not use."""

from dataclasses import dataclass

from clinic.calls.speech import MOST_SHARE_BPS, share_of

HEADERS = 66 * 8
"""Bits around the picture of one packet on the wire: IPv4 28, RTP with its extensions 28, SRTP 10."""
CONTROL = 4_000
"""bit/s of reports, of what the link is said to carry, and of the words that keep the way open."""
LEAST_PICTURE = 11_000
"""bit/s of pictures below which none are sent: 160 x 120 at two or three a second."""
LEAST_SOUND = 18_000


@dataclass(frozen=True, slots=True)
class Shares:
    """bit/s on the wire. `sound` is what speech may take; `picture` is 0 where sound needs everything; `payload` is
    the largest packet in bytes.
    """

    sound: int
    picture: int
    payload: int
    repair: float = 0.0

    @property
    def coded(self) -> int:
        """bit/s the picture's coder may give, after headers and repair."""
        return int(self.picture / (1 + self.repair) * self.payload / (self.payload + HEADERS / 8))


def allot(total: int, spoken: int | None = None, repair: float = 0.0, *, picture: bool = True) -> Shares:
    """Divide `total` bit/s. `spoken`: what speech takes while somebody speaks, as it was chosen last; None: all it may.
    `repair`: packets against loss per packet of picture.
    """
    payload = 1200 if total > 200_000 else 900 if total > 70_000 else 500
    least = min(LEAST_SOUND, total) if picture else LEAST_SOUND
    if not picture:
        return Shares(max(least, min(total - CONTROL, MOST_SHARE_BPS)), 0, payload, repair)
    sound = max(least, int(share_of(total)))
    left = total - CONTROL - (sound if spoken is None else min(sound, spoken))
    return Shares(sound, left if left >= LEAST_PICTURE else 0, payload, repair)
