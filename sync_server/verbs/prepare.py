# SPDX-License-Identifier: GPL-3.0-or-later
"""`posta server prepare`: the tables in PostgreSQL, made or brought up to date by their owner."""

import argparse
import os
from collections.abc import Sequence

from clinic.domain.errors import Refusal
from sync_server.configuration import DATABASE

HOW = """Once, as PostgreSQL's administrator:
  CREATE ROLE posta_owner LOGIN PASSWORD '...'; CREATE ROLE posta LOGIN PASSWORD '...';
  CREATE DATABASE posta OWNER posta_owner;
Then this verb as posta_owner, now and with each new version of Posta; the server itself logs in as posta, which owns nothing."""


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """The verb's command line."""
    parser = argparse.ArgumentParser(
        prog="posta server prepare",
        description="Makes the server's tables in PostgreSQL, or brings them up to date.",
        epilog=HOW,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        default=os.environ.get(DATABASE, ""),
        help=f"postgresql://owner@host/name; with a password rather as {DATABASE} in the environment",
    )
    parser.add_argument(
        "--for", dest="role", default="posta", help="the role the server logs in as (default: %(default)s)"
    )
    return parser.parse_args(words)


def run(wanted: argparse.Namespace) -> int:
    """0 when the tables are those of this version."""
    if not wanted.database:
        raise Refusal("Say which database: --database postgresql://owner@host/name.")
    from sync_server.book.postgres import prepare

    prepare(wanted.database, wanted.role)
    print("ready")
    return 0
