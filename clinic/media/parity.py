# SPDX-License-Identifier: GPL-3.0-or-later
"""One packet more for every few of pictures: where a repetition takes longer than a talk can wait, one lost packet
of a group is worked out from the others.

The exclusive or of the group's packets as they left, headers included (the idea of RFC 5109, in a form of our own:
only two engines of Posta use it, and say so in their descriptions). Whoever does not know it ignores the payload type.
"""

from dataclasses import dataclass

PAYLOAD_TYPE = 126
LINE = "a=x-posta-parity:1"
"""In a description: whoever wrote it makes use of what is sent here."""
FAR_S, LOSSY = 0.18, 0.006
"""From which round trip and which loss on it pays: nearer, repetitions are as quick and cost only what was lost."""
FEWEST, MOST = 3, 4
"""Packets of a group. Where a picture is one packet, a larger group would tell only after the picture has been seen to stand:
after three intervals (`clinic.media.showing`).
"""
OLD_S = 0.4
"""A group is closed when its first packet is so old, so that what it protects is not too late."""
KEPT = 192
PENDING = 24
USEFUL_S = 2.5
_SSRC = 0x50415249
_TURN = 1 << 16


def group_size(loss: float, rtt_s: float) -> int:
    """Packets of pictures for one of parity; 0 for none."""
    if rtt_s < FAR_S or loss < LOSSY:
        return 0
    return int(min(MOST, max(FEWEST, round(0.12 / loss))))


def share(size: int) -> float:
    """Packets of parity for one of pictures."""
    return 1 / size if size else 0.0


def understood(description: str) -> bool:
    """Whether the peer that described itself so takes parity."""
    return LINE in description.splitlines()


def offered(description: str) -> str:
    """Our description, saying that we take it; a line of the session, before the first medium."""
    head, media, rest = description.partition("\r\nm=")
    return f"{head}\r\n{LINE}{media}{rest}"


class Giving:
    """The sender's side."""

    def __init__(self, ssrc: int, send_time_id: int) -> None:
        self.size = 0
        """Packets of a group; 0: nothing is given."""
        self._head = (
            (ssrc ^ _SSRC).to_bytes(4, "big")
            + b"\xbe\xde\x00\x01"
            + bytes([(send_time_id or 3) << 4 | 2, 0, 0, 0])
        )
        self._group: list[bytes] = []
        self._first_at = 0.0
        self._sequence = 0

    def left(self, data: bytes, now: float) -> bytes | None:
        """A packet of pictures as it left; gives the group's parity when it is complete."""
        if not self.size:
            self._group.clear()
            return None
        if not self._group:
            self._first_at = now
        self._group.append(data)
        ends, count = data[1] & 128, len(self._group)
        full = count >= self.size or (ends and count >= self.size - 1)
        if not full and not (count > 1 and now - self._first_at > OLD_S):
            return None
        group, self._group = self._group, []
        return self._made(group)

    def _made(self, group: list[bytes]) -> bytes:
        longest, lengths, mixed = max(map(len, group)), 0, 0
        for data in group:
            lengths ^= len(data)
            mixed ^= int.from_bytes(data.ljust(longest, b"\0"), "big")
        self._sequence = (self._sequence + 1) % _TURN
        head = bytes([0x90, PAYLOAD_TYPE]) + self._sequence.to_bytes(2, "big") + bytes(4) + self._head
        body = (
            bytes([len(group)]) + group[0][2:4] + lengths.to_bytes(2, "big") + mixed.to_bytes(longest, "big")
        )
        return head + body


@dataclass(frozen=True, slots=True)
class _Group:
    came_at: float
    numbers: tuple[int, ...]
    lengths: int
    mixed: bytes


class Taking:
    """The receiver's side: keeps what came, and works out what did not."""

    def __init__(self) -> None:
        self.last_at = -1e9
        """When parity came last."""
        self.found = 0
        """Packets that were worked out."""
        self._kept: dict[int, bytes] = {}
        self._pending: list[_Group] = []
        self._ssrc: int | None = None

    def came(self, data: bytes, ssrc: int) -> None:
        """A packet of some stream, as it came."""
        if self._ssrc is not None and ssrc != self._ssrc:
            return
        self._keep(data)

    def parity(self, body: bytes, ssrc: int, now: float) -> None:
        """A packet of parity: what follows its header, and its own SSRC, which tells whose packets it protects."""
        self.last_at = now
        if self._ssrc is None:
            self._ssrc = ssrc ^ _SSRC
            own = self._ssrc.to_bytes(4, "big")
            self._kept = {number: data for number, data in self._kept.items() if data[8:12] == own}
        if len(body) >= 17 and 1 < body[0] <= MOST + 1:
            first = int.from_bytes(body[1:3], "big")
            numbers = tuple((first + step) % _TURN for step in range(body[0]))
            self._pending.append(_Group(now, numbers, int.from_bytes(body[3:5], "big"), body[5:]))
            del self._pending[:-PENDING]

    def worked_out(self, now: float) -> list[bytes]:
        """Packets that can be known now."""
        found, open_groups = [], []
        for group in self._pending:
            missing = [number for number in group.numbers if number not in self._kept]
            if len(missing) == 1:
                data = self._solved(group, missing[0])
                if data is not None:
                    found.append(data)
                    self._keep(data)
                    self.found += 1
            elif len(missing) > 1 and now - group.came_at < USEFUL_S:
                open_groups.append(group)
        self._pending = open_groups
        return found

    def _solved(self, group: _Group, missing: int) -> bytes | None:
        size, length, mixed = len(group.mixed), group.lengths, int.from_bytes(group.mixed, "big")
        for number in group.numbers:
            if number != missing:
                data = self._kept[number]
                if len(data) > size:
                    return None
                length ^= len(data)
                mixed ^= int.from_bytes(data.ljust(size, b"\0"), "big")
        data = mixed.to_bytes(size, "big")[:length]
        whole = 12 <= length <= size and data[0] >> 6 == 2 and int.from_bytes(data[2:4], "big") == missing
        return data if whole else None

    def _keep(self, data: bytes) -> None:
        number = int.from_bytes(data[2:4], "big")
        self._kept.pop(number, None)
        self._kept[number] = data
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
