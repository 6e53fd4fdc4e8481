# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups of this computer: set them up, make one, list them, restore one, try restoring one."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.keeping import KeepRule
from clinic.keys.backups import BackupKey, public_text, read_public
from clinic.services.backups import back_up, set_up
from clinic.services.paper_keys import backup_key_of, backup_sheets
from clinic.services.restores import drill, open_archive, own_archive, restore
from clinic.station.command import Add, opened, password_in, text_in
from clinic.store.backup_archive import Archive


def add_verbs(add: Add) -> None:
    setting = add(
        "backup-setup", _set_up, "say where backups go, and make or name the key they are sealed to"
    )
    setting.add_argument("--to", type=Path, required=True, metavar="DIR", help="folder on another disk")
    key = setting.add_mutually_exclusive_group(required=True)
    key.add_argument(
        "--key-out",
        type=Path,
        metavar="FILE",
        help="write the new private key here: a USB stick, not this disk",
    )
    key.add_argument(
        "--sheets",
        type=Path,
        metavar="DIR",
        help="write the new private key as three sheets to print; any two give it back",
    )
    key.add_argument("--public", metavar="TEXT", help="seal to the public key the clinic has already")
    for name, default in (("latest", 3), ("daily", 7), ("weekly", 4), ("monthly", 12)):
        setting.add_argument(
            f"--{name}", type=int, default=default, metavar="N", help=f"{name} backups to keep"
        )
    setting.add_argument("--lang", choices=("es", "en", "pt"), default="es", help="language of the sheets")
    setting.add_argument("--every-hours", type=float, default=24, metavar="H")
    backing = add("backup", _back_up, "make a backup now, read it back, open it")
    backing.add_argument("--to", type=Path, metavar="DIR", help="another folder than the one set up")
    sheets = add(
        "backup-sheets", _sheets, "write a backup key as three sheets; any two give it back", needs_home=False
    )
    sheets.add_argument(
        "--key", type=Path, required=True, metavar="FILE", help="the key; - reads standard input"
    )
    sheets.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to print from")
    sheets.add_argument("--name", default="Posta", help="the clinic's name, for the sheets")
    sheets.add_argument("--lang", choices=("es", "en", "pt"), default="es")
    giving = add("backup-key", _give_key, "have a backup key from two of its sheets", needs_home=False)
    _with_sheets(giving)
    giving.add_argument(
        "--key-out", type=Path, required=True, metavar="FILE", help="write it here: a USB stick"
    )
    listing = add("backups", _list, "list the backups of a folder", needs_home=False)
    _from(listing, required=False)
    restoring = add("restore", _restore, "make this profile anew from a backup, in a new folder")
    _from(restoring)
    drilling = add(
        "restore-drill", _drill, "try a restore out: restore, open, check, delete", needs_home=False
    )
    _from(drilling)
    drilling.add_argument(
        "--in",
        type=Path,
        dest="inside",
        metavar="DIR",
        help="where there is room (default: the current folder)",
    )
    for one in (restoring, drilling):
        one.add_argument(
            "--backup", type=int, metavar="N", help="its number in the list (default: the newest)"
        )


def _with_sheets(one: ArgumentParser) -> None:
    one.add_argument(
        "--sheet", type=Path, action="append", default=[], metavar="FILE",
        help="text of a sheet's QR code, or its words; twice",
    )  # fmt: skip


def _from(one: ArgumentParser, required: bool = True) -> None:
    one.add_argument(
        "--from", type=Path, dest="source", required=required, metavar="DIR", help="folder with the backups"
    )
    one.add_argument(
        "--key", type=Path, metavar="FILE", help="file with the backup key; - reads standard input"
    )
    _with_sheets(one)
    one.add_argument("--device", default="", help="which computer's, where several lie there")


def _set_up(chosen: Namespace) -> int:
    if chosen.key_out is not None and chosen.key_out.exists():
        raise Refusal("{path} is there already. Name a new file for the key.", path=chosen.key_out)
    if min(chosen.latest, chosen.daily, chosen.weekly, chosen.monthly) < 0 or chosen.every_hours <= 0:
        raise Refusal("Numbers of backups to keep are 0 or more, and the hours between two are more than 0.")
    rule = KeepRule(
        chosen.latest, chosen.daily, chosen.weekly, chosen.monthly, timedelta(hours=chosen.every_hours)
    )
    public = read_public(chosen.public) if chosen.public else None
    with opened(chosen) as desk:
        if public is None:
            made = BackupKey.make(desk.random)
            _give_away(
                made, desk.trust.organization().name, chosen
            )  # first: a key nobody holds seals nothing
            public = made.public
        set_up(desk, chosen.to, public, rule)
        print(json.dumps({"to": str(chosen.to), "public": public_text(public)}))
    return 0


