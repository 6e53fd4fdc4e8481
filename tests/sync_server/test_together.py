# SPDX-License-Identifier: GPL-3.0-or-later
"""Two server processes on one PostgreSQL and one real Redis: people at one hear and write to people at the other."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.domain.errors import Refusal
from sync_server.app import together_at
from tests.postgres_cluster import SERVER, Cluster
from tests.server_process import ServerProcess
from tests.small_clinic import small_clinic

from .test_doorbell import Device

pytestmark = pytest.mark.slow


@pytest.fixture
def redis(tmp_path: Path) -> "Iterator[subprocess.Popen[str]]":
    """A Redis of this test alone, on a socket in its folder."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("Redis is not installed here (Debian: apt-get install redis-server)")
    place = tmp_path / "redis.sock"
    command = [program, "--port", "0", "--unixsocket", str(place), "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while "ready to accept" not in process.stdout.readline().lower():
            assert process.poll() is None
        yield process
        process.terminate()
        process.stdout.read()


@pytest.mark.parametrize("url", ["http://somewhere", "no url"])
def test_what_is_no_redis_is_told(url: str) -> None:
    with pytest.raises(Refusal, match="looks like"):
        together_at(url, "b")


@pytest.fixture
def two(tmp_path: Path, postgres: Cluster, redis: object) -> Iterator[tuple[ServerProcess, ServerProcess]]:
    options = (
        "--database",
        postgres.url(SERVER),
        "--book",
        tmp_path.name,
        "--redis",
        f"unix://{tmp_path / 'redis.sock'}",
    )
    with ServerProcess(tmp_path / "a", *options) as one, ServerProcess(tmp_path / "b", *options) as other:
        yield one, other


async def test_two_servers_are_one_doorbell(two: tuple[ServerProcess, ServerProcess]) -> None:
    one, other = two
    clinic = small_clinic()
    eva, ben = Device(one.url, clinic.eva), Device(other.url, clinic.ben)
    await eva.remote.found(clinic.log.statements)
    async with eva:
        async with ben:
            await eva.ears.until("presence", clinic.ben.device, True)
            await ben.ears.until("presence", clinic.eva.device, True)
            assert await eva.bell.letter(clinic.ben.device, b"\x00sealed")
            await ben.ears.until("letter", clinic.eva.device, b"\x00sealed")
            await eva.write(clinic, "p:1")
            await ben.ears.until("bell", "p:1", 1)
        await eva.ears.until("presence", clinic.ben.device, False)
        assert not await eva.bell.letter(clinic.ben.device, b"gone")


async def test_a_session_that_is_ended_at_one_server_hangs_up_at_the_other(
    two: tuple[ServerProcess, ServerProcess],
) -> None:
    one, other = two
    clinic = small_clinic()
    eva, ben = Device(one.url, clinic.eva), Device(other.url, clinic.ben)
    await eva.remote.found(clinic.log.statements)
    async with eva, ben:
        before = await ben.remote.token()
        await eva.ears.until("presence", clinic.ben.device, True)
        eva.ears.heard.clear()
        await eva.remote.end_session(clinic.ben.device)
        await eva.ears.until("presence", clinic.ben.device, False)
        await eva.ears.until("presence", clinic.ben.device, True)
        assert await ben.remote.token() != before, "it proved its key anew"


async def test_without_redis_for_a_while_everything_that_lasts_goes_on(
    two: tuple[ServerProcess, ServerProcess], redis: "subprocess.Popen[str]"
) -> None:
    clinic = small_clinic()
    eva, ben = Device(two[0].url, clinic.eva), Device(two[0].url, clinic.ben)
    await eva.remote.found(clinic.log.statements)
    async with eva, ben:
        redis.terminate()
        redis.wait(10)
        await eva.write(clinic, "p:1")
    assert "Redis is away" in two[0].log
