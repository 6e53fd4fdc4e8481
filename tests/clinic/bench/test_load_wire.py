# SPDX-License-Identifier: GPL-3.0-or-later
"""The load's own HTTP: a server lets idle connections go, and a device asks on a new one."""

import asyncio

import pytest

from clinic.bench.loading.wire import Http


async def test_a_connection_that_was_let_go_while_idle_is_made_anew() -> None:
    asked: list[bytes] = []

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer_once, "127.0.0.1", 0) as server:
        device = await Http.connected(server.sockets[0].getsockname()[1], 1)
        for _ in range(2):
            assert await device.ask("GET", "/healthz") == (200, b"ok")
            await asyncio.sleep(0.05)
        device.close()
    assert len(asked) == 2


async def test_a_connection_that_goes_before_its_answer_is_told() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        device = await Http.connected(server.sockets[0].getsockname()[1], 1)
        with pytest.raises(ConnectionResetError):
            await device.ask("GET", "/healthz")
