# SPDX-License-Identifier: GPL-3.0-or-later
"""A patient's page on the kiosk's printer, through CUPS, and nothing of it left behind.

A page goes to `lp` by a pipe and lies in no file of ours. Its job is purged when it is printed, called off or not printed;
`cancel -x` does not do that for one job (CUPS 2.4 sends another attribute than its scheduler reads), so it is asked by IPP.
"""

from __future__ import annotations

import getpass
import logging
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from clinic.domain.errors import Unavailable
from kiosk import condition
from kiosk.health import Printer

log = logging.getLogger(__name__)
TAKES_S = 20
"""To hand a page over, or to have a job purged."""
_CANCEL_JOB = b"\x02\x00\x00\x08\x00\x00\x00\x01"
"""IPP 2.0, Cancel-Job, request 1 (RFC 8010, 3.1; RFC 8011, 4.3.3)."""
_OK = 0x0100
"""Status codes below it are successful (RFC 8011, B.1.2)."""
_JOB = re.compile(r"request id is (\S+-\d+) ")


@dataclass(frozen=True, slots=True)
class Seen:
    """`printed`: the job is no longer waiting or printing; `printer`: how it stands, None if it is gone."""

    printed: bool
    printer: Printer | None


class Cups:
    """`marker`: names the jobs that are not purged yet, so that the next session does it when this one dies."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    @staticmethod
    def here() -> bool:
        """Whether this system prints through CUPS."""
        return all(shutil.which(command) for command in ("lp", "lpstat", "lpoptions"))

    def printer(self) -> Printer | None:
        """The system's own choice, or the only one; None if none is set up."""
        found = condition.printers() or ()
        own = _said("lpstat", "-d").rpartition(": ")[2].strip()
        return next((one for one in found if one.name == own), found[0] if found else None)

    def send(self, pdf: bytes, printer: str) -> str:
        """The job's name. Raises Unavailable if the spooler does not take it."""
        self._note(printer)
        try:
            done = subprocess.run(
                ("lp", "-d", printer, "-t", "Posta", "-o", "fit-to-page", "-"),
                input=pdf, capture_output=True, timeout=TAKES_S, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable("The printer did not take the page.") from error
        job = _JOB.search(done.stdout.decode(errors="replace"))
        if job is None:
            raise Unavailable("The printer did not take the page.")
        self._note(job[1])
        return job[1]

    def look(self, job: str, printer: str) -> Seen:
        """How far it is."""
        waiting = _said("lpstat", "-W", "not-completed", "-o", printer)
        found = next((one for one in condition.printers() or () if one.name == printer), None)
        return Seen(all(line.split()[0] != job for line in waiting.splitlines() if line), found)

    def purge(self, job: str) -> None:
        """It stops, and its pages leave the spool. Raises Unavailable."""
        number = job.rpartition("-")[2]
        status = _asked(_cancel(int(number)))
        if status >= _OK and status != 0x0406:  # not found: it is gone already
            log.warning("the spooler answered %#06x to a purge", status)
            raise Unavailable("The printer's spool could not be emptied.")

    def sweep(self) -> None:
        """Purge what this session, or one before it that died, left to be purged. A fault is logged; the next one tries again."""
        try:
            names = self._marker.read_text().split()
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("what was printed could not be looked up: %s", error)
            return
        jobs = {name for name in names if re.fullmatch(r"\S+-\d+", name)}
        sent = {job.rpartition("-")[0] for job in jobs}
        for printer in {name for name in names if name not in jobs} - sent:
            # it died between the page and the job's name: all that this kiosk's own user has there
            jobs |= {line.split()[0] for line in _own_jobs(printer)}
        try:
            for job in sorted(jobs):
                self.purge(job)
            self._marker.unlink(missing_ok=True)
        except (Unavailable, OSError) as error:
            log.warning("a printed page may lie in the spool still: %s", error)

    def _note(self, name: str) -> None:
        try:
            self._marker.parent.mkdir(parents=True, exist_ok=True)
            with self._marker.open("a") as lines:
                lines.write(f"{name}\n")
        except OSError as error:
            raise Unavailable("The disk of this kiosk is full: nothing can be printed.") from error


def _own_jobs(printer: str) -> list[str]:
    said = _said("lpstat", "-W", "all", "-u", getpass.getuser(), "-o", printer)
    return [line for line in said.splitlines() if line.startswith(f"{printer}-")]


def _cancel(number: int) -> bytes:
    """Cancel-Job with purge-job, as IPP."""
    attributes = (
        (0x47, b"attributes-charset", b"utf-8"),
        (0x48, b"attributes-natural-language", b"en"),
        (0x45, b"job-uri", b"ipp://localhost/jobs/%d" % number),
        (0x42, b"requesting-user-name", getpass.getuser().encode()),
        (0x22, b"purge-job", b"\x01"),
    )
    told = b"".join(
        bytes([tag]) + len(name).to_bytes(2) + name + len(value).to_bytes(2) + value
        for tag, name, value in attributes
    )
    return _CANCEL_JOB + b"\x01" + told + b"\x03"


def _asked(request: bytes) -> int:
    """The status code of the scheduler's answer. Raises Unavailable."""
    import httpx

    server = _said("lpstat", "-H").strip()
    local = server.startswith("/")
    transport = httpx.HTTPTransport(uds=server) if local else None
    address = "http://localhost/" if local else f"http://{server}/"
    headers = {"Content-Type": "application/ipp"}
    if local:
        headers["Authorization"] = f"PeerCred {getpass.getuser()}"
    try:
        with httpx.Client(transport=transport, timeout=TAKES_S, trust_env=False) as client:
            answer = client.post(address, content=request, headers=headers)
    except httpx.HTTPError as error:
        raise Unavailable("The printer's spool could not be emptied.") from error
    if answer.status_code != 200 or len(answer.content) < 8:
        raise Unavailable("The printer's spool could not be emptied.")
    return int.from_bytes(answer.content[2:4])


def _said(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TAKES_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
