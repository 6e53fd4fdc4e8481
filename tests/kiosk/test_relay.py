# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands of a driver when sessions change under it."""

import json

from kiosk.relay import Unanswered, answered, orphaned, said

WAIT = b'{"id": 1, "do": "wait", "on": "kiosk.language.es"}\n'
TAP = b'{"id": 2, "do": "tap", "on": "kiosk.after.goodbye"}\n'


def test_an_answer_settles_its_command() -> None:
    both = said(said(Unanswered(), WAIT), TAP)
    assert answered(both, b'{"id": 1, "ok": true}\n') == said(Unanswered(), TAP)


def test_a_greeting_or_noise_settles_nothing() -> None:
    one = said(Unanswered(), WAIT)
    for line in (b'{"hello": "session", "n": 2}\n', b"noise\n", b"[1]\n"):
        assert answered(one, line) == one


def test_a_look_is_asked_again_and_an_act_is_answered_with_a_sentence() -> None:
    again, told = orphaned(said(said(Unanswered(), WAIT), TAP))
    assert again.commands == ((1, WAIT),)
    (answer,) = (json.loads(line) for line in told)
    assert answer["id"] == 2
    assert not answer["ok"]
