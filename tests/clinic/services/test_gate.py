# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix: every verb of the clinic, found in the program itself, with every role, on own and on others' records."""

import importlib
import inspect
import os
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

import pytest

from clinic import services
from clinic.domain.facts import AuditEvent
from clinic.domain.ids import PatientId, UserId
from clinic.keys.identity import UserKeys
from clinic.keys.rights import Action
from clinic.keys.trust import Signer, as_user, say
from clinic.protocol.trust import DeviceKind, MemberAdd, Revoke, Role
from clinic.services.desks import Desk, Person
from clinic.services.gate import VERBS, Denied, allow, allowed
from tests.clinic.conftest import Profile

GRID = """
                   adm com cli nur rec kio gat cus nobody
run the computer    *   *   *   *   *   *   *   *   *
own ways in         *   *   *   *   *   .   .   .   .
look up             *   *   *   *   *   *   .   *   *
find people         *   *   *   *   *   .   .   .   .
admit               *   .   .   .   .   .   .   .   .
manage              *   *   *   .   .   .   .   .   .
register            *   .   *   *   *   o   o   .   .
intake              *   .   o   o   o   o   .   .   .
take consent        .   .   o   o   o   .   .   .   .
book                *   .   *   *   *   .   o   .   .
set hours           *   .   .   .   *   .   .   .   .
see queue           .   .   o   o   o   .   .   .   .
open chart          .   .   o   o   .   .   .   .   .
take vitals         .   .   o   o   .   o   .   .   .
write note          .   .   o   o   .   .   .   .   .
sign note           .   .   o   .   .   .   .   .   .
prescribe           .   .   o   .   .   .   .   .   .
call                .   .   o   o   .   o   .   .   .
chat                .   .   o   o   o   o   .   .   .
import              .   .   o   o   .   .   .   .   .
export              .   *   o   .   .   .   .   .   .
break glass         .   .   x   x   .   .   .   .   .
read audit          *   *   .   .   .   .   .   .   .
review audit        *   *   .   .   .   .   .   .   .
"""
"""What the clinic wants: `*` with all records, `o` with those of one's own team, `x` only with those of others."""

