# SPDX-License-Identifier: GPL-3.0-or-later
"""What a centre tries with the answer of an exchange: it may say of itself and of us whatever it likes."""

from dataclasses import replace
from datetime import timedelta

from clinic.domain.ids import ScopeId
from clinic.protocol.codec import encode
from clinic.protocol.sync import Cursor, EnvelopeRefused, Refused, SyncRequest, SyncResponse
from clinic.services import messages
from tests.hostile.house import Answer, Asked, Forward
from tests.hostile.people import AT, CANARY, PHISH, Scene
from tests.hostile.script import Script, answered_in, asked_in, lies, says

COUNTS = "counts as no centre counts"


def _acks_without_keeping(scene: Scene) -> None:
    """The envelopes are thrown away, and said to be durable."""

    async def play(asked: Asked, forward: Forward) -> Answer:
        if asked.path != "/v1/sync":
            return await forward(asked)
        request = asked_in(asked)
        answer = await forward(replace(asked, body=encode(replace(request, envelopes=()))))
        said = replace(answered_in(answer), acked_env_no=10_000)
        return replace(answer, body=encode(said))

    scene.house.play = play


def _acks_before_it_is_written(scene: Scene) -> None:
    """A note is written while the answer is on its way, and the answer acknowledges that one too."""

    def lie(s: Scene, asked: SyncRequest, answer: SyncResponse) -> SyncResponse:
        if not s.notes.get("written"):
            s.notes["written"] = True
            messages.send_message(s.ben, s.patient, f"{CANARY}, escrita mientras tanto")
        return replace(answer, acked_env_no=max(answer.acked_env_no, 1000))

    lies(lie)(scene)


def _refuses_all(scene: Scene) -> None:
    def lie(s: Scene, asked: SyncRequest, answer: SyncResponse) -> SyncResponse:
        no = tuple(EnvelopeRefused(env_no=n, why=Refused.NOT_ALLOWED, sentence=PHISH) for n in range(1, 20))
        return replace(answer, refused=no)

    _drops_and_says(scene, lie)


def _drops_and_says(scene: Scene, lie) -> None:  # type: ignore[no-untyped-def]
    async def play(asked: Asked, forward: Forward) -> Answer:
        if asked.path != "/v1/sync":
            return await forward(asked)
        request = asked_in(asked)
        answer = await forward(replace(asked, body=encode(replace(request, envelopes=()))))
        return replace(answer, body=encode(lie(scene, request, answered_in(answer))))

    scene.house.play = play


def _each_another_epoch(scene: Scene) -> None:
    """A new life at every answer: everything is asked for again, again and again."""

    def lie(s: Scene, asked: SyncRequest, answer: SyncResponse) -> SyncResponse:
        s.notes["lives"] = int(str(s.notes.get("lives", 0))) + 1
        return replace(answer, epoch=f"life {s.notes['lives']}")

    lies(lie)(scene)


SCRIPTS = (
    Script(
        "acknowledges without keeping",
        "throws what was written away and says it is durable",
        "",
        _acks_without_keeping,
    ),
    Script(
        "acknowledges too far", "says that envelopes up to 1,000 are durable", "", _acks_before_it_is_written
    ),
    Script(
        "acknowledges nothing",
        "keeps everything and says it has nothing",
        "waits to leave",
        says(acked_env_no=0),
    ),
    Script("acknowledges below nothing", "says -1", COUNTS, says(acked_env_no=-1)),
    Script("acknowledges beyond all numbers", "says 2^70", COUNTS, says(acked_env_no=2**70)),
    Script(
        "acknowledges another incarnation",
        "says it is the next life of this computer",
        "waits to leave",
        says(acked_incarnation=9),
    ),
    Script(
        "refuses what is good",
        "refuses every envelope, with a sentence of its own",
        "refused by the centre",
        _refuses_all,
    ),
    Script(
        "refuses what it keeps",
        "keeps every envelope and says that it refused it",
        "refused by the centre",
        says(refused=tuple(EnvelopeRefused(env_no=n, why=Refused.BAD_SIGNATURE) for n in range(1, 20))),
    ),
    Script(
        "refuses with a number that is none",
        "a reason of 2^70",
        COUNTS,
        says(refused=(EnvelopeRefused(env_no=1, why=2**70),)),
    ),
    Script(
        "says that something is missing, for ever",
        "asks for everything from the first on at every answer",
        "",
        says(refused=(EnvelopeRefused(env_no=1, why=Refused.GAP),), acked_env_no=0),
    ),
    Script("has more, for ever", "says at every answer that there is more", "", says(more=True)),
    Script(
        "wants all cursors, for ever",
        "asks at every answer for everything the victim has seen",
        "",
        says(want_cursors=True),
    ),
    Script("lives a new life at every answer", "another epoch each time", "", _each_another_epoch),
    Script("says another epoch once", "as if it had been put back from a backup", "", says(epoch="another")),
    Script("has no epoch", "an empty one", "", says(epoch="")),
    Script(
        "lies about heads",
        "scopes of other patients that have a million envelopes",
        "",
        says(heads=tuple(Cursor(scope=ScopeId(f"p:{n}"), seq=10**6) for n in range(100))),
    ),
    Script("speaks another protocol", "says that it is version 99", "different versions", says(protocol=99)),
    Script(
        "sets its clock ten years back",
        "its time is 2016",
        "clock is",
        says(server_time=AT - timedelta(days=3650)),
    ),
    Script(
        "sets its clock ten years ahead",
        "its time is 2036",
        "clock is",
        says(server_time=AT + timedelta(days=3650)),
    ),
    Script(
        "has no trust log", "says that the log ends before its first statement", "", says(trust_position=-1)
    ),
    Script(
        "has a longer trust log",
        "says that the log has a billion statements and hands out none",
        "keeps back",
        says(trust_position=10**9),
    ),
    Script(
        "says what it has, unasked",
        "the hash of envelopes that nobody asked after, and all of them acknowledged",
        "",
        says(known=bytes(32), acked_env_no=10**6),
    ),
    Script("refuses a trust log that was not sent", "a refusal for nothing", "", says(trust_refused="No.")),
)
