# SPDX-License-Identifier: GPL-3.0-or-later
"""A short measurement of the way to a real server: near the truth over a narrow way, and an error where nobody answers."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from clinic.domain.errors import Unavailable
from clinic.transport.http import Remote
from clinic.transport.loop import NetLoop
from tests.server_process import ServerProcess

UP_BYTES_S, LATE_S = 24_000, 0.05


class Narrow:
    """A way to the server that carries so many bytes a second upwards, each of them late."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listening.accept()
                there = socket.create_connection(("127.0.0.1", self._port))
                threading.Thread(target=self._pass, args=(here, there, True), daemon=True).start()
                threading.Thread(target=self._pass, args=(there, here, False), daemon=True).start()

    def _pass(self, source: socket.socket, to: socket.socket, up: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1200):
                time.sleep(LATE_S / 10 + len(data) / UP_BYTES_S if up else LATE_S)
                to.sendall(data)
        for one in (source, to):
            with suppress(OSError):
                one.close()

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def narrow(server: ServerProcess) -> Iterator[Narrow]:
    made = Narrow(int(server.url.rsplit(":", 1)[1]))
    yield made
    made.close()


def tried(net: NetLoop, url: str) -> tuple[float, float]:
    async def played() -> tuple[float, float]:
        remote = Remote(url)
        try:
            return await remote.tried()
        finally:
            await remote.close()

    return net.submit(played()).result(30)


def test_a_narrow_way_is_measured_as_it_is(net: NetLoop, narrow: Narrow) -> None:
    rtt_s, up_kbps = tried(net, narrow.url)
    assert LATE_S < rtt_s < 0.4
    truth = UP_BYTES_S * 8 / 1000
    assert truth * 0.5 < up_kbps < truth * 1.4


def test_a_wide_way_is_enough_for_pictures(net: NetLoop, server: ServerProcess) -> None:
    rtt_s, up_kbps = tried(net, server.url)
    assert rtt_s < 0.5
    assert up_kbps > 500


def test_where_nobody_answers_it_says_so(net: NetLoop) -> None:
    with pytest.raises(Unavailable):
        tried(net, "http://127.0.0.1:9")
