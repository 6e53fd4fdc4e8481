# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect messages from the code, merge them into the .po files, compile the .mo files."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from desktop.kit.tokens import RESOURCES

ROOT = RESOURCES.parent
FOLDERS = ("clinic", "desktop", "kiosk")
TEMPLATE = RESOURCES / "translations" / "posta.pot"
LANGUAGES = {"es": "es_AR", "pt": "pt_BR"}
_NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)  # the same words give the same bytes, whenever they are compiled
_CALLS = {"_", "N_", "gettext"}
_ERRORS = {"Refusal", "Unavailable"}


def _trees() -> Iterator[tuple[Path, ast.Module]]:
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def _families(trees: list[tuple[Path, ast.Module]]) -> set[str]:
    """Names of every class that descends from Refusal or Unavailable."""
    known = set(_ERRORS)
    classes = [node for _file, tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    while True:
        more = {c.name for c in classes if any(_name(parent) in known for parent in c.bases)} - known
        if not more:
            return known
        known |= more


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def extract() -> Catalog:
    """Every message in the code, with where it stands."""
    trees = list(_trees())
    sentences = _families(trees)
    catalogue = Catalog(project="Posta", charset="utf-8", fuzzy=False)
    for file, tree in trees:
        place, constants, own = file.relative_to(ROOT).as_posix(), _constants(tree), _own(tree, sentences)
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args):
            told = _told(call, constants) if call in own or _name(call.func) in sentences else _message(call)
            for message in told:
                catalogue.add(message, locations=[(place, call.lineno)], flags=_flags(message))
    return catalogue


def _message(call: ast.Call) -> Iterator[str | tuple[str, str]]:
    name, texts = _name(call.func), [_text(argument) for argument in call.args]
    if name == "plural" and len(texts) > 1 and texts[0] and texts[1]:
        yield texts[0], texts[1]
    elif name in _CALLS and texts[0]:
        yield texts[0]


def _told(call: ast.Call, constants: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """What an error may say: whole sentences among its arguments, written out or named."""
    for argument in call.args:
        yield from (text for text in _meant(argument, constants) if " " in text)


def _meant(argument: ast.expr, constants: dict[str, tuple[str, ...]]) -> Iterator[str]:
    match argument:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)):
            yield from constants.get(name, ())
        case ast.IfExp(body=one, orelse=other):
            yield from (*_meant(one, constants), *_meant(other, constants))
        case ast.BoolOp(values=several):
            for one in several:
                yield from _meant(one, constants)


def _constants(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """Texts of a module by the name they stand under; a table stands for all of its own."""
    found = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict(values=values)):
                found[name] = tuple(text for value in values if (text := _text(value)))
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if text := _text(value):
                found[name] = (text,)
    return found


def _own(tree: ast.Module, sentences: set[str]) -> set[ast.Call]:
    """`super().__init__(...)` of errors that bring their sentence along."""
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name in sentences)
    inside = (node for one in classes for node in ast.walk(one) if isinstance(node, ast.Call))
    return {call for call in inside if _name(call.func) == "__init__"}


def _flags(message: str | tuple[str, str]) -> list[str]:
    text = message if isinstance(message, str) else message[1]
    return ["python-format"] if "%(" in text else []


def folder(code: str) -> Path:
    """Where the catalogue of a language lives."""
    return RESOURCES / "translations" / code / "LC_MESSAGES"


def read(code: str) -> Catalog:
    """The .po of a language; an empty one where there is none yet."""
    file = folder(code) / "posta.po"
    if not file.exists():
        return Catalog(locale=LANGUAGES[code], domain="posta", project="Posta", charset="utf-8", fuzzy=False)
    with file.open("rb") as stream:
        return read_po(stream, locale=LANGUAGES[code], domain="posta")


def update() -> dict[str, int]:
    """Merge the code's messages into every .po; answers how many are still untranslated, by language."""
    found = extract()
    TEMPLATE.write_bytes(_po(found))
    missing = {}
    for code in LANGUAGES:
        catalogue = read(code)
        catalogue.update(found, no_fuzzy_matching=True)
        folder(code).mkdir(parents=True, exist_ok=True)
        (folder(code) / "posta.po").write_bytes(_po(catalogue))
        missing[code] = len(untranslated(catalogue))
    return missing


def _po(catalogue: Catalog) -> bytes:
    catalogue.header_comment = "# Words of Posta. SPDX-License-Identifier: GPL-3.0-or-later"
    stream = BytesIO()
    write_po(stream, catalogue, omit_header=False, sort_output=True, ignore_obsolete=True, width=110)
    lines = stream.getvalue().split(b"\n")
    volatile = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By')
    return b"\n".join(line for line in lines if not line.startswith(volatile))


def untranslated(catalogue: Catalog) -> list[str]:
    """Message ids without a translation."""
    return [str(m.id) for m in catalogue if m.id and not all(_strings(m.string))]


def _strings(string: object) -> tuple[str, ...]:
    return tuple(string) if isinstance(string, tuple | list) else (str(string or ""),)


def compiled(code: str) -> bytes:
    """The .mo that belongs to the .po of a language."""
    stream, catalogue = BytesIO(), read(code)
    catalogue.creation_date = catalogue.revision_date = _NO_DATE
    write_mo(stream, catalogue)
    return stream.getvalue()


def compile_all() -> None:
    """Write the .mo beside every .po."""
    for code in LANGUAGES:
        (folder(code) / "posta.mo").write_bytes(compiled(code))


def main(arguments: list[str]) -> int:
    """extract: count messages · update: merge into .po · compile: write .mo."""
    match arguments:
        case ["extract"]:
            sys.stdout.write(f"{len(extract())} messages in the code\n")
        case ["update"]:
            for code, count in update().items():
                sys.stdout.write(f"{code}: {count} messages wait for a translation\n")
        case ["compile"]:
            compile_all()
        case _:
            sys.stderr.write("Use: python -m desktop.kit.words extract | update | compile\n")
            return 2
    return 0
