# SPDX-License-Identifier: GPL-3.0-or-later
"""A Bundle out of a file: read with care, checked whole against the structure of R4, every finding with its path."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import fhirkit

from clinic.domain.errors import Refusal
from clinic.exchange.fhir.context import Remark
from clinic.exchange.fhir.tree import Json, parse, text

TYPES = ("transaction", "batch", "collection", "document", "searchset")
MAX_PROBLEMS = 10_000


class NotABundle(Refusal):
    """The JSON is something else. The sentence says what was found."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`name`: what other resources of the Bundle call it, '' for none; `content`: its JSON; `digest`: of that."""

    number: int
    name: str
    resource: Json
    content: str
    digest: str

    @property
    def type(self) -> str:
        return str(self.resource["resourceType"])

    @property
    def label(self) -> str:
        said = self.resource.get("id")
        return f"{self.type}/{said}" if isinstance(said, str) else f"{self.type}, entry {self.number + 1}"


@dataclass(frozen=True, slots=True)
class Bundle:
    """`digest`: SHA-256 of the file; `remarks`: what is wrong with it, by path; `counts`: resource type -> how many."""

    type: str
    digest: str
    entries: tuple[Entry, ...]
    remarks: tuple[Remark, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        return Counter(entry.type for entry in self.entries)


def read_bundle(data: bytes) -> Bundle:
    """The Bundle in a file's bytes. Raises NotJson or NotABundle; what is wrong inside a resource is a remark."""
    tree = parse(data)
    kind = tree.get("resourceType") if isinstance(tree, dict) else None
    if kind != "Bundle":
        raise NotABundle(
            "This is not a FHIR Bundle but {what}. Export the whole record as a Bundle.",
            what=str(kind)[:60] if kind else "some other JSON",
        )
    if tree.get("type") not in TYPES:
        raise NotABundle(
            "A Bundle of type {type} cannot be imported. Send one of: {types}.",
            type=str(tree.get("type"))[:60],
            types=", ".join(TYPES),
        )
    entries, remarks = _entries(tree)
    remarks += _problems(data, tree)
    return Bundle(tree["type"], hashlib.sha256(data).hexdigest(), tuple(entries), tuple(remarks))


def structure_problems(data: bytes) -> list[tuple[str, str]]:
    """(path, what is wrong) of every place that is not R4: missing, unknown, of a wrong type, empty."""
    try:
        found = fhirkit.validate(data)
    except fhirkit.ParseError as error:
        return [("", str(error))]
    return [(issue.path, issue.message) for issue in found if issue.severity == "error"][:MAX_PROBLEMS]


def _entries(tree: Json) -> tuple[list[Entry], list[Remark]]:
    entries, remarks = [], []
    listed = tree.get("entry", [])
    if not isinstance(listed, list):
        raise NotABundle("The entries of this Bundle are not a list. Export it again.")
    for number, said in enumerate(listed):
        resource = said.get("resource") if isinstance(said, dict) else None
        if isinstance(resource, dict) and isinstance(resource.get("resourceType"), str):
            content = text(resource)
            entries.append(Entry(number, _name(said, resource), resource, content, _digest(content)))
        else:
            asked = said.get("request") if isinstance(said, dict) else None
            remarks.append(Remark("", f"Bundle.entry[{number}]", _empty(asked)))
    return entries, remarks


def _empty(asked: Any) -> str:
    if isinstance(asked, dict) and asked.get("method"):
        return f"asks for {asked['method']} {str(asked.get('url', ''))[:200]} and holds no resource: nothing was done"
    return "holds no resource"


def _name(entry: Json, resource: Json) -> str:
    full, said = entry.get("fullUrl"), resource.get("id")
    if isinstance(full, str) and full:
        return full
    return f"{resource['resourceType']}/{said}" if isinstance(said, str) and said else ""


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _problems(data: bytes, tree: Json) -> list[Remark]:
    return [Remark(_whose(path, tree), path, message) for path, message in structure_problems(data)]


def _whose(path: str, tree: Json) -> str:
    """The resource a path of the Bundle leads into."""
    head, _, rest = path.removeprefix("Bundle.entry[").partition("]")
    if not head.isdigit() or not rest.startswith(".resource"):
        return ""
    entry = tree["entry"][int(head)]
    resource = entry.get("resource") if isinstance(entry, dict) else None
    return f"{resource.get('resourceType')}/{resource.get('id', '')}" if isinstance(resource, dict) else ""
