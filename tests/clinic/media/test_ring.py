# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures cross processes whole, newest first, and the memory is gone afterwards."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from av import VideoFrame

from clinic.media.capture import show
from clinic.media.ring import SLOTS, Ring

WRITER = """
import sys
from clinic.media.ring import Ring
ring = Ring.attach(sys.argv[1])
print(*ring.write(bytes([7]) * 16, 2, 2), flush=True)
sys.stdin.read()
"""

OWNER = """
import sys
from clinic.media.ring import Ring
print(Ring.make().name, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def ring() -> Iterator[Ring]:
    made = Ring.make()
    yield made
    made.close()


def grey(value: int) -> bytes:
    return bytes([value]) * (4 * 2 * 4)


def test_a_picture_comes_out_as_it_went_in(ring: Ring) -> None:
    slot, seq = ring.write(grey(9), 4, 2)
    picture = ring.read(slot, seq)
    assert picture is not None
    assert (picture.width, picture.height, bytes(picture.pixels)) == (4, 2, grey(9))


def test_the_newest_wins_and_the_overwritten_is_not_shown(ring: Ring) -> None:
    assert ring.newest() is None
    first = ring.write(grey(0), 4, 2)
    for value in range(1, SLOTS + 2):
        ring.write(grey(value), 4, 2)
    newest = ring.newest()
    assert newest is not None
    assert bytes(newest.pixels) == grey(SLOTS + 1)
    assert ring.read(*first) is None


def test_a_picture_that_is_being_written_is_not_read(ring: Ring) -> None:
    slot, seq = ring.write(grey(1), 4, 2)
    start = slot * (len(ring._view) // SLOTS)
    ring._view[start] = 99  # a writer has begun: the number before is new, the one after is old
    assert ring.read(slot, seq) is None


def test_too_large_a_picture_is_refused(ring: Ring) -> None:
    with pytest.raises(ValueError, match="larger"):
        ring.write(b"", 4000, 3000)


def test_a_wiped_ring_shows_nothing(ring: Ring) -> None:
    ring.write(grey(5), 4, 2)
    ring.wipe()
    assert ring.newest() is None
    assert bytes(ring._view[:200]) == bytes(200)


def test_another_process_writes_and_its_violent_death_leaves_the_ring_to_us(ring: Ring) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, ring.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip
    assert child.stdin
    assert child.stdout
    slot, seq = map(int, child.stdout.readline().split())
    child.send_signal(signal.SIGKILL)
    child.wait(5)
    child.stdin.close()
    child.stdout.close()
    picture = ring.read(slot, seq)
    assert picture is not None
    assert bytes(picture.pixels) == bytes([7]) * 16
    Ring.attach(ring.name).close()
    assert ring.newest() is not None


def test_a_size_that_no_slot_holds_is_not_read(ring: Ring) -> None:
    """The screen would read on behind the picture."""
    slot, seq = ring.write(grey(1), 4, 2)
    start = slot * (len(ring._view) // SLOTS)
    ring._view[start + 8 : start + 16] = (100_000).to_bytes(4, "little") * 2
    assert ring.read(slot, seq) is None and ring.newest() is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system removes it")
def test_the_ring_of_a_program_that_was_killed_with_all_its_helpers_is_removed_by_the_next(
    ring: Ring,
) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        start_new_session=True, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip
    assert owner.stdin
    assert owner.stdout
    name = owner.stdout.readline().strip()
    Ring.make().close()
    assert Path("/dev/shm", name).exists(), "its owner lives"
    os.killpg(owner.pid, signal.SIGKILL)
    owner.wait(5)
    owner.stdin.close()
    owner.stdout.close()
    assert Path("/dev/shm", name).exists(), "nobody was left to remove it"
    Ring.make().close()
    assert not Path("/dev/shm", name).exists()
    assert Path("/dev/shm", ring.name).exists(), "ours is held"


def test_a_closed_ring_is_gone() -> None:
    made = Ring.make()
    name = made.name
    made.close()
    with pytest.raises(FileNotFoundError):
        Ring.attach(name)


def test_a_picture_whose_rows_are_padded_is_shown_whole() -> None:
    ring = Ring.make()
    try:
        seen: list[tuple[object, ...]] = []
        show(VideoFrame(302, 300, "yuv420p"), ring, lambda *what: seen.append(what))
        (_, slot, seq, width, height) = seen[0]
        picture = ring.read(int(str(slot)), int(str(seq)))
        assert picture is not None and (picture.width, picture.height) == (width, height) == (302, 300)
    finally:
        ring.close()
