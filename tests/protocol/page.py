# SPDX-License-Identifier: GPL-3.0-or-later
"""The made parts of docs/protocol.md, and docs/openapi.json, from the program itself.

`packaging/posta python -m tests.protocol` writes both; a test compares them.
"""

import json
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from clinic.domain import record as records
from clinic.domain.record import Record, Word
from clinic.protocol import envelope, letters, squeezed
from clinic.protocol.codec import MAX_BYTES, MAX_DEPTH, MAX_DIGITS
from clinic.protocol.faults import CODES, NUMBERS, RECORDS, TRY_AGAIN
from clinic.protocol.shapes import Kind, shapes_of
from clinic.protocol.sync import FaultNumber, Refused
from clinic.sync.diagram import diagram
from clinic.sync.exchange import KEEPS_NUMBER
from clinic.transport import http
from sync_server import desk, limits, realtime
from sync_server.book import ingest, pages
from sync_server.described import CALLS, EVENTS, faults_of, openapi
from sync_server.routes import mailbox
from sync_server.routes.answers import STATUS_OF

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "protocol.md"
OPENAPI = ROOT / "docs" / "openapi.json"
_PROGRAMS = ("clinic", "desktop", "kiosk", "sync_server")
_RECORD = re.compile(r"^@record\((\d+)\)\nclass (\w+)", re.MULTILINE)
_PART = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_AT_HOME = {
    "clinic/protocol/engine.py": "in the pipe to the call engine, never on a wire",
    "clinic/protocol/unsealed.py": "in the book of one computer, never on a wire",
    "clinic/protocol/archive.py": "in backups",
    "clinic/protocol/island.py": "between a computer that serves its clinic's network, its island, and whoever uses it",
    "clinic/protocol/stick.py": "on sticks",
    "clinic/protocol/calling.py": "in letters",
    "clinic/protocol/letters.py": "letters and what is in them",
    "clinic/protocol/trust.py": "the trust log",
    "clinic/protocol/op.py": "in envelopes",
    "clinic/protocol/envelope.py": "in envelopes, in clear",
    "clinic/protocol/sync.py": "between a device and the server",
}


def in_source() -> dict[int, tuple[str, str]]:
    """Record number -> (file, class) of every record that the source of the programs defines."""
    found: dict[int, tuple[str, str]] = {}
    for program in _PROGRAMS:
        for file in sorted((ROOT / program).rglob("*.py")):
            for number, name in _RECORD.findall(file.read_text(encoding="utf-8")):
                found[int(number)] = (file.relative_to(ROOT).as_posix(), name)
    return dict(sorted(found.items()))


def every_record() -> dict[str, list[type[Record]]]:
    """File -> its records by number."""
    found: dict[str, list[type[Record]]] = {}
    for number, (file, name) in in_source().items():
        import_module(file.removesuffix(".py").replace("/", "."))
        cls = records.record_class(number)
        assert cls is not None and cls.__name__ == name
        found.setdefault(file, []).append(cls)
    return found


def _table(head: str, rows: Iterator[str]) -> str:
    columns = head.count("|") + 1
    return "\n".join([f"| {head} |", "|" + "---|" * columns, *(f"| {row} |" for row in rows)]) + "\n"


def _calls() -> str:
    def rows() -> Iterator[str]:
        for call in CALLS:
            takes, gives = (_named(of) for of in (call.takes, call.gives))
            query = "?" + "&".join(f"{q.name}=N" for q in call.query) if call.query else ""
            faults = " ".join(str(int(number)) for number in faults_of(call))
            yield f"`{call.method} {call.path}{query}` | {call.who} | {takes} | {gives} | {faults} | {call.does}"

    return _table("call | for | takes | gives | faults | does", rows())


def _named(of: type[Record] | str | None) -> str:
    if of is None:
        return "–"
    return (
        {"application/octet-stream": "bytes", "text/plain": "text"}[of]
        if isinstance(of, str)
        else of.__name__
    )


def _events() -> str:
    return _table(
        "event | way | data | answered | what it is",
        (f"`{e.name}` | {e.way} | {e.data} | {e.answered} | {e.does}" for e in EVENTS),
    )


def _faults() -> str:
    numbers = (
        f"{int(n)} | {n.name} | {int(STATUS_OF[n])} | {'yes' if n in TRY_AGAIN else ''} | {NUMBERS[n]}"
        for n in FaultNumber
    )
    codes = (f"{code} | {sentence}" for code, sentence in CODES.items())
    refused = (
        f"{int(why)} | {why.name} | {'free' if why in KEEPS_NUMBER else 'used up'} | {RECORDS[why]}"
        for why in Refused
    )
    return "\n".join(
        [
            "Numbers of a Fault:\n",
            _table("number | name | HTTP | passes by itself | means", numbers),
            "Codes of a Fault (0, or one that is not known: go by the number):\n",
            _table("code | means", codes),
            "Why an envelope was not taken (`EnvelopeRefused.why`), and whether its number is used up:\n",
            _table("why | name | number | means", refused),
        ]
    )


