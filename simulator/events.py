# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens in a world, one thing at a time: somebody works, or something goes wrong. `EVENTS` says how often."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from clinic.domain.errors import Refusal, Unavailable
from clinic.domain.facts import AllergyIntolerance, Condition, NoteSection
from clinic.domain.ids import patient_scope
from clinic.keys.sealing import seal_for_team
from clinic.protocol.envelope import P2_RECORD, pack
from clinic.protocol.op import Ops
from clinic.services import organising
from clinic.services.desks import WrongPatient
from clinic.store.writing import WritePage
from simulator.acts import ACTS, at_the_kiosk, chat, next_team_key, section
from simulator.cast import ADMINISTRATORS, DESKTOPS, KIOSK, player
from simulator.computer import Computer
from simulator.disk import dies_after, fill_up, image
from simulator.lies import Lie, told
from simulator.network import Trouble
from simulator.world import World

# work


def writes(world: World, one: Computer) -> None:
    act = at_the_kiosk if one.name == KIOSK else world.chance.weighed(ACTS)
    world.say(act.__name__)
    act(one.desk, world.chance.one_of(world.patients), world.chance)


def writes_much(world: World, one: Computer) -> None:
    """More than one piece of an exchange that streams."""
    patient = world.chance.one_of(world.patients)
    for _ in range(12):
        (at_the_kiosk if one.name == KIOSK else chat)(one.desk, patient, world.chance, MUCH)


def exchanges(world: World, one: Computer) -> None:
    one.sync()
    world.heard(one)


def new_key(world: World, one: Computer) -> None:
    if one.desk.person is not None:
        next_team_key(one.desk)


def newcomer_comes(world: World, one: Computer) -> None:
    world.newcomer_comes()


def revokes(world: World, one: Computer) -> None:
    """A computer is stolen: an administrator revokes it, and it goes on."""
    lost = DESKTOPS[world.desktops - 1]
    by = one if one.name in ADMINISTRATORS else world.computers["eva"]
    if lost not in ADMINISTRATORS and lost not in world.revoked:
        world.say(f"{by.name} revokes {lost}")
        organising.revoke(by.desk, player(lost).device, "stolen")


# the link


def in_trouble(world: World, one: Computer) -> None:
    trouble, part = world.chance.one_of(list(Trouble)), world.chance.fraction()
    world.say(f"{trouble} {part:.2f}")
    world.network.trouble[one.player.name] = trouble, part
    exchanges(world, one)
    world.network.trouble.pop(one.player.name, None)


def meanwhile(world: World, one: Computer) -> None:
    """While hers is under way she writes on and somebody else exchanges, gives the team its next key, or is revoked."""
    other = world.chance.one_of([other for other in world.computers.values() if other is not one])
    what = world.chance.weighed({exchanges: 4, new_key: 2, revokes: 1})
    world.say(f"{other.name} {what.__name__}")

    def act() -> None:
        try:
            writes(world, one)
            what(world, other)
        except (Refusal, Unavailable):
            return

    world.network.meanwhile = {world.chance.below(3): act}
    exchanges(world, one)
    world.network.meanwhile = {}


def late_arrives(world: World, one: Computer) -> None:
    if world.network.late:
        asyncio.run(world.network.deliver_late(world.chance.below(len(world.network.late))))


def is_lied_to(world: World, one: Computer) -> None:
    """By a centre that has turned against the clinic, for one exchange."""
    lie, by = world.chance.one_of(list(Lie)), player(world.chance.one_of(DESKTOPS))
    world.say(lie)
    world.network.lies[one.player.name] = lambda answer: told(lie, answer, by.device_keys, world.chance)
    exchanges(world, one)
    world.network.lies.pop(one.player.name, None)


def centre_grows_younger(world: World, one: Computer) -> None:
    """It is of an earlier version from now on, or of today's again, as this computer hears it."""
    world.network.older ^= {one.player.name}
    one.logs_out()


# the computer


def dies(world: World, one: Computer) -> None:
    one.dies(world.place(one.name))


def dies_writing(world: World, one: Computer) -> None:
    """Between any two steps of a write, or of taking in an answer."""
    to = world.place(one.name)
    dies_after(one.book, one.home, 1 + world.chance.below(400), to)
    try:
        (writes if world.chance.happens(0.5) else exchanges)(world, one)
    except (Refusal, Unavailable):
        pass
    finally:
        one.dies(to)


def disk_is_full(world: World, one: Computer) -> None:
    fill_up(one.book)
    try:
        writes(world, one)
        exchanges(world, one)
    finally:
        fill_up(one.book, full=False)


