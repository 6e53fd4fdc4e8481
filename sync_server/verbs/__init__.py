# SPDX-License-Identifier: GPL-3.0-or-later
"""What `posta server VERB` does besides serving: one module a verb, with its arguments and its doing.

May import: `sync_server`. Example: ``posta server prepare --database postgresql://posta_owner@host/posta --for posta``.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sync_server.verbs import backup, init, prepare, restore, tidy, turn_config


@dataclass(frozen=True, slots=True)
class Verb:
    """`run` returns an exit code and raises Refusal, Unavailable."""

    purpose: str
    arguments: Callable[[Sequence[str]], argparse.Namespace]
    run: Callable[[argparse.Namespace], int]


VERBS: Mapping[str, Verb] = {
    "init": Verb("sets up a new one", init.arguments, init.run),
    "backup": Verb("writes a backup while it serves", backup.arguments, backup.run),
    "restore": Verb("lays one down in a new place", restore.arguments, restore.run),
    "tidy": Verb("lets go of old envelopes that nobody lacks", tidy.arguments, tidy.run),
    "turn-config": Verb(
        "writes coturn's configuration for a relay of calls", turn_config.arguments, turn_config.run
    ),
    "prepare": Verb("makes the tables in PostgreSQL", prepare.arguments, prepare.run),
}
