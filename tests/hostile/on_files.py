# SPDX-License-Identifier: GPL-3.0-or-later
"""What a centre tries with files, capsules and with who joins."""

import os
from collections.abc import Callable
from dataclasses import replace

from clinic.domain.errors import PostaError, Unavailable
from clinic.keys.attachments import seal_bytes
from clinic.keys.cards import new_card, seal_capsule
from clinic.protocol.codec import decode, encode
from clinic.protocol.sync import JoinAnswer, JoinRequest, TrustPart
from clinic.protocol.trust import DeviceKind, Role
from clinic.services import cards, intake, messages
from clinic.services.capsules import send_capsule
from clinic.services.enrolment import admit, invite, join
from clinic.services.link import remote_of, with_remote
from tests.hostile.house import Answer, Asked, Forward, honest
from tests.hostile.on_trust import _another_house
from tests.hostile.people import CANARY, Scene
from tests.hostile.script import Act, Script

PICTURE = f"{CANARY} foto ".encode() * 500
NEWS = f"{CANARY} los análisis están bien"
PASSWORD = "cinco palabras que nadie adivina"
Change = Callable[[Scene, Asked, Answer], Answer]


def _at(path: str, method: str, change: Change) -> Callable[[Scene], None]:
    def turn(scene: Scene) -> None:
        async def play(asked: Asked, forward: Forward) -> Answer:
            answer = await forward(asked)
            return (
                change(scene, asked, answer)
                if asked.path.startswith(path) and asked.method == method
                else answer
            )

        scene.house.play = play

    return turn


def _fetches(change: Change) -> Act:
    """The victim wants to see a colleague's picture."""

    def act(scene: Scene) -> None:
        kept = messages.keep_bytes(scene.eva, PICTURE, "image/jpeg", "foto")
        scene.sync(scene.eva)
        _wanted(scene, kept)
        _at("/v1/attachments", "GET", change)(scene)
        scene.sync()
        _wanted(scene, kept)
        scene.house.play = honest
        scene.sync()
        assert messages.picture(scene.ben, kept) == PICTURE

    return act


def _wanted(scene: Scene, kept) -> None:  # type: ignore[no-untyped-def]
    try:
        messages.picture(scene.ben, kept)
    except Unavailable as missing:
        scene.told.append(str(missing))
    else:
        raise AssertionError("no other picture is shown for it")


def _says_it_has_it(scene: Scene) -> None:
    """The victim's picture is thrown away, and said to be there."""
    kept = messages.keep_bytes(scene.ben, PICTURE, "image/jpeg", "foto")
    scene.notes["kept"] = kept
    _at(
        "/v1/attachments",
        "HEAD",
        lambda s, asked, answer: replace(answer, headers=(("posta-have", "9999999"),)),
    )(scene)
    scene.sync()
    scene.house.play = honest
    scene.house.say_restored()
    scene.sync()
    try:
        messages.picture(scene.eva, kept)
    except Unavailable:
        scene.sync(scene.eva)
    assert messages.picture(scene.eva, kept) == PICTURE


def _shows_card(change: Callable[[Scene, bytes], bytes]) -> Act:
    """The patient shows her card at the kiosk, and the centre hands out something else."""

    def act(scene: Scene) -> None:
        text = cards.issue(scene.eva, scene.patient)
        scene.sync(scene.eva)
        lookup = intake.card_lookup(text)
        _at("/v1/capsules", "GET", lambda s, asked, answer: replace(answer, body=change(s, answer.body)))(
            scene
        )
        try:
            _read(scene, lookup, text)
        except PostaError as said:
            scene.told.append(str(said))
        scene.house.play = honest
        assert _read(scene, lookup, text).patient == scene.patient

    return act


def _keeps_her_copy(change: Callable[[Scene, bytes, bytes], bytes]) -> Act:
    """The patient has shown her card before; now the centre hands out something else, and then there is no network."""

    def act(scene: Scene) -> None:
        text = cards.issue(scene.eva, scene.patient)
        scene.sync(scene.eva)
        lookup = intake.card_lookup(text)
        old = with_remote(remote_of(scene.kiosk), lambda remote: remote.capsule(lookup))
        assert old is not None
        scene.clock.advance(60)
        messages.send_message(scene.eva, scene.patient, NEWS)
        send_capsule(scene.eva, scene.patient)
        scene.sync(scene.eva)
        assert any(NEWS in line for line in _read(scene, lookup, text).messages)
        _at(
            "/v1/capsules", "GET", lambda s, asked, answer: replace(answer, body=change(s, answer.body, old))
        )(scene)
        assert any(NEWS in line for line in _read(scene, lookup, text).messages), "hers is kept, and shown"
        scene.house.play = honest
        known = intake.read_card(scene.kiosk, text)
        assert any(NEWS in line for line in known.messages), "without the network too"

    return act


def _read(scene: Scene, lookup: str, text: str) -> intake.Known:
    sealed = with_remote(remote_of(scene.kiosk), lambda remote: remote.capsule(lookup))
    assert sealed is not None
    intake.keep_capsule(scene.kiosk, lookup, sealed)
    return intake.read_card(scene.kiosk, text)


