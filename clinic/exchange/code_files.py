# SPDX-License-Identifier: GPL-3.0-or-later
"""A code list that a clinic brings itself: ICD-10 in another language, its procedures, another drug list.

CSV in UTF-8 with a header line, a code and its wording. Nobody's licensed list ships with Posta; whoever brings one
says under which licence.
"""

import re

from clinic.domain.errors import Refusal
from clinic.domain.values import ATC, ICD10, LOINC
from clinic.exchange.code_tables import CodeTable
from clinic.exchange.delimited import Progress, digest_of, refuse, rows_of

PROCEDURES = "urn:posta:procedures"
SYSTEMS = {"icd10": ICD10, "atc": ATC, "loinc": LOINC, "procedures": PROCEDURES}
"""Short names for the command line."""
MOST_ROWS = 500_000
_COLUMNS = {
    "code": ("code", "codigo", "código", "cod", "atc", "icd10", "cie10", "clave"),
    "display": ("display", "description", "descripcion", "descrição", "nombre", "name", "nome", "wording", "term"),
}  # fmt: skip
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_CODE = re.compile(r"\S(?:.{0,62}\S)?")


def read_code_file(
    data: bytes, system: str, language: str, version: str, licence: str, progress: Progress | None = None
) -> CodeTable:
    """Every row checked. Refused without a licence, version, known system or language; for duplicate codes, empty wording,
    another encoding than UTF-8, missing headers, more than 500,000 rows: each complaint names its line."""
    name = system_of(system)
    _about(language, version, licence)
    found: dict[str, tuple[int, str]] = {}
    complaints: list[str] = []
    for row in rows_of(data, _COLUMNS, ("code", "display"), progress):
        code, display = row.cells["code"], row.cells["display"]
        wrong = _wrong(code, display, found)
        if wrong:
            complaints.append(f"line {row.line}: {wrong}")
        elif len(found) >= MOST_ROWS:
            raise Refusal("The file has more than 500,000 codes. Bring it in parts, each its own system.")
        else:
            found[code] = (row.line, display)
    refuse(complaints)
    if not found:
        raise Refusal("The file has no codes: only a header, or nothing.")
    rows = tuple((code, display) for code, (_, display) in found.items())
    return CodeTable(name, language, version.strip(), licence.strip(), digest_of(data), rows)


def system_of(said: str) -> str:
    """The URI of a coding system, by a short name (icd10, atc, loinc, procedures) or as it is."""
    name = SYSTEMS.get(said.strip().lower(), said.strip())
    if ":" not in name or re.search(r"\s", name) or len(name) > 200:
        raise Refusal(
            "{said} is no coding system. Say icd10, atc, loinc, procedures, or its address (a URI).",
            said=said,
        )
    return name


def _about(language: str, version: str, licence: str) -> None:
    if not licence.strip():
        raise Refusal(
            "Say under which licence this list may be used: --licence, such as 'CC0' or 'licensed to our clinic until 2027'."
        )
    if not version.strip():
        raise Refusal("Say which version this list is: --version, such as 2026 or the day it was published.")
    if not _LANGUAGE.fullmatch(language):
        raise Refusal("Say the language of the wording as two letters: --language es, en or pt.")


def _wrong(code: str, display: str, found: dict[str, tuple[int, str]]) -> str:
    if not _CODE.fullmatch(code):
        return "no code" if not code else "a code has at most 64 characters"
    if not display:
        return f"{code} has no wording"
    if code in found:
        return f"{code} stands already in line {found[code][0]}"
    return ""
