# SPDX-License-Identifier: GPL-3.0-or-later
"""Two Anki collections, told what to do by lines of JSON: `{"do", "name", ...}` gives `{"answer"}` or `{"error"}`.

Runs in the environment that holds Anki (`peers.py`), never in ours. A record is a note: its id, and its JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

from anki.collection import AddNoteRequest, Collection  # type: ignore[import-not-found]

_BASIC, _DEFAULT_DECK = "Basic", 1


class Learner:
    """One collection and where it syncs."""

    def __init__(self, path: str, url: str) -> None:
        self._collection = Collection(path)
        self._auth = self._collection.sync_login("user", "password", url)
        self.at(url)

    def at(self, url: str) -> None:
        """From now on through this address."""
        self._auth.endpoint = url

    def whole(self, upload: bool) -> None:
        """The first sync of a collection: all of it, one way."""
        self.sync()
        self._collection.close_for_full_sync()
        self._collection.full_upload_or_download(auth=self._auth, server_usn=None, upload=upload)
        self._collection.reopen(after_full_sync=True)

    def sync(self) -> None:
        self._collection.sync_collection(self._auth, False)

    def add(self, path: str) -> None:
        basic = self._collection.models.by_name(_BASIC)
        requests = []
        for one in _lines(path):
            note = self._collection.new_note(basic)
            note.guid = note["Front"] = one["id"]
            note["Back"] = json.dumps(one, separators=(",", ":"))
            requests.append(AddNoteRequest(note=note, deck_id=_DEFAULT_DECK))
        self._collection.add_notes(requests)

    def edit(self, path: str) -> None:
        known = dict(self._collection.db.all("SELECT guid, id FROM notes"))
        notes = []
        for one in _lines(path):
            note = self._collection.get_note(known[one["id"]])
            note["Back"] = json.dumps({**json.loads(note["Back"]), **one["set"]}, separators=(",", ":"))
            notes.append(note)
        self._collection.update_notes(notes)

    def shown(self, path: str) -> int:
        """How many of these edits are seen."""
        fields = self._collection.db.all("SELECT guid, flds FROM notes")
        seen = {guid: json.loads(text.split("\x1f")[1]) for guid, text in fields}
        return sum(
            all(seen[one["id"]].get(name) == value for name, value in one["set"].items())
            for one in _lines(path)
        )

    def count(self) -> int:
        return int(self._collection.db.scalar("SELECT count() FROM notes"))


def _lines(path: str) -> list[Any]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def main() -> None:
    learners: dict[str, Learner] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        verb, name = asked.pop("do"), asked.pop("name")
        try:
            if verb == "open":
                learners[name], answer = Learner(**asked), None
            else:
                answer = getattr(learners[name], verb)(**asked)
            print(json.dumps({"answer": answer}), flush=True)
        except Exception as error:  # noqa: BLE001 - whatever went wrong is the answer
            print(json.dumps({"error": str(error)}), flush=True)


main()
