# SPDX-License-Identifier: GPL-3.0-or-later
"""What whatever answers at the address may answer: a captive portal, a bomb, silence."""

import gzip
from collections.abc import Callable
from dataclasses import replace

import httpx

from clinic.domain.errors import PostaError
from clinic.keys.identity import RootKeys
from clinic.protocol.codec import decode, dumps, encode
from clinic.protocol.sync import Challenge, Fault, FaultNumber, Session, SyncResponse
from clinic.services.leaving import make_ready
from clinic.services.link import with_remote
from clinic.transport.http import Remote
from tests.hostile.house import Answer, Asked, Forward, House, honest
from tests.hostile.people import AT, PHISH, Scene
from tests.hostile.script import Act, Script, instead
from tests.small_clinic import repeating

STRANGE, SILENT = "is not a Posta server", "cannot be reached"
BOMB = gzip.compress(bytes(60_000_000))
DEEP = b"\x81" * 100_000 + b"\x00"
_TRUE = SyncResponse(protocol=1, epoch="e", acked_incarnation=1, acked_env_no=10**6, server_time=AT)


_OWN_WORDS = (
    ("not allowed", FaultNumber.NOT_ALLOWED, 0, 403, "does not allow this to this computer"),
    ("try again", FaultNumber.FULL, 0, 507, "cannot store anything"),
    ("a mistake", FaultNumber.BUG, 0, 500, "server made a mistake"),
    ("gone", FaultNumber.GONE, 0, 410, "was withdrawn for ever"),
    ("a code that nobody knows", FaultNumber.VERSION, 999_999, 426, "different versions of Posta"),
    ("a code of ours", FaultNumber.NOT_ALLOWED, 36, 403, "This name cannot be."),
    ("a number that nobody knows", 4242, 0, 403, "number 4242"),
    ("a negative number", -7, -7, 418, "number -7"),
    ("braces in it", FaultNumber.NOT_FOUND, 0, 404, "does not have this"),
)


def _right_words_wrong_type(scene: Scene) -> None:
    async def play(asked: Asked, forward: Forward) -> Answer:
        return replace(await forward(asked), content_type="text/html; charset=utf-16")

    scene.house.play = play


def _signs_anything(scene: Scene) -> None:
    """The nonce is what the centre would like to have signed: the victim's next envelope."""
    make_ready(scene.ben, 1 << 20)
    wanted = scene.ben.book.read(lambda page: page.numbered())[0].envelope
    instead(Answer(encode(Challenge(nonce=wanted, server="x"))), "/v1/challenge")(scene)


def _hands_on(change: Callable[[Challenge, Challenge], Challenge]) -> Act:
    """Another centre of the same clinic stands by, and the proof is tried there."""

    def act(scene: Scene) -> None:
        with House(scene.house.folder.parent / "elsewhere", scene.clock, seed=b"other") as other:
            with_remote(Remote(other.url), lambda remote: remote.found(scene.log.statements))

            async def play(asked: Asked, forward: Forward) -> Answer:
                if asked.path == "/v1/challenge":
                    mine = decode((await forward(asked)).body, Challenge)
                    remote = Remote(other.url)
                    theirs = await remote.challenge()
                    await remote.close()
                    return Answer(encode(change(mine, theirs)))
                if asked.path == "/v1/session":
                    async with httpx.AsyncClient(trust_env=False) as there:
                        got = await there.post(f"{other.url}/v1/session", content=asked.body)
                    assert got.status_code == 401, "it opens nothing there"
                    return Answer(got.content, got.status_code)
                return await forward(asked)

            scene.house.play = play
            scene.sync()
            scene.house.play = honest

    return act


def _hands_on_sheets(change: Callable[[Challenge, Challenge], Challenge]) -> Act:
    """Somebody takes the organisation over with recovery sheets; what they prove is tried at another centre of it."""

    def act(scene: Scene) -> None:
        with House(scene.house.folder.parent / "elsewhere", scene.clock, seed=b"other") as other:
            with_remote(Remote(other.url), lambda remote: remote.found(scene.log.statements))

            async def play(asked: Asked, forward: Forward) -> Answer:
                async with httpx.AsyncClient(trust_env=False, base_url=other.url) as there:
                    if asked.path == "/v1/challenge":
                        mine = decode((await forward(asked)).body, Challenge)
                        theirs = decode((await there.get("/v1/challenge")).content, Challenge)
                        return Answer(encode(change(mine, theirs)))
                    if asked.path == "/v1/trust":
                        proof = {"posta-root": dict(asked.headers)[b"posta-root"].decode()}
                        got = await there.get("/v1/trust?from=0", headers=proof)
                        assert got.status_code == 401, "it opens nothing there"
                        return Answer(got.content, got.status_code)
                    return await forward(asked)

            scene.house.play = play
            root = RootKeys.make(repeating(b"root"))
            try:
                with_remote(Remote(scene.house.url), lambda remote: remote.trust_by_root(root.sign))
            except PostaError as said:
                scene.told.append(str(said))
            scene.house.play = honest

    return act


