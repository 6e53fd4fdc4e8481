# SPDX-License-Identifier: GPL-3.0-or-later
"""The threads that talk to the book; routes await their turn. One for SQLite, which owns the one connection."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sync_server.book.port import Book

T = TypeVar("T")


class BookThread:
    """Runs verbs of a book on `threads` threads of its own: with one, one after the other."""

    def __init__(self, open_book: Callable[[], Book], threads: int = 1) -> None:
        """Opens the book on a thread. Raises what opening raises."""
        self._alone = threads == 1
        self._thread = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="book")
        try:
            self._book = self._thread.submit(open_book).result()
        except BaseException:
            self._thread.shutdown()
            raise

    async def ask(self, verb: Callable[[Book], T]) -> T:
        """The answer of ``verb(book)``; everything in one verb of the book is one commit."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, verb, self._book)

    def at_start(self, verb: Callable[[Book], T]) -> T:
        """The same before the loop runs."""
        return self._thread.submit(verb, self._book).result()

    def close(self) -> None:
        """Lets what is running end, then closes the book: SQLite's on the thread that opened it."""
        if self._alone:
            self._thread.submit(self._book.close)
        self._thread.shutdown(wait=True)
        if not self._alone:
            self._book.close()
