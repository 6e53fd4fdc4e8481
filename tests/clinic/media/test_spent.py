# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the memory of an engine is spent, its process ends with a code of its own; whatever else goes wrong does not end it."""

import subprocess
import sys

import pytest

from clinic.media.spent import OUT_OF_MEMORY

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="a limit of the address space, and /proc")
BEGIN = "import asyncio, threading, time, av\nfrom clinic.media import spent\nspent.watch_threads()\n"
THREAD = """
def die():
    raise {what}
threading.Thread(target=die).start()
time.sleep(0.3)
"""
TASK = """
async def die():
    await asyncio.sleep(0)
    {what}
async def main():
    task = spent.needed(asyncio.create_task(die()))
    {then}
    await asyncio.sleep(0.3)
asyncio.run(main())
"""


SPEND = """
import resource
resource.setrlimit(resource.RLIMIT_AS, ({left} + int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize(),) * 2)
spent.end_if_spent(RuntimeError("can't start new thread"))
"""


LOOP = """
def die():
    raise {what}
async def main():
    spent.watch_loop(asyncio.get_running_loop())
    asyncio.get_running_loop().call_soon(die)
    await asyncio.sleep(0.3)
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("program", "code"),
    [
        (THREAD.format(what="MemoryError"), OUT_OF_MEMORY),
        (THREAD.format(what="av.error.MemoryError(12, 'Cannot allocate memory')"), OUT_OF_MEMORY),
        (THREAD.format(what="KeyError('a bug')"), 0),
        (TASK.format(what="raise KeyError('a bug')", then=""), OUT_OF_MEMORY),
        (TASK.format(what="await asyncio.sleep(9)", then="task.cancel()"), 0),
        (LOOP.format(what="MemoryError"), OUT_OF_MEMORY),
        (LOOP.format(what="KeyError('a bug')"), 0),
        pytest.param(SPEND.format(left="spent.ROOM // 2"), OUT_OF_MEMORY, marks=LINUX),
        pytest.param(SPEND.format(left="spent.ROOM * 4"), 0, marks=LINUX),
    ],
    ids=[
        "a thread",
        "FFmpeg",
        "another end of a thread",
        "what the engine needs",
        "stopped by hand",
        "the loop",
        "a bug in the loop",
        "another name for it",
        "another name for something else",
    ],
)  # fmt: skip
def test_what_ends_the_process(program: str, code: int) -> None:
    done = subprocess.run([sys.executable, "-c", BEGIN + program], capture_output=True, timeout=60)
    assert done.returncode == code, done.stderr
