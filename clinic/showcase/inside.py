# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a program in a network and ties its life to the demo's: `python inside.py NAMESPACE_FD PARENT_PID
program …`.

Run by its path with the bare interpreter, so that it costs a few milliseconds. NAMESPACE_FD -1: stay in
this network.
"""

import ctypes
import os
import signal
import sys

_DIE_WITH_PARENT, _NEW_NETWORK = 1, 0x40000000


def main(namespace: int, parent: int, command: list[str]) -> None:
    """Never returns. Exit code 4 if the network cannot be entered."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(4)
    if namespace >= 0:
        if libc.setns(namespace, _NEW_NETWORK) != 0:
            sys.exit(4)
        os.close(namespace)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
