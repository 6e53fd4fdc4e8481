# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces, a bridge and cable pairs on Linux, straight from the kernel's interfaces (rtnetlink,
netdevice(7)).

Needs no program and no mount, only the right to make a user namespace (or to be root). Raises OSError where
that is missing.
"""

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
_GET_FLAGS, _SET_FLAGS, _SET_ADDRESS, _SET_MASK, _BRIDGE_ADD_PORT = 0x8913, 0x8914, 0x8916, 0x891C, 0x89A2
_UP = 1
_NEW_LINK, _ERROR = 16, 2
_REQUEST_CREATE_EXCLUSIVE_ACK = 0x1 | 0x400 | 0x200 | 0x4
_NAME, _LINK_INFO, _NAMESPACE_FD = 3, 18, 28
_KIND, _DATA, _PEER = 1, 2, 1


def _call(name: str, *numbers: int) -> None:
    """A system call of libc that returns -1 and errno on failure."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*numbers) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def leave_network() -> None:
    """Put this process (which must have one thread only) into an empty network of its own; as a user, into
    a user namespace too."""
    if os.geteuid() == 0 and _allowed(CLONE_NEWNET):
        return
    user, group = os.geteuid(), os.getegid()
    _call("unshare", CLONE_NEWUSER | CLONE_NEWNET)
    _tell("/proc/self/setgroups", "deny")
    _tell("/proc/self/uid_map", f"0 {user} 1")
    _tell("/proc/self/gid_map", f"0 {group} 1")


def _allowed(what: int) -> bool:
    """Do it as root; False for a root who may not (in a container), to whom a user's way may be open."""
    try:
        _call("unshare", what)
    except PermissionError:
        return False
    return True


def enter_network(namespace: int) -> None:
    """Move this thread into the network namespace of an open descriptor."""
    _call("setns", namespace, CLONE_NEWNET)


def _tell(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def new_namespace() -> int:
    """A new empty network; it lives as long as the descriptor (inheritable) or a process in it."""
    with _elsewhere_after(lambda: _call("unshare", CLONE_NEWNET)):
        namespace = os.open("/proc/self/ns/net", os.O_RDONLY)
    os.set_inheritable(namespace, True)
    return namespace


@contextmanager
def inside(namespace: int) -> Iterator[None]:
    """Be in that network for a block."""
    with _elsewhere_after(lambda: enter_network(namespace)):
        yield


@contextmanager
def _elsewhere_after(move: Callable[[], None]) -> Iterator[None]:
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        move()
        yield
    finally:
        enter_network(home)
        os.close(home)


def add_bridge(name: str) -> None:
    _new_link(name, "bridge", b"")


def add_cable(name: str, far_name: str, far_namespace: int) -> None:
    """A pair of joined interfaces: `name` here, `far_name` in the other network."""
    peer = struct.pack("=BxHiII", 0, 0, 0, 0, 0)
    peer += _attribute(_NAME, far_name.encode() + b"\0") + _attribute(
        _NAMESPACE_FD, struct.pack("=I", far_namespace)
    )
    _new_link(name, "veth", _attribute(_PEER, peer))


def plug(bridge: str, port: str) -> None:
    """Make an interface a port of the bridge."""
    _ioctl(_BRIDGE_ADD_PORT, struct.pack("16si20x", bridge.encode(), socket.if_nametoindex(port)))


def set_address(name: str, address: str, mask: str) -> None:
    for request, value in ((_SET_ADDRESS, address), (_SET_MASK, mask)):
        _ioctl(request, struct.pack("16sHH4s16x", name.encode(), socket.AF_INET, 0, socket.inet_aton(value)))


def set_up(name: str, up: bool = True) -> None:
    """Switch an interface on or off."""
    answer = _ioctl(_GET_FLAGS, struct.pack("16sH22x", name.encode(), 0))
    flags = struct.unpack("16sH22x", answer)[1]
    _ioctl(_SET_FLAGS, struct.pack("16sH22x", name.encode(), flags | _UP if up else flags & ~_UP))


def _ioctl(request: int, argument: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        return fcntl.ioctl(sock, request, argument)


def _attribute(kind: int, payload: bytes) -> bytes:
    length = 4 + len(payload)
    return struct.pack("=HH", length, kind) + payload + b"\0" * (-length % 4)


def _new_link(name: str, kind: str, data: bytes) -> None:
    info = _attribute(_KIND, kind.encode())
    if data:
        info += _attribute(_DATA, data)
    body = (
        struct.pack("=BxHiII", 0, 0, 0, 0, 0)
        + _attribute(_NAME, name.encode() + b"\0")
        + _attribute(_LINK_INFO, info)
    )
    head = struct.pack("=IHHII", 16 + len(body), _NEW_LINK, _REQUEST_CREATE_EXCLUSIVE_ACK, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        sock.send(head + body)
        answer = sock.recv(65536)
    kind_of_answer, code = struct.unpack_from("=H", answer, 4)[0], struct.unpack_from("=i", answer, 16)[0]
    if kind_of_answer != _ERROR or code:
        raise OSError(-code, f"making {name}: {os.strerror(-code)}")
