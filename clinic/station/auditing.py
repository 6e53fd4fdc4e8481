# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit: is it whole, and letting it go out as FHIR or as a proof."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from clinic.domain.errors import Refusal
from clinic.domain.ids import DeviceId, PatientId
from clinic.keys.audit_check import Checked
from clinic.services.audit_proofs import Wanted, fhir_audit, proof_file, sentence, verify_audit, verify_file
from clinic.services.imports import read_file
from clinic.station.command import Add, opened
from clinic.station.records import write_file


def add_verbs(add: Add) -> None:
    checking = add(
        "verify-audit", verify, "is every device's audit whole? names the first bad entry", needs_home=False
    )
    add_verifying(checking)
    going = add(
        "export-audit", _export, "write the audit as a FHIR R4 Bundle, or as a proof for `posta verify audit`"
    )
    going.add_argument("--out", required=True, type=Path, metavar="FILE")
    going.add_argument(
        "--proof", action="store_true", help="all entries, heads and the trust log, without filters"
    )
    going.add_argument("--patient", default="", metavar="PATIENT")
    going.add_argument("--device", default="", metavar="DEVICE")
    going.add_argument(
        "--from", dest="since", type=_moment, metavar="DATE", help="from this day or moment (UTC) on"
    )
    going.add_argument("--until", type=_moment, metavar="DATE", help="before this day or moment (UTC)")


def add_verifying(parser: ArgumentParser) -> None:
    """What checking takes beside a home."""
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="of export-audit --proof; without it, --home"
    )
    parser.add_argument("--fingerprint", default="", metavar="HEX", help="the organisation a file must be of")

    parser.add_argument(
        "--with", dest="kept", type=Path, metavar="FILE", help="a colleague's proof: her heads count too"
    )


def verify(chosen: Namespace) -> int:
    """1 if an entry is not as it was written."""
    if chosen.file is not None:
        kept = read_file(chosen.kept) if chosen.kept else b""
        fingerprint, checked = verify_file(read_file(chosen.file), _hex(chosen.fingerprint), kept)
        print(f"Organisation {fingerprint.hex()}")
        return _told(checked)
    if chosen.home is None:
        raise Refusal("Say what is to be checked: a FILE, or --home DIR.")
    with opened(chosen) as desk:
        return _told(verify_audit(desk))


def _told(checked: Sequence[Checked]) -> int:
    for one in checked:
        print(
            sentence(one.bad)
            if one.bad
            else f"Device {one.device}: {one.entries} entries are whole, {one.covered} of them under a signed head."
        )
    return 1 if any(one.bad for one in checked) else 0


def _export(chosen: Namespace) -> int:
    wanted = Wanted(PatientId(chosen.patient), DeviceId(chosen.device), chosen.since, chosen.until)
    if chosen.proof and wanted != Wanted():
        raise Refusal("A proof holds every entry: leave the filters away, or leave --proof away.")
    with opened(chosen) as desk:
        data, entries = (proof_file(desk), None) if chosen.proof else fhir_audit(desk, wanted)
        write_file(chosen.out, data)
    print(json.dumps({"file": str(chosen.out), "bytes": len(data), "entries": entries}))
    return 0


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Refusal("--fingerprint is 64 digits from 0 to 9 and a to f.") from error
