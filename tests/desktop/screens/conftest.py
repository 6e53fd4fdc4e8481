# SPDX-License-Identifier: GPL-3.0-or-later
"""The screens' tests run without a display, in English, dressed like the program."""

import os
from collections.abc import Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

from desktop.kit.words import set_language
from desktop.screens.room import Room
from tests.desktop.screens.standin import AtOnce, Clinic, clock


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language("es")


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


@pytest.fixture
def room(qapp: object, clinic: Clinic) -> Room:
    return Room(clinic, clock(), AtOnce(), AtOnce(), AtOnce())  # type: ignore[arg-type]
