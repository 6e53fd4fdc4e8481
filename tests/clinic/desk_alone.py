# SPDX-License-Identifier: GPL-3.0-or-later
"""A clinician's desk on a real encrypted book, founded without a centre: for verbs that need no network."""

import os
from pathlib import Path

from clinic.domain.clock import Clock, SystemClock
from clinic.domain.facts import Decision
from clinic.domain.ids import OrgId, PatientId, TeamId, UserId
from clinic.keys.founding import Founder, found
from clinic.keys.identity import DeviceKeys, RootKeys, UserKeys
from clinic.protocol.trust import DeviceKind
from clinic.services import consents
from clinic.services.desks import Desk
from clinic.services.enrolment import DeviceSetup, set_up
from clinic.services.sitting import open_desk
from clinic.store.home import Home

PASSWORD = "cinco palabras que nadie adivina"


def desk_alone(folder: Path, clock: Clock | None = None) -> Desk:
    """An organisation of one desk; close it."""
    clock = clock or SystemClock()
    root, device, user = RootKeys.make(os.urandom), DeviceKeys.make(os.urandom), UserKeys.make(os.urandom)
    log = found(
        organization=OrgId("org"), name="Red de Salud del Norte", team=TeamId("team"), team_name="Posta",
        founder=Founder(user=UserId("anaruiz"), name="Ana Ruiz", keys=user, device_name="Desk", device_keys=device),
        root=root, at=clock.now(), random=os.urandom,
    )  # fmt: skip
    setup = DeviceSetup("Desk", DeviceKind.DESKTOP, "http://localhost:9", TeamId("team"))
    set_up(Home(folder), log, setup, device, UserId("anaruiz"), user, "Ana Ruiz", PASSWORD, os.urandom)
    return open_desk(folder, PASSWORD, clock, os.urandom)


def permit(
    desk: Desk, patient: PatientId, scope: str = "sharing", decision: Decision = Decision.PERMIT
) -> None:
    """The patient's answer, said aloud and signed here."""
    consents.say(desk, patient, {scope: decision}, "es", window=patient)
