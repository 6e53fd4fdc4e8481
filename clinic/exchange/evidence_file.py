# SPDX-License-Identifier: GPL-3.0-or-later
"""Consent evidence as one text file: words for people above, the proof in base64 below. It opens in any editor, prints,
travels in a mail; other line ends and blanks at the ends of lines do no harm.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import datetime
from textwrap import wrap

from clinic.domain.errors import Refusal
from clinic.domain.facts import Consent, Decision
from clinic.exchange.evidence_words import WORDS, trouble
from clinic.keys.consenting import SCOPES
from clinic.keys.evidence import Checked, Problem
from clinic.protocol.codec import decode, encode
from clinic.protocol.evidence import ConsentEvidence

BEGIN = "-----BEGIN POSTA CONSENT EVIDENCE-----"
END = "-----END POSTA CONSENT EVIDENCE-----"
MOST = 16 << 20
"""Characters of a file that is looked at."""
_WIDTH = 76


def written(words: str, evidence: ConsentEvidence) -> str:
    """The file: the words, then the proof."""
    proof = "\n".join(wrap(b64encode(encode(evidence)).decode(), _WIDTH))
    return f"{words}\n{BEGIN}\n{proof}\n{END}\n"


def read(text: str) -> tuple[str, ConsentEvidence]:
    """(the words as they were sealed, the proof). Refused for anything but one such file."""
    if len(text) > MOST:
        raise Refusal("This file is too large for the evidence of a consent.")
    lines = [line.rstrip() for line in text.lstrip("\ufeff").splitlines()]
    if lines.count(BEGIN) != 1 or lines.count(END) != 1 or lines.index(BEGIN) > lines.index(END):
        raise Refusal("This file is no evidence of a consent made by Posta.")
    begin, end = lines.index(BEGIN), lines.index(END)
    if any(lines[end + 1 :]):
        raise Refusal("Something stands below the evidence in this file. Use the file as it was made.")
    try:
        proof = b64decode("".join(lines[begin + 1 : end]), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal("The proof in this file is damaged. Use the file as it was made.") from error
    evidence = decode(proof, ConsentEvidence)
    if encode(evidence) != proof:
        raise Refusal("The proof in this file was wrapped anew. Use the file as it was made.")
    return "\n".join(lines[:begin]).rstrip("\n") + "\n", evidence


def verdict(checked: Checked, language: str = "") -> list[str]:
    """What a checker prints: is it whole, and the first thing that is wrong; then the rest of what is wrong."""
    tongue = language or checked.seal.language
    words = WORDS.get(tongue, WORDS["en"])
    if not checked.problems:
        return [words["whole"], words["pin"]]
    return [words["wrong"].format(what=_trouble(problem, tongue)) for problem in checked.problems]


def _trouble(problem: Problem, language: str) -> str:
    return trouble(problem.wrong, problem.number, problem.detail, language)


def spelled(fingerprint: bytes) -> str:
    """32 bytes as sixteen groups of four, to read over a telephone."""
    return " ".join(wrap(fingerprint.hex(), 4))


def told(checked: Checked, language: str) -> str:
    """The words above the proof: who consented to what, when, before whom, in which text, and what came of it since."""
    return "\n".join(line.rstrip() for line in _Telling(checked, language).lines()) + "\n"


class _Telling:
    """One piece of evidence being put into words."""

    def __init__(self, checked: Checked, language: str) -> None:
        self._checked, self._seal, self._log = checked, checked.seal, checked.log
        self._words = WORDS.get(language, WORDS["en"])
        self._statements = checked.evidence.statements

    def lines(self) -> Iterator[str]:
        yield from self._head()
        asked = self._checked.asked
        if asked is not None:
            number = self._statements.index(asked) + 1
            yield from ("", self._say("said", n=number, m=len(self._statements)))
            yield from self._statement(asked)
            yield from ("", self._words["replaces"], *self._list(self._statements[: number - 1]))
            yield from ("", self._words["after"], *self._list(self._statements[number:]))
        yield from ("", self._words["standing"])
        for scope in SCOPES:
            yield f"  {self._words[scope]}: {self._standing(scope)}"
        if asked is not None:
            yield from self._text(asked)
        yield from ("", self._words["check"])

    def _head(self) -> Iterator[str]:
        seal = self._seal
        device = self._log.device(seal.device)
        who = [self._say("person", name=seal.name)]
        if seal.birth_date:
            who.append(self._say("born", day=seal.birth_date.isoformat()))
        if seal.identifier:
            who.append(self._say("identifier", number=seal.identifier))
        yield self._words["title"]
        yield ""
        yield self._say("organization", name=self._log.organization().name)
        yield self._say("fingerprint", mark=spelled(self._log.fingerprint))
        yield ", ".join(who)
        yield self._say(
            "made",
            at=_at(seal.made_at),
            who=self._name(seal.user),
            device=device.name if device else seal.device,
        )

    def _statement(self, consent: Consent) -> Iterator[str]:
        device = self._log.device(consent.device)
        kind = self._words.get(str(device.kind), str(device.kind)) if device else "?"
        name = device.name if device else consent.device
        yield "  " + self._say("where", at=_at(consent.given_at), device=name, kind=kind)
        how = consent.how if consent.how in ("touch", "voice", "phone", "video", "imported") else "voice"
        yield "  " + self._say(how, n=len(consent.signature))
        if consent.read_aloud_seconds:
            yield "  " + self._say("aloud", n=consent.read_aloud_seconds)
        yield "  " + (
            self._say("witness", who=self._name(consent.witness)) if consent.witness else self._words["alone"]
        )
        for item in consent.items:
            yield f"  {self._words.get(item.scope, item.scope)}: {self._answer(item.decision)}"
        until = consent.valid_until
        yield "  " + (self._say("until", at=_at(until)) if until else self._words["open"])

    def _list(self, statements: tuple[Consent, ...]) -> Iterator[str]:
        if not statements:
            yield "  " + self._words["nothing"]
        for consent in statements:
            said = (f"{self._words.get(i.scope, i.scope)}: {self._answer(i.decision)}" for i in consent.items)
            witness = f" ({self._name(consent.witness)})" if consent.witness else ""
            yield f"  {_at(consent.given_at)}{witness}: {'; '.join(said)}"

    def _text(self, consent: Consent) -> Iterator[str]:
        form = self._checked.form_of(consent)
        yield ""
        yield self._say(
            "text", form=consent.template, version=consent.template_version, language=consent.language,
            place=consent.jurisdiction,
        )  # fmt: skip
        for line in form.text.split("\n") if form else [self._words["no text"]]:
            yield from wrap(line, _WIDTH, initial_indent="| ", subsequent_indent="| ") or ["|"]

    def _standing(self, scope: str) -> str:
        decision = self._checked.standing.get(scope)
        words = {None: "never", Decision.PERMIT: "permitted"}
        return self._words[words.get(decision, "denied")]

    def _answer(self, decision: Decision) -> str:
        return self._words["yes" if decision == Decision.PERMIT else "no"]

    def _name(self, user: str) -> str:
        return next((one.name for one in self._log.users() if one.user == user), user)

    def _say(self, key: str, **values: object) -> str:
        return self._words[key].format(**values)


def _at(moment: datetime) -> str:
    """In UTC, to the minute: the file is read in any place."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"
