# SPDX-License-Identifier: GPL-3.0-or-later
"""What a centre tries with sealed records: it holds their bytes and may hand out any, in any order, or none."""

from collections.abc import Callable
from dataclasses import replace

from clinic.domain.ids import DeviceId, ScopeId, TeamId
from clinic.protocol.codec import dumps, encode
from clinic.protocol.envelope import MAX_COUNT, Envelope, Header, pack, unpack
from clinic.protocol.snapshots import Attested, Part
from clinic.protocol.sync import Sequenced
from tests.hostile.people import LATER, Scene
from tests.hostile.script import RESTORED, Act, Script, flipped, hands_out, orders
from tests.small_clinic import OTHER_TEAM, small_clinic, somebody

ASIDE = "set aside"
OTHERS: dict[str, object] = {
    "version": 2, "alg": 3, "scope": ScopeId("p:another"), "team": TeamId("other"), "device": DeviceId("nobody"),
    "incarnation": 7, "env_no": 70, "scope_no": 70, "key_epoch": 2, "salt": bytes(16), "priority": 0, "dictionary": 2,
    "key_id": bytes(8), "part": Part(seq=1, chain=bytes(32), number=1, of=1),
    "attests": Attested(up_to=1, parts=1, digest=bytes(32)),
}  # fmt: skip
"""Another value for each field of a header."""


def _with_header(**values: object) -> Callable[[Scene, bytes], bytes]:
    def change(_scene: Scene, wire: bytes) -> bytes:
        sealed = unpack(wire)
        header = replace(sealed.header, **values)  # type: ignore[arg-type]
        return pack(Envelope(sealed.signature, encode(header), sealed.body, header))

    return change


def _with_parts(change: Callable[[bytes, bytes, bytes], list[bytes]]) -> Callable[[Scene, bytes], bytes]:
    def changed(_scene: Scene, wire: bytes) -> bytes:
        sealed = unpack(wire)
        return dumps(change(sealed.signature, sealed.header_bytes, sealed.body))

    return changed


def _signed_by_the_centre(scene: Scene, wire: bytes) -> bytes:
    """The same header under a key of the centre's own."""
    sealed = unpack(wire)
    signature = scene.town.mallory.sign(sealed.signed)
    return pack(replace(sealed, signature=signature))


def _foreign(scene: Scene, run: tuple[Sequenced, ...]) -> tuple[Sequenced, ...]:
    """Envelopes of another tenant in the place of ours."""
    stranger = somebody("tenant")
    return tuple(
        replace(item, envelope=stranger.envelope(scene.log, item.scope, "not yours")) for item in run
    )


def _of_another_team(scene: Scene, run: tuple[Sequenced, ...]) -> tuple[Sequenced, ...]:
    ola = small_clinic().ola
    sealed = ola.envelope(scene.log, "p:of-the-ward", "not yours", team=OTHER_TEAM)
    return (*run, Sequenced(scope=ScopeId("p:of-the-ward"), seq=1, chain=b"", envelope=sealed))


def _later(change: Callable[[tuple[Sequenced, ...]], tuple[Sequenced, ...]], then: bool = False) -> Act:
    """Two notes of a colleague wait; `then`: a third comes in an answer that is whole."""

    def act(scene: Scene) -> None:
        scene.write_by_eva(LATER)
        orders(lambda s, run: change(run))(scene)
        if then:
            scene.sync()
            scene.write_by_eva(f"{LATER} más")
            orders(lambda s, run: run)(scene)

    return act


def _own_back(scene: Scene, run: tuple[Sequenced, ...]) -> tuple[Sequenced, ...]:
    """The victim's own note comes back to him as if it were news."""
    rows = scene.ben.book.read(lambda page: page._all("SELECT scope, envelope FROM outbox"))
    return (
        *run,
        *(Sequenced(scope=ScopeId(r[0]), seq=900 + n, chain=b"", envelope=r[1]) for n, r in enumerate(rows)),
    )


def _field(name: str, value: object) -> Script:
    does = f"the header's `{name}` is another"
    return Script(
        f"flips an envelope's {name}", does, ASIDE, hands_out(_with_header(**{name: value})), RESTORED
    )