def clock_jumps(world: World, one: Computer) -> None:
    one.clock.off_s = world.wrong_by()


def is_copied(world: World, one: Computer) -> None:
    world.copies[one.name] = image(one.home, world.place(f"{one.name}-copy")).path


def comes_back(world: World, one: Computer) -> None:
    """Not where what only it had is with a colleague already: then nobody could give it back to all."""
    copy = world.copies.pop(one.name, None)
    if copy is None or one.name in world.unsure:
        return
    gone = {op for op, whose in world.books.saved.items() if whose == one.name} - world.at_centre
    others = [other for other in world.computers.values() if other is not one]
    if any(gone & other.bodies().keys() for other in others):
        return
    before = set(world.books.saved)
    world.say(f"{len(gone)} only there")
    world.centre_copies.clear()
    one.comes_back(copy)
    here = one.bodies().keys()
    world.books.let_go |= {op for op in gone & before if op not in here}


def is_cloned(world: World, one: Computer) -> None:
    """A copy of its disk starts elsewhere, and both go on."""
    if one.name in DESKTOPS and one.name not in world.revoked:
        world.is_cloned(one)


# the program


def slips(world: World, one: Computer) -> None:
    """A window that shows another patient."""
    here, there = world.chance.shuffled(world.patients)
    try:
        section(one.desk, here, world.chance, window=there)
    except WrongPatient:
        return
    world.wrong(f"I6 {one.name} wrote of {here} in the window of {there}")


def program_errs(world: World, one: Computer) -> None:
    """It sends something off as another patient's. Only what everybody holds by then, the newcomer too: who hears of the
    other patient first believes that (`docs/simulator.md`)."""
    world.newcomer_comes()
    for _ in range(2):
        for reader in world.readers:
            exchanges(world, reader)
    if one not in world.readers:
        return
    everywhere = set.intersection(*(set(reader.bodies()) for reader in world.readers))
    known = [
        op.fact for op in map(world.books.ops.get, sorted(everywhere)) if op and isinstance(op.fact, MOVED)
    ]
    if not known:
        return
    fact = world.chance.one_of(known)
    there = next(patient for patient in world.patients if patient != fact.patient)
    moved = replace(fact, patient=there)

    def act(page: WritePage) -> None:
        desk, scope = one.desk, patient_scope(there)
        op = desk._op(page, moved, True, ())
        place = desk.numbered_place(page, scope, P2_RECORD, desk.team)
        sealed = seal_for_team(Ops(ops=(op,)), place, desk.epoch(desk.team), desk.device_keys, desk.random)
        page.post(place.env_no, scope, P2_RECORD, 1, pack(sealed), desk.clock.now())
        world.books.never.add(op.id)

    one.book.keep(act)
    world.copies.clear()
    world.say(f"{fact.id} to {there}")


# the centre


def centre_is_copied(world: World, one: Computer) -> None:
    copy = world.folder / f"copy-{len(world.centre_copies)}-{world.clock.monotonic()}.db"
    world.centre.copy_to(copy)
    world.centre_copies.append(copy)


def centre_is_put_back(world: World, one: Computer) -> None:
    if not world.centre_copies:
        return
    told_so, copy = world.chance.happens(0.5), world.chance.one_of(world.centre_copies)
    world.say("told" if told_so else "silently")
    world.centre_is_put_back(partial(world.centre.put_back, copy, told_so))


def centre_stumbles(world: World, one: Computer) -> None:
    """Its store breaks off between any two steps of an exchange."""
    world.centre.breaks_off_after(world.chance.below(60))
    try:
        one.sync()
    finally:
        world.centre.breaks_off_after(None)
    world.heard(one)


EVENTS: Mapping[Callable[[World, Computer], None], int] = {
    writes: 30, writes_much: 1, exchanges: 20, new_key: 2, newcomer_comes: 3, revokes: 1,
    in_trouble: 12, meanwhile: 5, late_arrives: 4, is_lied_to: 3, centre_grows_younger: 1,
    dies: 4, dies_writing: 5, disk_is_full: 3, clock_jumps: 2, is_copied: 3, comes_back: 2, is_cloned: 1,
    slips: 1, program_errs: 1, centre_is_copied: 3, centre_is_put_back: 3, centre_stumbles: 2,
}  # fmt: skip
MOVED = (NoteSection, Condition, AllergyIntolerance)
MUCH = 600
"""Letters of a text, a few of which are more than a piece."""
