# SPDX-License-Identifier: GPL-3.0-or-later
"""A real CUPS of our own with one printer that can run out of paper. Debian: cups, cups-client; starts as root only."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BACKEND = """#!/bin/sh
[ $# -eq 0 ] && { echo 'direct shop "Unknown" "shop"'; exit 0; }
folder=${DEVICE_URI#shop:}
cat > /dev/null
while [ -e "$folder/no-paper" ]; do echo 'STATE: +media-empty-error' >&2; sleep 0.2; done
echo 'STATE: -media-empty-error' >&2
echo done >> "$folder/printed"
"""
CONF = """Listen {0}/sock
LogLevel warn
Browsing Off
WebInterface No
PreserveJobFiles Yes
PreserveJobHistory Yes
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit Cancel-Job>
    Require user @OWNER @SYSTEM
    Order deny,allow
  </Limit>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""
FILES = """SystemGroup lpadmin
User lp
Group lp
ServerRoot {0}/root
ServerBin {0}/bin
RequestRoot {0}/spool
CacheDir {0}/cache
StateDir {0}/state
TempDir {0}/spool/tmp
AccessLog {0}/log/access
ErrorLog {0}/log/error
PageLog {0}/log/page
"""
NAME = "Mesa"


def can_print() -> bool:
    return os.geteuid() == 0 and all(map(shutil.which, ("cupsd", "lpadmin", "lp", "cupsdisable")))


@dataclass(frozen=True)
class Shop:
    folder: Path

    @property
    def server(self) -> str:
        return str(self.folder / "sock")

    def paper(self, there: bool) -> None:
        empty = self.folder / "paper" / "no-paper"
        empty.unlink(missing_ok=True) if there else empty.touch()

    def switch(self, on: bool) -> None:
        self._run("cupsenable" if on else "cupsdisable", NAME)

    def take_away(self) -> None:
        self._run("lpadmin", "-x", NAME)

    def set_up(self) -> None:
        self._run("lpadmin", "-p", NAME, "-v", f"shop:{self.folder / 'paper'}", "-E")

    @property
    def pages(self) -> list[bytes]:
        """What lies in the spool and its temporary folder: documents, not the sheets about jobs."""
        files = [one for one in (self.folder / "spool").rglob("*") if one.is_file() and one.name[0] != "c"]
        return [one.read_bytes() for one in files]

    @property
    def printed(self) -> int:
        done = self.folder / "paper" / "printed"
        return len(done.read_text().splitlines()) if done.exists() else 0

    def _run(self, *command: str) -> None:
        subprocess.run(command, env={**os.environ, "CUPS_SERVER": self.server}, check=True, timeout=20)


@contextmanager
def print_shop(folder: Path) -> Iterator[Shop]:
    """`folder`: short enough for a socket in it."""
    for name in ("root", "spool/tmp", "cache", "state", "log", "paper", "bin/backend"):
        (folder / name).mkdir(parents=True)
    for name in ("daemon", "driver", "filter", "monitor", "notifier", "cgi-bin"):
        (folder / "bin" / name).symlink_to(Path("/usr/lib/cups") / name)
    (folder / "paper").chmod(0o777)
    backend = folder / "bin" / "backend" / "shop"
    backend.write_text(BACKEND)
    backend.chmod(0o755)
    (folder / "cupsd.conf").write_text(CONF.format(folder))
    (folder / "files.conf").write_text(FILES.format(folder))
    for up in (folder, *folder.parents):
        if up != Path("/") and not up.stat().st_mode & 0o001:
            up.chmod(up.stat().st_mode | 0o011)  # the backend runs as lp
    cupsd = subprocess.Popen(
        ("cupsd", "-f", "-c", str(folder / "cupsd.conf"), "-s", str(folder / "files.conf"))
    )
    try:
        ends = time.monotonic() + 20
        while not (folder / "sock").exists():
            assert cupsd.poll() is None and time.monotonic() < ends, "cupsd did not start"
            time.sleep(0.05)
        shop = Shop(folder)
        shop.set_up()
        yield shop
    finally:
        cupsd.terminate()
        cupsd.wait(20)