SCRIPTS = (
    *(_field(name, OTHERS[name]) for name in OTHERS),
    Script(
        "flips an envelope's signature",
        "one bit of it",
        ASIDE,
        hands_out(_with_parts(lambda s, h, b: [flipped(s), h, b])),
        RESTORED,
    ),
    Script(
        "flips an envelope's body",
        "one bit of what is sealed",
        ASIDE,
        hands_out(_with_parts(lambda s, h, b: [s, h, flipped(b)])),
        RESTORED,
    ),
    Script(
        "cuts an envelope's body",
        "the last bytes of what is sealed are missing",
        ASIDE,
        hands_out(_with_parts(lambda s, h, b: [s, h, b[:-16]])),
        RESTORED,
    ),
    Script(
        "empties an envelope",
        "nothing is sealed in it",
        ASIDE,
        hands_out(_with_parts(lambda s, h, b: [s, h, b""])),
        RESTORED,
    ),
    Script(
        "wraps an envelope anew",
        "the same parts in longer CBOR",
        ASIDE,
        hands_out(lambda s, wire: b"\x98\x03" + wire[1:]),
        RESTORED,
    ),
    Script(
        "adds a field to a header",
        "a field that only a later Posta knows",
        ASIDE,
        hands_out(_with_header(unknown=((99, 1),))),
        RESTORED,
    ),
    Script(
        "signs an envelope itself",
        "the same envelope under a key of the centre's",
        ASIDE,
        hands_out(_signed_by_the_centre),
        RESTORED,
    ),
    Script(
        "hands out garbage for an envelope", "zeros", ASIDE, hands_out(lambda s, wire: bytes(500)), RESTORED
    ),
    Script(
        "hands out a giant envelope",
        "four megabytes",
        ASIDE,
        hands_out(lambda s, wire: bytes(4_000_000)),
        RESTORED,
    ),
    Script(
        "hands out another tenant's envelopes",
        "sealed and signed by computers of another clinic",
        ASIDE,
        orders(_foreign),
        RESTORED,
    ),
    Script(
        "hands out another team's envelopes",
        "a note of the ward, which this team cannot read",
        ASIDE,
        orders(_of_another_team),
    ),
    Script(
        "hands an envelope out under another scope",
        "a note of one patient as another's",
        ASIDE,
        orders(lambda s, run: tuple(replace(i, scope=ScopeId("p:another")) for i in run)),
    ),
    Script(
        "replays envelopes",
        "the same note ten times at later places",
        "",
        orders(
            lambda s, run: run + tuple(replace(i, seq=i.seq + 5 + n) for n in range(10) for i in run[-1:])
        ),
    ),
    Script(
        "reorders envelopes",
        "two notes in the other order, under their own places",
        "",
        _later(lambda run: run[::-1]),
        RESTORED,
    ),
    Script(
        "swaps two envelopes",
        "each at the other's place",
        "",
        _later(
            lambda run: tuple(replace(a, envelope=b.envelope) for a, b in zip(run, run[::-1], strict=True))
        ),
    ),
    Script(
        "drops an envelope in the middle",
        "the first of two notes never comes",
        "earlier arrival is missing",
        _later(lambda run: run[1:], then=True),
        RESTORED,
    ),
    Script("drops the tail", "the newest notes never come", "", orders(lambda s, run: ())),
    Script(
        "hands the victim his own back",
        "his own note as if it were news",
        "",
        orders(_own_back),
    ),
    Script(
        "counts a place that cannot be",
        "a note at place 2^62",
        "",
        orders(lambda s, run: tuple(replace(i, seq=MAX_COUNT) for i in run)),
    ),
    Script(
        "counts far ahead",
        "a note at place 1,000,000",
        "",
        orders(lambda s, run: tuple(replace(i, seq=i.seq + 1_000_000) for i in run)),
    ),
    Script(
        "counts from nothing",
        "every note at place 0",
        "",
        orders(lambda s, run: tuple(replace(i, seq=0) for i in run)),
    ),
    Script(
        "counts below nothing",
        "every note at place -5",
        "",
        orders(lambda s, run: tuple(replace(i, seq=-5) for i in run)),
    ),
    Script(
        "forges the chain",
        "another chain value beside every note",
        "",
        orders(lambda s, run: tuple(replace(i, chain=b"\x01" * 32) for i in run)),
    ),
    Script(
        "floods with scopes",
        "a thousand envelopes of patients that are not",
        ASIDE,
        orders(
            lambda s, run: (
                *run,
                *(Sequenced(scope=ScopeId(f"p:x{n}"), seq=1, chain=b"", envelope=b"x") for n in range(1000)),
            )
        ),
    ),
)
assert set(OTHERS) == set(Header.__dataclass_fields__) - {"NUMBER", "unknown"}
