# SPDX-License-Identifier: GPL-3.0-or-later
"""Records in and out: FHIR R4 Bundles, and the whole chart on paper."""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from clinic.domain.errors import Unavailable
from clinic.domain.ids import FactId, PatientId
from clinic.exchange.fhir.context import Remark
from clinic.services.desks import Desk
from clinic.services.imports import ImportPlan, ImportReport, Proposal, import_bundle, plan_import, read_file
from clinic.services.people import PersonLine
from clinic.station.command import Add, opened

MOST = 200
"""Remarks printed of one file, unless --all asks for every one."""


def add_verbs(add: Add) -> None:
    importing = add(
        "import-fhir", _import, "take FHIR R4 Bundles in; every resource is kept, twice changes nothing"
    )
    importing.add_argument("files", nargs="+", type=Path, metavar="FILE")
    importing.add_argument(
        "--into", default="", metavar="PATIENT", help="the chart here that the file is about"
    )
    importing.add_argument("--look", action="store_true", help="only say what is in the files; write nothing")
    importing.add_argument("--all", action="store_true", help=f"print every remark, not the first {MOST}")
    exporting = add(
        "export-fhir", _export, "write whole records as a FHIR R4 Bundle (with the person's consent)"
    )
    exporting.add_argument(
        "--patient", required=True, action="append", metavar="PATIENT", help="may be given again"
    )
    exporting.add_argument("--out", required=True, type=Path, metavar="FILE")
    printing = add("export-pdf", _print, "write a whole record as a PDF (with the person's consent)")
    printing.add_argument("--patient", required=True, metavar="PATIENT")
    printing.add_argument("--language", choices=("es", "en", "pt"), default="es")
    printing.add_argument("--out", required=True, type=Path, metavar="FILE")
    proving = add(
        "consent-evidence", _prove, "write what proves a consent, to be checked with `posta verify consent`"
    )
    proving.add_argument("--patient", required=True, metavar="PATIENT")
    proving.add_argument("--consent", default="", metavar="ID", help="which one; the newest if not said")
    proving.add_argument(
        "--language", choices=("es", "en", "pt"), default="", help="the consent's if not said"
    )
    proving.add_argument("--out", required=True, type=Path, metavar="FILE")


def _import(chosen: Namespace) -> int:
    """1 if something of a file is not held afterwards."""
    with opened(chosen) as desk:
        whole = [_one(desk, file, chosen) for file in chosen.files]
    return 0 if all(whole) else 1


def _one(desk: Desk, file: Path, chosen: Namespace) -> bool:
    plan = plan_import(desk, read_file(file), file.name, PatientId(chosen.into) if chosen.into else None)
    if chosen.look:
        print(json.dumps(_looked(plan, chosen.all)), flush=True)
        return True
    report = import_bundle(desk, plan, _progress if sys.stderr.isatty() else lambda done, of: None)
    print(json.dumps(_reported(report, chosen.all)), flush=True)
    return report.whole


def _export(chosen: Namespace) -> int:
    from clinic.services.exports import export_bundle

    with opened(chosen) as desk:
        done = export_bundle(desk, [PatientId(patient) for patient in chosen.patient])
        write_file(chosen.out, done.data)
    print(json.dumps({
        "file": str(chosen.out), "bytes": len(done.data), "resources": dict(sorted(done.counts.items())),
        "as_they_came": done.as_they_came, "kinds_without_a_fhir_name": dict(done.not_told), "files_missing": list(done.missing),
    }))  # fmt: skip
    return 0


def _print(chosen: Namespace) -> int:
    from clinic.services.papers import record_paper

    with opened(chosen) as desk:
        data = record_paper(desk, PatientId(chosen.patient), chosen.language)
        write_file(chosen.out, data)
    print(json.dumps({"file": str(chosen.out), "bytes": len(data)}))
    return 0


def _prove(chosen: Namespace) -> int:
    from clinic.services.evidence import consent_evidence

    with opened(chosen) as desk:
        made = consent_evidence(desk, PatientId(chosen.patient), FactId(chosen.consent), chosen.language)
        fingerprint = desk.trust.fingerprint.hex()
        write_file(chosen.out, made.encode())
    print(json.dumps({"file": str(chosen.out), "bytes": len(made.encode()), "organization": fingerprint}))
    return 0


def write_file(path: Path, data: bytes) -> None:
    """A file only its owner can read, whole or not at all."""
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):  # where nothing can be written, nothing may be there to take away
            beside.unlink(missing_ok=True)
        raise Unavailable("The file {path} cannot be written. Choose another place.", path=path) from error


def _progress(done: int, of: int) -> None:
    print(f"\r{done} / {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)


def _looked(plan: ImportPlan, all_remarks: bool) -> dict[str, object]:
    return {
        "file": plan.source, "sha256": plan.bundle.digest, "type": plan.bundle.type, "resources": dict(plan.bundle.counts),
        "people": _people(plan.people), **_remarks(plan.remarks, all_remarks),
    }  # fmt: skip


def _reported(report: ImportReport, all_remarks: bool) -> dict[str, object]:
    return {
        "file": report.source, "sha256": report.digest, "whole": report.whole, "people": _people(report.people),
        "resources": {
            kind: {
                "in_file": c.in_file, "taken": c.taken, "renewed": c.renewed, "here_already": c.here_already,
                "held": c.held, "original_only": c.original_only,
            }
            for kind, c in report.counts.items()
        },
        "dangling": [list(pair) for pair in (report.dangling if all_remarks else report.dangling[:MOST])],
        "dangling_total": len(report.dangling), **_remarks(report.remarks, all_remarks),
    }  # fmt: skip


def _people(people: Sequence[Proposal]) -> list[dict[str, object]]:
    return [
        {
            "patient": p.patient,
            "name": p.name.full,
            "known": p.known,
            "maybe_the_same": [_line(line) for line in p.alike],
        }
        for p in people
    ]


def _line(line: PersonLine) -> dict[str, object]:
    born = line.birth_date.isoformat() if line.birth_date else None
    return {"patient": line.patient, "name": line.name.full, "birth_date": born}


def _remarks(remarks: Sequence[Remark], all_remarks: bool) -> dict[str, object]:
    told = [{"resource": r.resource, "path": r.path, "what": r.sentence} for r in remarks]
    return {"remarks": told if all_remarks else told[:MOST], "remarks_total": len(told)}
