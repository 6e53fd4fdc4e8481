# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page of people and computers asks of the services; called on workers."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from clinic.domain.errors import PostaError, Refusal
from clinic.domain.ids import DeviceId, TeamId, UserId
from clinic.protocol.trust import DeviceKind, Role
from desktop.screens.files import keep_file, read_shown
from desktop.screens.organisation.logic import Do, Inviting, Order

if TYPE_CHECKING:
    from clinic.services.desks import Desk
    from clinic.services.enrolment import Admission
    from clinic.services.organising import Organisation

WAIT_S = 24 * 3600.0
"""As long as an invitation holds."""
_LATER = "Nobody has compared the digits. Open this page again to do so."


class Governing:
    """Of the person at one desk. One newcomer at a time is waited for, until `stop` at the latest."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._answers: queue.Queue[bool | None] = queue.Queue()
        self._over = False
        self.knocks: Future[Admission] | None = None
        self.ends: Future[str] | None = None

    def read(self) -> Organisation:
        """Raises Refusal for who does not administer, Unavailable for the disk."""
        from clinic.services.organising import organisation

        return organisation(self._desk)

    def order(self, asked: Do) -> bool:
        """True: the centre has it. Raises Refusal, Unavailable."""
        from clinic.services import organising as o

        desk, chosen, about = self._desk, asked.chosen, asked.about
        match asked.order:
            case Order.REVOKE:
                return o.revoke(desk, DeviceId(chosen), asked.why)
            case Order.WIPE:
                return o.order_wipe(desk, DeviceId(chosen), asked.why)
            case Order.END_SESSION:
                o.end_session(desk, DeviceId(chosen))
            case Order.REMOVE:
                return o.remove_person(desk, UserId(chosen), asked.why)
            case Order.ROLE:
                return o.give_role(desk, UserId(chosen), Role(about))
            case Order.ADD_MEMBER:
                return o.add_member(desk, TeamId(chosen), UserId(about))
            case Order.REMOVE_MEMBER:
                return o.remove_member(desk, TeamId(chosen), UserId(about))
            case Order.TEAM:
                o.create_team(desk, about)
            case Order.RULE:
                return o.set_rule(desk, chosen, about)
            case Order.LET_GO:
                o.let_wish_go(desk, about)
            case Order.BRING_IN | Order.RETIRE | Order.PUT_BACK | Order.SAVE_FILE:
                self._of_questionnaire(asked)
        return True

    def _of_questionnaire(self, asked: Do) -> None:
        """`about`: the file to read or to write."""
        from clinic.services import questionnaires as q

        url, _, version = asked.chosen.rpartition("|")
        match asked.order:
            case Order.BRING_IN:
                q.bring_in(self._desk, read_shown(Path(asked.about)))
            case Order.RETIRE:
                q.retire(self._desk, url, int(version))
            case Order.PUT_BACK:
                q.put_back(self._desk, url, int(version))
            case _:
                keep_file(Path(asked.about), q.as_file(self._desk, url, int(version)))

    def invite(self, role: str, kind: str, team: str = "") -> Inviting:
        """An invitation to scan, and its short code to type; `team`: '' for one's own. Raises Refusal, Unavailable."""
        from clinic.services.enrolment import invite
        from clinic.services.short_codes import shorten

        code = invite(self._desk, Role(role), DeviceKind(kind), team=TeamId(team))
        return Inviting(code, shorten(self._desk, code), self._desk.server)

    def await_newcomer(self) -> None:
        """`knocks` is done when somebody asks, `ends` when she is in or sent away."""
        if self.ends is not None and not self.ends.done():
            return
        self.knocks, self.ends = Future(), Future()
        threading.Thread(target=self._wait, args=(self.knocks, self.ends), name="knocks", daemon=True).start()

    def answer(self, same: bool) -> None:
        """The six digits were the same, or not."""
        self._answers.put(same)

    def stop(self) -> None:
        """Wait for nobody any more: whoever knocks meanwhile is answered when somebody waits again."""
        self._over = True
        self._answers.put(None)

    def _wait(self, knocks: Future[Admission], ends: Future[str]) -> None:
        from clinic.services.enrolment import admit

        def compare(newcomer: Admission) -> bool:
            knocks.set_result(newcomer)
            same = self._answers.get()
            if same is None:
                raise Refusal(_LATER)
            return same

        try:
            ends.set_result(admit(self._desk, compare, WAIT_S, lambda: self._over))
        except PostaError as error:
            ends.set_exception(error)
        except Exception as bug:  # noqa: BLE001 - a thread's roof: whoever waits hears of it
            ends.set_exception(bug)
