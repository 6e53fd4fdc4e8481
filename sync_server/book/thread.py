# SPDX-License-Identifier: GPL-3.0-or-later
"""The one thread that owns the book's one connection; routes await their turn."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sync_server.book.port import Book

T = TypeVar("T")


class BookThread:
    """Runs verbs of a book one after the other on a thread of its own."""

    def __init__(self, open_book: Callable[[], Book]) -> None:
        """Opens the book on the thread. Raises what opening raises."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="book")
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
        """Lets what is running end, then closes the book."""
        self._thread.submit(self._book.close)
        self._thread.shutdown(wait=True)
