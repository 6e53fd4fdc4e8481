# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta verify`: checks files that Posta made, on any computer: no store, no key, no network.

Exit codes: 0 all is in order, 1 something is wrong (the first thing first), 2 wrong use, 3 no such file of ours, 4 unreadable.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from clinic.domain.errors import Refusal, Unavailable
from clinic.exchange.evidence_file import MOST, read, told, verdict
from clinic.keys.evidence import Checked, check


def main(arguments: Sequence[str]) -> int:
    """Raises Refusal for a file that is no such file, Unavailable for one that cannot be read."""
    if arguments[:1] == ["audit"]:
        from clinic.__main__ import main as station

        return station(["verify-audit", *arguments[1:]])
    chosen = _parser().parse_args(arguments)
    return int(chosen.check(chosen))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="posta verify",
        description="Checks files that Posta made. Needs no store, no key and no network. "
        "Exit code 1: something is wrong with it.",
    )
    kinds = parser.add_subparsers(title="what", required=True, metavar="WHAT")
    kinds.add_parser("audit", help="the audit, of a file or of a home", add_help=False)
    consent = kinds.add_parser("consent", help="the evidence of a consent")
    consent.set_defaults(check=_consent)
    consent.add_argument("file", type=Path, metavar="FILE")
    consent.add_argument(
        "--organization",
        default="",
        metavar="FINGERPRINT",
        help="what the organisation is called by its own paper: without it, an invented organisation would pass",
    )
    consent.add_argument(
        "--against",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="evidence of the same person made on another computer: shows what this one leaves out; may be given again",
    )
    consent.add_argument(
        "--language", choices=("es", "en", "pt"), default="", help="of the answer; the file's own if not said"
    )
    consent.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _consent(chosen: argparse.Namespace) -> int:
    words, evidence = read(_text(chosen.file))
    peers = [read(_text(path))[1] for path in chosen.against]
    checked = check(evidence, words, _fingerprint(chosen.organization), peers)
    print(_as_json(checked, chosen.language) if chosen.json else _in_words(checked, chosen.language))
    return 1 if checked.problems else 0


def _in_words(checked: Checked, language: str) -> str:
    """The verdict, then what it says; of evidence whose signers cannot be checked, the verdict alone."""
    said = verdict(checked, language)
    if checked.log.root is None:
        return "\n".join(said)
    return "\n".join([*said, "", told(checked, language or checked.seal.language)]).rstrip()


def _as_json(checked: Checked, language: str) -> str:
    return json.dumps({
        "whole": not checked.problems, "sentences": verdict(checked, language),
        "problems": [asdict(problem) for problem in checked.problems],
        "organization": checked.log.fingerprint.hex(), "asked": checked.seal.asked,
        "made_at": checked.seal.made_at.isoformat(), "statements": len(checked.evidence.statements),
        "standing": {scope: str(decision) for scope, decision in checked.standing.items()},
    }, ensure_ascii=False)  # fmt: skip


def _fingerprint(text: str) -> bytes | None:
    """None if none was told. Raises Refusal for what is no fingerprint."""
    if not text:
        return None
    try:
        mark = bytes.fromhex("".join(text.split()))
    except ValueError:
        mark = b""
    if len(mark) != 32:
        raise Refusal("A fingerprint has 64 letters and digits, from 0 to 9 and a to f. Type it again.")
    return mark


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST:
            raise Refusal("This file is too large for the evidence of a consent.")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Refusal("This file is no evidence of a consent made by Posta.") from error
    except OSError as error:
        raise Unavailable("The file {path} cannot be read. Check its name.", path=path) from error