PARTS = {
    "alerts.watch": "the computer's own work", "alerts.raise_alerts": "the computer's own work",
    "audits.audit": "writes who did what", "audits.audit_earlier": "writes who did what",
    "access.entry_on": "a part of verbs",
    "acted.hours_here": "a part of verbs",
    "acted.seen_on": "a part of verbs",
    "acted.staff_on": "a part of verbs",
    "audits.audit_within": "a part of what writes who did what",
    "break_glass.close_due": "the computer's own work",
    "break_glass.forget": "makes nothing visible",
    "break_glass.open_charts": "which are open, and how long",
    "break_glass.phones": "whom to phone",
    "break_glass.whole_chart": "of a chart for which a custodian has given the keys, as long as they hold",
    "choosing.choose": "asks the gate for what its kind needs",
    "choosing.dispute_of": "asks the gate for what its kind needs",
    "choosing.undo_choice": "asks the gate for what its kind needs",
    "custodian.answer": "the custodian's own work",
    "custodian.check_post": "the custodian's own work",
    "incarnations.begin_anew": "the computer's own work",
    "incarnations.is_copied": "how the computer stands",
    "incarnations.notice_copy": "the computer's own work",
    "incarnations.offer_earlier_again": "the computer's own work",
    "leaving.make_ready": "the computer's own work",
    "emergency.checked_right": "the gate, which names the chart in the audit",
    "emergency.open_summary": "asks the gate, and names the chart in the audit",
    "emergency.refresh": "the computer's own work",
    "emergency.watch": "the computer's own work",
    "glass_word.tell": "a part of what breaks the glass", "glass_word.team_of": "a part of verbs",
    "receipts.note_arrived": "the computer's own work",
    "receipts.reached_of": "a part of verbs",
    "receipts.reached_on": "a part of verbs", "receipts.unread": "a part of verbs",
    "receipts.watch": "the computer's own work",
    "relaying.bring": "the computer's own work",
    "relaying.brought_of_us": "counts of envelopes, and nothing of what is in them",
    "relaying.keep_for_centre": "a part of reading a stick",
    "relaying.note_brought": "a part of reading a stick",
    "sharing.documents_of": "a part of verbs",
    "stick_files.put_files": "a part of writing a stick",
    "stick_files.take_files": "a part of reading a stick",
    "sticks.heard_of_us": "counts of envelopes, and nothing of what is in them",
    "syncing.retry_set_aside": "a part of verbs",
    "syncing.what_waits": "counts and bytes, and nothing of what is in them",
    "syncing.following": "the computer's own work", "syncing.begin_stream": "the computer's own work",
    "syncing.take_passed_on": "the computer's own work",
    "island_exchange.offer": "the computer's own work", "island_exchange.take": "the computer's own work",
    "island_exchange.turned_to": "the computer's own work", "island_exchange.waits_for": "the computer's own work",
    "island_link.once": "the computer's own work",
    "serving.serves_network": "a setting of the computer", "serving.island_address": "a setting of the computer",
    "serving.charter": "the computer's own work", "serving.keep_turned_away": "the computer's own work",
    "syncing.take_carried": "the computer's own work", "syncing.take_ahead": "the computer's own work",
    "comparing.after_exchange": "the computer's own work",
    "snapshots.make_if_due": "the computer's own work", "syncing.tend_charts": "the computer's own work",
    "first_look.due": "the computer's own work", "first_look.take": "the computer's own work",
    "tending.lease_of": "how this computer stands with its administrators",
    "tending.tend": "the computer's own work, as far as its person may sign",
    "wiping.is_ordered": "the computer's own work",
    "wiping.wipe": "obeys an administrator's order in the trust log",
    "wishes.ask": "a part of verbs, and the trust log decides",
    "wishes.carry_out": "a part of verbs, and the trust log decides",
    "wishes.dismiss": "a part of verbs",
    "wishes.wishes": "a part of verbs",
    "audit_proofs.verify_audit": "says whether it is whole, and nothing of what it holds",
    "audits.sign_head": "the computer's own work",
    "backups.set_up": "where the backups of this computer go, a kiosk too",
    "backups.plan_of": "the computer's own work", "backups.due": "the computer's own work",
    "backups.late": "the computer's own work", "backups.back_up": "the computer's own work",
    "bookings.checked": "a part of verbs", "bookings.practitioner_name": "a part of verbs",
    "bookings.team_of": "a part of verbs",
    "capsules.send_capsule": "the computer's own work, after what was signed",
    "capsules.capsule_of": "a part of verbs", "codes_out.tell_centre": "the computer's own work",
    "people.link_on": "a part of verbs", "tries.counted": "a part of verbs",
    "withdrawing.hear": "the computer's own work", "withdrawing.tell_centre": "the computer's own work",
    "charted.fact_of": "a part of verbs", "charted.patient_of": "a part of verbs",
    "coding.load_codes": "the computer's own work", "colleagues.welcome": "shows its own password and invitation",
    "consents.may": "a gate itself", "consents.ask": "a gate itself", "consents.standing": "a part of a gate",
    "consents.drafted": "a part of verbs", "duplicates.prepare": "the computer's own work",
    "enrolment.state": "checks the signer's right in the trust log", "exports.allowed": "a part of a verb",
    "gate.allow": "the gate", "gate.allowed": "the gate", "gate.whose": "the gate",
    "intake.keep_capsule": "the computer's own work",
    "requesting.keep_free_times": "the computer's own work: times of nobody, from a desk of the team",
    "knocking.take_code": "proves somebody's own code", "knocking.tell_knocks": "the computer's own work",
    "known.open_file": "a part of verbs", "link.exchange": "the computer's own work",
    "link.send_files": "the computer's own work", "link.exchange_now": "the computer's own work",
    "link.exchange_all": "the computer's own work",
    "link.authority_of": "the computer's own work", "link.authority_text": "the computer's own work",
    "link.remote_of": "the computer's own work",
    "locking.most_minutes": "how long until the screen is covered", "locking.lock_minutes": "how long until it is covered",
    "messages.keep_bytes": "a part of verbs", "messages.picture": "needs the key out of a message",
    "people.joined": "a part of verbs", "pins.has_pin": "whether there is one", "restores.own_archive": "a part of a verb",
    "searching.unread": "how many texts wait", "signed_lists.signature_of_crossings": "a part of a verb",
    "switching.come": "asks for the newcomer's own password", "syncing.snapshot": "the computer's own work",
    "syncing.take": "the computer's own work", "syncing.sync_status": "counts what waits",
    "visits.encounter_of": "a part of verbs", "visits.reading": "a part of verbs", "visits.pressure": "a part of verbs",
    "ways_in.ways": "whose names the door shows to all", "ways_in.own": "asks for the password",
    "paper_keys.escrow_sheets": "asks for the password of a custodian, and who that is in the trust log",
    "paper_keys.take_up_escrow": "at a custodian's station, as the trust log says",
    "ways_in.names_around": "whose names the door shows to all",
}  # fmt: skip
"""Functions of a desk that are no verb of a person's, and why nobody is asked."""

