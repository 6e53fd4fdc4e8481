# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pages of a new organisation ask of the services; called on workers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from clinic.domain.clock import Clock, Random
from clinic.domain.errors import PostaError
from clinic.keys.sheets import SHEETS
from clinic.services.founding import Founding, Plan, Stage, Stopped
from desktop.kit.words import language
from desktop.screens.files import read_certificate
from desktop.screens.founding.logic import State, word_to_ask


class Founder:
    """One organisation on its way, from one home."""

    def __init__(self, home: Path, clock: Clock, random: Random) -> None:
        self._random = random
        self._founding = Founding(home, clock, random)
        self._stopped = False

    def look(self, state: State) -> bool | None:
        """Whether the centre asks for a founding code; None where an earlier try has arrived. Raises Refusal, Unavailable."""
        said = self._founding.look(state.server, read_certificate(state.authority), state.code)
        return None if said is None else said.asks_code

    def write_sheets(self, state: State) -> tuple[int, int]:
        """Into the folder; the word to ask. Raises Refusal, Unavailable."""
        self._founding.keep_sheets(state.organization, Path(state.folder), language())
        return self._word()

    def pages(self, state: State) -> tuple[bytes, ...]:
        """Three PDFs for the printer. Raises Unavailable."""
        return self._founding.make_papers(state.organization, language()).pages

    def printed(self) -> tuple[int, int]:
        """The word to ask of what was printed."""
        return self._word()

    def drop_sheets(self) -> None:
        """Those made before are not wanted; nothing where a centre may have them already."""
        self._founding.drop_sheets()

    def proves(self, sheet: int, word: int, said: str) -> bool:
        """Whether that word stands there."""
        return self._founding.proves(sheet, word, said)

    def found(self, state: State, password: str, told: Callable[[Stage], None]) -> str:
        """The fingerprint of the organisation's root. Raises Refusal, Unavailable, Stopped."""
        self._stopped = False

        def stage(now: Stage) -> None:
            if self._stopped:
                raise Stopped
            told(now)

        plan = Plan(
            server=state.server, name=state.organization, admin=state.name, device_name=state.device,
            authority=read_certificate(state.authority), code=state.code,
        )  # fmt: skip
        desk = self._founding.found(plan, password, stage)
        try:
            return desk.trust.fingerprint.hex()
        finally:
            desk.close()

    def stop(self) -> None:
        """Before the next stage, if it is still time."""
        self._stopped = True

    def leave(self) -> None:
        """The program ends: what was not founded leaves no sheets behind."""
        self.stop()
        with suppress(PostaError):
            self._founding.drop_sheets()

    def _word(self) -> tuple[int, int]:
        return word_to_ask(self._random, SHEETS, self._founding.words_a_sheet)