SCRIPTS = (
    Script("answers garbage", "a thousand bytes that are nothing", STRANGE, instead(Answer(b"\xff" * 1000))),
    Script("answers nothing", "an empty body", STRANGE, instead(Answer())),
    Script(
        "answers a web page",
        "a captive portal's page with status 200",
        STRANGE,
        instead(Answer(b"<html>Log in</html>", content_type="text/html")),
    ),
    Script(
        "answers another record",
        "a session where an exchange was asked",
        STRANGE,
        instead(Answer(encode(Session(token="x", expires_at=AT)))),
    ),
    Script(
        "answers more than it should",
        "a good answer with bytes behind it",
        STRANGE,
        instead(Answer(encode(_TRUE) + b"\x00")),
    ),
    Script("answers half", "a good answer cut in the middle", STRANGE, instead(Answer(encode(_TRUE)[:-5]))),
    Script("answers a nest", "a hundred thousand lists in one another", STRANGE, instead(Answer(DEEP))),
    Script("answers a giant", "sixty megabytes", STRANGE, instead(Answer(bytes(1_000_000), times=60))),
    Script(
        "answers a promise",
        "CBOR that says it holds 2^60 bytes",
        STRANGE,
        instead(Answer(b"\x5b\x10" + bytes(7))),
    ),
    Script(
        "answers a bomb",
        "60 MB in 60 kB of gzip, said to be an encoding",
        STRANGE,
        instead(Answer(BOMB, headers=(("content-encoding", "gzip"),))),
    ),
    Script(
        "answers a big number",
        "a tag that builds a number of a million digits",
        STRANGE,
        instead(Answer(dumps([324, {1: 10**4000}]))),
    ),
    Script("names the wrong content", "the true answer as a web page", "", _right_words_wrong_type),
    Script(
        "redirects",
        "to another server",
        STRANGE,
        instead(Answer(status=307, headers=(("location", "http://127.0.0.1:9/v1/sync"),))),
    ),
    Script(
        "redirects for ever",
        "to itself",
        STRANGE,
        instead(Answer(status=308, headers=(("location", "/v1/sync"),))),
    ),
    Script("breaks", "status 500 and no words", STRANGE, instead(Answer(b"oops", status=500))),
    Script(
        "is full, it says",
        "a fault that asks to try again",
        "cannot store anything",
        instead(Answer(encode(Fault(number=FaultNumber.FULL, sentence="There is no room.")), status=507)),
    ),
    Script(
        "knows nobody",
        "every session is over at once",
        "connect again",
        instead(
            Answer(
                encode(Fault(number=FaultNumber.NOT_LOGGED_IN, sentence="This session is over.")), status=401
            )
        ),
    ),
    *(
        Script(
            f"writes its own words into a refusal ({name})",
            f"a fault of number {number}, code {code}, that asks for the password",
            sees,
            instead(Answer(encode(Fault(number=number, sentence=PHISH, code=code)), status=status)),
        )
        for name, number, code, status, sees in _OWN_WORDS
    ),
    Script("hangs up", "in the middle of an answer", SILENT, instead(Answer(encode(_TRUE), cut=True))),
    Script(
        "is silent", "takes the request and says nothing", SILENT, instead(Answer(encode(_TRUE), stall=1.5))
    ),
    Script(
        "trickles",
        "a byte every half second, for ever: never silent, never done",
        SILENT,
        instead(Answer(bytes(100), trickle=0.5)),
    ),
    Script(
        "hands on another centre's nonce",
        "so as to be let in there in the victim's name",
        "could not prove who it is",
        _hands_on(lambda mine, theirs: replace(mine, nonce=theirs.nonce)),
    ),
    Script(
        "hands on another centre's nonce as an older one",
        "the same, and says that it takes the nonce alone",
        "could not prove who it is",
        _hands_on(lambda mine, theirs: replace(mine, nonce=theirs.nonce, proofs=1)),
    ),
    Script(
        "hands on what recovery sheets prove",
        "so as to read the trust log of another centre as its root",
        "not the present recovery sheets",
        _hands_on_sheets(lambda mine, theirs: replace(mine, nonce=theirs.nonce)),
    ),
    Script(
        "hands on what recovery sheets prove as an older one",
        "the same, and says that it takes the nonce alone",
        "different versions",
        _hands_on_sheets(lambda mine, theirs: replace(mine, nonce=theirs.nonce, proofs=1)),
    ),
    Script(
        "has its nonce signed",
        "asks the victim to sign an envelope as if it were a nonce",
        "took too long",
        _signs_anything,
    ),
    Script(
        "gives a giant nonce",
        "a megabyte to sign",
        "takes at once",
        instead(Answer(encode(Challenge(nonce=bytes(1_000_000), server="x"))), "/v1/challenge"),
    ),
)
