# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's network: machines on one switch that can be switched off, or (where that is not allowed) a
relay before the server.

`Switch` is the real thing: each machine has its own network namespace and one cable to a bridge; a cut is
the bridge going
dark, so nobody is told anything and packets simply stop. `Relay` cuts only the way to the server and says
so by `whole = False`.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from clinic.showcase import inside
from clinic.showcase.relay import Forwarder

MACHINES = ("server", "station", "desktop", "kiosk", "second", "keeper", "officer", "fresh")
_MASK = "255.255.255.0"
_BRIDGE = "switch"


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a program runs: its address, and the descriptor of its network namespace (-1: this one)."""

    name: str
    address: str
    namespace: int = -1

    def command(self, program: list[str]) -> list[str]:
        """The command line that starts a program on this machine and lets it die with us."""
        if not sys.platform.startswith("linux"):
            return program
        return [
            sys.executable,
            "-I",
            "-S",
            str(Path(inside.__file__)),
            str(self.namespace),
            str(os.getpid()),
            *program,
        ]


class Network(Protocol):
    """`whole`: a cut stops everything between the machines, the call's own packets too."""

    whole: bool

    def machine(self, name: str) -> Machine: ...

    def serve(self, port: int) -> str:
        """The URL under which everybody reaches the server that listens on that port of its machine."""
        ...

    def cut(self) -> None: ...

    def restore(self) -> None: ...

    def close(self) -> None: ...


class Switch:
    """Network namespaces joined by a bridge. This process must already be in a network of its own
    (`wires.leave_network`)."""

    whole = True

    def __init__(self) -> None:
        from clinic.showcase import wires

        self._wires = wires
        wires.set_up("lo")
        wires.add_bridge(_BRIDGE)
        self._machines = {name: self._join(name, number) for number, name in enumerate(MACHINES, start=1)}
        wires.set_up(_BRIDGE)

    def _join(self, name: str, number: int) -> Machine:
        wires, address = self._wires, f"10.77.0.{number}"
        namespace, port = wires.new_namespace(), f"port{number}"
        wires.add_cable(port, "eth0", namespace)
        wires.plug(_BRIDGE, port)
        wires.set_up(port)
        with wires.inside(namespace):
            wires.set_up("lo")
            wires.set_address("eth0", address, _MASK)
            wires.set_up("eth0")
        return Machine(name, address, namespace)

    def machine(self, name: str) -> Machine:
        return self._machines[name]

    def serve(self, port: int) -> str:
        return f"http://{self._machines['server'].address}:{port}"

    def cut(self) -> None:
        self._wires.set_up(_BRIDGE, False)

    def restore(self) -> None:
        self._wires.set_up(_BRIDGE)

    def close(self) -> None:
        """The namespaces end with their last process."""
        for machine in self._machines.values():
            os.close(machine.namespace)
        self._machines = {}


class Relay:
    """Everybody on this machine's own loop-back; the server is reached through a forwarder that can be
    shut."""

    whole = False

    def __init__(self) -> None:
        self._forwarder: Forwarder | None = None

    def machine(self, name: str) -> Machine:
        return Machine(name, "127.0.0.1")

    def serve(self, port: int) -> str:
        self._forwarder = Forwarder(port)
        return f"http://127.0.0.1:{self._forwarder.port}"

    def cut(self) -> None:
        if self._forwarder is not None:
            self._forwarder.shut()

    def restore(self) -> None:
        if self._forwarder is not None:
            self._forwarder.open()

    def close(self) -> None:
        if self._forwarder is not None:
            self._forwarder.stop()


def switch_possible() -> bool:
    """True if this machine lets us build a `Switch`; tried in a child, which leaves nothing behind."""
    if not sys.platform.startswith("linux") or not _display_is_local():
        return False
    trial = [sys.executable, "-m", "clinic.showcase.network"]
    return subprocess.run(trial, capture_output=True, timeout=20, check=False).returncode == 0


def _display_is_local() -> bool:
    """False for a display reached over TCP (ssh -X): a program in a network of its own could not open it."""
    display = os.environ.get("DISPLAY", "")
    return not display or display.startswith((":", "unix:"))


def build() -> Network:
    """The best network this machine allows. Call before any thread is started."""
    if not switch_possible():
        return Relay()
    from clinic.showcase import wires

    wires.leave_network()
    return Switch()


def _try() -> int:
    from clinic.showcase import wires

    wires.leave_network()
    Switch().close()
    return 0


if __name__ == "__main__":
    sys.exit(_try())
