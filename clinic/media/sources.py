# SPDX-License-Identifier: GPL-3.0-or-later
"""What a camera or microphone may be, as written on the command line: `auto`, `clip:A`,
`image:PATH`, `file:PATH`, `none`.
"""

from argparse import ArgumentTypeError
from collections.abc import Callable
from dataclasses import dataclass

from clinic.domain.errors import Refusal, Unavailable

SIDES = "ABCDEFGHIJKLMNOP"
"""Letters of the generated clips: the sides of a call show and say different things."""
CAMERA_KINDS = ("auto", "clip", "image", "file", "none")
MICROPHONE_KINDS = ("auto", "clip", "file", "none")
SPEAKER_KINDS = ("auto", "null", "file")


class Missing(Unavailable):
    """The device is not there; the call goes on without it."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A kind and what it needs: a side for `clip`, a path for `image` and `file`."""

    kind: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}" if self.value else self.kind


def parse_spec(text: str, kinds: tuple[str, ...]) -> Spec:
    """Raises Refusal with what would be right."""
    kind, _, value = text.partition(":")
    if kind not in kinds:
        raise Refusal("{text} is not a source. Use one of: {kinds}.", text=text, kinds=", ".join(kinds))
    if kind in ("image", "file") and not value:
        raise Refusal("{kind} needs a path after the colon.", kind=kind)
    if kind == "clip" and (len(value) != 1 or value not in SIDES):
        raise Refusal("clip needs a side from A to P, for example clip:A.")
    return Spec(kind, value)


def source_of(kinds: tuple[str, ...]) -> Callable[[str], str]:
    """A type for argparse: the text as it is, if it names a source of these kinds."""

    def source(text: str) -> str:
        try:
            parse_spec(text, kinds)
        except Refusal as wrong:
            raise ArgumentTypeError(str(wrong)) from None
        return text

    return source
