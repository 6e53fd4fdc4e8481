# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's log: ids, counts, durations. Whatever looks like contents or a secret is cut out; errors show
where, not what."""

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

_SECRETS = re.compile(r"""b'[^']*'|b"[^"]*"|(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{32,}|\b[A-Za-z0-9+/_=-]{40,}""")
"""Byte strings; words as long as a session's token (`desk.TOKEN_BYTES`), which may begin with a dash; keys in base64."""
_MOST_BYTES, _FILES = 2_000_000, 5


class Redacting(logging.Formatter):
    """Replaces byte strings and long tokens by their length, and exceptions by their frames."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """One line, frames below it if something was raised."""
        before, record.exc_text = (
            record.exc_text,
            None,
        )  # another handler may have laid down the whole traceback
        line = super().format(record)
        record.exc_text = before
        return _cut(line)

    def formatException(self, ei: object) -> str:  # logging's own name
        """Kinds and frames of the chain; no message of any exception, which may quote what it choked on."""
        error = sys.exc_info()[1] if not isinstance(ei, tuple) else ei[1]
        lines: list[str] = []
        while isinstance(error, BaseException):
            lines.append(type(error).__name__)
            lines += [
                f"  {f.filename}:{f.lineno} in {f.name}" for f in traceback.extract_tb(error.__traceback__)
            ]
            error = error.__cause__ or error.__context__
        return "\n".join(lines)


class Structured(Redacting):
    """The same as one JSON object a line: at, level, logger, said, and the values of what was said under their names."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever is in it."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {"at": at, "level": record.levelname, "logger": record.name}
        line["said"] = _cut(record.getMessage())
        if isinstance(record.args, Mapping):
            line |= {f"{name}": value if isinstance(value, int | float) else _cut(str(value))
                     for name, value in record.args.items() if name not in line}  # fmt: skip
        if record.exc_info:
            line["where"] = _cut(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def _cut(text: str) -> str:
    return _SECRETS.sub(lambda found: f"[{len(found[0])}]", text)


def keep_journal(folder: Path, level: str, structured: bool = False) -> None:
    """Logs into FOLDER/log/server.log from now on; warnings of libraries too."""
    (folder / "log").mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        folder / "log" / "server.log", maxBytes=_MOST_BYTES, backupCount=_FILES, encoding="utf-8"
    )
    handler.setFormatter(Structured() if structured else Redacting())
    logging.raiseExceptions = False  # a full disk is answered to the clients, not once for each line here
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("posta").setLevel(level.upper())
