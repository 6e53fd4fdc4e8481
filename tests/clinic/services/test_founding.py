# SPDX-License-Identifier: GPL-3.0-or-later
"""One server, one organisation; what could not be founded leaves nothing behind."""

import os
from pathlib import Path

import pytest

from clinic.domain.clock import SystemClock
from clinic.domain.errors import Refusal, Unavailable
from clinic.services.enrolment import found_organization
from clinic.store.home import Home
from tests.clinic.services.conftest import PASSWORD, Town


def found(home: Path, url: str) -> None:
    found_organization(home, url, "Otra red", "Eva Luna", PASSWORD, "Estación", SystemClock(), os.urandom)


def test_a_server_that_serves_an_organisation_takes_no_second_one(town: Town, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="serves an organisation already"):
        found(tmp_path / "home", town.url)
    assert not Home(tmp_path / "home").enrolled


def test_no_server_follows_keys_that_could_not_be_kept(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def full(_home: Home, _data: bytes) -> None:
        raise Unavailable("The disk is full.")

    monkeypatch.setattr(Home, "keep_slots", full)
    monkeypatch.setattr("clinic.services.enrolment.with_remote", lambda *_: told.append("the server"))
    with pytest.raises(Unavailable):
        found(tmp_path / "home", town.url)
    assert not told and not Home(tmp_path / "home").enrolled
