# SPDX-License-Identifier: GPL-3.0-or-later
"""The table as a page for people: `python -m tests.hostile.page` writes docs/hostile.md, and a test compares them."""

from pathlib import Path

from tests.hostile.script import Script
from tests.hostile.table import ALL, TABLE

PAGE = Path(__file__).parents[2] / "docs" / "hostile.md"
_HEAD = """# When the centre turns against the clinic

Whoever runs the sync server may try what is listed here. Each row is a script in `tests/hostile`: the real server app on a
real port with a hostile hand in front of it, against the real client (store, keys, HTTP, Socket.IO). This page is written
by `python -m tests.hostile.page` from the same table; a test compares them.

For every script the test holds, besides what the row says:

- **nothing is believed**: the trust log on the victim's computer is a run of what the clinic really said, also on the disk;
- **nothing it writes is read**: a refusal is a number and a code that choose among our sentences (`clinic/protocol/faults.py`);
  the server's words are on no screen, in no log, and not in the store;
- **nothing leaks**: no word of the record, in any spelling, is in what was sent, in the centre's folder or in a log;
- **nothing is lost**: what was written waits on, and once the centre is honest again all that was written before,
  meanwhile and after is on both desks, and the trust logs are the same.

"Sees" is part of the sentence a person reads: the refusal itself, the line about the centre at the foot of the desktop, or
(letters and files) the log. "Nothing": the attempt changes nothing, and nobody is told. "Well again": by itself, or with
`--restored` when whoever puts the server right starts it with `posta server --restored`, so that every computer asks for
everything once more: a record that came damaged has been set aside, and its place counts as taken.

What this does not show: a tail that is kept back whole, of the trust log or of records, with a lie about where it ends, is
not seen until a later piece comes through or two computers compare; a kiosk that has no copy of a card's capsule takes an older
one for the newest; a server may always refuse service, with whichever of our own sentences it likes. What trickles ends after 60
seconds and one more for each 256 bytes.

**A session's proof** names the organisation, the epoch that the centre named and the certificate it showed; it opens
nothing at a centre where one of them is another. Two centres of one organisation that do not speak TLS themselves are
told apart by the epoch alone, and whoever hands on both nonce and epoch is not: give the server its own certificate
(`--tls-cert`). A proxy in front of one that has must pass TLS through. What recovery sheets sign (`take-over`) is bound in the
same way, to the organisation's id in place of its fingerprint, which is not on paper.

"""


def page() -> str:
    """The whole page."""
    parts = [f"## {title}\n\n{_rows(scripts)}\n" for title, scripts in TABLE.items()]
    return _HEAD + f"{len(ALL)} scripts.\n\n" + "\n".join(parts)


def _rows(scripts: tuple[Script, ...]) -> str:
    lines = ["| the centre … | how | sees | well again |", "|---|---|---|---|"]
    for script in scripts:
        sees = f"… {script.sees} …" if script.sees else "nothing"
        lines.append(f"| {script.name} | {script.does} | {sees} | {script.well} |")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
