# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows a right password, once the store is open: the code of a phone, and word of the tries that failed."""

from clinic.keys.factors import CodeMissing, CodeWrong, check_code
from clinic.keys.knocks import knocked, let_in, read_knocks
from clinic.keys.slots import Opened
from clinic.services.audits import audit_earlier
from clinic.services.desks import Desk
from clinic.services.door import keep_knocks
from clinic.store.rows import Changes
from clinic.store.writing import WritePage

FAILED = "failed unlock"
_STEP = "code used by "


def take_code(desk: Desk, opened: Opened, code: str) -> None:
    """Compare the six digits, and use them up, durably: they work once. A local control (L).

    Raises CodeMissing, and CodeWrong, which counts as a wrong try."""

    def use(page: WritePage) -> tuple[None, Changes]:
        name = f"{_STEP}{opened.user_id}"
        step = check_code(opened.totp, code, desk.clock.now().timestamp(), page.number(name))
        page.keep_number(name, step)
        return None, Changes()

    try:
        desk.book.write(use)
    except CodeMissing:
        raise
    except CodeWrong:
        knocks = read_knocks(desk.home.read_knocks())
        keep_knocks(desk.home, knocked(knocks, opened.label, desk.clock.now(), "code"))
        raise


def tell_knocks(desk: Desk, label: str) -> None:
    """Every failed try since somebody last came in goes into the audit; then they are forgotten at the door."""
    knocks = read_knocks(desk.home.read_knocks())
    tried = [(knock.at, knock.label, knock.why) for knock in knocks.untold]
    if knocks.lost:
        tried.append((desk.clock.now(), "", f"{knocks.lost} more"))
    if tried:
        audit_earlier(desk, FAILED, tried)
    if knocks.untold or knocks.in_a_row:
        keep_knocks(desk.home, let_in(knocks, label))
