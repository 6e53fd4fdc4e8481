# SPDX-License-Identifier: GPL-3.0-or-later
"""A server of the small clinic, and a net loop to use it from."""

from collections.abc import Iterator

import pytest

from clinic.transport.http import Remote
from clinic.transport.loop import NetLoop
from tests.server_process import ServerProcess
from tests.small_clinic import small_clinic


@pytest.fixture(scope="session")
def net() -> Iterator[NetLoop]:
    """One loop for all tests."""
    net = NetLoop()
    net.start()
    yield net
    net.stop()


@pytest.fixture(scope="module")
def server(net: NetLoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A process in which the organisation is founded."""
    with ServerProcess(tmp_path_factory.mktemp("server")) as running:
        remote = Remote(running.url)
        net.submit(remote.found(small_clinic().log.statements)).result(30)
        net.submit(remote.close()).result(30)
        yield running
