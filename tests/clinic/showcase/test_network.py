# SPDX-License-Identifier: GPL-3.0-or-later
"""The network is really cut, and comes back."""

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from clinic.showcase.network import Relay, switch_possible
from clinic.showcase.relay import Forwarder

ROOT = Path(__file__).resolve().parents[3]
LAB = """
import subprocess, sys
from clinic.showcase.network import build
network = build()
server, desktop = network.machine("server"), network.machine("desktop")
def start(machine, code):
    return subprocess.Popen(machine.command([sys.executable, "-c", code]), stdout=subprocess.PIPE, text=True,
                            stderr=subprocess.DEVNULL, pass_fds=(machine.namespace,))
answering = start(server, '''
import socket
s = socket.create_server(("0.0.0.0", 7000))
print("ready", flush=True)
while True:
    s.accept()[0].sendall(b"hello")
''')
answering.stdout.readline()
def reached():
    caller = start(desktop, '''
import socket
print(socket.create_connection(("10.77.0.1", 7000), 0.5).recv(5).decode())
''')
    return caller.communicate(timeout=20)[0].strip()
print(type(network).__name__, network.whole, reached())
network.cut()
print(repr(reached()))
network.restore()
print(reached())
seen = start(desktop, 'import socket; print(sorted(name for _, name in socket.if_nameindex()))')
print(seen.communicate(timeout=20)[0].strip())
answering.kill()
network.close()
"""


@pytest.mark.skipif(not switch_possible(), reason="this machine does not allow network namespaces")
def test_machines_on_the_switch_lose_and_find_each_other() -> None:
    command = [sys.executable, "-c", LAB]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=ROOT)
    assert ran.stdout.splitlines() == ["Switch True hello", "''", "hello", "['eth0', 'lo']"]


def _echo(server: socket.socket) -> None:
    while True:
        try:
            caller, _ = server.accept()
        except OSError:
            return
        with caller:
            caller.sendall(caller.recv(100))


@pytest.fixture
def echo() -> "socket.socket":
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_echo, args=(server,), daemon=True).start()
    yield server
    server.close()


def _talk_for_ever(caller: socket.socket) -> None:
    while caller.send(b"still there?"):
        pass


def say(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 5) as caller:
        try:
            caller.sendall(b"hello")
            return caller.recv(100)
        except ConnectionError:
            return b""


def test_a_shut_forwarder_drops_and_an_open_one_joins(echo: socket.socket) -> None:
    forwarder = Forwarder(echo.getsockname()[1])
    try:
        assert say(forwarder.port) == b"hello"
        held = socket.create_connection(("127.0.0.1", forwarder.port), 5)
        forwarder.shut()
        with pytest.raises(ConnectionError):
            _talk_for_ever(held)
        held.close()
        assert say(forwarder.port) == b""
        forwarder.open()
        assert say(forwarder.port) == b"hello"
    finally:
        forwarder.stop()


def test_the_relay_never_claims_to_cut_everything(echo: socket.socket) -> None:
    relay = Relay()
    url = relay.serve(echo.getsockname()[1])
    try:
        assert not relay.whole and url.startswith("http://127.0.0.1:")
        relay.cut()
        assert say(int(url.rpartition(":")[2])) == b""
        relay.restore()
        assert say(int(url.rpartition(":")[2])) == b"hello"
    finally:
        relay.close()