_COLUMNS = ("adm", "com", "cli", "nur", "rec", "kio", "gat", "cus", "nobody")
_ROLES = dict(
    zip(
        _COLUMNS,
        (
            Role.ADMINISTRATOR, Role.COMPLIANCE, Role.CLINICIAN, Role.NURSE, Role.RECEPTIONIST, Role.KIOSK, Role.GATEWAY,
            Role.CUSTODIAN, None,
        ),
        strict=True,
    )
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What one role may do: action -> `*`, `o`, `x` or `.`."""

    column: str
    row: dict[Action, str]


def wanted() -> list[Wanted]:
    lines = [line for line in GRID.splitlines()[2:] if line.strip()]
    cells = {Action(line[:20].strip()): line[20:].split() for line in lines}
    return [
        Wanted(column, {action: row[number] for action, row in cells.items()})
        for number, column in enumerate(_COLUMNS)
    ]


def verbs() -> dict[str, Callable[..., object]]:
    """Every public function of the services whose first value is a desk."""
    return dict(at_a_desk(inspect.isfunction))


def at_a_desk(kind: Callable[[object], bool]) -> Iterator[tuple[str, Callable[..., object]]]:
    for module in pkgutil.iter_modules(services.__path__):
        part = importlib.import_module(f"clinic.services.{module.name}")
        for name, made in inspect.getmembers(part, kind):
            if name.startswith("_") or made.__module__ != part.__name__:
                continue
            first = next(iter(inspect.signature(made).parameters.values()), None)
            if first is not None and "Desk" in str(first.annotation):
                yield f"{module.name}.{name}", made


THINGS = {
    "backup_keeper.BackupKeeper": "the computer's own work",
    "break_glass.Asking": "asks `checked_right` before anything, and the audit",
    "colleagues.Welcoming": "made by `colleagues.welcome`, for somebody who has no role yet",
    "island_link.IslandLink": "the computer's own work",
    "islands.Islands": "the computer's own work",
    "link.Link": "the computer's own work",
    "serving.Ferry": "carries what is sealed",
    "pins.Cover": "shows again what the person here had on her screen",
}
"""What else holds a desk, and why no action stands over it."""


def test_whatever_else_is_made_with_a_desk_says_why_nobody_is_asked() -> None:
    assert dict(at_a_desk(inspect.isclass)).keys() == THINGS.keys()


def test_every_verb_has_a_row() -> None:
    there = set(verbs())
    assert there - set(PARTS) == set(VERBS), (
        "say in the service what a verb needs, or here why it needs nobody"
    )
    assert set(PARTS) <= there and not set(PARTS) & set(VERBS)


def test_every_action_is_in_the_grid_and_asked_by_a_verb() -> None:
    assert all(set(one.row) == set(Action) for one in wanted())
    later = {Action.RUN, Action.BREAK_GLASS}
    assert {VERBS[name] for name in verbs() if name in VERBS} | later == set(Action)


@pytest.mark.parametrize("own", [True, False], ids=["own", "others"])
@pytest.mark.parametrize("role", wanted(), ids=lambda role: role.column)
def test_a_verb_does_what_the_grid_says_and_what_is_refused_is_written_down(
    profile: Profile, role: Wanted, own: bool
) -> None:
    if not own and role.column in ("kio", "gat"):
        pytest.skip("they hold nobody's records, and give what they take to the team")
    with closing(profile.desk()) as desk:
        sit_down(desk, _ROLES[role.column], own)
        mine = "*o" if own else "*x"
        for action, cell in role.row.items():
            assert allowed(desk, action) == (cell in mine), action
        for name, verb in verbs().items():
            if name in VERBS and role.row[VERBS[name]] not in mine:
                refused(desk, verb, VERBS[name])


def refused(desk: Desk, verb: Callable[..., object], action: Action) -> None:
    """It is refused before it looks at anything, and all that is new is the line in the audit, on its way to the team."""
    waited, there = waiting(desk), len(attempts(desk))
    with pytest.raises(Denied):
        verb(desk)
    assert waiting(desk) - waited in (2, 4), (
        "the entry, sometimes the head signed over it; each to the team and to the auditors"
    )
    if desk.kind != DeviceKind.KIOSK:  # which keeps nothing of what it says
        new = attempts(desk)[there:]
        assert [(entry.action, entry.entity) for entry in new] == [("attempt", action.value)]


def waiting(desk: Desk) -> int:
    return desk.book.read(lambda page: page.outbox_counts()).waiting


def attempts(desk: Desk) -> list[AuditEvent]:
    """Denied attempts, oldest first."""
    kept = desk.book.read(lambda page: page.facts(AuditEvent, PatientId("")))
    return [entry for entry in kept if entry.outcome == "denied"]


@pytest.mark.parametrize("action", Action)
def test_a_revoked_computer_and_somebody_unknown_do_nothing(profile: Profile, action: Action) -> None:
    with closing(profile.desk()) as desk:
        log = desk.trust
        desk.trust = say(
            log, Revoke(device=desk.device, incarnation=1, last_env_no=0), signer(desk), desk.clock.now()
        )
        assert allowed(desk, action) == (action == Action.RUN)
        desk.trust = log
        desk.person = Person(UserId("ghost"), "Ghost", Role.CLINICIAN)
        assert allowed(desk, action) == (action == Action.RUN)


def test_the_attempt_names_the_chart(profile: Profile) -> None:
    with closing(profile.desk()) as desk:
        sit_down(desk, Role.RECEPTIONIST, own=True)
        with pytest.raises(Denied):
            allow(desk, Action.OPEN_CHART, PatientId("p"))
        kept = desk.book.read(lambda page: page.facts(AuditEvent, PatientId("p")))
        assert [(entry.outcome, entry.entity) for entry in kept] == [("denied", "open chart")]


def sit_down(desk: Desk, role: Role | None, own: bool) -> None:
    """Let somebody of that role, of this computer's team or of none, sit at it."""
    if role == Role.KIOSK:
        desk.kind = DeviceKind.KIOSK
    if role in (Role.KIOSK, None):
        desk.person = None
        return
    assert role is not None
    keys, now = UserKeys.make(os.urandom), desk.clock.now()
    started = Role.CLINICIAN if role == Role.CUSTODIAN else role  # which is admitted on stations only
    log = say(desk.trust, as_user(UserId("she"), "She", started, desk.device, keys), signer(desk), now)
    if role == Role.CUSTODIAN:
        user = replace(log.by_user[UserId("she"), desk.device], roles=(role,))
        log = replace(log, by_user={**log.by_user, (user.user, user.device): user})
    if own and role not in (Role.GATEWAY, Role.CUSTODIAN):
        log = say(log, MemberAdd(team=desk.team, user=UserId("she")), signer(desk), now)
    desk.trust, desk.person = log, Person(UserId("she"), "She", role)


def signer(desk: Desk) -> Signer:
    """The administrator whose computer it is."""
    return Signer(UserId("ana"), desk.device, desk.user_keys)
