# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of a clinic: which code tables are here, bringing one's own, the facilities of the region, what must be signed."""

import json
import sys
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from clinic.exchange.code_files import read_code_file
from clinic.exchange.delimited import Progress, digest_of, read_bytes
from clinic.exchange.facility_files import read_facilities
from clinic.exchange.lists import INTERACTIONS_DATE, INTERACTIONS_NAME, cross_reactions, medicine_lists
from clinic.services.coding import code_sources, import_codes, load_codes
from clinic.services.facilities import import_facilities
from clinic.services.signed_lists import sign_crossings, signature_of_crossings
from clinic.station.command import Add, opened


def add_verbs(add: Add) -> None:
    add("codes", _codes, "the code tables here: system, language, version, licence, hash, rows, date")
    bringing = add("import-codes", _import_codes, "replace a code table by a list of your own (CSV in UTF-8)")
    bringing.add_argument("file", type=Path, metavar="FILE", help="CSV with the columns code and display")
    bringing.add_argument("--system", required=True, help="icd10, atc, loinc, procedures, or a URI")
    bringing.add_argument("--language", required=True, help="of the wording: es, en, pt")
    bringing.add_argument("--version", default="", help="which edition it is")
    bringing.add_argument("--licence", default="", help="under which licence you may use it")
    placing = add("import-facilities", _import_facilities, "bring in health facilities (CSV or GeoJSON)")
    placing.add_argument("file", type=Path, metavar="FILE", help="name, kind, address, phone, lat, lon")
    placing.add_argument("--dry-run", action="store_true", help="check the file and count; write nothing")
    crossing = add(
        "cross-reactions", _cross_reactions, "the list of allergic cross-reactions, and its signature"
    )
    crossing.add_argument(
        "--sign", metavar="HASH", default="", help="sign the list with this hash (clinicians)"
    )


def _codes(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        load_codes(desk)
        for one in code_sources(desk):
            print(json.dumps({**asdict(one), "imported_at": one.imported_at.isoformat()}, ensure_ascii=False))
        print(json.dumps({
            "list": "interactions", "version": f"{INTERACTIONS_NAME}, {INTERACTIONS_DATE}",
            "pairs": medicine_lists().thesaurus.size,
        }, ensure_ascii=False))  # fmt: skip
    return 0


def _import_codes(chosen: Namespace) -> int:
    table = read_code_file(
        read_bytes(chosen.file), chosen.system, chosen.language, chosen.version, chosen.licence, _told("rows read")
    )  # fmt: skip
    with opened(chosen) as desk:
        changed = import_codes(desk, table)
    told = {"system": table.system, "language": table.language, "rows": len(table.rows), "hash": table.digest}
    print(json.dumps({**told, "changed": changed}))
    return 0


def _import_facilities(chosen: Namespace) -> int:
    data = read_bytes(chosen.file)
    facilities = read_facilities(data, _told("rows read"))
    with opened(chosen) as desk:
        brought = import_facilities(
            desk, facilities, chosen.file.name, digest_of(data), really=not chosen.dry_run
        )
    print(json.dumps({**asdict(brought), "written": not chosen.dry_run}))
    return 0


def _cross_reactions(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        if chosen.sign:
            sign_crossings(desk, chosen.sign)
        for row in cross_reactions():
            print(json.dumps(row, ensure_ascii=False))
        signed = desk.book.read(lambda page: signature_of_crossings(desk, page))
    digest = medicine_lists().allergology.digest
    print(json.dumps({"hash": digest, "signed_by": signed.by or None, "signed_on": signed.on or None}))
    return 0


def _told(what: str) -> Progress:
    """Progress for a person: on stderr, and only where one looks."""

    def tell(count: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{count:,} {what}", end="", file=sys.stderr, flush=True)

    return tell
