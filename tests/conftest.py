# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test stands on: no display, no unexpected word in the log, examples found alike everywhere."""

import gc
import logging
import os
import re
import sys
import threading
from collections.abc import Iterator
from concurrent.futures.thread import _threads_queues as POOLED

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from hypothesis import HealthCheck, settings
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from pytestqt.qtbot import QtBot

from desktop.kit import words
from tests.postgres_cluster import OWNER, SERVER, Cluster, programs

OURS = ("clinic", "desktop", "kiosk", "simulator", "sync_server", "posta")

PATIENCE_MS = 60_000
for wait in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitSignals):
    wait.__kwdefaults__["timeout"] = PATIENCE_MS  # a machine that does other things too is waited for

settings.register_profile(
    "posta",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("thorough", settings.get_profile("posta"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "posta"))


class Complaints(logging.Handler):
    """Keeps what our own packages log from WARNING on."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.split(".")[0] in OURS:
            self.lines.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture(scope="module", autouse=True)
def widgets_end_between_modules(request: pytest.FixtureRequest) -> Iterator[None]:
    """As in the programs (`desktop.kit.combing`) Python does not comb by itself while there are widgets: Qt's walk over all of
    them, as for a new style sheet, falls over one that is taken apart meanwhile (a module's own window is dressed before the
    first of its tests begins)."""
    if not any("qapp" in test.fixturenames for test in request.session.items if test.path == request.path):
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        gc.enable()


@pytest.fixture(autouse=True)
def widgets_end_with_their_test(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "qapp" in request.fixturenames:
        gc.collect(1)  # what was made meanwhile is of the youngest age


@pytest.fixture(autouse=True)
def no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """A warning in our log fails the test, unless `@pytest.mark.expects_log("pattern")` allows it."""
    complaints = Complaints()
    logging.getLogger().addHandler(complaints)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(complaints)
    allowed = [mark.args[0] for mark in request.node.iter_markers("expects_log")]
    unexpected = [
        line for line in complaints.lines if not any(re.search(pattern, line) for pattern in allowed)
    ]
    assert not unexpected, "unexpected in the log: " + "; ".join(unexpected)


@pytest.fixture(scope="module", autouse=True)
def language_of_its_own() -> Iterator[None]:
    """A module that changes the language leaves the next one the words it found, Qt's own too."""
    spoken, catalogue, locale = words._Spoken.language, words._Spoken.catalogue, QLocale()
    yield
    words._Spoken.language, words._Spoken.catalogue = spoken, catalogue
    QLocale.setDefault(locale)
    if (app := QCoreApplication.instance()) is not None:
        for translator in app.findChildren(QTranslator):
            app.removeTranslator(translator)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """A thread that nobody ends would keep a run that is over from ending: name it, and fail. Pools end theirs themselves."""
    stuck = [
        thread
        for thread in threading.enumerate()
        if not (thread.daemon or thread is threading.main_thread() or thread in POOLED)
    ]
    for thread in stuck:
        thread.join(10)
    names = ", ".join(thread.name for thread in stuck if thread.is_alive())
    if names:
        print("threads that nobody ends:", names, file=sys.stderr, flush=True)
        os._exit(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A real PostgreSQL with the server's tables in it, or a skip where none is installed."""
    there = programs()
    if there is None:
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    from sync_server.book.postgres import prepare

    cluster = Cluster(there)
    try:
        prepare(cluster.url(OWNER), SERVER)
        yield cluster
    finally:
        cluster.stop()