_LIMITS = (
    ("a message of the codec", MAX_BYTES, "bytes"),
    ("nesting of a message", MAX_DEPTH, "levels"),
    ("places of a decimal before or after the point", MAX_DIGITS, "digits"),
    ("header and body of an envelope together", envelope.MAX_ENVELOPE, "bytes"),
    ("an envelope as it travels", envelope.MAX_WIRE, "bytes"),
    ("incarnation, env_no, scope_no, key_epoch, seq: below", envelope.MAX_COUNT, ""),
    ("a body of /v1/sync, also once it is unsqueezed", limits.SYNC_BODY, "bytes"),
    ("a body in blocks, all of them", limits.SYNC_STREAM, "bytes"),
    ("an urgent envelope that rings with its bell", ingest.URGENT_BYTES, "bytes"),
    ("a body of /v1/trust", limits.TRUST_BODY, "bytes"),
    ("a body of /v1/scope", limits.SCOPE_BODY, "bytes"),
    ("a capsule, a code's parcel", limits.CAPSULE_BODY, "bytes"),
    ("any other record, a letter of a mailbox", limits.SMALL_BODY, "bytes"),
    ("an attachment", limits.ATTACHMENT, "bytes"),
    ("envelopes in one answer, whatever `byte_budget` says (one always goes)", limits.ANSWER_BUDGET, "bytes"),
    ("envelopes in one answer", pages.MAX_ENVELOPES, "envelopes"),
    ("heads in one answer", pages.MAX_HEADS, "scopes"),
    ("statements in one answer (one always goes)", limits.TRUST_ANSWER, "bytes"),
    ("an answer that our client takes", http.MAX_ANSWER, "bytes"),
    ("a letter as it travels", letters.MAX_LETTER, "bytes"),
    ("a message of Socket.IO", realtime.MAX_MESSAGE, "bytes"),
    ("the server's ping", realtime.PING_EVERY_S, "s"),
    ("an answer to a letter", realtime.ANSWER_WITHIN_S, "s"),
    ("a challenge", desk.NONCE_SECONDS, "s"),
    ("a session", desk.SESSION_HOURS, "h"),
    ("a mailbox, a one-time code", mailbox.MOST_SECONDS, "s"),
    ("bodies that are not worth squeezing", squeezed._WORTH_IT, "bytes"),
)


def _limits() -> str:
    return _table("what | at most | of", (f"{what} | {most:,} | {unit}" for what, most, unit in _LIMITS))


def _sync_machine() -> str:
    return f"```mermaid\n{diagram()}```\n"


def _records() -> str:
    parts = []
    for file, found in every_record().items():
        where = f" ({_AT_HOME[file]})" if file in _AT_HOME else ""
        rows = (f"{cls.NUMBER} | {cls.__name__} | {_fields(cls)}" for cls in found)
        parts.append(f"`{file}`{where}\n\n{_table('number | record | fields', rows)}")
    return "\n".join(parts)


def _fields(cls: type[Record]) -> str:
    said = []
    for shape in shapes_of(cls):
        one = f"{shape.number} {shape.name}: {shape.kind}"
        said.append(one if shape.needed else f"({one}{_default(shape.default)})")
    return " · ".join(said)


def _default(value: object) -> str:
    if isinstance(value, Record):
        return " = an empty one"
    return f" = {value}" if value or type(value) is int else ""


def _words() -> str:
    found: dict[str, type[Word]] = {}
    for several in every_record().values():
        for cls in several:
            found |= {word.__name__: word for shape in shapes_of(cls) for word in _words_in(shape.kind)}
    rows = (f"{name} | {', '.join(f'`{word.value}`' for word in found[name])}" for name in sorted(found))
    return _table("word | known values", rows)


def _words_in(kind: Kind) -> Iterator[type[Word]]:
    if kind.of:
        yield from _words_in(kind.of)
    elif kind.base == "word" and kind.cls:
        yield kind.cls


PARTS: dict[str, Callable[[], str]] = {
    "calls": _calls,
    "events": _events,
    "faults": _faults,
    "limits": _limits,
    "sync_machine": _sync_machine,
    "records": _records,
    "words": _words,
}


def page(text: str) -> str:
    """The page with its made parts as they are now."""
    return _PART.sub(lambda part: part[1] + PARTS[part[2]]() + part[3], text)


def described() -> str:
    """The OpenAPI document as a file."""
    return json.dumps(openapi(), indent=1, ensure_ascii=False) + "\n"


def write() -> None:
    """Both files."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    OPENAPI.write_text(described(), encoding="utf-8")
