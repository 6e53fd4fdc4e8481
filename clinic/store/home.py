# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of one device profile, and files in it that must survive a power cut."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

ROOM_BYTES = 20_000_000
"""What a new profile must find free: its first records and their log, with room to say that the disk gets full."""


@dataclass(frozen=True, slots=True)
class Home:
    """Paths of a profile; docs/architecture.md says what is in each."""

    path: Path

    @property
    def book(self) -> Path:
        return self.path / "book.db"

    @property
    def slots(self) -> Path:
        return self.path / "slots.bin"

    @property
    def next_slots(self) -> Path:
        """The slots of a new store key, until its book has taken the old one's place."""
        return self.path / "slots.next"

    @property
    def next_book(self) -> Path:
        """The book under a new store key, while it is made."""
        return self.path / "book.next"

    @property
    def knocks(self) -> Path:
        """Failed tries to get in (L)."""
        return self.path / "knocks"

    @property
    def founding(self) -> Path:
        """What is being founded from here, until the centre has said yes (`clinic.services.founding`)."""
        return self.path / "founding"

    @property
    def height(self) -> Path:
        return self.path / "height"

    @property
    def island(self) -> Path:
        """What this computer keeps while it serves its clinic's network: sealed, as at a centre."""
        return self.path / "island"

    @property
    def logs(self) -> Path:
        return self.path / "log"

    @property
    def enrolled(self) -> bool:
        """Whether somebody can be let in here, and no founding waits to be finished or forgotten. Raises Unavailable where
        nobody may look."""
        try:
            if self.founding.exists():
                return False
            return self.slots.exists() or self.slots.with_suffix(".bak").exists()
        except OSError as error:
            raise self._closed() from error

    def _closed(self) -> Unavailable:
        return Unavailable(
            "The folder {path} cannot be read. Check its permissions and the disk.", path=self.path
        )

    def hold(self) -> "Held":
        """Say that a program with a window works here. Raises Refusal while another one does, Unavailable for
        the disk. A station without a screen may work beside it."""
        try:
            handle = lock_file(self.path / "lock")
        except OSError as error:
            raise Unavailable(
                "The folder {path} cannot be written. Check the disk and its permissions.", path=self.path
            ) from error
        if handle is None:
            raise Refusal("Posta is already open for this profile. Look for its window.")
        return Held(handle)

    def change_ways(self) -> "Held":
        """The turn to change the ways in, or the store key. Raises Refusal while another program does so,
        Unavailable for the disk."""
        try:
            handle = lock_file(self.path / "ways.lock")
        except OSError as error:
            raise Unavailable(
                "The folder {path} cannot be written. Check the disk and its permissions.", path=self.path
            ) from error
        if handle is None:
            raise Refusal("Another program is changing the ways in here. Wait until it is done.")
        return Held(handle)

    def check_room(self) -> None:
        """Raises Unavailable where a new profile cannot be written; changes nothing."""
        path = self.path.absolute()
        try:
            place = next(folder for folder in (path, *path.parents) if folder.exists())
            free = shutil.disk_usage(place).free if os.access(place, os.W_OK | os.X_OK) else -1
        except OSError:
            free = -1
        if free < 0:
            raise Unavailable(
                "The folder {path} cannot be made. Check the disk and its permissions.", path=self.path
            )
        if free < ROOM_BYTES:
            raise Unavailable(
                "The disk of {path} is nearly full. Free {megabytes} MB, then start again.",
                path=self.path,
                megabytes=ROOM_BYTES // 1_000_000,
            )

    def make(self) -> None:
        """Make the folder, for this user only. Raises Unavailable."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
            self.logs.mkdir(exist_ok=True)
        except OSError as error:
            raise Unavailable(
                "The folder {path} cannot be made. Check the disk and its permissions.", path=self.path
            ) from error

    def unmake(self) -> None:
        """Take away what set-up wrote; only for a profile that nobody has worked in."""
        for name in ("slots.bin", "slots.bak", "knocks", "ways.lock", "height"):
            (self.path / name).unlink(missing_ok=True)
        self.drop_book()

    def drop_book(self) -> None:
        """Take away the book and what lies beside it; only one that nobody has the keys of any more."""
        for beside in ("", "-wal", "-shm", ".last"):
            Path(f"{self.book}{beside}").unlink(missing_ok=True)

    def keep_slots(self, data: bytes) -> None:
        """Write both copies of the slots file; the one that is read first comes last, so that a change the disk
        refused halfway has not happened."""
        keep(self.slots.with_suffix(".bak"), data)
        keep(self.slots, data)

    def read_knocks(self) -> bytes:
        """What is kept of failed tries; b'' for none, or where it cannot be read."""
        try:
            return self.knocks.read_bytes()
        except OSError:
            return b""

    def keep_knocks(self, data: bytes) -> None:
        keep(self.knocks, data)

    def read_slots(self) -> tuple[bytes, ...]:
        """The copies that can be read, the first first. Raises Unavailable if there is none, or a founding waits."""
        if self.founding.exists():
            raise Unavailable(
                "An organisation is being set up on this computer, and the centre has not answered yet. Set it up again when "
                "the centre answers."
            )
        copies: list[bytes] = []
        unread: list[OSError] = []
        for path in (self.slots, self.slots.with_suffix(".bak")):
            try:
                copies.append(path.read_bytes())
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                unread.append(error)
        if not copies and unread:
            raise self._closed() from unread[0]
        if not copies:
            raise Unavailable("This computer is not set up yet. Start it with an invitation code.")
        return tuple(copies)

    def read_height(self) -> int:
        """The highest trust position this device has seen, kept outside the database; -1 at the start."""
        try:
            return int(self.height.read_text())
        except FileNotFoundError:
            return -1
        except (OSError, ValueError) as error:
            raise Unavailable("The file {path} is damaged. Run 'posta doctor'.", path=self.height) from error

    def keep_height(self, position: int) -> None:
        keep(self.height, str(position).encode())


class Held:
    """A held home; let go by `release` or the end of a `with`, and by the system when the process ends, however it
    ends."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    def __enter__(self) -> "Held":
        return self

    def __exit__(self, *_why: object) -> None:
        self.release()

    def release(self) -> None:
        """Twice is once. The file stays: taking it away would let two in."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)


def lock_file(path: Path) -> int | None:
    """A handle that holds `path` until it is closed, or its process ends; None while another holds it. Raises
    OSError."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if _locked(handle):
        return handle
    os.close(handle)
    return None


def _locked(handle: int) -> bool:
    """True if nobody else holds that file."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def keep(path: Path, data: bytes) -> None:
    """Replace a file so that a power cut leaves the old or the new one whole. Raises Unavailable."""
    fresh = path.with_name(path.name + ".new")
    try:
        with open(fresh, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(fresh, path)
        sync_folder(path.parent)
    except OSError as error:
        raise Unavailable(
            "{path} could not be written. Check the disk: is it full?", path=path.name
        ) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: files created, renamed, removed. Raises OSError."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
