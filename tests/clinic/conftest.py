# SPDX-License-Identifier: GPL-3.0-or-later
"""A real profile with a chart in it, made without a centre; its password lies in a file beside it."""

import os
import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from clinic.domain.clock import SystemClock
from clinic.domain.facts import Gender
from clinic.domain.ids import OrgId, TeamId, UserId
from clinic.domain.values import HumanName
from clinic.keys.founding import Founder, found
from clinic.keys.identity import DeviceKeys, RootKeys, UserKeys
from clinic.protocol.trust import DeviceKind
from clinic.services import people
from clinic.services.desks import Desk
from clinic.services.enrolment import DeviceSetup, set_up
from clinic.services.sitting import open_desk
from clinic.store.home import Home

PASSWORD = "cinco palabras que nadie adivina"


@dataclass(frozen=True)
class Profile:
    home: Home
    password_file: Path
    people: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """Arguments that open it."""
        return ["--home", str(self.home.path), "--password-file", str(self.password_file)]

    def desk(self, path: Path | None = None) -> Desk:
        return open_desk(path or self.home.path, PASSWORD, SystemClock(), os.urandom)


@pytest.fixture
def profile(made: Profile, tmp_path: Path) -> Profile:
    """A copy of it for one test."""
    home = Path(shutil.copytree(made.home.path, tmp_path / "home"))
    return Profile(Home(home), made.password_file, made.people)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    tmp_path = tmp_path_factory.mktemp("made")
    home = Home(tmp_path / "home")
    device, user = DeviceKeys.make(os.urandom), UserKeys.make(os.urandom)
    log = found(
        organization=OrgId("org"), name="Hospital", team=TeamId("team"), team_name="Post",
        founder=Founder(user=UserId("ana"), name="Ana Ruiz", keys=user, device_name="desk", device_keys=device),
        root=RootKeys.make(os.urandom), at=datetime.now(UTC), random=os.urandom,
    )  # fmt: skip
    setup = DeviceSetup("desk", DeviceKind.DESKTOP, "http://127.0.0.1:1", TeamId("team"))
    set_up(home, log, setup, device, UserId("ana"), user, "Ana Ruiz", PASSWORD, os.urandom)
    names = tuple(f"Quiroga{number}" for number in range(30))
    with closing(open_desk(home.path, PASSWORD, SystemClock(), os.urandom)) as desk:
        for name in names:
            people.register(desk, HumanName(family=name, given=("Luz",)), date(1980, 1, 1), Gender.FEMALE, "")
    (tmp_path / "password").write_text(PASSWORD)
    return Profile(home, tmp_path / "password", names)
