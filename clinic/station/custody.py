# SPDX-License-Identifier: GPL-3.0-or-later
"""The custodian's station, and what an administrator signs so that emergencies can be met."""

import json
import queue
import signal
import sys
from argparse import Namespace
from functools import partial

from clinic.protocol.letters import Letter
from clinic.services.custodian import answer, check_post
from clinic.services.everybody import prepare
from clinic.services.link import Link, exchange_now
from clinic.services.wiping import is_ordered
from clinic.station.command import Add, opened
from clinic.station.obeying import obey


def add_verbs(add: Add) -> None:
    add("custodian", _custodian, "keep the teams' keys for emergencies and answer requests until stopped")
    add(
        "emergency-team", _prepare,
        "make the organisation-wide team, put everybody into it and custodians into every team (again after changes)",
    )  # fmt: skip


def _prepare(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        made = prepare(desk)
        exchange_now(desk)
    print(json.dumps({"statements": made}))
    return 0


def _custodian(chosen: Namespace) -> int:
    """0 when it was asked to stop. One request after the other; a letter is answered by a letter. A wipe that was
    ordered is obeyed once the request of the moment is answered."""
    letters: queue.SimpleQueue[Letter | None] = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: letters.put(None))
    with opened(chosen) as desk:
        exchange_now(desk)
        obey(desk)
        check_post(desk)
        ready = partial(print, json.dumps({"custodian": desk.device, "ready": True}), flush=True)
        link = Link(
            desk,
            on_letter=letters.put,
            on_online=lambda online: ready() if online else None,
            on_status=lambda _status: letters.put(None) if is_ordered(desk) else None,
        )
        link.start()
        try:
            while (letter := letters.get()) is not None:
                back = answer(desk, letter, link.clock.now())
                if back is not None:
                    link.post(letter.sender, back)
                    said = "given" if back.given else f"refused: {back.sentence}"
                    print(f"request {back.request} {said}", file=sys.stderr, flush=True)
        finally:
            link.stop()
        obey(desk)
    return 0
