# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m clinic.showcase.trust.probe WHAT`: looks into one real store and prints one JSON object.

The story believes no screen alone: what a screen says is compared with what the stores of the computers concerned hold.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path

from clinic.domain.clock import SystemClock
from clinic.domain.errors import PostaError, Refusal
from clinic.domain.facts import AuditEvent, Patient
from clinic.domain.ids import PatientId, patient_scope
from clinic.keys.epochs import open_epochs
from clinic.keys.sealing import Granted, Keyring, derived_key, open_envelope, scope_key_id
from clinic.keys.trust import verify_all
from clinic.protocol.envelope import unpack
from clinic.protocol.glass import ScopePart, ScopePull
from clinic.protocol.trust import Role
from clinic.services.break_glass import whole_chart
from clinic.services.desks import Desk
from clinic.services.link import remote_of, with_remote
from clinic.services.sitting import open_desk
from clinic.showcase.ending import told

Told = dict[str, object]


class AheadClock(SystemClock):
    """This computer's clock, some seconds ahead."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        return super().now() + self._ahead


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0, 3 (refused) or 4 (unavailable) with a sentence."""
    parser = argparse.ArgumentParser(prog="python -m clinic.showcase.trust.probe", description=__doc__)
    parser.add_argument("what", choices=sorted(LOOKS))
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--password-file", type=Path, required=True)
    parser.add_argument("--patient", default="")
    parser.add_argument("--name", default="", help="of `who`: a family name")
    parser.add_argument("--file", type=Path, help="of `sealed`, which writes it, and `opens`, which reads it")
    parser.add_argument(
        "--ahead", type=float, default=0.0, metavar="S", help="seconds that the clock is ahead"
    )
    chosen = parser.parse_args(arguments)
    return told(lambda: _look(chosen))


def _look(chosen: argparse.Namespace) -> Told:
    password = chosen.password_file.read_text(encoding="utf-8").strip()
    clock = AheadClock(timedelta(seconds=chosen.ahead))
    with closing(open_desk(chosen.home, password, clock, os.urandom)) as desk:
        return LOOKS[chosen.what](desk, chosen)


def _log(desk: Desk, _chosen: argparse.Namespace) -> Told:
    """Who belongs to the organisation by this computer's log, and which keys of teams it holds."""
    log = desk.trust
    names = {team.team: team.name for team in log.teams()}
    return {
        "position": log.position, "fingerprint": log.fingerprint.hex(), "root": log.root_key.hex(),
        "teams": {
            team.name: {"epoch": len(team.epochs), "members": [log.name_of(user) for user in team.members]}
            for team in log.teams()
        },
        "keys": sorted(f"{names[team]} {epoch}" for team, epoch in desk.team_keys),
        "computers": {device.name: str(device.kind) for device in log.devices()},
        "revoked": [device.name for device in log.devices() if log.is_revoked(device.device)],
        "administrators": sorted(
            {user.name for user in log.at_work() if Role.ADMINISTRATOR in log.roles_of(user.user)}
        ),
    }  # fmt: skip


def _entries(desk: Desk, chosen: argparse.Namespace) -> Told:
    """The audit entries about one patient, or about nobody, in the order in which each device wrote them."""
    patient = PatientId(chosen.patient)
    found = sorted(
        (one for one in desk.book.read(lambda page: page.all_facts(AuditEvent)) if one.patient == patient),
        key=lambda one: (one.device, one.incarnation, one.sequence),
    )
    rows = [
        {"at": one.recorded_at.isoformat(), "action": one.action, "entity": one.entity, "name": one.agent,
         "device": one.device, "sequence": one.sequence, "here": one.device == desk.device}
        for one in found
    ]  # fmt: skip
    return {"entries": rows}


def _who(desk: Desk, chosen: argparse.Namespace) -> Told:
    """The id of the one patient of a family name. Raises Refusal where it is not one."""
    everybody = desk.book.read(lambda page: page.all_facts(Patient))
    found = {one.patient for one in everybody if one.name.family == chosen.name}
    if len(found) != 1:
        raise Refusal("{count} patients of that name lie here.", count=len(found))
    return {"patient": found.pop()}


def _glass(desk: Desk, chosen: argparse.Namespace) -> Told:
    """Whether a chart of another team can be read here at the time of this clock, and which files it left."""
    refused = until = ""
    try:
        until = whole_chart(desk, PatientId(chosen.patient), desk.clock.now()).until.isoformat()
    except Refusal as no:
        refused = str(no)
    folder = desk.home.path / "glass"
    return {
        "refused": refused,
        "until": until,
        "files": len(list(folder.iterdir())) if folder.is_dir() else 0,
    }


def _sealed(desk: Desk, chosen: argparse.Namespace) -> Told:
    """For a custodian: writes what the centre says of the keys of one patient's scope (their names, and grants as they are), and
    this computer's log."""
    grants: list[str] = []
    names: list[str] = []
    after, more = 0, True
    while more:
        part = _part(desk, ScopePull(scope=patient_scope(PatientId(chosen.patient)), after=after))
        grants += [item.envelope.hex() for item in part.envelopes]
        names += [name.hex() for name in part.key_ids if name.hex() not in names]
        more, after = part.more and part.up_to > after, part.up_to
    trust = [statement.hex() for statement in desk.trust.statements]
    chosen.file.write_text(json.dumps({"grants": grants, "names": names, "trust": trust}), encoding="utf-8")
    return {"keys": len(names)}


def _part(desk: Desk, pull: ScopePull) -> ScopePart:
    return with_remote(remote_of(desk), lambda remote: remote.scope_part(pull))


def _asks(desk: Desk, _chosen: argparse.Namespace) -> Told:
    """Whether the centre answers this computer: a question that each desktop may ask. Raises Refusal where it does not."""
    return {"computers": len(with_remote(remote_of(desk), lambda remote: remote.computers()))}


def _opens(desk: Desk, chosen: argparse.Namespace) -> Told:
    """How many of these keys this computer holds or can make, also with the teams' keys that the newest log would give it."""
    told = json.loads(chosen.file.read_text(encoding="utf-8"))
    log = verify_all(tuple(map(bytes.fromhex, told["trust"])), desk.trust.fingerprint)
    keys = dict(desk.team_keys) | dict(open_epochs(log, desk.user_keys, desk.someone.user, desk.device))
    scope = patient_scope(PatientId(chosen.patient))
    held = set(desk.book.read(lambda page: page.scope_keys(scope)))
    for packed in told["grants"]:
        with suppress(PostaError):
            inside = open_envelope(unpack(bytes.fromhex(packed)), Keyring(), keys)
            held |= {scope_key_id(inside.key)} if isinstance(inside, Granted) else set()
    names = [bytes.fromhex(name) for name in told["names"]]
    opened = [name for name in names if name in held or derived_key(scope, name, keys) is not None]
    return {"keys": len(names), "opened": len(opened)}


LOOKS: dict[str, Callable[[Desk, argparse.Namespace], Told]] = {
    "log": _log, "asks": _asks, "who": _who, "entries": _entries, "glass": _glass,
    "sealed": _sealed, "opens": _opens,
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
