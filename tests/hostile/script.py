# SPDX-License-Identifier: GPL-3.0-or-later
"""A script is one row of the table: what the centre does, what a person sees, and when all is well again."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from clinic.domain.record import Record
from clinic.keys.roster import TrustLog
from clinic.keys.trust import Signer
from clinic.protocol.blocks import Blocks
from clinic.protocol.codec import decode, dumps, encode
from clinic.protocol.squeezed import unsqueezed
from clinic.protocol.sync import Sequenced, SyncRequest, SyncResponse
from clinic.protocol.trust import SIGNING_CONTEXT, Statement
from tests.hostile.house import Answer, Asked, Forward, Play
from tests.hostile.people import AT, Scene

Act = Callable[[Scene], None]
Lie = Callable[[Scene, SyncRequest, SyncResponse], SyncResponse]
MOST = 1 << 24
BYTES = 2
"""The major type of a byte string (RFC 8949, 3.1): so begins a body that comes in blocks."""
ITSELF, RESTORED = "by itself", "with `--restored`"


@dataclass(frozen=True)
class Script:
    """`sees`: part of a sentence that the person is told, '' where the attempt comes to nothing and nobody need know.

    `well`: how everything arrives once the centre is honest again. `act` lets the centre turn and runs what
    happens meanwhile; one exchange of the victim follows it.
    """

    name: str
    does: str
    sees: str
    act: Act
    well: str = ITSELF


def lies(change: Lie) -> Act:
    """Every answer of an exchange is changed on its way."""

    def act(scene: Scene) -> None:
        async def play(asked: Asked, forward: Forward) -> Answer:
            answer = await forward(asked)
            if asked.path != "/v1/sync" or answer.status != 200:
                return answer
            said = change(scene, asked_in(asked), answered_in(answer))
            return replace(answer, body=encode(said))

        scene.house.play = play

    return act


def asked_in(asked: Asked) -> SyncRequest:
    """What a device asks, whether it came small or not, and whether anything streams after it."""
    body = asked.body
    if asked.body[:1] and asked.body[0] >> 5 == BYTES:
        body = next(Blocks(MOST).fed(asked.body))
    return decode(unsqueezed(body, MOST), SyncRequest)


def answered_in(answer: Answer) -> SyncResponse:
    """What the centre answers, as above."""
    return decode(unsqueezed(answer.body, MOST), SyncResponse)


def says(**values: object) -> Act:
    """These fields of every answer are lies."""
    return lies(lambda scene, asked, answer: replace(answer, **values))  # type: ignore[arg-type]


def hands_out(change: Callable[[Scene, bytes], bytes]) -> Act:
    """Every envelope is changed on its way."""

    def each(scene: Scene, asked: SyncRequest, answer: SyncResponse) -> SyncResponse:
        changed = (replace(item, envelope=change(scene, item.envelope)) for item in answer.envelopes)
        return replace(answer, envelopes=tuple(changed))

    return lies(each)


def orders(change: Callable[[Scene, tuple[Sequenced, ...]], tuple[Sequenced, ...]]) -> Act:
    """The run of envelopes is changed."""
    return lies(lambda scene, asked, answer: replace(answer, envelopes=change(scene, answer.envelopes)))


def instead(answer: Answer, path: str = "/v1/sync") -> Act:
    """One address answers with something else."""

    async def play(asked: Asked, forward: Forward) -> Answer:
        return answer if asked.path.startswith(path) else await forward(asked)

    return _with_play(play)


def _with_play(play: Play) -> Act:
    def act(scene: Scene) -> None:
        scene.house.play = play

    return act


def adds(make: Callable[[Scene], list[bytes]]) -> Act:
    """Statements of the centre's own making come with the answer."""
    return lies(lambda scene, asked, answer: replace(answer, trust=(*answer.trust, *make(scene))))


def forged(log: TrustLog, body: Record, names: Signer, signs: Signer) -> bytes:
    """The next statement of a log, which names one signer and is signed by another."""
    statement = Statement(
        position=log.position + 1, previous=log.head, at=AT, body=body, signer_user=names.user, signer_device=names.device
    )  # fmt: skip
    encoded = encode(statement)
    return dumps([encoded, signs.keys.sign(SIGNING_CONTEXT + encoded)])


def flipped(data: bytes, at: int = -1) -> bytes:
    """One bit is another."""
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
