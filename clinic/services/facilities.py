# SPDX-License-Identifier: GPL-3.0-or-later
"""Health facilities of the region, for referrals and directions: brought in from a list the clinic has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from clinic.domain.facts import Location, Provenance
from clinic.domain.ids import FactId, short_hash_id
from clinic.domain.values import Identifier, Verification
from clinic.exchange.facility_files import Facility
from clinic.keys.rights import Action
from clinic.services.desks import Desk
from clinic.services.gate import needs
from clinic.store.writing import WritePage

FACILITY_CODE = "urn:posta:facility-code"
"""System of the number a facility has in the list it was imported from."""


@dataclass(frozen=True, slots=True)
class Brought:
    """How many facilities an import made, changed, and found as they were."""

    made: int
    changed: int
    same: int


@needs(Action.MANAGE)
def import_facilities(
    desk: Desk, facilities: Sequence[Facility], source: str, digest: str, really: bool = True
) -> Brought:
    """File those that are new or different, in one transaction, with where they come from. The same list twice changes
    nothing; what a list no longer names stays. `really` False only counts."""
    counted: list[Brought] = []

    def make(page: WritePage) -> tuple[Location | Provenance, ...]:
        held = {one.id: one for one in page.all_facts(Location)}
        wanted = [_location(one, held) for one in facilities]
        new = [one for one in wanted if one.id not in held]
        changed = [one for one in wanted if one.id in held and held[one.id] != one]
        counted.append(Brought(len(new), len(changed), len(wanted) - len(new) - len(changed)))
        if not really or not (new or changed):
            return ()
        return (*new, *changed, _provenance(desk, source, digest))

    desk.write_within(make)
    return counted[-1]


def _location(facility: Facility, held: dict[FactId, Location]) -> Location:
    """The fact, on top of what is held: fields that a list does not have (its organisation) stay."""
    made = FactId(f"loc.{short_hash_id(blake2b(facility.key.encode(), digest_size=32).digest())}")
    code = Identifier(system=FACILITY_CODE, value=facility.code, verification=Verification.CLAIMED)
    base = held.get(made) or Location(id=made, name=facility.name)
    others = tuple(one for one in base.identifiers if one.system != FACILITY_CODE)
    return replace(
        base, name=facility.name, address=facility.address, phone=facility.phone, kind=facility.kind,
        latitude=facility.latitude, longitude=facility.longitude,
        identifiers=(*others, code) if facility.code else others,
    )  # fmt: skip


def _provenance(desk: Desk, source: str, digest: str) -> Provenance:
    return Provenance(
        id=FactId(desk.new_id()), targets=(), recorded_at=desk.clock.now(), agent=desk.name_here, activity="import",
        source=source, digest=digest,
    )  # fmt: skip