def _joins(turn: Callable[[Scene], None], admitted: bool = True) -> Act:
    """A new computer comes to an administrator with an invitation."""

    def act(scene: Scene) -> None:
        home = scene.house.folder.parent / "newcomer"
        code = invite(scene.eva, Role.NURSE, DeviceKind.DESKTOP)
        turn(scene)
        try:
            joining = join(home, code, "Nina Luna", PASSWORD, "Tablet", scene.clock, os.urandom)
            admit(scene.eva, lambda newcomer: newcomer.digits == joining.digits, 5)
            joining.wait(5)
        except PostaError as said:
            scene.told.append(str(said))
        assert not (home / "slots.bin").exists(), "nothing was begun on what the centre made up"
        assert scene.eva.trust.device(scene.town.mallory.device) is None

    return act


def _swaps_request(scene: Scene) -> None:
    theirs = scene.town.mallory

    def swap(s: Scene, asked: Asked, answer: Answer) -> Answer:
        if not answer.body:
            return answer
        request = decode(answer.body, JoinRequest)
        ghost = replace(
            request, device=theirs.device, device_signing_key=theirs.device_keys.public.signing,
            device_box_key=theirs.device_keys.public.box,
        )  # fmt: skip
        return replace(answer, body=encode(ghost))

    _at("/v1/mailbox", "GET", swap)(scene)


def _answers(change: Callable[[JoinAnswer], JoinAnswer]) -> Callable[[Scene], None]:
    """What the newcomer reads is not what the administrator wrote."""

    def swap(s: Scene, asked: Asked, answer: Answer) -> Answer:
        try:
            return replace(answer, body=encode(change(decode(answer.body, JoinAnswer))))
        except PostaError:
            return answer

    return _at("/v1/mailbox", "GET", swap)


def _log_for_newcomer(
    change: Callable[[Scene, tuple[bytes, ...]], tuple[bytes, ...]],
) -> Callable[[Scene], None]:
    def swap(s: Scene, asked: Asked, answer: Answer) -> Answer:
        if answer.status != 200 or (s.notes.get("log") and "from=0" not in asked.query):
            return replace(answer, body=encode(TrustPart(first=0)))
        s.notes["log"] = True
        run = change(s, decode(answer.body, TrustPart).statements)
        return replace(answer, body=encode(TrustPart(first=0, statements=run)))

    return _at("/v1/trust", "GET", swap)


SCRIPTS = (
    Script(
        "swaps an attachment",
        "hands out another file under its name",
        "has not arrived yet",
        _fetches(
            lambda s, asked, answer: replace(answer, body=seal_bytes(b"another", os.urandom).ciphertext)
        ),
    ),
    Script(
        "flips a bit of an attachment",
        "one bit of the file",
        "has not arrived yet",
        _fetches(
            lambda s, asked, answer: replace(answer, body=answer.body[:-1] + bytes([answer.body[-1] ^ 1]))
        ),
    ),
    Script(
        "cuts an attachment",
        "half of the file",
        "has not arrived yet",
        _fetches(lambda s, asked, answer: replace(answer, body=answer.body[: len(answer.body) // 2])),
    ),
    Script(
        "hides an attachment",
        "says that it is not there",
        "has not arrived yet",
        _fetches(lambda s, asked, answer: Answer(status=404, body=b"")),
    ),
    Script(
        "says it has an attachment",
        "takes none of the victim's picture and says all of it is there",
        "",
        _says_it_has_it,
    ),
    Script(
        "swaps a capsule",
        "another patient's for the one asked for",
        "sealed to somebody else",
        _shows_card(lambda s, sealed: seal_capsule(new_card(os.urandom).public_key, b"another")),
    ),
    Script(
        "flips a bit of a capsule",
        "one bit of what is sealed",
        "damaged",
        _shows_card(lambda s, sealed: sealed[:-1] + bytes([sealed[-1] ^ 1])),
    ),
    Script("empties a capsule", "hands out nothing", "cut short", _shows_card(lambda s, sealed: b"")),
    Script(
        "puts another capsule over the kiosk's copy",
        "sealed to somebody else; the kiosk goes on with its own",
        "",
        _keeps_her_copy(lambda s, body, old: seal_capsule(new_card(os.urandom).public_key, b"another's")),
    ),
    Script(
        "puts an older capsule over the kiosk's copy",
        "the card's own of last week; the kiosk goes on with the newer",
        "",
        _keeps_her_copy(lambda s, body, old: old),
    ),
    Script(
        "swaps a newcomer's keys",
        "lays its own computer before the administrator",
        "not made with your invitation",
        _joins(_swaps_request),
    ),
    Script(
        "answers a newcomer itself",
        "a no that the administrator did not say",
        "not made with your invitation",
        _joins(_answers(lambda said: replace(said, accepted=False, sentence="Go away."))),
    ),
    Script(
        "gives a newcomer another name",
        "says she is somebody else",
        "not made with your invitation",
        _joins(_answers(lambda said: replace(said, user="ghost"))),
    ),
    Script(
        "shows a newcomer another organisation",
        "a log from a root of its own",
        "another organisation",
        _joins(_log_for_newcomer(lambda s, run: tuple(_another_house(s)))),
    ),
    Script(
        "shows a newcomer an old log",
        "a log that ends before she was admitted",
        "does not name this one",
        _joins(_log_for_newcomer(lambda s, run: run[:8])),
    ),
)