def _give_away(made: BackupKey, organization: str, chosen: Namespace) -> None:
    if chosen.sheets is not None:
        backup_sheets(made, organization, chosen.sheets, chosen.lang, SystemClock())
    else:
        _write_key(chosen.key_out, made)


def _sheets(chosen: Namespace) -> int:
    made = backup_sheets(_key(chosen), chosen.name, chosen.out, chosen.lang, SystemClock())
    print(json.dumps({"set": made.mark, "files": [str(file) for file in made.files]}, ensure_ascii=False))
    return 0


def _give_key(chosen: Namespace) -> int:
    key = _key_of_sheets(chosen)
    _write_key(chosen.key_out, key)
    print(json.dumps({"public": public_text(key.public)}))
    return 0


def _write_key(path: Path, key: BackupKey) -> None:
    try:
        with open(path, "x", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
            out.write(key.text + "\n")
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise Unavailable("The key could not be written to {path}. Nothing was set up.", path=path) from error


def _back_up(chosen: Namespace) -> int:
    with opened(chosen) as desk:
        done = back_up(desk, chosen.to, _show)
    print(json.dumps(asdict(done) | {"made_at": done.made_at.isoformat()}))
    return 0


def _list(chosen: Namespace) -> int:
    if chosen.key is not None or chosen.sheet:
        if chosen.source is None:
            raise Refusal("Say where the backups are: --from DIR.")
        with open_archive(chosen.source, _key(chosen), os.urandom, chosen.device) as archive:
            return _print_list(archive)
    if chosen.home is None:
        raise Refusal(
            "Give the backup key with --key FILE, or the profile the backups are of with --home DIR."
        )
    with opened(chosen) as desk, own_archive(desk, chosen.source) as archive:
        return _print_list(archive)


def _print_list(archive: Archive) -> int:
    """One JSON object a line, oldest first; 1 if one of them cannot be read."""
    whole = True
    for kept in archive.backups():
        manifest = kept.manifest
        whole = whole and manifest is not None
        line: dict[str, object] = {"backup": kept.no, "readable": manifest is not None}
        if manifest is None:
            line["why"] = kept.sentence
        else:
            line |= {
                "made_at": manifest.made_at.isoformat(), "device": manifest.device, "name": manifest.device_name,
                "program": manifest.program, "schema": manifest.schema, "bytes": manifest.pages * 4096,
                "counts": {counted.table: counted.rows for counted in manifest.counts},
            }  # fmt: skip
        print(json.dumps(line, ensure_ascii=False))
    return 0 if whole else 1


def _restore(chosen: Namespace) -> int:
    with open_archive(chosen.source, _key(chosen), os.urandom, chosen.device) as archive:
        done = restore(archive, chosen.home, SystemClock(), os.urandom, chosen.backup, _show)
    print(json.dumps(asdict(done) | {"made_at": done.made_at.isoformat()}, ensure_ascii=False))
    return 0


def _drill(chosen: Namespace) -> int:
    with open_archive(chosen.source, _key(chosen), os.urandom, chosen.device) as archive:
        done = drill(archive, chosen.inside or Path.cwd(), SystemClock(), os.urandom, chosen.backup, _show)
    seconds = round(done.seconds, 2)
    print(
        json.dumps(
            asdict(done) | {"made_at": done.made_at.isoformat(), "seconds": seconds}, ensure_ascii=False
        )
    )
    return 0


def _key(chosen: Namespace) -> BackupKey:
    if getattr(chosen, "sheet", None):
        return _key_of_sheets(chosen)
    return BackupKey.read(password_in(chosen.key, "--key"))


def _key_of_sheets(chosen: Namespace) -> BackupKey:
    return backup_key_of([text_in(path, "--sheet") for path in chosen.sheet])


def _show(what: str, done: int, of: int) -> None:
    """Progress, where somebody sits in front of it."""
    if sys.stderr.isatty():
        print(f"\r{what:6} {100 * done // max(of, 1):3} %", end="", file=sys.stderr, flush=True)
