# SPDX-License-Identifier: GPL-3.0-or-later
"""What is due by the clock: jobs that only post an event ("sync is due"); when that is, pure code or the roof says."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

SYNC_EVERY_S = 60
"""The doorbell rings long before; this is for when it cannot."""
BACKUP_EVERY_S = 300
"""How often it is looked whether a backup is due; when that is, clinic.domain.keeping says."""


class Agenda:
    """One per program, at its roof. Jobs run on a thread of the agenda's own: hand over and return."""

    def __init__(self) -> None:
        self._scheduler: Any = None

    def start(self) -> None:
        """Keep time from now on; the scheduler is loaded here, not when a window is drawn."""
        from apscheduler.schedulers.background import BackgroundScheduler

        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._scheduler.start()

    def every(self, seconds: float, act: Callable[[], object]) -> None:
        """Do it again and again; what was missed while the computer slept is done once."""
        if self._scheduler is None:
            raise RuntimeError("start the agenda first")
        self._scheduler.add_job(act, "interval", seconds=seconds)

    def stop(self) -> None:
        """No job begins after this; twice is once."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None
