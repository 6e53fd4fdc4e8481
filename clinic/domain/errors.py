# SPDX-License-Identifier: GPL-3.0-or-later
"""The three families of error: Refusal, Unavailable, and bugs (everything else)."""


class PostaError(Exception):
    """One sentence for the user, in English (a message id), with values to fill in kept apart for translation."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence.format(**values) if values else sentence)
        self.sentence = sentence
        self.values = values


class Refusal(PostaError):
    """A rule said no. The sentence names the rule and the next step."""


class Unavailable(PostaError):
    """Disk, key, network, device or peer is not there. The sentence says what to check."""
